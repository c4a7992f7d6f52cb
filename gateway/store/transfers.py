"""Transfers: the money steps, each one statement, and the reads around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.booking import Journal
from gateway.domain.identifier import RANDOM_BYTES, uuid7
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from gateway.domain.review import NewReview
from gateway.domain.transfer import Promise, State, Transfer
from gateway.store.bookings import encode_bookings, encode_reviews
from gateway.store.database import Database
from gateway.store.sql import SQL

ACCEPT = SQL["transfers.accept"]
CLAIM = SQL["transfers.claim"]
RECORD = SQL["transfers.record"]
FIND = SQL["transfers.find"]
BY_KEY = SQL["transfers.by_key"]
BY_QUOTE = SQL["transfers.by_quote"]
LIST = SQL["transfers.list"]
TAKE_INQUIRY = SQL["transfers.take_inquiry"]
BY_REFERENCE = SQL["transfers.by_reference"]
OPEN_BY_STATE = SQL["transfers.open_by_state"]
ADD_CALL = SQL["transfers.add_call"]
POSTPONE = SQL["transfers.postpone"]


@dataclass(frozen=True, slots=True)
class DayCaps:
    """What one member may be sent on one JST day, which began at `begins_at`; None: no cap."""

    begins_at: datetime
    amount_max: int | None
    count_max: int | None


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """What is written when a transfer is accepted; `send_now`: nothing is, if a stop holds.

    `same_since`: the same amount to the same account, accepted then or later, is the same wish;
    None: the member means it.
    """

    member_id: UUID
    id: UUID
    idempotency_key: str
    fingerprint: bytes
    account_id: UUID
    reference: str
    amount: Yen
    now: datetime
    due_at: datetime
    send_now: bool
    lease_s: float
    owner: str
    request_id: str
    step: UUID
    promise: Promise | None = None
    quote_id: UUID | None = None
    day: DayCaps | None = None
    same_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class BankCall:
    """One call to a bank, as `bank_attempts` keeps it."""

    operation: str
    attempt: int
    started_at: datetime
    ended_at: datetime
    outcome: str
    code: str
    request_sha256: str | None
    answer_sha256: str | None


@dataclass(frozen=True, slots=True)
class Move:
    """One state change: from the row that was read to the row that was decided."""

    before: Transfer
    after: Transfer
    step: UUID
    now: datetime
    reserved_change: int
    events: Sequence[tuple[str, dict[str, object]]]
    journals: Sequence[Journal] = ()
    reviews: Sequence[NewReview] = ()
    call: BankCall | None = None


async def accept(db: Database, new: NewTransfer) -> tuple[str, Transfer | None]:
    """Write an accepted transfer, its reservation and its key.

    Return (result, transfer): accepted | replayed, each with the transfer, quote_used |
    repeated_wish, each with the one that came first, or key_reused | account_not_registered |
    suspended | overdue | credit_short | day_cap | stopped, and None.
    """
    promise, day, since = new.promise, new.day, new.same_since
    row = await db.step(
        ACCEPT,
        *(new.member_id, new.id, new.idempotency_key, new.fingerprint, new.account_id),
        *(new.reference, new.amount.amount, new.now, new.due_at, new.send_now, new.lease_s),
        *(new.owner, new.request_id, new.step, new.quote_id),
        *((None, None) if promise is None else (promise.credited_at, promise.credited_by)),
        *((None,) * 4 if day is None else _caps(day)),
        *(None if since is None else _first_id(since), since),
    )
    transfer = row["transfer"]
    return row["result"], None if transfer is None else read_transfer(transfer)


async def claim(
    db: Database, transfer: Transfer, *, now: datetime, lease_s: float, owner: str, step: UUID
) -> tuple[str, Transfer]:
    """Take a due transfer: claimed | stale | stopped | suspended | overdue, and the row."""
    row = await db.step(
        CLAIM, transfer.member_id, transfer.id, transfer.fence, now, lease_s, owner, step
    )
    return row["result"], read_transfer(row["transfer"])


async def move(db: Database, change: Move) -> str:
    """Apply a decision to the row it was computed from: moved, or why it was not.

    stale | loan_moved: read the row, or the loan, again. in_file: end the file first that the bank
    has, or may still get. stated: people do not deny what the bank's statement has.
    """
    before, after = change.before, change.after
    row = await db.step(
        RECORD,
        *(before.member_id, before.id, before.state, before.fence, change.step, change.now),
        _mutable(after),
        change.reserved_change,
        [{"kind": kind, "data": data} for kind, data in change.events],
        encode_bookings(change.journals),
        encode_reviews(change.reviews, member_id=before.member_id),
        None if change.call is None else encode_call(change.call),
    )
    return str(row["result"])


async def find_transfer(db: Database, *, member_id: UUID, transfer_id: UUID) -> Transfer | None:
    row = await db.fetchrow(FIND, member_id, transfer_id)
    return None if row is None else read_transfer(row)


async def find_by_key(
    db: Database, *, member_id: UUID, idempotency_key: str
) -> tuple[bytes, Transfer | None] | None:
    """Return what a member's key made, and the fingerprint of the request that it came with.

    Of a repayment's key: its fingerprint, and None.
    """
    row = await db.fetchrow(BY_KEY, member_id, idempotency_key)
    if row is None:
        return None
    return row["fingerprint"], None if row["id"] is None else read_transfer(row)


async def find_by_quote(db: Database, *, member_id: UUID, quote_id: UUID) -> Transfer | None:
    """Return the first transfer that named a member's quote."""
    row = await db.fetchrow(BY_QUOTE, member_id, quote_id)
    return None if row is None else read_transfer(row)


