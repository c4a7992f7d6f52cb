"""How many calls a contract may make in a second."""

import math
from collections import deque

SECOND = 1.0


class Throttle:
    """Counts the calls taken in the last second. Refused ones do not count."""

    def __init__(self) -> None:
        self._taken: deque[float] = deque()

    def refuse_for(self, now: float, per_second: int) -> int:
        """Return 0 and count the call, or the whole seconds after which it may be tried again.

        `now` is monotonic: this limit is about real time whatever the bank's clock shows.
        `per_second` 0 means no limit.
        """
        if per_second == 0:
            return 0
        while self._taken and self._taken[0] <= now - SECOND:
            self._taken.popleft()
        if len(self._taken) < per_second:
            self._taken.append(now)
            return 0
        return max(1, math.ceil(self._taken[0] + SECOND - now))

    def give_back(self) -> None:
        """Uncount the last call taken: it was refused as one too many all the same."""
        if self._taken:
            self._taken.pop()
