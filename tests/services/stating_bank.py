"""A bank whose statements say what a test says, and a desk that reads them the morning after."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, Statement, StatementLine, StatementUnavailable
from gateway.domain.day_report import DayReport
from gateway.domain.money import Yen
from gateway.services.desk import TransferDesk
from gateway.services.reconcile import reconcile_day
from tests.manual_clock import START, ManualClock
from tests.services.conftest import ToldBank

TODAY = START.date()
BANK = BankCode.SMBC
OUT, IN = Direction.OUT, Direction.IN


@dataclass
class StatingBank(ToldBank):
    """States `lines`, each on the day of its instant, or why there is no statement just now."""

    lines: list[StatementLine] = field(default_factory=list)
    refuses: StatementUnavailable | None = None
    asked_for: list[date] = field(default_factory=list)

    async def statement(self, day: date) -> Statement | StatementUnavailable:
        self.asked_for.append(day)
        if self.refuses is not None:
            return self.refuses
        lines = tuple(line for line in self.lines if line.booked_at.date() == day)
        return Statement(self.code, day, lines)

    def state(
        self,
        reference: str | None,
        direction: Direction = OUT,
        amount: int = 10_000,
        *,
        at: datetime = START,
    ) -> StatementLine:
        """Add a line, and return it."""
        line = StatementLine(
            bank_id=f"line-{len(self.lines) + 1}",
            direction=direction,
            amount=Yen(amount),
            booked_at=at,
            value_date=at.date(),
            reference=reference,
            counterparty="",
            is_return=False,
        )
        self.lines.append(line)
        return line


@dataclass
class Morning:
    """The desk of a gateway, the clock, and the bank whose day is looked at."""

    desk: TransferDesk
    clock: ManualClock
    bank: StatingBank

    async def reconcile(self, day: date = TODAY) -> DayReport:
        """Reconcile a day once it is over."""
        if self.clock.now().date() <= day:
            self.clock.instant = START.replace(hour=5) + (day + timedelta(days=1) - TODAY)
        return await reconcile_day(self.desk, BANK, day)


def at_stating_bank(desk: TransferDesk, clock: ManualClock) -> Morning:
    bank = StatingBank(clock)
    return Morning(replace(desk, banks={BANK: bank}), clock, bank)
