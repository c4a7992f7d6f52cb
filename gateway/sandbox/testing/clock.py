"""The banks' own clock in a test: it goes forth, stands still, or shows real time again."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from gateway.domain.ports import Clock
from gateway.sandbox.bank import RunningBank
from gateway.sandbox.clock import BankClock
from gateway.sandbox.testing.thread import BankThread


class SandboxClock:
    """One clock for all banks of a test; instants are shown in Japanese time."""

    def __init__(
        self, machine: Clock, banks: Callable[[], Iterable[RunningBank]], thread: BankThread
    ) -> None:
        self._banks = banks
        self._thread = thread
        self._shown = BankClock(machine)
        self._is_frozen = False

    def now(self) -> datetime:
        """Return what the banks' clock shows."""
        return self._shown.now()

    def set(self, instant: datetime | str) -> None:
        """Show this instant, from now on; frozen if it was. ValueError without an offset."""
        at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        if at.tzinfo is None:
            raise ValueError(f"the clock is set to {at}: an instant needs its offset")
        self._put(at, is_frozen=self._is_frozen)

    def forward(self, by: timedelta | None = None, **units: float) -> None:
        """Go forth by a timedelta, or by `seconds=`, `minutes=`, `hours=`, `days=`.

        ValueError for a step back: `set` goes anywhere.
        """
        step = timedelta(**units) + (by or timedelta())
        if step < timedelta():
            raise ValueError(f"forward by {step}: a step forth is wanted, set() goes back")
        self._put(self.now() + step, is_frozen=self._is_frozen)

    def freeze(self) -> None:
        """Stand still at the present instant; `forward` and `set` still move it."""
        self._put(self.now(), is_frozen=True)

    def run(self) -> None:
        """Go on from the present instant."""
        self._put(self.now(), is_frozen=False)

    def real(self) -> None:
        """Show the machine's time."""
        self._put(None, is_frozen=False)

    def put_on(self, bank: RunningBank) -> None:
        """Give a bank that began its first day anew the time that all show."""
        _show(bank, self.now(), is_frozen=self._is_frozen)

    def _put(self, at: datetime | None, *, is_frozen: bool) -> None:
        self._thread.call(self._put_everywhere(at, is_frozen=is_frozen))

    async def _put_everywhere(self, at: datetime | None, *, is_frozen: bool) -> None:
        self._is_frozen = is_frozen
        self._shown.put(at=at, is_frozen=is_frozen, shift=timedelta())
        for bank in self._banks():
            _show(bank, at, is_frozen=is_frozen)


def _show(bank: RunningBank, at: datetime | None, *, is_frozen: bool) -> None:
    bank.emulation.clock.put(at=at, is_frozen=is_frozen, shift=timedelta())
    # An order whose limit is now over ends at once, not when somebody next asks for it.
    bank.emulator.collections.find("")
