"""PostgreSQL goes away under load: nothing acknowledged is lost, and nothing is done twice."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest

from gateway.app import apply_migrations
from tests.flows.own_postgres import OwnPostgres, own_postgres
from tests.flows.serving import Caller, calling, check_all, enrol, new_key, running
from tests.flows.world import World, open_world

PAGES = 4
BACK_WITHIN_S = 5


@dataclass(slots=True)
class Load:
    """Pages that ask one after the other, and ask again under the same key until they are told."""

    caller: Caller
    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: int = 0
    is_over: bool = False
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as pages:
            for _ in range(PAGES):
                pages.create_task(self._page())

    async def _page(self) -> None:
        while not self.is_over:
            await self._ask(new_key())

    async def _ask(self, key: str) -> None:
        while (reply := await self.caller.ask(key, amount=1)).status != 202:
            assert reply.is_honest_refusal, reply.text
            self.refused += 1
            await asyncio.sleep(0.05)
        async with self.progress:
            self.acknowledged[key] = reply.body["id"]
            self.progress.notify_all()

    async def more(self, number: int, within_s: float) -> None:
        """Return once so many more have been accepted."""
        wanted = len(self.acknowledged) + number
        async with asyncio.timeout(within_s), self.progress:
            await self.progress.wait_for(lambda: len(self.acknowledged) >= wanted)


async def restart_fast(postgres: OwnPostgres) -> None:
    await postgres.end(signal.SIGINT)
    await postgres.start()


async def restart_immediately(postgres: OwnPostgres) -> None:
    await postgres.end(signal.SIGQUIT)
    await postgres.start()


async def kill_the_postmaster(postgres: OwnPostgres) -> None:
    await postgres.end(signal.SIGKILL)
    await postgres.start()


async def kill_a_backend(postgres: OwnPostgres) -> None:
    await postgres.kill_a_backend()


async def end_every_session(postgres: OwnPostgres) -> None:
    assert await postgres.terminate_backends() >= 2


FAULTS: Mapping[str, Callable[[OwnPostgres], Awaitable[None]]] = {
    "fast restart": restart_fast,
    "immediate restart": restart_immediately,
    "postmaster killed": kill_the_postmaster,
    "backend killed": kill_a_backend,
    "every session ended": end_every_session,
}


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[OwnPostgres]:
    async with own_postgres(tmp_path) as postgres:
        await apply_migrations(postgres.owner_url)
        yield postgres


async def break_under_load(
    world: World, postgres: OwnPostgres, fault: Callable[[OwnPostgres], Awaitable[None]]
) -> Load:
    account = await enrol(world, limit=10_000_000)
    async with running(world, "a") as process:
        async with calling(await process.up(), account) as caller:
            load = Load(caller)
            loading = asyncio.create_task(load.run())
            await load.more(2 * PAGES, 10)

            await fault(postgres)
            await load.more(2 * PAGES, BACK_WITHIN_S)

            load.is_over = True
            await loading
        async with running(world, "a") as second:
            assert await second.ended() == 2, "the name is held as before"
    assert process.child.returncode == 0
    return load


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_database_that_goes_away_under_load_costs_nothing_but_refusals(
    postgres: OwnPostgres, fault: str
) -> None:
    async with open_world(postgres.app_url, None) as world:
        load = await break_under_load(world, postgres, FAULTS[fault])

        owner = await asyncpg.connect(postgres.owner_url)
        try:
            states = await check_all(world, owner)
        finally:
            await owner.close()
    assert load.acknowledged.keys() == states.keys()
    assert set(states.values()) == {"settled"}
