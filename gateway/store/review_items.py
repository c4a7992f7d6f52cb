"""Review items: raised once, proposed by one operator, confirmed by another, acted on once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.house_money import LineKey
from gateway.domain.review import ItemState, NewReview, Resolution, ReviewKind
from gateway.store.bookings import encode_reviews
from gateway.store.database import Database
from gateway.store.sql import SQL

RAISE = SQL["reviews.raise"]
BY_ID = SQL["reviews.by_id"]
LIST = SQL["reviews.list"]
OPEN_BY_KIND = SQL["reviews.open_by_kind"]
COUNT_WAITING = SQL["reviews.count_waiting"]
PROPOSE = SQL["reviews.propose"]
CONFIRM = SQL["reviews.confirm"]
OF_MEMBER = SQL["reviews.of_member"]
OF_LINE = SQL["reviews.of_line"]
ABOUT_ENTRY = SQL["reviews.about_entry"]
ASSIGNED_TO = SQL["reviews.assigned_to"]
DUE_ACTS = SQL["reviews.due_acts"]
ACTED = SQL["reviews.acted"]
ACT_LATER = SQL["reviews.act_later"]


NOT_CLOSED = (ItemState.OPEN, ItemState.PROPOSED)


@dataclass(frozen=True, slots=True)
class Proposal:
    """How one operator would resolve an item; `particulars` are what acting on it needs."""

    resolution: Resolution
    note: str
    by: str
    particulars: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An item as read. `member_id` is nil where it is nobody's money yet."""

    member_id: UUID
    id: UUID
    key: str
    kind: ReviewKind
    bank: BankCode
    booked_on: date | None
    reference: str | None
    amount: int | None
    transfer_id: UUID | None
    repayment_id: UUID | None
    details: Mapping[str, Any]
    raised_at: datetime
    state: ItemState
    fence: int
    proposal: Proposal | None
    proposed_at: datetime | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    acted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom and what items are about."""

    member_id: UUID
    transfer_id: UUID | None = None
    repayment_id: UUID | None = None


async def count_waiting(db: Database, bank: BankCode, day: date, keys: Collection[str]) -> int:
    """Return how many items wait for people that are about a bank's day, or have such a key."""
    (row,) = await db.fetch(COUNT_WAITING, bank, day, list(keys))
    return int(row["items"])


async def raise_reviews(
    db: Database, subject: Subject, items: Sequence[NewReview], *, now: datetime
) -> int:
    """Raise items once for their keys; return how many are new."""
    rows = await db.fetch(
        RAISE,
        *(subject.member_id, subject.transfer_id, subject.repayment_id, now),
        encode_reviews(items, member_id=subject.member_id),
    )
    return len(rows)


async def find_item(db: Database, item_id: UUID) -> ReviewItem | None:
    row = await db.fetchrow(BY_ID, item_id)
    return None if row is None else read_item(row)


async def list_items(
    db: Database,
    *,
    states: Collection[ItemState] = NOT_CLOSED,
    bank: BankCode | None = None,
    kind: ReviewKind | None = None,
    limit: int = 100,
    after: UUID | None = None,
) -> list[ReviewItem]:
    """Return items, oldest first; `after` is the last one of the page before."""
    rows = await db.fetch(LIST, [state.value for state in states], bank, kind, limit, after)
    return [read_item(row) for row in rows]


async def open_by_kind(db: Database) -> dict[ReviewKind, int]:
    """Return how many items wait for people, by kind; a kind that nobody knows is left out."""
    kinds = {kind.value for kind in ReviewKind}
    rows = await db.fetch(OPEN_BY_KIND)
    return {ReviewKind(row["kind"]): row["items"] for row in rows if row["kind"] in kinds}


async def propose(
    db: Database, item: ReviewItem, proposal: Proposal, *, now: datetime, action_id: UUID
) -> ReviewItem | None:
    """Write a proposal down, with the act on record; None if the item has moved since."""
    row = await db.fetchrow(
        PROPOSE,
        *(item.member_id, item.id, item.fence, proposal.resolution, proposal.note),
        *(dict(proposal.particulars), proposal.by, now, action_id),
    )
    return None if row is None else read_item(row)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Another operator's word on exactly what was proposed, particulars and all."""

    resolution: Resolution
    by: str
    note: str
    particulars: Mapping[str, str] = field(default_factory=dict)


async def confirm(
    db: Database, item: ReviewItem, given: Confirmation, *, now: datetime, action_id: UUID
) -> ReviewItem | None:
    """Close an item as proposed by somebody else; None if it has moved, or is one's own."""
    row = await db.fetchrow(
        CONFIRM,
        *(item.member_id, item.id, item.fence, given.resolution, given.by, now, action_id),
        given.note,
    )
    return None if row is None else read_item(row)


async def due_acts(db: Database, *, now: datetime, limit: int) -> list[Record]:
    """Return closed items that are to be acted on now, as rows: one of them may be unreadable."""
    return await db.fetch(DUE_ACTS, now, limit)


async def items_of_member(db: Database, member_id: UUID, kind: ReviewKind) -> list[ReviewItem]:
    """Return the items of a kind about a member, oldest first."""
    return [read_item(row) for row in await db.fetch(OF_MEMBER, member_id, kind)]


async def items_of_line(db: Database, line: LineKey) -> list[ReviewItem]:
    """Return all that was ever asked about a line of a statement, the latest first."""
    rows = await db.fetch(OF_LINE, line.bank, line.day, line.bank_id)
    return [read_item(row) for row in rows]


async def items_about(db: Database, member_id: UUID, entry_id: UUID) -> list[ReviewItem]:
    """Return the items about an entry that an operator holds for wrong, oldest first."""
    return [read_item(row) for row in await db.fetch(ABOUT_ENTRY, member_id, str(entry_id))]


async def assigned_to(db: Database, member_id: UUID) -> list[ReviewItem]:
    """Return the closed items of which entries of this member's loan were made."""
    return [read_item(row) for row in await db.fetch(ASSIGNED_TO, member_id)]


async def mark_acted(db: Database, item: ReviewItem, *, now: datetime) -> None:
    await db.fetch(ACTED, item.member_id, item.id, now)


async def act_later(db: Database, *, member_id: UUID, item_id: UUID, at: datetime) -> None:
    await db.fetch(ACT_LATER, member_id, item_id, at)


def read_item(row: Record) -> ReviewItem:
    """Return the item of a row."""
    return ReviewItem(
        member_id=row["member_id"],
        id=row["id"],
        key=row["key"],
        kind=ReviewKind(row["kind"]),
        bank=BankCode(row["bank"]),
        booked_on=row["booked_on"],
        reference=row["reference"],
        amount=row["amount"],
        transfer_id=row["transfer_id"],
        repayment_id=row["repayment_id"],
        details=row["details"],
        raised_at=row["raised_at"],
        state=ItemState(row["state"]),
        fence=row["fence"],
        proposal=_proposal(row),
        proposed_at=row["proposed_at"],
        confirmed_by=row["confirmed_by"],
        confirmed_at=row["confirmed_at"],
        acted_at=row["acted_at"],
    )


def _proposal(row: Record) -> Proposal | None:
    if row["resolution"] is None:
        return None
    return Proposal(
        resolution=Resolution(row["resolution"]),
        note=row["note"],
        by=row["proposed_by"],
        particulars=row["particulars"],
    )
