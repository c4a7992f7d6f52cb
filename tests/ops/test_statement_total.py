"""What a bank's statements sum to, for comparison with the ledger."""

from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from gateway.domain.account import BankCode
from gateway.domain.bank import Bank, Direction, Statement, StatementLine, StatementUnavailable
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from gateway.operators.reports import _statement_total
from gateway.ops.clock import SystemClock, shift_to
from gateway.ops.commands.ledger_verify import first_posting_at
from gateway.store.database import Database
from tests.manual_clock import START
from tests.ops.conftest import Books

NOBODY = UUID(int=0)
TOMORROW = START + timedelta(days=1)


def line(direction: Direction, amount: int, reference: str | None, at: datetime) -> StatementLine:
    return StatementLine("1", direction, Yen(amount), at, at.date(), reference, "", is_return=False)


class BankWithStatements:
    """As much of a bank as the sum looks at; one day of it may be unreadable."""

    code = BankCode.SMBC

    def __init__(self, lines: list[StatementLine], unreadable: date | None = None) -> None:
        self.days: list[date] = []
        self._lines = lines
        self._unreadable = unreadable

    async def statement(self, day: date) -> Statement | StatementUnavailable:
        self.days.append(day)
        if day == self._unreadable:
            return StatementUnavailable(Reason.MAINTENANCE)
        movements = tuple(line for line in self._lines if line.value_date == day)
        return Statement(BankCode.SMBC, day, movements)


@pytest.fixture
async def clock(books: Books) -> SystemClock:
    """The ledger began at START; it is the day after."""
    await books.posting(NOBODY, None, "settlement_cash:smbc", "funding", amount=1_000_000)
    return SystemClock(shift_to(TOMORROW))


async def test_every_day_since_the_first_posting_is_read(
    clock: SystemClock, database: Database
) -> None:
    bank = BankWithStatements([])

    assert await _statement_total(cast("Bank", bank), database, clock) == 0
    assert bank.days == [START.date(), TOMORROW.date()]


async def test_what_came_back_is_set_off_and_a_funding_is_left_out_once(
    clock: SystemClock, database: Database
) -> None:
    lines = [
        line(Direction.OUT, 30_000, "A" * 20, START),
        line(Direction.OUT, 20_000, "B" * 20, START),
        line(Direction.IN, 1_000_000, None, START),
        line(Direction.IN, 500, None, START),
        line(Direction.IN, 20_000, "B" * 20, TOMORROW),
    ]

    total = await _statement_total(cast("Bank", BankWithStatements(lines)), database, clock)

    assert total == -30_000 + 500


async def test_a_day_that_cannot_be_read_makes_no_sum(
    clock: SystemClock, database: Database
) -> None:
    bank = BankWithStatements([], unreadable=TOMORROW.date())

    assert await _statement_total(cast("Bank", bank), database, clock) is None


async def test_the_ledger_began_with_its_first_posting(database: Database, owner: Any) -> None:
    assert await first_posting_at(database) is None
    for minutes in (1, 0, 2):
        await owner.execute(
            "INSERT INTO postings (member_id, id, journal, debit, credit, amount, effective_on,"
            " recorded_at) VALUES ($1, gen_random_uuid(), $1, 'principal', 'interest', 1, $2, $3)",
            *(NOBODY, START.date(), START + timedelta(minutes=minutes)),
        )

    assert await first_posting_at(database) == START
