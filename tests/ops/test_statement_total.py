"""What a bank's statements sum to, for comparison with the ledger."""

from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from gateway.domain.account import BankCode
from gateway.domain.bank import Bank, Direction, Statement, StatementLine, StatementUnavailable
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from gateway.operators.reports import _statement_total, verify_with_banks
from gateway.ops.clock import SystemClock, shift_to
from gateway.ops.commands.ledger_verify import compared_since
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


async def opened(owner: Any, on: date, bank: str = "smbc") -> None:
    await owner.execute(
        "INSERT INTO account_openings (bank, opened_on, balance, note, proposed_by, proposed_at,"
        " confirmed_by, confirmed_at) VALUES ($1, $2, 5, 'note', 'sato', $3, 'suzuki', $3)",
        *(bank, on, START),
    )


async def read(owner: Any, on: date, bank: str = "smbc") -> None:
    await owner.execute(
        "INSERT INTO statement_lines (bank, day, line_no, bank_id, direction, amount, booked_at,"
        " value_date, is_return, read_at) VALUES ($1, $2, 1, '1', 'in', 5, $3, $2, FALSE, $3)",
        *(bank, on, START),
    )


DAYS = [START.date() + timedelta(days=days) for days in range(-3, 1)]


@pytest.mark.parametrize(
    ("opened_on", "read_on", "since"),
    [
        pytest.param(None, None, DAYS[3], id="nothing but the first posting, of another bank"),
        pytest.param(DAYS[1], None, DAYS[1], id="opened for a day before it was typed in"),
        pytest.param(TOMORROW.date(), None, TOMORROW.date(), id="opened after the ledger began"),
        pytest.param(DAYS[2], DAYS[2], DAYS[2], id="a line of the first day"),
        pytest.param(None, DAYS[0], DAYS[0], id="a line of a day that was read by hand"),
    ],
)
async def test_statements_are_compared_since_money_moves_at_the_bank(
    opened_on: date | None,
    read_on: date | None,
    since: date,
    database: Database,
    books: Books,
    owner: Any,
) -> None:
    """What stood on the account before is in its opening, and on no side of the comparison."""
    await books.posting(NOBODY, None, "settlement_cash:mufg", "unidentified", amount=1)
    if opened_on is not None:
        await opened(owner, opened_on)
    if read_on is not None:
        await read(owner, read_on)

    assert await compared_since(database, BankCode.SMBC) == since


async def test_with_nothing_in_the_ledger_only_today_is_compared(database: Database) -> None:
    bank = BankWithStatements([])

    assert await compared_since(database, BankCode.SMBC) is None
    assert await _statement_total(cast("Bank", bank), database, SystemClock(shift_to(START))) == 0
    assert bank.days == [START.date()]


async def test_a_ledger_that_agrees_with_its_banks_is_clean(
    database: Database, books: Books, owner: Any
) -> None:
    """An account that was opened late, with what had moved there before, differs in nothing."""
    await books.posting(NOBODY, None, "settlement_cash:mufg", "unidentified", amount=1)
    await opened(owner, TOMORROW.date())
    before = line(Direction.IN, 5, None, START)
    banks = {BankCode.SMBC: cast("Bank", BankWithStatements([before]))}

    report = await verify_with_banks(database, banks, SystemClock(shift_to(TOMORROW)))

    assert [finding.code for finding in report.findings if finding.code == "bank_differs"] == []
