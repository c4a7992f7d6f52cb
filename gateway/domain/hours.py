"""When a service is closed: regular windows, in Japanese time, exact at the second."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")
LOOK_AHEAD_DAYS = 9


@dataclass(frozen=True, slots=True)
class Window:
    """A closed window that begins on a weekday (Monday = 0) or on a date of the year, and lasts.

    `nth` restricts it to those occurrences of the weekday in a month (empty = every one).
    The beginning is closed, the end is open again.
    """

    name: str
    begins_at: time
    lasts: timedelta
    weekday: int | None = None
    nth: tuple[int, ...] = ()
    month_day: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if (self.weekday is None) == (self.month_day is None):
            raise ValueError(f"{self.name}: either a weekday or a date of the year")
        if not timedelta(0) < self.lasts < timedelta(days=7):
            raise ValueError(f"{self.name}: a window lasts, and less than a week")

    def begins_on(self, day: datetime) -> bool:
        """Whether an occurrence begins on the JST date of `day`."""
        if self.month_day is not None:
            return (day.month, day.day) == self.month_day
        is_nth = not self.nth or (day.day - 1) // 7 + 1 in self.nth
        return day.weekday() == self.weekday and is_nth

    def end_if_closed(self, at: datetime) -> datetime | None:
        """Return the end of the occurrence that contains `at`, or None."""
        local = at.astimezone(JST).replace(microsecond=0)
        for days_ago in range(self.lasts.days + 2):
            begin = datetime.combine(local.date() - timedelta(days_ago), self.begins_at, JST)
            if self.begins_on(begin) and begin <= local < begin + self.lasts:
                return begin + self.lasts
        return None


def closed_until(windows: tuple[Window, ...], at: datetime) -> datetime | None:
    """Return the instant at which a service closed at `at` opens again, or None if it is open.

    Windows that touch or overlap count as one. Where they leave no gap at all, the answer is
    an instant more than `LOOK_AHEAD_DAYS` away, at which to ask again.
    """
    reopens, horizon = at, at + timedelta(LOOK_AHEAD_DAYS)
    while reopens <= horizon and (ends := _ends(windows, reopens)):
        reopens = max(ends)
    return None if reopens is at else reopens


def next_closing(windows: tuple[Window, ...], at: datetime) -> datetime | None:
    """Return the next instant, within `LOOK_AHEAD_DAYS`, at which an open service closes.

    A window that begins where another one still holds, or just ends, closes nothing.
    """
    local = at.astimezone(JST)
    begins = [
        datetime.combine(local.date() + timedelta(ahead), window.begins_at, JST)
        for window in windows
        for ahead in range(LOOK_AHEAD_DAYS)
        if window.begins_on(local + timedelta(ahead))
    ]
    a_second = timedelta(seconds=1)
    closings = (b for b in begins if b > local and not _ends(windows, b - a_second))
    return min(closings, default=None)


def _ends(windows: tuple[Window, ...], at: datetime) -> list[datetime]:
    return [end for window in windows if (end := window.end_if_closed(at))]


LENDER_CLOSED = (
    Window("月曜日のサービス停止", time(0), timedelta(hours=7), weekday=0),
    Window("元日のサービス停止", time(0), timedelta(days=1), month_day=(1, 1)),
)
