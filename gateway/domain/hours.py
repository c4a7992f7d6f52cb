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

    Windows that touch or overlap count as one.
    """
    reopens: datetime | None = None
    while (ends := [e for w in windows if (e := w.end_if_closed(reopens or at))]) != []:
        reopens = max(ends)
    return reopens


def next_closing(windows: tuple[Window, ...], at: datetime) -> datetime | None:
    """Return the next instant, within `LOOK_AHEAD_DAYS`, at which an open service closes."""
    local = at.astimezone(JST)
    begins = [
        datetime.combine(local.date() + timedelta(ahead), window.begins_at, JST)
        for window in windows
        for ahead in range(LOOK_AHEAD_DAYS)
        if window.begins_on(local + timedelta(ahead))
    ]
    return min((begin for begin in begins if begin > local), default=None)


LENDER_CLOSED = (
    Window("月曜日のサービス停止", time(0), timedelta(hours=7), weekday=0),
    Window("元日のサービス停止", time(0), timedelta(days=1), month_day=(1, 1)),
)
