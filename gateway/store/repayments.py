"""Repayments: the money steps, each one statement, and the reads around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.booking import Journal
from gateway.domain.money import Yen
from gateway.domain.outcome import Redirect
from gateway.domain.reason import Reason
from gateway.domain.repayment import Repayment, RepaymentKind, State
from gateway.domain.review import NewReview
from gateway.store.bookings import encode_bookings, encode_reviews
from gateway.store.database import Database
from gateway.store.sql import SQL
from gateway.store.transfers import BankCall, encode_call

ACCEPT = SQL["repayments.accept"]
RECORD = SQL["repayments.record"]
FIND = SQL["repayments.find"]
BY_KEY = SQL["repayments.by_key"]
BY_QUOTE = SQL["repayments.by_quote"]
LIST = SQL["repayments.list"]
BY_REFERENCE = SQL["repayments.by_reference"]
DUE_STARTS = SQL["repayments.due_starts"]
TAKE_START = SQL["repayments.take_start"]
DUE_INQUIRIES = SQL["repayments.due_inquiries"]
TAKE_INQUIRY = SQL["repayments.take_inquiry"]
HASTEN_INQUIRY = SQL["repayments.hasten_inquiry"]
ADD_CALL = SQL["repayments.add_call"]
POSTPONE = SQL["repayments.postpone"]
OPEN_BY_STATE = SQL["repayments.open_by_state"]

TOLD_WITH_REPAYMENT = frozenset({"accepted", "replayed", "quote_used", "repayment_open"})


@dataclass(frozen=True, slots=True)
class NewRepayment:
    """What is written when a repayment is accepted; its amount holds at `loan_version` only.

    `payoff`: what pays the loan off at that version; together with what may still be paid it is
    never passed. None: the member means it.
    """

    member_id: UUID
    id: UUID
    idempotency_key: str
    fingerprint: bytes
    loan_version: int
    bank: BankCode
    reference: str
    kind: RepaymentKind
    amount: Yen
    description: str
    return_url: str
    request_id: str
    now: datetime
    expires_at: datetime
    start_at: datetime
    start_until: datetime
    inquire_at: datetime
    watch_until: datetime
    step: UUID
    quote_id: UUID | None = None
    payoff: Yen | None = None


@dataclass(frozen=True, slots=True)
class RepaymentMove:
    """One state change: from the row that was read to the row that was decided."""

    before: Repayment
    after: Repayment
    step: UUID
    now: datetime
    events: Sequence[tuple[str, dict[str, object]]]
    journals: Sequence[Journal] = ()
    reviews: Sequence[NewReview] = ()
    call: BankCall | None = None


async def accept(db: Database, new: NewRepayment) -> tuple[str, Repayment | None]:
    """Write an accepted repayment and its key.

    Return (result, repayment): accepted | replayed, with the repayment, quote_used |
    repayment_open, with the one that is in the way, or key_reused | loan_moved | stopped, and None.
    """
    row = await db.step(
        ACCEPT,
        *(new.member_id, new.id, new.idempotency_key, new.fingerprint, new.loan_version),
        *(None if new.payoff is None else new.payoff.amount, new.now, new.step, _accepted(new)),
    )
    is_told = row["result"] in TOLD_WITH_REPAYMENT
    return row["result"], read_repayment(row["repayment"]) if is_told else None


async def record(db: Database, change: RepaymentMove) -> str:
    """Apply a decision to the row it was computed from: moved | stale | stated | loan_moved."""
    before = change.before
    row = await db.step(
        RECORD,
        *(before.member_id, before.id, before.state, before.fence, change.step, change.now),
        _mutable(change.after),
        [{"kind": kind, "data": data} for kind, data in change.events],
        encode_bookings(change.journals),
        encode_reviews(change.reviews, member_id=before.member_id),
        None if change.call is None else encode_call(change.call),
    )
    return str(row["result"])


async def find_repayment(db: Database, *, member_id: UUID, repayment_id: UUID) -> Repayment | None:
    row = await db.fetchrow(FIND, member_id, repayment_id)
    return None if row is None else read_repayment(row)


async def find_by_key(
    db: Database, *, member_id: UUID, idempotency_key: str
) -> tuple[bytes, Repayment | None] | None:
    """Return what a member's key made, and the fingerprint of the request that it came with.

    Of a transfer's key: its fingerprint, and None.
    """
    row = await db.fetchrow(BY_KEY, member_id, idempotency_key)
    if row is None:
        return None
    return row["fingerprint"], None if row["id"] is None else read_repayment(row)


async def find_by_quote(db: Database, *, member_id: UUID, quote_id: UUID) -> Repayment | None:
    """Return the first repayment that named a member's quote."""
    row = await db.fetchrow(BY_QUOTE, member_id, quote_id)
    return None if row is None else read_repayment(row)


async def list_repayments(
    db: Database, *, member_id: UUID, before: UUID | None, limit: int
) -> list[Repayment]:
    """Return a member's repayments, newest first, those older than `before` when it is given."""
    return [read_repayment(row) for row in await db.fetch(LIST, member_id, before, limit)]


async def find_by_reference(
    db: Database, *, bank: BankCode, reference: str
) -> tuple[UUID, UUID] | None:
    """Return (member, repayment) that a bank means by a reference."""
    row = await db.fetchrow(BY_REFERENCE, reference, bank)
    return None if row is None else (row["member_id"], row["id"])


