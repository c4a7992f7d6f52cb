"""Streams that are cut anywhere, while several connections write: every event once, in order."""

import asyncio
import random
from uuid import UUID

import asyncpg
import pytest

from gateway.config import Settings, load_settings
from tests.http.conftest import Client
from tests.http.following import Following, following
from tests.http.test_events import add

CUTS = 1_000
FOLLOWERS = 20
WRITERS = 4
EVENTS = 2_000


@pytest.fixture
def settings() -> Settings:
    return load_settings(streams_per_member_max=5 * FOLLOWERS, member_streams_per_minute=0)


async def write(url: str, member_id: UUID, count: int, chance: random.Random) -> None:
    """Add events from a connection of its own, some in transactions that stay open for a while."""
    connection = await asyncpg.connect(url)
    try:
        for _ in range(count):
            async with connection.transaction():
                await add(connection, member_id)
                await asyncio.sleep(chance.choice((0, 0, 0.002)))
    finally:
        await connection.close()


async def follow_with_cuts(client: Client, *, cuts: int, chance: random.Random) -> list[int]:
    """Follow from the first event on, cut so many times, then to the last; return all numbers."""
    seen: list[int] = []
    for _ in range(cuts):
        async with following(client, after=seen[-1] if seen else 0) as stream:
            await _read_some(stream, seen, chance)
    async with following(client, after=seen[-1] if seen else 0) as stream:
        while not seen or seen[-1] < EVENTS:
            seen.append((await stream.event()).no)
    return seen


async def _read_some(stream: Following, seen: list[int], chance: random.Random) -> None:
    """Read a few blocks, then hang up: at once, in the middle of a block, or before the first."""
    for _ in range(chance.randrange(8)):
        block = await stream.block()
        assert block is not None
        if block.is_event:
            seen.append(block.no)
        if seen and seen[-1] == EVENTS:
            return


@pytest.mark.timeout(60)
async def test_a_thousand_cut_streams_resume_without_a_gap_or_a_repeat(
    member: Client, member_id: UUID, owner_url: str
) -> None:
    chance = random.Random(20261125)  # noqa: S311 - where to cut, no secret
    writers = [write(owner_url, member_id, EVENTS // WRITERS, chance) for _ in range(WRITERS)]
    followers = [
        follow_with_cuts(member, cuts=CUTS // FOLLOWERS, chance=chance) for _ in range(FOLLOWERS)
    ]

    writing = asyncio.gather(*writers)
    found = await asyncio.gather(*followers)
    await writing

    assert all(numbers == list(range(1, EVENTS + 1)) for numbers in found)
