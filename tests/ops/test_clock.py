"""Business time is the machine's time, shifted, in Japan."""

from datetime import timedelta

import pytest

from gateway.domain.hours import JST
from gateway.ops.clock import SystemClock, shift_to, utc_now
from tests.manual_clock import START


def test_the_clock_shows_japanese_time() -> None:
    assert SystemClock().now().tzinfo is JST


def test_the_clock_is_shifted_by_a_constant() -> None:
    assert SystemClock(3600).now() - utc_now() == pytest.approx(
        timedelta(hours=1), abs=timedelta(seconds=5)
    )


def test_a_shift_brings_the_clock_to_an_instant() -> None:
    clock = SystemClock(shift_to(START))

    assert clock.now() - START == pytest.approx(timedelta(0), abs=timedelta(seconds=5))
