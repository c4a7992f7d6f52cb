"""What the composition root itself decides."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from gateway.app import Role, SchemaWatch, open_gateway, schema_problems
from gateway.config import load_settings
from gateway.domain.errors import Busy
from gateway.domain.quota import Quota
from gateway.http.deps import DEPS
from gateway.services.authenticate import Caller
from gateway.store.lacks import LackWatch
from tests.flows.serving import until
from tests.manual_clock import ManualClock

MEMBER = UUID(int=1)


class OpenLine:
    def is_open(self) -> bool:
        return True

    def cut(self) -> None:
        raise AssertionError("nobody is slow here")


AWAY = "postgresql://gateway@127.0.0.1:1/gateway"


async def test_however_many_ask_the_schema_is_looked_at_once_a_second() -> None:
    looks = 0

    async def look() -> list[str]:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return ["0003 is missing"]

    watch = SchemaWatch(look, LackWatch(""))

    found = await asyncio.gather(*(watch.problem() for _ in range(50)))

    assert set(found) == {"0003 is missing"}
    assert looks == 1


async def test_a_database_that_is_away_is_no_problem_of_the_schema() -> None:
    watch = SchemaWatch(lambda: schema_problems(AWAY), LackWatch(AWAY))

    for _ in range(2):
        with pytest.raises(Busy):
            await watch.problem()


async def test_a_database_that_refuses_for_its_own_lack_is_not_ready() -> None:
    async def look() -> list[str]:
        return []

    lacks = LackWatch(AWAY)
    watch = SchemaWatch(look, lacks)
    assert await watch.problem() is None

    lacks.note(asyncpg.DiskFullError("no space left on device"))

    with pytest.raises(Busy):
        await watch.problem()


async def test_events_come_while_the_statement_that_counts_requests_is_held_up(
    database_url: str, owner: Any, clock: ManualClock
) -> None:
    """Both went over one connection: streams stood still for as long as the other waited."""
    await owner.execute(
        "INSERT INTO sessions"
        " VALUES ($1, $1, '\\x00', $2, $2, $2::timestamptz + interval '1 hour')",
        *(MEMBER, clock.now()),
    )
    await owner.execute(
        "INSERT INTO loans (member_id, credit_limit, event_no) VALUES ($1, 1, 1)", MEMBER
    )
    await owner.execute(
        "INSERT INTO events (member_id, no, kind, data, at) VALUES ($1, 1, 'x.y', '{}', now())",
        MEMBER,
    )

    async def is_held_up() -> bool:
        return bool(await owner.fetchval("SELECT 1 FROM pg_locks WHERE NOT granted"))

    async with open_gateway(
        load_settings(), url=database_url, clock=clock, role=Role.API
    ) as gateway:
        feed, counter = gateway.http[DEPS].feed, gateway.http[DEPS].counter
        await counter.count(Quota("member_money", 1), b"member")
        async with owner.transaction():
            await owner.execute("LOCK TABLE request_quotas IN ACCESS EXCLUSIVE MODE")
            counting = asyncio.create_task(counter.run())
            await until(is_held_up)
            reading = asyncio.create_task(feed.run())
            with feed.opened(Caller(MEMBER, MEMBER), OpenLine(), after=0) as stream:
                events = await stream.take(1)
        feed.end()
        counting.cancel()
        await asyncio.wait({counting, reading})

    assert [event.no for event in events] == [1]
