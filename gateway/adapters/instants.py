"""From the day that a record names to the instant that the gateway keeps."""

from datetime import date, datetime, time, timedelta

from gateway.domain.hours import JST

TOLERANCE = timedelta(seconds=300)


def booked_within(day: date, now: datetime) -> datetime:
    """Return the last instant at which something booked on `day` can have been booked.

    Mizuho's records bear no time, and MUFG's entries need not. The JST date is what interest and
    due dates go by, and it is the bank's; within it the latest instant that can be true is taken,
    so that no promise counts as kept which was not.
    """
    first = datetime.combine(day, time(0), JST)
    last = first + timedelta(days=1) - timedelta(microseconds=1)
    return min(max(now.astimezone(JST), first), last)


def is_near_midnight(now: datetime) -> bool:
    """Whether the bank's clock may be on another JST date than ours."""
    local = now.astimezone(JST)
    return (local + TOLERANCE).date() != (local - TOLERANCE).date()
