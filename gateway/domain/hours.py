"""Closed windows, in Japanese time, exact at the second: the five shapes that they come in."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")
LOOK_AHEAD_DAYS = 9


@dataclass(frozen=True, slots=True)
class Window:
    """A closed window that comes again: weekly, on some weekdays of a month, yearly, or daily.

    It begins on a weekday (Monday = 0; `nth` keeps those occurrences in a month, empty = every
    one), on a date of the year, or, with neither, every day. Its beginning is closed, its end is
    open again. An occurrence belongs to the day it begins on, which is what `valid_from` and
    `valid_until` (the last such day) look at.
    """

    name: str
    begins_at: time
    lasts: timedelta
    weekday: int | None = None
    nth: tuple[int, ...] = ()
    month_day: tuple[int, int] | None = None
    valid_from: date = date.min
    valid_until: date = date.max

    def __post_init__(self) -> None:
        if self.weekday is not None and self.month_day is not None:
            raise ValueError(f"{self.name}: a weekday or a date of the year, not both")
        if self.nth and self.weekday is None:
            raise ValueError(f"{self.name}: the n-th of which weekday?")
        is_daily = self.weekday is None and self.month_day is None
        if not timedelta(0) < self.lasts < timedelta(days=1 if is_daily else 7):
            raise ValueError(f"{self.name}: a window lasts, and less than until its next")
        if self.begins_at.microsecond or self.lasts.microseconds:
            raise ValueError(f"{self.name}: a window begins and ends on a whole second")

    def begins_on(self, day: date) -> bool:
        """Whether an occurrence begins on the day (of a datetime: on the date it shows)."""
        if not self.valid_from <= date(day.year, day.month, day.day) <= self.valid_until:
            return False
        if self.month_day is not None:
            return (day.month, day.day) == self.month_day
        is_nth = not self.nth or (day.day - 1) // 7 + 1 in self.nth
        return is_nth and self.weekday in {None, day.weekday()}

    def end_if_closed(self, at: datetime) -> datetime | None:
        """Return the end of the occurrence that contains `at`, or None."""
        local = at.astimezone(JST).replace(microsecond=0)
        for days_ago in range(self.lasts.days + 2):
            begin = datetime.combine(local.date() - timedelta(days_ago), self.begins_at, JST)
            if self.begins_on(begin) and begin <= local < begin + self.lasts:
                return begin + self.lasts
        return None


@dataclass(frozen=True, slots=True)
class OneOffWindow:
    """A window that a bank announced: closed from one instant until another, and never again."""

    name: str
    begins: datetime
    ends: datetime

    def __post_init__(self) -> None:
        if self.begins.tzinfo is None or self.ends.tzinfo is None:
            raise ValueError(f"{self.name}: instants know their zone")
        if self.begins >= self.ends:
            raise ValueError(f"{self.name}: a window ends after it begins")


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
