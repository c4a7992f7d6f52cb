"""What a statement ends in, whatever the server and the callers do."""

import asyncio

import asyncpg
import pytest

from gateway.domain.errors import Busy, NotReady
from gateway.store.database import CONTENTION_TRIES, open_database
from tests.store.small_steps import STEP, STEP_AFTER_FAILURES, STEP_BEHIND_LOCK

BOUND_S = 10


async def _until_waiting(owner, number: int = 1) -> None:
    """Wait until `number` sessions wait for the advisory lock."""
    async with asyncio.timeout(BOUND_S):
        while await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") < number:
            pass


async def test_every_connection_is_the_gateways_role_with_limits_in_the_server(database):
    row = await database.fetchrow(
        """SELECT current_user AS role, current_setting('statement_timeout') AS statement_timeout,
        current_setting('lock_timeout') AS lock_timeout, current_setting('timezone') AS timezone,
        current_setting('application_name') AS application_name"""
    )

    assert dict(row) == {
        "role": "gateway_app",
        "statement_timeout": "10s",
        "lock_timeout": "2s",
        "timezone": "Asia/Tokyo",
        "application_name": "gateway",
    }


async def test_json_goes_in_and_comes_out_as_values(database):
    row = await database.fetchrow("SELECT $1::jsonb AS value", {"名": ["ﾔﾏﾀﾞ", 1, None]})

    assert row["value"] == {"名": ["ﾔﾏﾀﾞ", 1, None]}


async def test_a_wrong_argument_is_the_callers_mistake_and_not_tried_again(database):
    with pytest.raises(asyncpg.DataError):
        await database.step("SELECT $1::int AS number", "one")


async def test_a_step_without_a_row_is_a_mistake(database):
    with pytest.raises(LookupError):
        await database.step("SELECT 1 AS number WHERE FALSE")


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("40001", id="serialization failure"),
        pytest.param("40P01", id="deadlock"),
        pytest.param("55P03", id="lock time-out"),
    ],
)
async def test_a_statement_that_the_server_gave_up_is_done_at_a_later_try(code, database, effects):
    row = await database.step(STEP_AFTER_FAILURES, 7, CONTENTION_TRIES - 1, code)

    assert row["step"] == 7
    assert await effects() == [7]


@pytest.mark.parametrize("code", ["40001", "40P01", "55P03"])
async def test_a_statement_that_never_gets_through_is_busy_and_was_not_done(
    code, database, effects
):
    with pytest.raises(Busy):
        await database.step(STEP_AFTER_FAILURES, 7, CONTENTION_TRIES, code)

    assert await effects() == []


async def test_two_steps_that_deadlock_are_both_done(database, owner):
    await owner.execute(
        """CREATE TABLE pairs (id integer PRIMARY KEY, count integer NOT NULL);
        INSERT INTO pairs VALUES (1, 0), (2, 0);
        GRANT SELECT, UPDATE ON pairs TO gateway_app;
        CREATE FUNCTION count_both(p_first integer, p_second integer)
        RETURNS TABLE (done boolean) LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE pairs SET count = count + 1 WHERE id = p_first;
            UPDATE pairs SET count = count + 1 WHERE id = p_second;
            RETURN QUERY SELECT TRUE;
        END $$"""
    )

    calls = [database.step("SELECT * FROM count_both($1, $2)", *p) for p in [(1, 2), (2, 1)] * 4]
    await asyncio.gather(*calls)

    assert await owner.fetchval("SELECT array_agg(count) FROM pairs") == [8, 8]


async def test_a_full_pool_refuses_within_its_bound(database_url, owner, effects):
    loop = asyncio.get_running_loop()
    async with open_database(database_url, size=2, wait_s=0.2) as database:
        await owner.execute("SELECT pg_advisory_lock(1)")
        holders = [asyncio.create_task(database.step(STEP_BEHIND_LOCK, n)) for n in (1, 2)]
        await _until_waiting(owner, 2)

        began = loop.time()
        refusals = await asyncio.gather(
            *(database.step(STEP, n) for n in range(3, 53)), return_exceptions=True
        )
        took_s = loop.time() - began
        await owner.execute("SELECT pg_advisory_unlock(1)")
        await asyncio.gather(*holders)

    assert {type(refusal) for refusal in refusals} == {Busy}
    assert took_s < 1.2
    assert await effects() == [1, 2]


async def test_a_step_ends_although_its_caller_is_cancelled(database, owner, effects):
    await owner.execute("SELECT pg_advisory_lock(1)")
    caller = asyncio.create_task(database.step(STEP_BEHIND_LOCK, 1))
    await _until_waiting(owner)

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await owner.execute("SELECT pg_advisory_unlock(1)")
    await database.finish()

    assert await effects() == [1]


async def test_closing_waits_for_the_steps_that_were_begun(database_url, owner, effects):
    await owner.execute("SELECT pg_advisory_lock(1)")
    async with open_database(database_url) as database:
        caller = asyncio.create_task(database.step(STEP_BEHIND_LOCK, 1))
        await _until_waiting(owner)
        caller.cancel()
        release = asyncio.create_task(owner.execute("SELECT pg_advisory_unlock(1)"))

    await release
    assert await effects() == [1]


@pytest.mark.usefixtures("effects")
async def test_a_failure_that_nobody_waits_for_is_not_lost(database, owner):
    await owner.execute("SELECT pg_advisory_lock(1)")
    caller = asyncio.create_task(database.step(STEP_BEHIND_LOCK, 1))
    await _until_waiting(owner)
    caller.cancel()

    await owner.execute("DROP TABLE effects")
    await owner.execute("SELECT pg_advisory_unlock(1)")
    await database.finish()

    assert not database._steps


async def test_a_table_that_changes_under_load_fails_no_statement(database, owner):
    await owner.execute("CREATE TABLE rows (id integer PRIMARY KEY); INSERT INTO rows VALUES (1)")
    await owner.execute("GRANT SELECT ON rows TO gateway_app")
    is_over = asyncio.Event()

    async def load() -> int:
        done = 0
        while not is_over.is_set():
            await database.step("SELECT * FROM rows WHERE id = $1", 1)
            await database.fetch("SELECT * FROM rows WHERE id = $1", 1)
            done += 1
        return done

    loads = [asyncio.create_task(load()) for _ in range(8)]
    for number in range(10):
        await owner.execute(f"ALTER TABLE rows ADD COLUMN column_{number} text")
    is_over.set()

    assert all(await asyncio.gather(*loads))


async def test_an_ended_session_costs_no_statement(database, owner, effects):
    await asyncio.gather(*(database.step(STEP, n) for n in range(10)))

    ended = await owner.fetch(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'gateway'"""
    )
    await asyncio.gather(*(database.step(STEP, n) for n in range(10, 20)))
    await asyncio.gather(*(database.fetch("SELECT 1") for _ in range(10)))

    assert len(ended) >= 2
    assert await effects() == list(range(20))


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql://gateway@127.0.0.1:1/gateway", id="nobody listens"),
        pytest.param("postgresql://gateway@/gateway?host=/nowhere&port=5432", id="no socket"),
    ],
)
async def test_a_database_that_cannot_be_reached_is_a_reason_not_to_start(url):
    with pytest.raises(NotReady, match="database"):
        async with open_database(url):
            pass


async def test_a_wrong_password_is_a_reason_not_to_start(server):
    url = server.postgres.app_url.replace("gateway_app:", "gateway_app:x")

    with pytest.raises(NotReady, match="password"):
        async with open_database(url):
            pass
