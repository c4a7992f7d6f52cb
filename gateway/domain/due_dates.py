"""Due dates: one a month, on the member's due day, or on the next business day after it."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from gateway.domain.calendar import BeyondHorizon

IsBusinessDay = Callable[[date], bool]
ONE_DAY = timedelta(days=1)


class DueDay(IntEnum):
    """The day of the month; `LAST` is the last one, however long the month."""

    FIFTH = 5
    FIFTEENTH = 15
    TWENTY_FIFTH = 25
    LAST = 31


# From this day of the month of the advance on, the first due date is so many months ahead.
FIRST_DUE: dict[DueDay, tuple[tuple[int, int], ...]] = {
    DueDay.FIFTH: ((1, 1), (20, 2)),
    DueDay.FIFTEENTH: ((1, 1),),
    DueDay.TWENTY_FIFTH: ((1, 0), (10, 1)),
    DueDay.LAST: ((1, 0), (15, 1)),
}


@dataclass(frozen=True, slots=True)
class DueDate:
    """`nominal` is the due day of its month, `on` the business day on which payment is due."""

    nominal: date
    on: date


def first_nominal(advanced_on: date, due_day: DueDay) -> date:
    """Return the due day that follows an advance which meets no open due date, unshifted."""
    ahead = [months for since, months in FIRST_DUE[due_day] if since <= advanced_on.day]
    return _due_day_in(advanced_on, ahead[-1], due_day)


def next_nominal(nominal: date, due_day: DueDay) -> date:
    """Return the due day one month later, unshifted."""
    return _due_day_in(nominal, 1, due_day)


def first_due(advanced_on: date, due_day: DueDay, is_business_day: IsBusinessDay) -> DueDate:
    """Return the due date that an advance opens where none is open."""
    return _shifted(first_nominal(advanced_on, due_day), is_business_day)


def next_due(due: DueDate, due_day: DueDay, is_business_day: IsBusinessDay) -> DueDate:
    """Return the due date one cycle later: counted by months, not from the shifted day."""
    return _shifted(next_nominal(due.nominal, due_day), is_business_day)


def days_after(day: date, days: int) -> date:
    """Return the day so many days later; the last of all days where there is none."""
    return day + timedelta(days=days) if (date.max - day).days >= days else date.max


def _due_day_in(day: date, months_ahead: int, due_day: DueDay) -> date:
    years, month = divmod(day.month - 1 + months_ahead, 12)
    year, month = day.year + years, month + 1
    if year > date.max.year:
        return date.max
    return date(year, month, min(due_day, calendar.monthrange(year, month)[1]))


def _shifted(nominal: date, is_business_day: IsBusinessDay) -> DueDate:
    """Return the due date; the due day itself where nobody knows yet which days banks do business.

    No wish is accepted so far ahead. What stands in a loan's books all the same is reckoned, so
    that it can be seen, and withdrawn.
    """
    on = nominal
    try:
        while not is_business_day(on):
            on = days_after(on, 1)
    except BeyondHorizon:
        on = nominal
    return DueDate(nominal, on)
