"""The bank's own clock: the machine's, unless the control API moved or stopped it."""

from datetime import date, datetime, timedelta, timezone

from gateway.domain.ports import Clock

JST = timezone(timedelta(hours=9), "JST")


class BankClock:
    """Runs on top of the machine's clock: a test that moves that one moves the bank too."""

    def __init__(self, machine: Clock) -> None:
        self._machine = machine
        self._ahead = timedelta()
        self._stopped_at: datetime | None = None

    def now(self) -> datetime:
        """Return the bank's present instant in Japanese time."""
        if self._stopped_at is not None:
            return self._stopped_at
        return self._machine.now().astimezone(JST) + self._ahead

    def booking_instant(self) -> datetime:
        """Return the present instant, to the millisecond that every message can show."""
        now = self.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def put(self, *, at: datetime | None, is_frozen: bool, shift: timedelta) -> None:
        """Show `at` (None: the machine's time) moved by `shift`, and stand still if frozen."""
        real = self._machine.now().astimezone(JST)
        shown = (at or real).astimezone(JST) + shift
        self._ahead = shown - real
        self._stopped_at = shown if is_frozen else None

    def distance(self, stamp: datetime) -> timedelta:
        """Return how far a message's time is from the nearer of the bank's and the machine's."""
        return min(abs(stamp - self.now()), abs(stamp - self._machine.now()))

    def days_away(self, day: date) -> int:
        """Return how many days a date is from the nearer of the bank's day and the machine's."""
        days = (self.now().date(), self._machine.now().astimezone(JST).date())
        return min(abs((day - today).days) for today in days)
