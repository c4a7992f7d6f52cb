"""PostgreSQL goes away under load: nothing acknowledged is lost, and nothing is done twice."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import asyncpg
import pytest

from gateway.app import apply_migrations
from tests.flows.own_postgres import OwnPostgres, own_postgres
from tests.flows.serving import WITHIN_S, Caller, calling, check_all, enrol, new_key, running, until
from tests.flows.world import World, open_world
from tests.traced import traced

PAGES = 4
BACK_WITHIN_S = 5
NAME_HELD_WITHIN_S = 5
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"


@dataclass(slots=True)
class Load:
    """Pages that ask one after the other, and ask again under the same key until they are told."""

    caller: Caller
    acknowledged: set[str] = field(default_factory=set)
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
            await self._tell(refused=1)
            await asyncio.sleep(0.02)
        self.acknowledged.add(key)
        await self._tell(refused=0)

    async def _tell(self, *, refused: int) -> None:
        async with self.progress:
            self.refused += refused
            self.progress.notify_all()

    async def more(self, number: int, within_s: float) -> None:
        """Return once so many more have been accepted."""
        wanted = len(self.acknowledged) + number
        async with asyncio.timeout(within_s), self.progress:
            await self.progress.wait_for(lambda: len(self.acknowledged) >= wanted)

    async def more_refused(self, number: int) -> None:
        """Return once so many more have been refused."""
        wanted = self.refused + number
        async with asyncio.timeout(WITHIN_S), self.progress:
            await self.progress.wait_for(lambda: self.refused >= wanted)


async def restart_fast(postgres: OwnPostgres, _: Load) -> None:
    await postgres.end(signal.SIGINT)
    await postgres.start()


async def restart_immediately(postgres: OwnPostgres, _: Load) -> None:
    await postgres.end(signal.SIGQUIT)
    await postgres.start()


async def stay_away(postgres: OwnPostgres, load: Load) -> None:
    """Stay away for so long that everything has tried to come back, in vain.

    An instance that had tried once in vain to take its name again never tried a second time.
    """
    await postgres.end(signal.SIGINT)
    await load.more_refused(200)
    await postgres.start()


async def kill_the_postmaster(postgres: OwnPostgres, _: Load) -> None:
    await postgres.end(signal.SIGKILL)
    await postgres.start()


async def kill_a_backend(postgres: OwnPostgres, _: Load) -> None:
    await postgres.kill_a_backend()


async def end_every_session(postgres: OwnPostgres, _: Load) -> None:
    assert await postgres.terminate_backends() >= 2


Fault: TypeAlias = Callable[[OwnPostgres, Load], Awaitable[None]]
FAULTS: Mapping[str, Fault] = {
    "fast restart": restart_fast,
    "immediate restart": restart_immediately,
    "away for a while": stay_away,
    "postmaster killed": kill_the_postmaster,
    "backend killed": kill_a_backend,
    "every session ended": end_every_session,
}


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[OwnPostgres]:
    async with own_postgres(tmp_path) as postgres:
        await apply_migrations(postgres.owner_url)
        async with traced(postgres.owner_url):
            yield postgres


async def is_name_held(postgres: OwnPostgres) -> bool:
    """Whether the gateway has the lock of its name (again)."""
    connection = await asyncpg.connect(postgres.owner_url)
    try:
        return bool(await connection.fetchval(HELD) == 1)
    finally:
        await connection.close()


async def break_under_load(world: World, postgres: OwnPostgres, fault: Fault) -> Load:
    account = await enrol(world, limit=10_000_000)
    async with running(world, "a") as process, calling(await process.up(), account) as caller:
        load = Load(caller)
        loading = asyncio.create_task(load.run())
        await load.more(2 * PAGES, 10)

        await fault(postgres, load)
        await load.more(2 * PAGES, BACK_WITHIN_S)

        load.is_over = True
        await loading
        await until(lambda: is_name_held(postgres), NAME_HELD_WITHIN_S)
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
    assert load.acknowledged == states.keys()
    assert set(states.values()) == {"settled"}
