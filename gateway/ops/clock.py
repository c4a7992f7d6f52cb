"""The system clock: the only module that reads it."""

from datetime import UTC, datetime, timedelta

from gateway.domain.hours import JST


class SystemClock:
    """Business time: the machine's clock, shifted by a constant in sandboxes, in Asia/Tokyo."""

    def __init__(self, shift_s: float = 0.0) -> None:
        self.shift_s = shift_s
        self._shift = timedelta(seconds=shift_s)

    def now(self) -> datetime:
        return _now() + self._shift


def utc_now() -> datetime:
    """Return the machine's own instant in UTC, never shifted: the time stamp of a log record."""
    return _now().astimezone(UTC)


def shift_to(instant: datetime) -> float:
    """Return the shift in seconds with which `SystemClock` shows `instant` now."""
    return (instant - _now()).total_seconds()


def _now() -> datetime:
    return datetime.now(JST)  # noqa: TID251 - the one place
