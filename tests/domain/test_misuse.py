"""What is too much, told from what is usual."""

from datetime import datetime, timedelta

import pytest

from gateway.domain.misuse import WATCHES, Misuse, Seen, Watch, is_high, minute_of, seen
from tests.manual_clock import START

WATCH = Watch("sign_ins_refused", minutes=5, count_min=30, times_usual=3)
NOW = START.replace(second=30)


def at(*found: tuple[int, int]) -> dict[datetime, int]:
    """Return counts from pairs of (minutes ago, times)."""
    return {minute_of(NOW) - timedelta(minutes=ago): times for ago, times in found}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param((), (0, 0), id="nothing"),
        pytest.param(((0, 3),), (3, 0), id="the minute that goes on"),
        pytest.param(((5, 3),), (3, 0), id="the fifth before it"),
        pytest.param(((6, 12),), (0, 1), id="what is older is usual, in as long a time"),
        pytest.param(((65, 12),), (0, 1), id="the last minute of the hour before"),
        pytest.param(((66, 12),), (0, 0), id="what is older than that is forgotten"),
        pytest.param(((0, 7), (3, 5), (10, 24), (60, 24)), (12, 4), id="sums"),
    ],
)
def test_lately_is_five_minutes_and_usual_the_hour_before(
    counts: tuple[tuple[int, int], ...], expected: tuple[int, float]
) -> None:
    assert seen(WATCH, at(*counts), NOW) == Seen(*expected)


@pytest.mark.parametrize(
    ("found", "high"),
    [
        pytest.param(Seen(29, 0), False, id="few, though unusual"),
        pytest.param(Seen(30, 0), True, id="many out of nothing"),
        pytest.param(Seen(200, 100), False, id="many, as many as usual"),
        pytest.param(Seen(300, 100), True, id="three times what is usual"),
    ],
)
def test_it_is_too_much_when_it_is_much_and_more_than_usual(found: Seen, *, high: bool) -> None:
    assert is_high(WATCH, found) is high


def test_locks_forged_calls_and_name_checks_are_too_many_whatever_is_usual() -> None:
    for kind in (Misuse.MEMBER_LOCKED, Misuse.CALLBACK_FORGED, Misuse.NAME_CHECKED):
        assert is_high(WATCHES[kind], Seen(WATCHES[kind].count_min, 1_000))


def test_everything_that_is_counted_is_watched() -> None:
    assert set(WATCHES) == set(Misuse)
