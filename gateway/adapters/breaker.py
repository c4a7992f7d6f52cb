"""Stop calling a bank that cannot be reached, and how often a failed call may be tried again.

Both run on monotonic time that is handed in. Business time would be wrong here: operators and tests
set, shift and freeze it, and a breaker must not stay open because a calendar stands still.
"""

from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

Monotonic: TypeAlias = Callable[[], float]

FAILURES_MAX = 5
RATIO_WINDOW_S = 10.0
RATIO_CALLS_MIN = 20
RATIO_MAX = 0.5
REST_S = 5.0
RETRY_RATIO = 0.1
RETRIES_FREE = 3  # so that the only call of a quiet night has its second try


class BreakerState(StrEnum):
    CLOSED = "closed"  # everything goes out
    OPEN = "open"  # nothing does, until the rest is over
    HALF_OPEN = "half_open"  # one probe is out


class Permit(StrEnum):
    """How a call was let out; to be handed back by `Breaker.record` or `Breaker.release`."""

    ORDINARY = "ordinary"
    PROBE = "probe"


class Breaker:
    """Opens after five failures in a row, or when half of at least twenty calls in 10 s fail.

    Only failures of the way count. A refusal, even an unreadable answer, proves that the way works.
    """

    def __init__(self, monotonic: Monotonic, *, scale: float = 1.0) -> None:
        self._now = monotonic
        self._rest_s = REST_S * scale
        self._window_s = RATIO_WINDOW_S * scale
        self.state = BreakerState.CLOSED
        self._opened_at = 0.0
        self._in_a_row = 0
        self._window_from = monotonic()
        self._calls = self._failures = 0

    def admit(self, override: str = "auto") -> Permit | None:
        """Return a permit, or None. `override` is the operators' word: `open` bars all."""
        if override == "open":
            return None
        if override == "closed" or self.state is BreakerState.CLOSED:
            return Permit.ORDINARY
        rested = self._now() - self._opened_at >= self._rest_s
        if self.state is BreakerState.OPEN and rested:
            self.state = BreakerState.HALF_OPEN
            return Permit.PROBE
        return None

    def record(self, permit: Permit, *, is_ok: bool) -> None:
        """Take in how a call ended. Unless closed, only the probe counts: others are older."""
        if permit is Permit.PROBE:
            self._decide_by_probe(is_ok=is_ok)
        elif self.state is BreakerState.CLOSED:
            self._count(is_ok=is_ok)

    def release(self, permit: Permit) -> None:
        """Hand back a permit whose call was abandoned: nothing was learnt; another may probe."""
        if permit is Permit.PROBE and self.state is BreakerState.HALF_OPEN:
            self.state = BreakerState.OPEN

    def retry_after_s(self) -> float:
        """Return how long until a probe may go out."""
        return max(0.0, self._opened_at + self._rest_s - self._now())

    def _decide_by_probe(self, *, is_ok: bool) -> None:
        self.state = BreakerState.CLOSED
        self._reset_counts()
        if not is_ok:
            self._open()

    def _count(self, *, is_ok: bool) -> None:
        if self._now() - self._window_from > self._window_s:
            self._window_from = self._now()
            self._calls = self._failures = 0
        self._calls += 1
        self._failures += not is_ok
        self._in_a_row = 0 if is_ok else self._in_a_row + 1
        too_many = self._calls >= RATIO_CALLS_MIN and self._failures >= self._calls * RATIO_MAX
        if self._in_a_row >= FAILURES_MAX or too_many:
            self._open()

    def _open(self) -> None:
        self.state = BreakerState.OPEN
        self._opened_at = self._now()
        self._reset_counts()

    def _reset_counts(self) -> None:
        self._in_a_row = self._calls = self._failures = 0
        self._window_from = self._now()


class RetryBudget:
    """At most one second try in ten first ones, over the last 10 s, and a few for free."""

    def __init__(self, monotonic: Monotonic, *, scale: float = 1.0) -> None:
        self._now = monotonic
        self._window_s = RATIO_WINDOW_S * scale
        self._firsts: deque[float] = deque()
        self._retries: deque[float] = deque()

    def count_first(self) -> None:
        self._firsts.append(self._now())
        self._forget_old()

    def spend(self) -> bool:
        """Return whether one more try is allowed, and count it."""
        self._forget_old()
        if len(self._retries) >= max(RETRIES_FREE, len(self._firsts) * RETRY_RATIO):
            return False
        self._retries.append(self._now())
        return True

    def _forget_old(self) -> None:
        oldest = self._now() - self._window_s
        for instants in (self._firsts, self._retries):
            while instants and instants[0] <= oldest:
                instants.popleft()
