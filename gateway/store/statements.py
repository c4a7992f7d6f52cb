"""Statements as they were read, and what we know of the references that are on them."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TypeVar
from uuid import UUID

import structlog
from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, Statement, StatementLine
from gateway.domain.ledger import NIL_MEMBER, Posting, settlement_cash
from gateway.domain.loan_entries import Kind
from gateway.domain.money import Yen
from gateway.domain.reconciliation import Movement, signed
from gateway.domain.repayment import Repayment
from gateway.domain.transfer import Transfer
from gateway.store.database import Database
from gateway.store.repayments import read_repayment
from gateway.store.sql import SQL
from gateway.store.transfers import read_transfer

TRANSFERS = SQL["reconciliation.transfers"]
REPAYMENTS = SQL["reconciliation.repayments"]
MOVEMENTS = SQL["reconciliation.movements"]
MOVEMENTS_OF_DAY = SQL["reconciliation.movements_of_day"]
FIRST_BOOKED = SQL["reconciliation.first_booked"]
NAMED_LINES = SQL["reconciliation.named_lines"]
HOUSE_POSTINGS = SQL["reconciliation.house_postings"]
KEPT_LINES = SQL["reconciliation.kept_lines"]
LINES_ELSEWHERE = SQL["reconciliation.lines_elsewhere"]
TRANSFER_FENCES = SQL["reconciliation.transfer_fences"]
REPAYMENT_FENCES = SQL["reconciliation.repayment_fences"]
KEEP_LINES = SQL["reconciliation.keep_lines"]

log = structlog.get_logger()
T = TypeVar("T")
OUTGOING = frozenset({Kind.ADVANCE, Kind.REFUND})


async def transfers_of(
    db: Database, bank: BankCode, references: Iterable[str]
) -> dict[str, Transfer]:
    """Return a bank's transfers by reference, but those whose rows are not valid.

    What is stated of those is nobody's until they are: it is set aside.
    """
    return _readable(await db.fetch(TRANSFERS, bank, sorted(references)), read_transfer)


async def repayments_of(
    db: Database, bank: BankCode, references: Iterable[str]
) -> dict[str, Repayment]:
    """Return a bank's repayments by reference, but those whose rows are not valid."""
    return _readable(await db.fetch(REPAYMENTS, bank, sorted(references)), read_repayment)


async def fences_of(db: Database, bank: BankCode, references: Iterable[str]) -> dict[str, int]:
    """Return the fences of a bank's transfers and repayments by reference.

    A step that moves one of them now is waited for.
    """
    names = sorted(references)
    rows = [
        *await db.fetch(TRANSFER_FENCES, bank, names),
        *await db.fetch(REPAYMENT_FENCES, bank, names),
    ]
    return {row["reference"]: row["fence"] for row in rows}


def _readable(rows: Iterable[Record], read: Callable[[Record], T]) -> dict[str, T]:
    found = {}
    for row in rows:
        try:
            found[row["reference"]] = read(row)
        except (ValueError, TypeError, KeyError):
            log.exception(
                "alert.raised",
                code="row_unreadable",
                severity="page",
                runbook="docs/runbook.md#row_unreadable",
                bank=row["bank"],
                reference=row["reference"],
            )
    return found


async def movements_of(
    db: Database, bank: BankCode, sources: Sequence[tuple[UUID, UUID]]
) -> list[Movement]:
    """Return what loans' entries moved at a bank for these (member, transfer or repayment)."""
    rows = await db.fetch(
        MOVEMENTS,
        settlement_cash(bank),
        *([member for member, _ in sources], [source for _, source in sources]),
    )
    return [_movement(row) for row in rows]


async def movements_of_day(
    db: Database, bank: BankCode, day: date, *, limit: int
) -> AsyncIterator[list[Movement]]:
    """Yield what loans' entries moved at a bank on a day, in order, at most `limit` at a time."""
    after: tuple[datetime, UUID] = (datetime.min.replace(tzinfo=UTC), NIL_MEMBER)
    while True:
        rows = await db.fetch(MOVEMENTS_OF_DAY, settlement_cash(bank), day, *after, limit)
        if rows:
            yield [_movement(row) for row in rows]
            after = rows[-1]["at"], rows[-1]["id"]
        if len(rows) < limit:
            return


async def first_booked(db: Database, bank: BankCode) -> date | None:
    """Return the first day whose statement is read: of the first booking, or of the opening.

    None if nothing was ever booked at the bank.
    """
    row = await db.fetchrow(FIRST_BOOKED, settlement_cash(bank), bank)
    return None if row is None else row["day"]


async def house_postings(db: Database, bank: BankCode, day: date) -> list[Posting]:
    """Return what the house moved at a bank on a day."""
    rows = await db.fetch(HOUSE_POSTINGS, settlement_cash(bank), day)
    return [_posting(row) for row in rows]


async def line_names(db: Database, bank: BankCode, day: date) -> dict[UUID, Posting]:
    """Return what the house's postings say of the names of a day's lines, by id."""
    rows = await db.fetch(NAMED_LINES, settlement_cash(bank), day, bank)
    return {row["id"]: replace(_posting(row), source=row["source"]) for row in rows}


async def kept_lines(
    db: Database, bank: BankCode, day: date, *, after: int = 0, limit: int
) -> tuple[StatementLine, ...]:
    """Return the next lines of a day as they were read first; none, where there are no more."""
    rows = await db.fetch(KEPT_LINES, bank, day, after, limit)
    return tuple(read_line(row) for row in rows)


async def lines_elsewhere(
    db: Database, bank: BankCode, day: date, references: Iterable[str]
) -> tuple[StatementLine, ...]:
    """Return the lines of other days under these references."""
    rows = await db.fetch(LINES_ELSEWHERE, bank, day, sorted(references))
    return tuple(read_line(row) for row in rows)


async def keep_lines(
    db: Database,
    statement: Statement,
    lines: Iterable[StatementLine],
    *,
    after: int = 0,
    now: datetime,
) -> None:
    """Keep lines of a day, those after the first `after`.

    Those that are kept already stay as they are.
    """
    rows = [
        {
            "line_no": number,
            "bank_id": line.bank_id,
            "direction": line.direction,
            "amount": line.amount.amount,
            "booked_at": line.booked_at,
            "value_date": line.value_date,
            "reference": line.reference,
            "is_return": line.is_return,
        }
        for number, line in enumerate(lines, start=after + 1)
    ]
    await db.fetch(KEEP_LINES, statement.bank, statement.day, now, rows)


def read_line(row: Record) -> StatementLine:
    """Return the line of a row; who stands on the other side is not kept."""
    return StatementLine(
        bank_id=row["bank_id"],
        direction=Direction(row["direction"]),
        amount=Yen(row["amount"]),
        booked_at=row["booked_at"],
        value_date=row["value_date"],
        reference=row["reference"],
        counterparty="",
        is_return=row["is_return"],
    )


def _posting(row: Record) -> Posting:
    return Posting(
        id=row["id"],
        journal=row["journal"],
        debit=row["debit"],
        credit=row["credit"],
        amount=Yen(row["amount"]),
        effective_on=row["effective_on"],
    )


def _movement(row: Record) -> Movement:
    movement = Movement(
        id=row["id"],
        member_id=row["member_id"],
        reference=row["reference"],
        direction=Direction.OUT if Kind(row["kind"]) in OUTGOING else Direction.IN,
        amount=Yen(row["amount"]),
        day=row["effective_on"],
        posted=row["posted"],
    )
    return replace(movement, posted=signed(movement)) if row["is_anew"] else movement
