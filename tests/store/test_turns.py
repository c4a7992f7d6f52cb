"""A source's turn: taken once whoever asks at the same time, given back once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.guessing import Source
from gateway.domain.network import networks_of
from gateway.store.database import Database
from gateway.store.login_sources import Turn, give_back, take_turn
from tests.manual_clock import START

ONE = Source(b"one")


def source_at(address: str) -> Source:
    own, *around = (network.encode() for network in networks_of(address))
    return Source(own, tuple(around))


async def take(
    database: Database, source: Source = ONE, *, after_s: float = 0, delay_s: float = 1
) -> Turn | None:
    now = START + timedelta(seconds=after_s)
    turn = await take_turn(database, source, now=now, delay_s=delay_s)
    return turn if isinstance(turn, Turn) else None


async def test_of_many_at_once_one_has_the_turn(database: Database) -> None:
    taken = await asyncio.gather(*(take(database) for _ in range(30)))

    assert len([turn for turn in taken if turn is not None]) == 1


async def test_each_turn_that_is_kept_lets_the_source_wait_twice_as_long(
    database: Database,
) -> None:
    waits, at_s = [], 0.0
    for _ in range(8):
        turn = await take(database, after_s=at_s)
        assert turn is not None
        waits.append((turn.until - START).total_seconds() - at_s)
        assert await take(database, after_s=at_s + waits[-1] - 0.001) is None
        at_s += waits[-1]

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_turn_that_is_given_back_was_never_taken(database: Database, owner: Any) -> None:
    kept = await take(database)
    before = await owner.fetchrow("SELECT failures, failed_at FROM login_sources")
    turn = await take(database, after_s=1)
    assert kept is not None
    assert turn is not None

    for _ in range(2):
        await give_back(database, turn)

    assert await owner.fetchrow("SELECT failures, failed_at FROM login_sources") == before
    assert await take(database, after_s=1) is not None


async def test_a_turn_after_which_another_was_taken_is_not_given_back(database: Database) -> None:
    """It took longer than the source had to wait: what the later one owes must stay."""
    slow = await take(database)
    assert slow is not None
    assert await take(database, after_s=1) is not None

    await give_back(database, slow)

    assert await take(database, after_s=2.9) is None


async def test_without_a_delay_nobody_waits(database: Database) -> None:
    home = source_at("2001:db8::1")

    assert None not in [await take(database, home, delay_s=0) for _ in range(70)]


@pytest.mark.parametrize(
    ("step", "tries", "most"),
    [
        pytest.param(0, 3, 1, id="one /64"),
        pytest.param(1, 63, 60, id="the /64s of one /56"),
        pytest.param(256, 243, 240, id="the /56s of one /48"),
        pytest.param(65_536, 64, 64, id="/48s that have nothing in common"),
    ],
)
async def test_the_wider_a_network_the_more_it_may_guess(
    database: Database, step: int, tries: int, most: int
) -> None:
    taken = 0
    for number in range(0, tries * step, step) if step else [0] * tries:
        home = f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"
        taken += await take(database, source_at(home)) is not None

    assert taken == most


async def test_what_is_given_back_is_the_networks_around_again(database: Database) -> None:
    homes = [source_at(f"2001:db8:0:{one:x}::1") for one in range(61)]
    turns = [await take(database, home) for home in homes[:60]]
    assert await take(database, homes[60]) is None
    assert turns[0] is not None

    await give_back(database, turns[0])

    assert await take(database, homes[60]) is not None


async def test_neighbours_who_come_at_once_do_not_lock_each_other(database: Database) -> None:
    homes = [source_at(f"2001:db8:0:{one:x}::1") for one in range(0, 1024, 32)]

    taken = await asyncio.gather(*(take(database, home) for home in homes))

    assert None not in taken
