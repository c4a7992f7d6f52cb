"""Full garbage collections wait for a quiet time, and come."""

import asyncio
import gc
import itertools
import weakref

import pytest

from gateway.ops.garbage import (
    CALM,
    LATEST_S,
    REST_S,
    RIPE,
    QuietTimes,
    Seen,
    full_collections_apart,
)

MADE = 200_000
WORK = CALM * 1.01


class Ring:
    """Garbage that only a collection finds: it holds itself."""

    def __init__(self) -> None:
        self.itself = self


def full_collections() -> int:
    return int(gc.get_stats()[2]["collections"])


async def test_much_that_stays_causes_no_full_collection() -> None:
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    async with full_collections_apart():
        before = full_collections()
        kept = [[number] for number in range(MADE)]
        assert (full_collections(), len(kept)) == (before, MADE)
        assert gc.get_freeze_count() > frozen

    assert (gc.get_threshold(), gc.get_freeze_count()) == (thresholds, 0)


async def test_at_a_quiet_time_garbage_that_has_grown_old_is_collected() -> None:
    seconds = itertools.count(0, 2 * REST_S).__next__
    async with full_collections_apart(look_s=0.0, now=seconds), asyncio.timeout(10):
        ring = Ring()
        found = asyncio.Event()
        weakref.finalize(ring, found.set)
        kept = [[number] for number in range(MADE)]
        del ring
        assert not found.is_set()
        await found.wait()

    assert len(kept) == MADE


@pytest.mark.parametrize(
    ("used", "middle", "seconds", "expected"),
    [
        pytest.param(CALM, RIPE, REST_S, True, id="calm, and worth it"),
        pytest.param(0.0, RIPE, REST_S, True, id="nothing at all is done"),
        pytest.param(CALM, RIPE - 1, REST_S, False, id="not worth it yet"),
        pytest.param(CALM, RIPE, REST_S - 1, False, id="there was one just now"),
        pytest.param(WORK, RIPE, LATEST_S - 1, False, id="in the middle of work"),
        pytest.param(WORK, RIPE, LATEST_S, True, id="no quiet time in an hour"),
        pytest.param(WORK, RIPE - 1, LATEST_S, False, id="an hour, and not worth it"),
    ],
)
def test_a_quiet_time_is_calm_and_not_too_soon(
    used: float, middle: int, seconds: float, *, expected: bool
) -> None:
    times = QuietTimes(Seen(at=0.0, used=7.0, middle=0))
    times.is_one(Seen(seconds - 1, 50.0, middle=0))

    assert times.is_one(Seen(seconds, 50.0 + used, middle)) is expected


def test_rest_is_counted_from_collection_to_collection() -> None:
    times = QuietTimes(Seen(at=0.0, used=0.0, middle=RIPE))

    looks = [
        times.is_one(Seen(at, used=0.0, middle=RIPE))
        for at in (REST_S, REST_S + 1, 2 * REST_S - 1, 2 * REST_S)
    ]

    assert looks == [True, False, False, True]
