"""What stands around an adapter under test: a clock that stands, no limits, a silent tally."""

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.ports import Point, Slot

START = datetime(2026, 11, 25, 10, 0, tzinfo=JST)


@dataclass(slots=True)
class StandingClock:
    """Stands still until it is moved, for the adapter and the bank alike."""

    instant: datetime = START

    def now(self) -> datetime:
        return self.instant


@dataclass(slots=True)
class FreeLanes:
    """Always has a slot at once, and counts numbers."""

    next_number: int = 1

    async def take(
        self, bank: BankCode, lane: str, *, per_second: float, wait_s_max: float
    ) -> Slot:
        del bank, lane, per_second, wait_s_max
        return Slot(0.0)

    async def may_leave(self, bank: BankCode, *, is_pay_out: bool, now: datetime) -> bool:
        del bank, is_pay_out, now
        return True

    async def take_numbers(self, bank: BankCode, *, count: int) -> int:
        del bank
        first, self.next_number = self.next_number, self.next_number + count
        return first


class NoMetrics:
    """Counts nothing."""

    def count(self, name: str, /, **labels: str) -> None: ...

    def observe(self, name: str, seconds: float, /, **labels: str) -> None: ...

    def gauge(self, name: str, value: float, /, **labels: str) -> None: ...


def nothing_happens(point: Point, /) -> None:
    """Pass every checkpoint."""
    del point
