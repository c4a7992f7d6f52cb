"""Connections that break: between commit and answer, for good, or without a word."""

import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.domain.errors import Busy, CommitUnknown
from gateway.store.database import open_database
from gateway.store.postgres import running_postgres
from tests.store.small_steps import STEP
from tests.store.tcp_proxy import running_proxy

PROJECT = Path(__file__).parents[2]
CUTS = 50


async def test_an_answer_lost_after_the_commit_is_asked_for_again_with_one_effect(
    database_url, effects
):
    async with running_proxy(database_url) as proxy, open_database(proxy.url, size=2) as database:
        for number in range(CUTS):
            await database.step(STEP, number)
            proxy.lose_answers(1)
            row = await database.step(STEP, number + 1000)
            assert row["step"] == number + 1000
            assert proxy.answers_to_lose == 0

    assert await effects() == [*range(CUTS), *range(1000, 1000 + CUTS)]


async def test_a_step_of_which_nobody_can_be_asked_is_commit_unknown(database_url, effects):
    async with (
        running_proxy(database_url) as proxy,
        open_database(proxy.url, size=1, lost_s=0.3) as database,
    ):
        await database.step(STEP, 1)
        proxy.lose_answers(1)
        proxy.is_refusing = True

        with pytest.raises(CommitUnknown):
            await database.step(STEP, 2)

    assert await effects() == [1, 2]


async def test_a_step_that_finds_no_server_is_busy_and_was_not_done(database_url, effects):
    async with running_proxy(database_url) as proxy, open_database(proxy.url, size=2) as database:
        proxy.is_refusing = True
        proxy.cut()
        with pytest.raises(Busy):
            await database.fetch("SELECT 'finds the broken connections'")

        with pytest.raises(Busy):
            await database.step(STEP, 1)

    assert await effects() == []


async def test_a_read_is_tried_once_more_and_then_busy(database_url):
    async with running_proxy(database_url) as proxy, open_database(proxy.url, size=1) as database:
        await database.fetch("SELECT 1")
        proxy.lose_answers(1)
        assert await database.fetch("SELECT 1") != []

        proxy.lose_answers(1)
        proxy.is_refusing = True
        with pytest.raises(Busy):
            await database.fetch("SELECT 1")


async def test_the_pool_heals_when_the_server_is_back(database_url, effects):
    async with running_proxy(database_url) as proxy, open_database(proxy.url) as database:
        proxy.is_refusing = True
        proxy.cut()
        with pytest.raises(Busy):
            await database.fetch("SELECT 1")

        proxy.is_refusing = False
        await database.step(STEP, 1)

    assert await effects() == [1]


async def test_a_session_whose_end_was_announced_costs_no_statement(database_url, effects):
    async with running_proxy(database_url) as proxy, open_database(proxy.url, size=2) as database:
        await database.step(STEP, 1)
        await proxy.announce_end()

        await database.step(STEP, 2)
        await database.fetch("SELECT 1")

    assert await effects() == [1, 2]


async def test_a_server_that_is_no_primary_any_more_is_left_for_another(
    database_url, owner, effects
):
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    async with open_database(database_url, size=2, lost_s=0.3) as database:
        with pytest.raises(Busy, match="ReadOnlySQLTransactionError"):
            await database.step(STEP, 1)

        await owner.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        await database.step(STEP, 2)

    assert await effects() == [2]


async def test_a_server_that_was_restarted_is_used_again(tmp_path):
    async with AsyncExitStack() as databases:
        async with running_postgres(tmp_path, options=("fsync=off",)) as postgres:
            opening = open_database(postgres.app_url, lost_s=0.3)
            database = await databases.enter_async_context(opening)
            await database.step("SELECT 1 AS answer")

        with pytest.raises((Busy, CommitUnknown)):
            await database.step("SELECT 1 AS answer")

        async with running_postgres(tmp_path, options=("fsync=off",)):
            row = await database.step("SELECT 2 AS answer")

    assert row["answer"] == 2


def test_a_link_that_goes_dead_is_noticed_within_ten_seconds(database_url):
    """In a network of its own, whose only link goes down under a query and an idle session."""
    command = [sys.executable, "-m", "tests.store.dead_link", database_url]
    done = subprocess.run(  # noqa: S603 - our own program
        command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )

    if done.returncode == 77:
        pytest.skip("this system lets nobody make a network namespace")
    assert done.returncode == 0, done.stderr
    waiting_s, idle_s = map(float, done.stdout.split())
    assert 1 < waiting_s < 10
    assert 1 < idle_s < 10
