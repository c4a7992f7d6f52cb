"""Quotas of requests: so many in a window that slides, counted as time that is used up (GCRA).

Each request uses up window / requests seconds; what is used up comes back as time goes by. One
number says it all: how many seconds of the window are used up now.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """`requests` in any `window_s` seconds."""

    name: str
    requests: int
    window_s: float = 60.0

    @property
    def cost_s(self) -> float:
        """Return how much of the window one request uses up."""
        return self.window_s / self.requests

    def has_room(self, ahead_s: float) -> bool:
        return ahead_s + self.cost_s <= self.window_s + _GRAIN_S

    def wait_s(self, ahead_s: float) -> float:
        """Return after how long one more request has room, 0 where it has."""
        return max(0.0, ahead_s + self.cost_s - self.window_s)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one caller stands with one quota, after `ahead_s` of its window was used up."""

    quota: Quota
    ahead_s: float

    @property
    def remaining(self) -> int:
        left_s = self.quota.window_s - self.ahead_s + _GRAIN_S
        return max(0, math.floor(left_s / self.quota.cost_s))

    @property
    def more_in_s(self) -> int:
        """Return the seconds until there is room for one more than now."""
        room_then_s = (self.remaining + 1) * self.quota.cost_s
        return max(0, math.ceil(self.ahead_s - self.quota.window_s + room_then_s - _GRAIN_S))


# Sums of fractions of a second come out a little above or below.
_GRAIN_S = 1e-6
