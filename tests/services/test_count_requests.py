"""Quotas that hold over several processes, each of which counts by itself most of the time."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.quota import Quota
from gateway.services.count_requests import RequestCounter
from gateway.store.database import Database
from tests.flows.serving import until

MEMBER = b"member"


async def burst(counter: RequestCounter, quota: Quota, count: int) -> int:
    """Return how many of so many requests got through."""
    through = 0
    for _ in range(count):
        _, may_go_on = await counter.count(quota, MEMBER)
        through += may_go_on
        await asyncio.sleep(0)
    return through


@pytest.mark.parametrize("requests", [10, 100, 600])
async def test_two_processes_let_through_the_quota_and_at_most_a_tenth_more(
    database: Database, requests: int
) -> None:
    quota = Quota("member_read", requests, window_s=3600.0)
    counters = [RequestCounter(database), RequestCounter(database)]

    through = await asyncio.gather(*(burst(counter, quota, requests) for counter in counters))

    assert requests <= sum(through) <= requests * 1.1


async def test_what_one_process_let_through_the_other_knows_after_it_asked(
    database: Database,
) -> None:
    quota = Quota("member_read", 10, window_s=3600.0)
    first, second = RequestCounter(database), RequestCounter(database)
    await burst(first, quota, 10)
    telling = asyncio.create_task(first.run())

    async def is_told() -> bool:
        return await database.fetchrow("SELECT 1 FROM request_quotas") is not None

    await until(is_told)
    telling.cancel()
    through = await burst(second, quota, 10)

    assert through == 1


async def test_most_requests_do_not_wait_for_the_database(database: Database, owner: Any) -> None:
    quota = Quota("member_money", 600)
    counter = RequestCounter(database)

    async with owner.transaction():
        await owner.execute("LOCK TABLE request_quotas IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(0.5):
            through = await burst(counter, quota, 24)

    assert through == 24


async def test_nobody_waits_for_a_statement_that_is_held_up(database: Database, owner: Any) -> None:
    """Whoever had used a share waited for as long as the lock did: 12 s, for money too."""
    quota = Quota("member_money", 100)
    counter = RequestCounter(database)
    loop = asyncio.get_running_loop()

    async with owner.transaction():
        await owner.execute("LOCK TABLE request_quotas IN ACCESS EXCLUSIVE MODE")
        began = loop.time()
        through = await burst(counter, quota, 100)
        took = loop.time() - began

    assert through == 100
    assert took < 1


async def test_what_was_counted_while_a_statement_was_held_up_is_told_after_it(
    database: Database, owner: Any
) -> None:
    counter = RequestCounter(database)
    async with owner.transaction():
        await owner.execute("LOCK TABLE request_quotas IN ACCESS EXCLUSIVE MODE")
        await burst(counter, Quota("member_money", 100, window_s=3600.0), 100)
    telling = asyncio.create_task(counter.run())

    async def is_all_told() -> bool:
        told = "SELECT 1 FROM request_quotas WHERE used_until > now() + interval '3500 seconds'"
        return await database.fetchrow(told) is not None

    await until(is_all_told)
    telling.cancel()


async def test_callers_and_quotas_do_not_touch_each_other(database: Database) -> None:
    counter = RequestCounter(database)
    one, other = Quota("member_money", 1, 3600.0), Quota("member_read", 1, 3600.0)

    results = [
        (await counter.count(quota, who))[1]
        for quota in (one, other)
        for who in (b"first", b"second", b"first")
    ]

    assert results == [True, True, False] * 2


async def test_nobody_is_refused_because_nobody_can_count(database: Database, owner: Any) -> None:
    quota = Quota("member_read", 100, window_s=3600.0)
    counter = RequestCounter(database)
    await cut_off(owner)

    with capture_logs() as records:
        through = await burst(counter, quota, 120)

    assert through == 100
    assert {record["event"] for record in records} >= {"quotas.not_shared"}


def alerts(records: list[MutableMapping[str, Any]]) -> list[str]:
    return [record["code"] for record in records if record["event"] == "alert.raised"]


async def test_a_fault_of_the_database_refuses_nobody_and_calls_for_somebody_once(
    database: Database, owner: Any
) -> None:
    """A full disk, say: it was a 500 for whoever had used a share."""
    quota = Quota("member_read", 100, window_s=3600.0)
    counter = RequestCounter(database)
    await owner.execute("REVOKE ALL ON request_quotas FROM gateway_app")

    with capture_logs() as records:
        through = await burst(counter, quota, 120)
        await counter._exchange()
        await counter._forget()

    assert through == 100
    assert alerts(records) == ["quotas_not_shared"]


async def test_a_fault_that_comes_again_calls_for_somebody_again(
    database: Database, owner: Any
) -> None:
    counter = RequestCounter(database)

    with capture_logs() as records:
        for _ in range(2):
            await burst(counter, Quota("member_read", 100, window_s=3600.0), 1)
            await owner.execute("REVOKE ALL ON request_quotas FROM gateway_app")
            await counter._exchange()
            await owner.execute("GRANT ALL ON request_quotas TO gateway_app")
            await counter._exchange()

    assert alerts(records) == ["quotas_not_shared"] * 2


async def test_counting_survives_a_fault_that_it_meets_by_itself(
    database: Database, owner: Any
) -> None:
    """The loop ended for good, and nobody was told."""
    counter = RequestCounter(database)
    await burst(counter, Quota("member_read", 100, window_s=3600.0), 1)
    await owner.execute("REVOKE ALL ON request_quotas FROM gateway_app")
    telling = asyncio.create_task(counter.run())

    async def is_called_for() -> bool:
        return alerts(records) != []

    async def is_told() -> bool:
        return await owner.fetchval("SELECT 1 FROM request_quotas") is not None

    with capture_logs() as records:
        await until(is_called_for)
        await owner.execute("GRANT ALL ON request_quotas TO gateway_app")
        await until(is_told)

    assert not telling.done()
    telling.cancel()


async def test_what_could_not_be_told_in_time_is_not_held_against_a_caller_afterwards(
    database: Database, owner: Any
) -> None:
    """After ten minutes without a database all that was counted in them would count as of now."""
    quota = Quota("member_read", 10, window_s=0.1)
    counter = RequestCounter(database)
    await owner.execute("REVOKE ALL ON request_quotas FROM gateway_app")
    await counter._exchange()
    through = 0
    while through < 50:
        through += await burst(counter, quota, 1)

    await owner.execute("GRANT ALL ON request_quotas TO gateway_app")
    await counter._exchange()
    standing, _ = await counter.count(quota, MEMBER)

    assert standing.ahead_s <= quota.window_s


async def cut_off(owner: Any) -> None:
    await owner.execute("REVOKE ALL ON request_quotas FROM gateway_app")
    await owner.execute("ALTER DATABASE " + await name_of(owner) + " CONNECTION LIMIT 0")
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


async def name_of(owner: Any) -> str:
    return str(await owner.fetchval("SELECT quote_ident(current_database())"))


async def test_quotas_that_are_whole_again_are_forgotten(database: Database, owner: Any) -> None:
    await owner.execute(
        "INSERT INTO request_quotas VALUES ('\\x01', now() - interval '2 minutes'),"
        " ('\\x02', now() + interval '1 minute')"
    )
    counter = RequestCounter(database)

    await counter._forget()

    assert [r["key"] for r in await owner.fetch("SELECT key FROM request_quotas")] == [b"\x02"]


async def test_what_cannot_be_forgotten_now_is_forgotten_later(
    database: Database, owner: Any
) -> None:
    counter = RequestCounter(database)
    await cut_off(owner)

    with capture_logs() as records:
        await counter._forget()

    assert [record["event"] for record in records] == ["quotas.not_shared"]
