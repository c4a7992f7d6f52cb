"""What explains a balance, read: postings, entries, what they came by, and lines of statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import AccountType
from gateway.domain.bank import Direction
from gateway.domain.correction import Cause
from gateway.domain.house_money import OPENING_KINDS
from gateway.domain.ledger import MEMBER_ACCOUNTS, Posting
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.loan_state import Agreement
from gateway.domain.money import Yen
from gateway.domain.retelling import WrittenJournal, with_silent
from gateway.domain.review import Resolution
from gateway.domain.why import Act, Line, Window, Wish
from gateway.store.database import Database
from gateway.store.loan_books import read_agreement, read_entries
from gateway.store.sql import SQL

BALANCE = SQL["why.balance"]
BALANCES = SQL["why.balances"]
MEMBERS = SQL["why.members"]
EVERYBODY = SQL["why.everybody"]
BOOKS = SQL["why.books"]
LINES_NAMED = SQL["why.lines_named"]
LINES_WITHOUT_NAME = SQL["why.lines_without_name"]
ACTS = SQL["why.acts"]
RULES = SQL["why.rules"]
OPENINGS = SQL["why.openings"]

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WrittenBooks:
    """A member's journals in the order in which they were written, and what they came by.

    `agreement` None: there is no loan. `came_by` is by entry: its transfer or repayment, as far as
    it names one, and the bank's own id of its line. `wishes` and `classes` are by transfer or
    repayment, `kinds` by entry.
    """

    member_id: UUID
    agreement: Agreement | None
    journals: tuple[WrittenJournal, ...]
    came_by: Mapping[UUID, tuple[UUID | None, str | None]]
    wishes: Mapping[UUID, Wish]
    classes: Mapping[UUID, AccountType]
    kinds: Mapping[UUID, Kind]


async def balance_of(db: Database, window: Window, member_id: UUID | None) -> int:
    """Return debits minus credits of an account; `member_id` None: over all members."""
    row = await db.fetchrow(BALANCE, window.account, window.on, window.known_at, member_id)
    return 0 if row is None else int(row["balance"])


async def balances(
    db: Database, on: date, known_at: datetime
) -> dict[tuple[UUID | None, str], int]:
    """Return the balance of every account, a member's own by member."""
    rows = await db.fetch(BALANCES, sorted(MEMBER_ACCOUNTS), on, known_at)
    return {(row["member_id"], row["account"]): row["balance"] for row in rows}


async def everybody(db: Database, known_at: datetime) -> list[UUID]:
    """Return whose postings there are."""
    return [row["member_id"] for row in await db.fetch(EVERYBODY, known_at)]


async def members_in(db: Database, window: Window) -> list[UUID]:
    """Return whose postings an account has."""
    rows = await db.fetch(MEMBERS, window.account, window.on, window.known_at)
    return [row["member_id"] for row in rows]


async def written_books(db: Database, members: Sequence[UUID]) -> list[WrittenBooks]:
    return [_books(row) for row in await db.fetch(BOOKS, members)]


async def lines_named(db: Database, references: Iterable[str]) -> list[Line]:
    """Return the lines of statements under these references."""
    return [_line(row) for row in await db.fetch(LINES_NAMED, sorted(references))]


async def lines_without_name(
    db: Database, banks: Collection[str], days: Collection[date]
) -> list[Line]:
    """Return the lines of these days, whether they bear a reference or not."""
    rows = await db.fetch(LINES_WITHOUT_NAME, sorted(banks), sorted(days))
    return [_line(row) for row in rows]


async def closed_items(db: Database) -> list[tuple[Act, Line | None]]:
    """Return what two people have decided, and the line that it is about, if it is kept."""
    return [
        (_act(row), None if row["bank"] is None else _line(row)) for row in await db.fetch(ACTS)
    ]


async def approved_rules(db: Database) -> dict[UUID, Act]:
    """Return the standing rules that two people made, those that ended too, by id."""
    return {
        row["id"]: _standing("sr", row["id"], row, resolution=row["kind"])
        for row in await db.fetch(RULES)
    }


