"""A clock that moves when a test says so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.hours import JST

START = datetime(2026, 11, 25, 10, 0, tzinfo=JST)


@dataclass(slots=True)
class ManualClock:
    """Stands still at `instant`, a Wednesday morning on which every service is open."""

    instant: datetime = START

    def now(self) -> datetime:
        return self.instant

    def advance(self, seconds: float) -> datetime:
        """Move on and return the new instant."""
        self.instant += timedelta(seconds=seconds)
        return self.instant
