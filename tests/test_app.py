"""What the composition root itself decides."""

import asyncio

import pytest

from gateway.app import SchemaWatch, schema_problems
from gateway.domain.errors import Busy


async def test_however_many_ask_the_schema_is_looked_at_once_a_second() -> None:
    looks = 0

    async def look() -> list[str]:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return ["0003 is missing"]

    watch = SchemaWatch(look)

    found = await asyncio.gather(*(watch.problem() for _ in range(50)))

    assert set(found) == {"0003 is missing"}
    assert looks == 1


async def test_a_database_that_is_away_is_no_problem_of_the_schema() -> None:
    watch = SchemaWatch(lambda: schema_problems("postgresql://gateway@127.0.0.1:1/gateway"))

    for _ in range(2):
        with pytest.raises(Busy):
            await watch.problem()
