"""Business days of Japanese banks, from a frozen table that `scripts/freeze_holidays` writes.

Not a business day: Saturday, Sunday, a national holiday (with substitutes and citizens' holidays),
31 December to 3 January (銀行法施行令 §5). Past its table the calendar does not guess.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from gateway.domain.frozen_table import packaged

SATURDAY = 5
A_DAY = timedelta(days=1)
YEAR_END = frozenset({(12, 31), (1, 1), (1, 2), (1, 3)})


class BeyondHorizon(ValueError):
    """The calendar does not know the day: freeze a newer table, or ask about a nearer day."""


@dataclass(frozen=True, slots=True)
class HolidayTable:
    """The national holidays of whole years, from the first day to the last it speaks of."""

    begins: date
    ends: date
    names: Mapping[date, str]


def is_business_day(day: date) -> bool:
    """Return whether banks do business on the day. Raises BeyondHorizon where nobody knows yet."""
    return closed_name(day) is None


def closed_name(day: date) -> str | None:
    """Return what makes the day no business day, or None. Raises BeyondHorizon."""
    table = calendar_table()
    if not table.begins <= day <= table.ends:
        raise BeyondHorizon(f"the calendar knows {table.begins} to {table.ends}, not {day}")
    holiday = table.names.get(day)
    if holiday is not None:
        return holiday
    if (day.month, day.day) in YEAR_END:
        return "年末年始の休業日"
    if day.weekday() >= SATURDAY:
        return "土曜日" if day.weekday() == SATURDAY else "日曜日"
    return None


def business_day_from(day: date) -> date:
    """Return the day itself if it is a business day, else the next one. Raises BeyondHorizon."""
    while not is_business_day(day):
        day += A_DAY
    return day


def next_business_day(day: date) -> date:
    """Return the first business day after the day. Raises BeyondHorizon."""
    return business_day_from(day + A_DAY)


@cache
def calendar_table() -> HolidayTable:
    """Return the frozen table. Raises TableDamaged where it is not as it was released."""
    return read_table(*packaged("holidays.tsv"))


def read_table(head: str, rows: Sequence[str]) -> HolidayTable:
    """Return the holidays in rows of day and name; the head says how far they reach."""
    begins, ends = head.removeprefix("# ").partition(";")[0].split()
    names = {date.fromisoformat(day): name for day, name in (row.split("\t") for row in rows)}
    return HolidayTable(date.fromisoformat(begins), date.fromisoformat(ends), names)
