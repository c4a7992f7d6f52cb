"""A site of two replicas of which one is stopped under load: nobody notices."""

import asyncio
import itertools
import os
from collections.abc import Sequence
from typing import Any

import aiohttp
import pytest

from tests.flows.serving import (
    Caller,
    Process,
    Reply,
    all_at_rest,
    call,
    calling,
    check_all,
    enrol,
    new_key,
    running,
    until,
)
from tests.flows.world import World, open_world
from tests.http.conftest import Client
from tests.http.following import following

REQUESTS = 80
LONG = int(os.environ.get("STOP_REQUESTS", "2000"))
AT_ONCE = 16
STREAMS = 10
EXIT_WITHIN_S = 10
REST_WITHIN_S = 600
LOOK_S = 0.02


class Balancer:
    """What stands before a site: sends requests in turns to whoever says that it is ready."""

    def __init__(self, callers: Sequence[Caller]) -> None:
        self._callers = callers
        self._turns = itertools.cycle(range(len(callers)))
        self._is_ready = [True] * len(callers)

    async def ask(self) -> Reply:
        """Ask for a transfer. Nothing is tried twice: whatever goes wrong goes wrong."""
        while not self._is_ready[number := next(self._turns)]:
            pass
        return await self._callers[number].ask(new_key(), amount=1_000)

    async def watch(self, number: int) -> None:
        """Look until a replica is not ready any more."""
        caller = self._callers[number]
        while self._is_ready[number]:
            reply = await call(caller.session, "GET", f"{caller.address}/readyz")
            self._is_ready[number] = reply.status == 200
            await asyncio.sleep(LOOK_S)


async def ask_under_stop(balancer: Balancer, stopping: Process, count: int) -> list[Reply]:
    """Ask so many times, a few at once; a quarter of the way on, one replica is told to stop."""
    numbers = iter(range(count))
    replies: list[Reply] = []

    async def ask_on() -> None:
        for number in numbers:
            if number == count // 4:
                stopping.child.terminate()
            replies.append(await balancer.ask())

    watching = asyncio.create_task(balancer.watch(0))
    await asyncio.gather(*(ask_on() for _ in range(AT_ONCE)))
    await watching
    return replies


async def follow_to_the_end(client: Client, connected: asyncio.Semaphore) -> list[int]:
    """Return the numbers of all events until the replica ended the stream in good order."""
    seen = []
    async with following(client, after=0) as stream:
        await stream.block()
        connected.release()
        while (block := await stream.block()) is not None:
            if block.is_event:
                seen.append(block.no)
    return seen


async def resume(client: Client, seen: list[int], last: int) -> list[int]:
    """Return what was seen and the rest of it, from another replica."""
    async with following(client, after=seen[-1] if seen else 0) as stream:
        return seen + [block.no for block in await stream.events(last - len(seen))]


async def stop_one_of_two(world: World, owner: Any, requests: int) -> None:
    account = await enrol(world, limit=1_000 * requests)
    streams = {"GATEWAY_STREAMS_PER_MEMBER_MAX": str(STREAMS)}
    async with (
        running(world, "a", **streams) as first,
        running(world, "b", **streams) as second,
        calling(await first.up(), account) as one,
        calling(await second.up(), account) as other,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        connected = asyncio.Semaphore(0)
        pages = [Client(session, one.address, one.token) for _ in range(STREAMS)]
        followers = [asyncio.create_task(follow_to_the_end(p, connected)) for p in pages]
        for _ in followers:
            await connected.acquire()

        replies = await ask_under_stop(Balancer((one, other)), first, requests)

        assert await first.ended(EXIT_WITHIN_S) == 0
        assert first.errors == []
        assert {reply.status for reply in replies} == {202}
        assert len(replies) == requests
        seen = await asyncio.gather(*followers)
        await until(lambda: all_at_rest(owner), REST_WITHIN_S)
        last = await owner.fetchval("SELECT event_no FROM loans")
        client = Client(session, other.address, other.token)
        for numbers in seen:
            assert await resume(client, numbers, last) == list(range(1, last + 1))
    assert set((await check_all(world, owner)).values()) == {"settled"}


async def test_of_two_replicas_one_stops_under_load_and_no_request_and_no_event_is_lost(
    database_url: str, owner
) -> None:
    async with open_world(database_url, owner, time_scale=1) as world:
        await stop_one_of_two(world, owner, REQUESTS)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_the_same_with_two_thousand_requests(database_url: str, owner) -> None:
    """STOP_REQUESTS changes how many."""
    async with open_world(database_url, owner, time_scale=1) as world:
        await stop_one_of_two(world, owner, LONG)
