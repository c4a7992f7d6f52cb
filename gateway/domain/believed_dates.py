"""Which dates of a booking are believed: those between its acceptance and now.

A bank may be wrong by its clock's tolerance, people by a part of a day. What is outside moves no
money to that date: the money is believed all the same, and people, or the statement, say the day.
"""

from datetime import date, datetime, timedelta

from gateway.domain.hours import JST

CLOCK_TOLERANCE = timedelta(minutes=5)
# So far back banks state what was booked, about.
STATED_FOR = timedelta(days=400)


class DateRefused(ValueError):
    """A day that people typed cannot be; the message says which can."""


def is_believed(*instants: datetime, accepted_at: datetime, now: datetime) -> bool:
    """Whether a bank can have booked at all these instants, by its own clock.

    Where a bank tells a day only, the instant of that day stands for it that fits best.
    """
    first, last = accepted_at - CLOCK_TOLERANCE, now + CLOCK_TOLERANCE
    return all(first <= instant <= last for instant in instants)


def jst_day(instant: datetime) -> date:
    """Return the JST date of an instant; the first or last of all days where JST has none."""
    try:
        return instant.astimezone(JST).date()
    except OverflowError:
        return date.max if instant.year > 1 else date.min


def days_to_read(*instants: datetime, now: datetime) -> tuple[date, ...]:
    """Return the days that are over and on which a bank says that it booked, in order.

    Their statements may have been read before it booked. What lies too far back is left out.
    """
    today = now.astimezone(JST).date()
    days = {jst_day(instant) for instant in instants}
    return tuple(sorted(day for day in days if today - STATED_FOR <= day < today))


def check_typed(name: str, day: date, *, since: date, now: datetime) -> None:
    """Raise DateRefused, which says what is allowed, for a day before `since` or after today."""
    today = now.astimezone(JST).date()
    if not since <= day <= today:
        raise DateRefused(f"{name}: {day} cannot be; it lies from {since} to {today} (Japan)")
