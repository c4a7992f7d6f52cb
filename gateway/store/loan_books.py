"""A loan as booking needs it: row, contract and entries, read in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from asyncpg import Record

from gateway.domain.booking import Journal, LoanBook
from gateway.domain.calendar import is_business_day
from gateway.domain.due_dates import DueDay
from gateway.domain.loan import Loan
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.loan_rules import Contract
from gateway.domain.loan_state import Agreement
from gateway.domain.money import Yen
from gateway.domain.review import NewReview
from gateway.store.bookings import encode_bookings, encode_reviews
from gateway.store.database import Database
from gateway.store.loans import read_loan
from gateway.store.sql import SQL

READ = SQL["loan_books.read"]
RECORD_ENTRY = SQL["loan_books.record_entry"]
ENTRY = SQL["loan_books.entry"]
DUE_UNKNOWN = SQL["loan_books.due_unknown"]
SET_DUE = SQL["loan_books.set_due"]


async def read_loan_book(db: Database, member_id: UUID) -> LoanBook | None:
    """Return a member's loan with all its entries, of one snapshot; None if there is no loan."""
    row = await db.fetchrow(READ, member_id)
    return None if row is None else _book(row)


async def read_loan_record(
    db: Database, member_id: UUID
) -> tuple[LoanBook, Mapping[UUID, UUID]] | None:
    """Return the book, and which transfer or repayment each entry came by, where that is known."""
    row = await db.fetchrow(READ, member_id)
    if row is None:
        return None
    sources = {
        UUID(entry["id"]): UUID(entry["source_id"])
        for entry in row["entries"]
        if entry["source_id"] is not None
    }
    return _book(row), sources


def _book(row: Record) -> LoanBook:
    return LoanBook(read_loan(row), read_agreement(row), read_entries(row["entries"]))


@dataclass(frozen=True, slots=True)
class EntryStep:
    """Entries without a row of their own to move; either id names what they are about."""

    member_id: UUID
    now: datetime
    journals: Sequence[Journal]
    events: Sequence[tuple[str, Mapping[str, object]]] = ()
    reviews: Sequence[NewReview] = ()
    transfer_id: UUID | None = None
    repayment_id: UUID | None = None


async def record_entry(db: Database, step: EntryStep) -> str:
    """Book entries: moved | loan_moved (read the book again) | stale (booked already)."""
    row = await db.step(
        RECORD_ENTRY,
        *(step.member_id, step.transfer_id, step.repayment_id, step.now),
        [{"kind": kind, "data": data} for kind, data in step.events],
        encode_bookings(step.journals),
        encode_reviews(step.reviews, member_id=step.member_id),
    )
    return str(row["result"])


async def find_due_unknown(db: Database, *, limit: int) -> list[UUID]:
    """Return members whose due date has to be worked out anew."""
    return [row["member_id"] for row in await db.fetch(DUE_UNKNOWN, limit)]


async def set_due(db: Database, loan: Loan, due_on: date | None) -> bool:
    """Write what is due on the loan as it was read; False when it has moved since."""
    return await db.fetchrow(SET_DUE, loan.member_id, loan.version, due_on) is not None


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """An entry, whose it is, what it came by, and whether another stands in its place by now."""

    member_id: UUID
    entry: LoanEntry
    source_id: UUID | None
    is_superseded: bool


async def find_entry(db: Database, entry_id: UUID) -> KnownEntry | None:
    row = await db.fetchrow(ENTRY, entry_id)
    if row is None:
        return None
    (entry,) = read_entries([row["entry"]])
    return KnownEntry(row["member_id"], entry, row["source_id"], row["is_superseded"])


def read_agreement(row: Record) -> Agreement:
    """Return what a row of `loans` says about the contract."""
    contract = Contract(
        annual_rate=Fraction(row["annual_rate"]),
        due_day=DueDay(row["due_day"]),
        has_free_days=row["has_free_days"],
    )
    return Agreement(contract, is_business_day)


def read_entries(rows: Iterable[Mapping[str, Any]]) -> tuple[LoanEntry, ...]:
    """Return the entries of a jsonb array of rows of `loan_entries`."""
    return tuple(
        LoanEntry(
            id=UUID(row["id"]),
            kind=Kind(row["kind"]),
            amount=Yen(row["amount"]),
            effective_on=date.fromisoformat(row["effective_on"]),
            at=datetime.fromisoformat(row["at"]),
            house=row["house"],
            takes_back=None if row["takes_back"] is None else UUID(row["takes_back"]),
            stands_for=None if row["stands_for"] is None else UUID(row["stands_for"]),
        )
        for row in rows
    )