async def confirmed_openings(db: Database) -> dict[tuple[str, str, int], Act]:
    """Return who said what was on an account at first, and who took it back.

    By the kind of its posting, the bank, and how many openings were taken back there before.
    """
    said = {}
    for row in await db.fetch(OPENINGS):
        word = Resolution.WITHDRAWN if row["is_withdrawal"] else Resolution.OPENING
        key = OPENING_KINDS[word], row["bank"], row["number"]
        said[key] = _standing("", None, row, resolution=word)
    return said


def _standing(prefix: str, identifier: UUID | None, row: Record, *, resolution: str) -> Act:
    return Act(
        prefix=prefix,
        id=identifier,
        kind="standing_rule" if prefix else "opening",
        resolution=resolution,
        proposed_by=row["proposed_by"],
        confirmed_by=row["confirmed_by"],
        audit=tuple(row["audit"] or ()),
    )


def _act(row: Record) -> Act:
    return Act(
        prefix="rv",
        id=row["id"],
        kind=row["kind"],
        resolution=row["resolution"],
        proposed_by=row["proposed_by"],
        confirmed_by=row["confirmed_by"],
        audit=tuple(row["audit"] or ()),
        entry_id=_uuid(row["entry"]),
    )


def _books(row: Record) -> WrittenBooks:
    entries: dict[UUID, list[LoanEntry]] = {}
    recorded: dict[UUID, datetime] = {}
    for told, entry in zip(row["entries"], read_entries(row["entries"]), strict=True):
        journal = UUID(told["journal"])
        entries.setdefault(journal, []).append(entry)
        recorded[journal] = datetime.fromisoformat(told["recorded_at"])
    posted: dict[UUID, list[Json]] = {}
    for posting in row["postings"]:
        posted.setdefault(UUID(posting["journal"]), []).append(posting)
    loud = (_journal(number, rows, entries.get(number, ())) for number, rows in posted.items())
    silent = (
        WrittenJournal(number, recorded[number], None, tuple(of), ())
        for number, of in entries.items()
        if number not in posted
    )
    return WrittenBooks(
        member_id=row["member_id"],
        agreement=None if row["annual_rate"] is None else read_agreement(row),
        journals=tuple(with_silent(loud, silent)),
        came_by={
            UUID(told["id"]): (_uuid(told["source_id"]), told["bank_id"]) for told in row["entries"]
        },
        wishes=_wishes("tr", row["transfers"]) | _wishes("rp", row["repayments"]),
        classes={UUID(one["id"]): AccountType(one["type"]) for one in row["transfers"]},
        kinds={UUID(told["id"]): Kind(told["kind"]) for told in row["entries"]},
    )


def _journal(number: UUID, rows: Sequence[Json], entries: Sequence[LoanEntry]) -> WrittenJournal:
    cause = rows[0]["cause"]
    return WrittenJournal(
        id=number,
        recorded_at=datetime.fromisoformat(rows[0]["recorded_at"]),
        cause=None if cause is None else Cause(cause),
        entries=tuple(entries),
        postings=tuple(
            Posting(
                id=UUID(row["id"]),
                journal=number,
                debit=row["debit"],
                credit=row["credit"],
                amount=Yen(row["amount"]),
                effective_on=date.fromisoformat(row["effective_on"]),
                source=row["source"],
            )
            for row in rows
        ),
    )


def _wishes(prefix: str, rows: Iterable[Json]) -> dict[UUID, Wish]:
    wishes = (Wish(prefix, UUID(row["id"]), row["bank"], row["reference"]) for row in rows)
    return {wish.id: wish for wish in wishes}


def _line(row: Record) -> Line:
    return Line(
        bank=row["bank"],
        day=row["day"],
        number=row["line_no"],
        bank_id=row["bank_id"],
        direction=Direction(row["direction"]),
        amount=row["amount"],
        reference=row["reference"],
    )


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
