"""An instance's name: one holder, taken again after the database was away."""

import asyncio

import pytest

from gateway.domain.errors import NotReady
from gateway.store.instance import holding_name

WITHIN_S = 10


async def test_a_name_has_one_holder(database_url: str) -> None:
    async with holding_name(database_url, "a"), holding_name(database_url, "b"):
        with pytest.raises(NotReady, match="'a'"):
            async with holding_name(database_url, "a"):
                pytest.fail("two hold one name")

    async with holding_name(database_url, "a"):
        pass


async def test_a_name_is_taken_again_after_its_connection_broke(database_url: str, owner) -> None:
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'name of a'"
    async with holding_name(database_url, "a") as taken:
        pid = await owner.fetchval(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'name of a'"
        )
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'name of a'"
        )

        async with asyncio.timeout(WITHIN_S):
            while True:
                if await owner.fetchval(f"{sessions} AND pid <> $1", pid):
                    break
                await asyncio.sleep(0.02)

        assert not taken.is_set()
        with pytest.raises(NotReady):
            async with holding_name(database_url, "a"):
                pytest.fail("two hold one name")
