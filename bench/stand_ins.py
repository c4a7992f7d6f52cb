"""What the bench leaves out of a call to the bank, so that only the call is timed."""

from datetime import datetime

from gateway.domain.account import BankCode
from gateway.domain.ports import Point, Slot


class NoLanes:
    """Always has a slot at once."""

    async def take(
        self, _bank: BankCode, _lane: str, *, per_second: float, wait_s_max: float
    ) -> Slot:
        del per_second, wait_s_max
        return Slot(0.0)

    async def may_leave(self, _bank: BankCode, *, is_pay_out: bool, now: datetime) -> bool:
        """Return True: nobody stops the bench's bank."""
        del is_pay_out, now
        return True

    async def take_numbers(self, _bank: BankCode, *, count: int) -> int:
        """Return 1: the bank of the bench numbers nothing."""
        del count
        return 1


class NoMetrics:
    """Counts nothing."""

    def count(self, name: str, /, **labels: str) -> None: ...

    def observe(self, name: str, seconds: float, /, **labels: str) -> None: ...

    def gauge(self, name: str, value: float, /, **labels: str) -> None: ...


def no_checkpoint(_: Point, /) -> None:
    """Do nothing."""
