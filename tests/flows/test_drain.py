"""A gateway that is told to stop, and a parent that keeps several of them running."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.flows.families import free_port, has_started, pids_of
from tests.flows.serving import (
    Caller,
    Process,
    Reply,
    call,
    calling,
    check_all,
    enrol,
    new_key,
    running,
    served,
    until,
)
from tests.flows.world import World, open_world
from tests.http.conftest import Client
from tests.http.following import following

REQUESTS = 100
STOP_AFTER = 30
EXIT_WITHIN_S = 10
DRAIN_S = 6  # where the whole of it is used up
# A listener that is closed takes the connections along that it had not accepted yet.
NOT_TAKEN = (ConnectionRefusedError, ConnectionResetError)


async def ask_or_none(caller: Caller, key: str) -> Reply | None:
    """Return the answer, or None if the gateway took no connection."""
    try:
        return await caller.ask(key)
    except aiohttp.ClientOSError as error:
        if isinstance(error, NOT_TAKEN) or isinstance(error.__cause__, NOT_TAKEN):
            return None
        raise


async def ask_under_stop(caller: Caller, process: Process, keys: list[str]) -> list[Reply | None]:
    """Ask for everything at once, and tell the gateway to stop while it answers."""
    answered = 0
    stopped = asyncio.Event()

    async def ask(key: str) -> Reply | None:
        nonlocal answered
        reply = await ask_or_none(caller, key)
        answered += 1
        if answered == STOP_AFTER:
            process.child.terminate()
            stopped.set()
        return reply

    async def ask_late(key: str) -> Reply | None:
        await stopped.wait()
        return await ask_or_none(caller, key)

    late = REQUESTS // 10
    return list(await asyncio.gather(*map(ask, keys[:-late]), *map(ask_late, keys[-late:])))


async def test_a_gateway_that_stops_under_load_loses_nothing_that_it_accepted(
    database_url: str, owner
) -> None:
    async with open_world(database_url, owner) as world:
        account = await enrol(world, limit=10_000_000)
        async with running(world, "a") as process, calling(await process.up(), account) as caller:
            keys = [new_key() for _ in range(REQUESTS)]

            replies = await ask_under_stop(caller, process, keys)
            code = await process.ended(EXIT_WITHIN_S)

        assert code == 0
        assert process.errors == []
        given = [reply for reply in replies if reply is not None]
        assert all(reply.status == 202 or reply.is_honest_refusal for reply in given)
        accepted = {key for key, r in zip(keys, replies, strict=True) if r and r.status == 202}
        assert len(accepted) >= STOP_AFTER
        states = await check_all(world, owner)
        assert accepted <= states.keys()
    assert set(states.values()) == {"settled"}


async def test_a_draining_gateway_says_that_it_is_not_ready(database_url: str, owner) -> None:
    async with (
        open_world(database_url, owner) as world,
        served(world) as (gateway, address),
        aiohttp.ClientSession() as session,
    ):
        before = await call(session, "GET", f"{address}/readyz")

        gateway.begin_drain()
        after = await call(session, "GET", f"{address}/readyz")

    assert (before.status, after.status) == (200, 503)
    assert after.body["reasons"] == ["draining"]


async def test_a_member_who_waits_for_the_end_of_a_transfer_is_answered_when_the_gateway_stops(
    database_url: str, owner
) -> None:
    silence = {"times": 0, "action": {"kind": "hang_after"}}
    async with open_world(database_url, owner) as world:
        account = await enrol(world)
        await world.put("faults", [{"operation": o} | silence for o in ("submit", "inquire")])
        async with running(world, "a") as process, calling(await process.up(), account) as caller:
            waiting = asyncio.create_task(caller.ask(new_key(), wait_s=10))
            await until(lambda: _is_unknown(owner))

            process.child.terminate()

            async with asyncio.timeout(5):
                reply = await waiting
            assert (reply.status, reply.body["status"]) == (202, "processing")
            assert await process.ended(EXIT_WITHIN_S) == 0
        await world.put("faults", [])
        assert set((await check_all(world, owner)).values()) == {"settled"}


@asynccontextmanager
async def deaf_callers(address: str, count: int) -> AsyncIterator[None]:
    """Ask for more than the kernel keeps for somebody who does not read, and do not read it."""
    host, port = address.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        for _ in range(count):
            line = stack.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            line.setblocking(False)
            await loop.sock_connect(line, (host, int(port)))
            await loop.sock_sendall(line, b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 30)
        yield


async def test_a_gateway_stops_in_time_whoever_does_not_read_and_whatever_takes_long(
    database_url: str, owner
) -> None:
    """A bank that is silent and a lock that others hold keep it longer than a stop may take."""
    silence = {"operation": "submit", "action": {"kind": "hang_after"}}
    async with open_world(database_url, owner, time_scale=1) as world:
        account = await enrol(world)
        await world.put("faults", [silence])
        drain = {"GATEWAY_DRAIN_S": str(DRAIN_S)}
        async with (
            running(world, "a", **drain) as process,
            calling(await process.up(), account) as caller,
            following(Client(caller.session, caller.address, caller.token)) as stream,
            deaf_callers(caller.address, 4),
            owner.transaction(),
        ):
            await stream.block()
            await caller.ask(new_key())
            await until(lambda: _is_booked(world))
            await owner.execute("LOCK TABLE accounts, loans IN ACCESS EXCLUSIVE MODE")
            slow = [
                asyncio.create_task(caller.get("/v1/accounts")),
                asyncio.create_task(caller.ask(new_key())),
            ]
            await until(lambda: _are_kept_waiting(owner, 2))

            process.child.terminate()

            assert await process.ended(DRAIN_S) == 0
            await stream.until_end()
            for one in slow:
                with pytest.raises(aiohttp.ClientError):
                    await one
        assert process.errors == []
        assert process.count("alert.raised") == 0
        (drained,) = [line for line in process.log if line["event"] == "gateway.drained"]
        assert drained["cancelled"] == 1
        assert set((await check_all(world, owner)).values()) == {"settled"}


async def test_an_answer_that_has_begun_is_given_after_the_port_is_closed(
    database_url: str, owner
) -> None:
    async with open_world(database_url, owner) as world:
        account = await enrol(world)
        async with running(world, "a") as process, calling(await process.up(), account) as caller:
            async with owner.transaction():
                await owner.execute("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE")
                slow = asyncio.create_task(caller.get("/v1/accounts"))
                await until(lambda: _are_kept_waiting(owner, 1))
                process.child.terminate()
                await until(lambda: _is_closed(caller.address))

            reply = await slow
            assert (reply.status, [one["id"] for one in reply.body["items"]]) == (200, [account])
            assert await process.ended(EXIT_WITHIN_S) == 0


async def _is_closed(address: str) -> bool:
    host, port = address.removeprefix("http://").split(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except ConnectionError:
        return True
    writer.close()
    return False


async def _are_kept_waiting(owner: Any, count: int) -> bool:
    """Whether statements wait for so many tables that others hold."""
    waiting = "SELECT count(DISTINCT relation) FROM pg_locks WHERE NOT granted"
    return bool(await owner.fetchval(waiting) == count)


async def _is_unknown(owner: Any) -> bool:
    return bool(await owner.fetchval("SELECT state = 'unknown' FROM transfers"))


@pytest.fixture
async def world(database_url: str, owner):
    """Real delays: a lease is twelve seconds, so that only a restart can take over sooner."""
    async with open_world(database_url, owner, time_scale=1) as world:
        yield world


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
async def test_a_parent_starts_a_killed_process_again_and_its_work_is_taken_over_at_once(
    world: World, owner
) -> None:
    account = await enrol(world)
    port = free_port()
    serve = ("-m", "gateway", "serve", "--port", str(port), "--processes", "2")
    async with running(world, "a", program=serve) as process:
        await until(lambda: has_started(process, 2))
        async with calling(f"http://127.0.0.1:{port}", account) as caller:
            await world.put("faults", [{"operation": "submit", "action": {"kind": "hang_after"}}])
            asked = await caller.ask(new_key())
            await until(lambda: _is_booked(world))
            holder = await owner.fetchval("SELECT lease_owner FROM transfers")
            killed = (await pids_of(process.child.pid))[holder]

            os.kill(killed, signal.SIGKILL)

            await until(lambda: has_started(process, 3))
            async with asyncio.timeout(5):
                reply = await caller.get(f"/v1/transfers/{asked.body['id']}")
                while not reply.body["is_final"]:
                    reply = await caller.get(f"/v1/transfers/{asked.body['id']}")
            assert reply.body["state"] == "settled"
            assert killed not in (await pids_of(process.child.pid)).values()
        process.child.terminate()
        assert await process.ended(EXIT_WITHIN_S) == 0
    assert process.count("process.ended") == 1
    assert process.count("gateway.drained") == 2
    assert set((await check_all(world, owner)).values()) == {"settled"}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
async def test_a_parent_waits_no_longer_for_a_process_that_does_not_end(world: World) -> None:
    serve = ("-m", "gateway", "serve", "--port", str(free_port()), "--processes", "2")
    async with running(world, "a", program=serve, GATEWAY_DRAIN_S=str(DRAIN_S)) as process:
        await until(lambda: has_started(process, 2))
        frozen = (await pids_of(process.child.pid))["a.1"]
        os.kill(frozen, signal.SIGSTOP)

        process.child.terminate()

        assert await process.ended(DRAIN_S + 1) == 0
    assert process.count("gateway.drained") == 1


async def _is_booked(world: World) -> bool:
    return len((await world.books())["movements"]) == 1