async def list_transfers(
    db: Database, *, member_id: UUID, before: UUID | None, limit: int
) -> list[Transfer]:
    """Return a member's transfers, newest first, those older than `before` when it is given."""
    return [read_transfer(row) for row in await db.fetch(LIST, member_id, before, limit)]


async def take_inquiry(db: Database, transfer: Transfer, *, next_at: datetime) -> bool:
    """Return whether this process may ask now; at `next_at` it is asked again in any case."""
    row = await db.fetchrow(
        TAKE_INQUIRY,
        *(transfer.member_id, transfer.id, transfer.fence, next_at, transfer.inquire_at),
        transfer.state,
    )
    return row is not None


@dataclass(frozen=True, slots=True)
class Referred:
    """Which transfer a bank means by a reference, and its state."""

    member_id: UUID
    id: UUID
    state: State


async def find_by_reference(db: Database, *, bank: BankCode, reference: str) -> Referred | None:
    row = await db.fetchrow(BY_REFERENCE, reference, bank)
    return None if row is None else Referred(row["member_id"], row["id"], State(row["state"]))


async def open_by_state(db: Database) -> dict[State, tuple[int, datetime | None]]:
    """Return how many transfers are open in each state, and since when the oldest is unclear."""
    rows = await db.fetch(OPEN_BY_STATE)
    return {State(row["state"]): (row["transfers"], row["oldest"]) for row in rows}


async def add_call(db: Database, transfer: Transfer, call: BankCall, *, call_id: UUID) -> None:
    """Keep a call that nothing followed from."""
    await db.fetch(
        ADD_CALL,
        *(transfer.member_id, call_id, transfer.id, call.operation, call.attempt),
        *(call.started_at, call.ended_at, call.outcome, call.code),
        *(call.request_sha256, call.answer_sha256),
    )


async def postpone(db: Database, *, member_id: UUID, transfer_id: UUID, until: datetime) -> None:
    """Put a row aside that cannot be worked."""
    await db.fetchrow(POSTPONE, member_id, transfer_id, until)


def read_transfer(row: Record) -> Transfer:
    """Return the domain's transfer of a row; ValueError if what is stored is not valid."""
    creditor = BankAccount(
        bank=BankCode(row["bank"]),
        branch=row["branch"],
        type=AccountType(row["type"]),
        number=row["number"],
        holder=row["holder"],
    )
    return Transfer(
        member_id=row["member_id"],
        id=row["id"],
        account_id=row["account_id"],
        bank=creditor.bank,
        reference=row["reference"],
        amount=Yen(row["amount"]),
        creditor=creditor,
        remitter=row["remitter"],
        request_id=row["request_id"],
        accepted_at=row["accepted_at"],
        state=State(row["state"]),
        attempt=row["attempt"],
        fence=row["fence"],
        unclear=row["unclear"],
        tries=row["tries"],
        crashes=row["crashes"],
        give_up_at=row["give_up_at"],
        due_at=row["due_at"],
        inquire_at=row["inquire_at"],
        inquiries=row["inquiries"],
        inquired_at=row["inquired_at"],
        attempt_over_at=row["attempt_over_at"],
        unresolved_since=row["unresolved_since"],
        settled_at=row["settled_at"],
        returned_at=row["returned_at"],
        bank_id=row["bank_id"],
        reason=None if row["reason"] is None else Reason(row["reason"]),
        file_id=row["file_id"],
        quote_id=row["quote_id"],
        promise=_promise(row),
        decided_by=row["decided_by"],
        returned_by=row["returned_by"],
    )


def _promise(row: Record) -> Promise | None:
    credited_at, credited_by = row["credited_at"], row["credited_by"]
    return None if credited_at is None else Promise(credited_at, credited_by)


def _caps(day: DayCaps) -> tuple[UUID, datetime, int | None, int | None]:
    return _first_id(day.begins_at), day.begins_at, day.amount_max, day.count_max


def _first_id(instant: datetime) -> UUID:
    """Return the least id of an instant: ids are in order of time, so a key finds what follows."""
    return uuid7(instant, bytes(RANDOM_BYTES))


def _mutable(transfer: Transfer) -> dict[str, object]:
    """Return the columns that a state change may write."""
    return {
        "state": transfer.state,
        "unclear": transfer.unclear,
        "tries": transfer.tries,
        "crashes": transfer.crashes,
        "due_at": transfer.due_at,
        "give_up_at": transfer.give_up_at,
        "inquire_at": transfer.inquire_at,
        "inquiries": transfer.inquiries,
        "inquired_at": transfer.inquired_at,
        "attempt_over_at": transfer.attempt_over_at,
        "unresolved_since": transfer.unresolved_since,
        "settled_at": transfer.settled_at,
        "returned_at": transfer.returned_at,
        "bank_id": transfer.bank_id,
        "reason": transfer.reason,
        "file_id": transfer.file_id,
        "decided_by": None if transfer.decided_by is None else str(transfer.decided_by),
        "returned_by": None if transfer.returned_by is None else str(transfer.returned_by),
    }


def encode_call(call: BankCall) -> dict[str, object]:
    """Return the `p_call` of a money step."""
    return {
        "operation": call.operation,
        "attempt": call.attempt,
        "started_at": call.started_at,
        "ended_at": call.ended_at,
        "outcome": call.outcome,
        "code": call.code,
        "request_sha256": call.request_sha256,
        "answer_sha256": call.answer_sha256,
    }