async def start_rows(db: Database, *, now: datetime, limit: int) -> list[Record]:
    """Return what is to be started (again) at its bank, as rows."""
    return await db.fetch(DUE_STARTS, now, limit)


async def take_start(db: Database, repayment: Repayment, *, next_at: datetime) -> int | None:
    """Return which start of it this process may make now; None: another one makes it."""
    row = await db.fetchrow(
        TAKE_START,
        *(repayment.member_id, repayment.id, repayment.fence, next_at, repayment.start_at),
    )
    return None if row is None else int(row["starts"])


async def inquiry_rows(db: Database, *, now: datetime, limit: int) -> list[Record]:
    """Return whose inquiry is due, as rows."""
    return await db.fetch(DUE_INQUIRIES, now, limit)


async def take_inquiry(db: Database, repayment: Repayment, *, next_at: datetime) -> bool:
    """Return whether this process may ask now; at `next_at` it is asked again in any case."""
    row = await db.fetchrow(
        TAKE_INQUIRY,
        *(repayment.member_id, repayment.id, repayment.fence, next_at, repayment.inquire_at),
        repayment.state,
    )
    return row is not None


async def hasten_inquiry(
    db: Database, *, member_id: UUID, repayment_id: UUID, now: datetime
) -> None:
    """Let the repayment be inquired about now."""
    await db.fetch(HASTEN_INQUIRY, member_id, repayment_id, now)


async def add_call(db: Database, repayment: Repayment, call: BankCall, *, call_id: UUID) -> None:
    """Keep a call that nothing followed from."""
    await db.fetch(
        ADD_CALL,
        *(repayment.member_id, call_id, repayment.id, call.operation, call.attempt),
        *(call.started_at, call.ended_at, call.outcome, call.code),
        *(call.request_sha256, call.answer_sha256),
    )


async def postpone(db: Database, *, member_id: UUID, repayment_id: UUID, until: datetime) -> None:
    """Put a row aside that cannot be worked."""
    await db.fetchrow(POSTPONE, member_id, repayment_id, until)


async def open_by_state(db: Database) -> dict[State, int]:
    """Return how many repayments are open in each state."""
    return {State(row["state"]): row["repayments"] for row in await db.fetch(OPEN_BY_STATE)}


def read_repayment(row: Record) -> Repayment:
    """Return the domain's repayment of a row; ValueError if what is stored is not valid."""
    return Repayment(
        member_id=row["member_id"],
        id=row["id"],
        bank=BankCode(row["bank"]),
        reference=row["reference"],
        kind=RepaymentKind(row["kind"]),
        amount=Yen(row["amount"]),
        description=row["description"],
        return_url=row["return_url"],
        request_id=row["request_id"],
        accepted_at=row["accepted_at"],
        expires_at=row["expires_at"],
        state=State(row["state"]),
        fence=row["fence"],
        start_until=row["start_until"],
        watch_until=row["watch_until"],
        start_at=row["start_at"],
        starts=row["starts"],
        redirect=None if row["redirect"] is None else _redirect(row["redirect"]),
        inquire_at=row["inquire_at"],
        inquiries=row["inquiries"],
        inquired_at=row["inquired_at"],
        is_answered_finally=row["is_answered_finally"],
        bank_id=row["bank_id"],
        reason=None if row["reason"] is None else Reason(row["reason"]),
        settled_at=row["settled_at"],
        paid_amount=None if row["paid_amount"] is None else Yen(row["paid_amount"]),
        ended_at=row["ended_at"],
        quote_id=row["quote_id"],
        decided_by=row["decided_by"],
    )


def _redirect(kept: dict[str, Any]) -> Redirect:
    fields = tuple((name, value) for name, value in kept["fields"])
    return Redirect(kept["url"], fields, kept["charset"])


def _accepted(new: NewRepayment) -> dict[str, object]:
    return {
        "bank": new.bank,
        "reference": new.reference,
        "kind": new.kind,
        "amount": new.amount.amount,
        "description": new.description,
        "return_url": new.return_url,
        "quote_id": new.quote_id,
        "request_id": new.request_id,
        "expires_at": new.expires_at,
        "start_at": new.start_at,
        "start_until": new.start_until,
        "inquire_at": new.inquire_at,
        "watch_until": new.watch_until,
    }


def _mutable(repayment: Repayment) -> dict[str, object]:
    """Return the columns that a state change may write."""
    redirect, paid = repayment.redirect, repayment.paid_amount
    return {
        "state": repayment.state,
        "start_at": repayment.start_at,
        "redirect": None
        if redirect is None
        else {"url": redirect.url, "fields": redirect.fields, "charset": redirect.charset},
        "inquire_at": repayment.inquire_at,
        "inquiries": repayment.inquiries,
        "inquired_at": repayment.inquired_at,
        "is_answered_finally": repayment.is_answered_finally,
        "bank_id": repayment.bank_id,
        "reason": repayment.reason,
        "settled_at": repayment.settled_at,
        "paid_amount": None if paid is None else paid.amount,
        "ended_at": repayment.ended_at,
        "decided_by": None if repayment.decided_by is None else str(repayment.decided_by),
    }
