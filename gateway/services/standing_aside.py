"""What this process could not work lately: how often, and until when it is left alone."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

WAITS_S = (60, 120, 300, 600, 1_800, 3_600)


@dataclass(slots=True)
class StandingAside:
    """Kept in memory: another process, or the same one after a restart, tries once more."""

    scale: float = 1.0
    _failures: dict[Hashable, tuple[int, datetime]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many stand aside: so many more have to be read to find the others."""
        return len(self._failures)

    def is_left_alone(self, key: Hashable, now: datetime) -> bool:
        """Whether its wait is not over yet."""
        times, until = self._failures.get(key, (0, now))
        return times > 0 and now < until

    def put(self, key: Hashable, now: datetime) -> datetime:
        """Let it stand aside, longer each time; return until when."""
        times, _ = self._failures.get(key, (0, now))
        wait_s = WAITS_S[min(times, len(WAITS_S) - 1)] * self.scale
        until = now + timedelta(seconds=wait_s)
        self._failures[key] = (times + 1, until)
        return until

    def forget(self, key: Hashable) -> None:
        """Note that it could be worked after all."""
        self._failures.pop(key, None)
