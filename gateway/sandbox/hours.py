"""When a bank takes no pay-outs and starts no collections."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from gateway.sandbox.clock import JST


@dataclass(frozen=True, slots=True)
class ClosedWindow:
    """Closed from `begins` on a weekday (Monday = 0), `lasts` long; the end itself is open again.

    `nth` keeps only those occurrences of the weekday in a month; empty keeps every one.
    """

    weekday: int
    begins: time
    lasts: timedelta
    nth: tuple[int, ...] = ()

    def end_if_closed(self, now: datetime) -> datetime | None:
        """Return the end of the occurrence `now` lies in, or None."""
        local = now.astimezone(JST).replace(microsecond=0)
        for days_ago in range(self.lasts.days + 2):
            day = local.date() - timedelta(days_ago)
            is_kept = not self.nth or (day.day + 6) // 7 in self.nth
            begin = datetime.combine(day, self.begins, JST)
            if day.weekday() == self.weekday and is_kept and begin <= local < begin + self.lasts:
                return begin + self.lasts
        return None


def reopens_at(windows: tuple[ClosedWindow, ...], now: datetime) -> datetime | None:
    """Return when a bank that is closed at `now` opens again, None if it is open."""
    ends = [end for window in windows if (end := window.end_if_closed(now)) is not None]
    return max(ends, default=None)
