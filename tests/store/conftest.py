"""Fixtures for the way to the database."""

import pytest

from tests.store.small_steps import SCHEMA


@pytest.fixture
async def effects(owner):
    """Return the step ids that had an effect."""
    await owner.execute(SCHEMA)

    async def read() -> list[int]:
        return [row["step"] for row in await owner.fetch("SELECT step FROM effects ORDER BY step")]

    return read
