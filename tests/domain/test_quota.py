"""Quotas of requests: never more than so many in any window, and what a caller is told of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.quota import Quota, Standing

TEN = Quota("ten", 10, 60.0)


def let_through(quota: Quota, instants: list[float]) -> list[float]:
    """Return the instants at which a request had room."""
    used_until, through = 0.0, []
    for now in instants:
        ahead_s = max(0.0, used_until - now)
        if quota.has_room(ahead_s):
            used_until = max(used_until, now) + quota.cost_s
            through.append(now)
    return through


def test_a_whole_quota_may_be_used_at_once() -> None:
    assert len(let_through(TEN, [0.0] * 20)) == 10


def test_after_that_one_more_has_room_whenever_its_part_of_the_window_has_passed() -> None:
    assert let_through(TEN, [0.0] * 20 + [5.9, 6.0, 6.1, 12.0]) == [0.0] * 10 + [6.0, 12.0]


@given(st.lists(st.floats(0, 600), max_size=200).map(sorted))
def test_no_more_than_the_quota_and_what_came_back_meanwhile_gets_through(
    instants: list[float],
) -> None:
    through = let_through(TEN, instants)

    for first, begun in enumerate(through):
        for last, ended in enumerate(through[first:], first):
            assert last - first + 1 <= 10 + (ended - begun) / TEN.cost_s + 1e-3


@pytest.mark.parametrize(
    ("ahead_s", "remaining", "more_in_s", "wait_s"),
    [
        pytest.param(0.0, 10, 6, 0.0, id="nothing used"),
        pytest.param(6.0, 9, 6, 0.0, id="one used just now"),
        pytest.param(8.0, 8, 2, 0.0, id="in between"),
        pytest.param(60.0, 0, 6, 6.0, id="all used"),
        pytest.param(66.0, 0, 12, 12.0, id="more than all, as two processes may let through"),
    ],
)
def test_a_caller_is_told_what_is_left_and_when_there_is_more(
    ahead_s: float, remaining: int, more_in_s: int, wait_s: float
) -> None:
    standing = Standing(TEN, ahead_s)

    assert (standing.remaining, standing.more_in_s) == (remaining, more_in_s)
    assert TEN.wait_s(ahead_s) == wait_s
