"""Transfers: the money steps, each one statement, and the reads around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.ledger import Posting
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from gateway.domain.transfer import State, Transfer
from gateway.store.database import Database
from gateway.store.sql import SQL

ACCEPT = SQL["transfers.accept"]
CLAIM = SQL["transfers.claim"]
MOVE = SQL["transfers.move"]
ACCOUNT_BANK = SQL["transfers.account_bank"]
FIND = SQL["transfers.find"]
LIST = SQL["transfers.list"]
DUE = SQL["transfers.due"]
BACKLOG = SQL["transfers.backlog"]
OPEN_INQUIRIES = SQL["transfers.open_inquiries"]
TAKE_INQUIRY = SQL["transfers.take_inquiry"]
LEASE_ENDED = SQL["transfers.lease_ended"]
LEFT_BY = SQL["transfers.left_by"]
BY_REFERENCE = SQL["transfers.by_reference"]
OPEN_BY_STATE = SQL["transfers.open_by_state"]
ADD_CALL = SQL["transfers.add_call"]
POSTPONE = SQL["transfers.postpone"]


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """What is written when a transfer is accepted; `send_now` is granted only if no stop holds."""

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
    postings: Sequence[Posting]
    call: BankCall | None


async def accept(db: Database, new: NewTransfer) -> tuple[str, Transfer | None]:
    """Write an accepted transfer, its reservation and its key.

    Return (result, transfer): accepted | replayed | key_reused, each with the transfer, or
    account_not_registered | suspended | overdue | credit_short, and None.
    """
    row = await db.step(
        ACCEPT,
        *(new.member_id, new.id, new.idempotency_key, new.fingerprint, new.account_id),
        *(new.reference, new.amount.amount, new.now, new.due_at, new.send_now, new.lease_s),
        *(new.owner, new.request_id, new.step),
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


async def move(db: Database, change: Move) -> bool:
    """Apply a decision to the row it was computed from; False when that row has moved since."""
    before, after = change.before, change.after
    row = await db.step(
        MOVE,
        *(before.member_id, before.id, before.state, before.fence, change.step, change.now),
        _mutable(after),
        change.reserved_change,
        [{"kind": kind, "data": data} for kind, data in change.events],
        [_posting(posting) for posting in change.postings],
        None if change.call is None else _call(change.call),
    )
    return bool(row["result"] == "moved")


async def find_transfer(db: Database, *, member_id: UUID, transfer_id: UUID) -> Transfer | None:
    row = await db.fetchrow(FIND, member_id, transfer_id)
    return None if row is None else read_transfer(row)


async def list_transfers(
    db: Database, *, member_id: UUID, before: UUID | None, limit: int
) -> list[Transfer]:
    """Return a member's transfers, newest first, those older than `before` when it is given."""
    return [read_transfer(row) for row in await db.fetch(LIST, member_id, before, limit)]


async def find_account_bank(db: Database, *, member_id: UUID, account_id: UUID) -> BankCode | None:
    """Return the bank of a member's account, a removed one's too."""
    row = await db.fetchrow(ACCOUNT_BANK, member_id, account_id)
    return None if row is None else BankCode(row["bank"])


async def due_rows(
    db: Database, *, now: datetime, limit: int, banks: Sequence[BankCode]
) -> list[Record]:
    """Return what is due for sending, oldest first, as rows: one of them may be unreadable."""
    return await db.fetch(DUE, now, limit, banks)


async def count_backlog(db: Database, *, now: datetime, limit: int) -> int:
    """Return how many transfers wait to be sent, at most `limit`."""
    row = await db.fetchrow(BACKLOG, now, limit)
    return 0 if row is None else int(row["waiting"])


async def inquiry_rows(db: Database, *, now: datetime, limit: int) -> list[Record]:
    """Return whose inquiry is due, as rows."""
    return await db.fetch(OPEN_INQUIRIES, now, limit)


async def take_inquiry(db: Database, transfer: Transfer, *, next_at: datetime) -> bool:
    """Return whether this process may ask now; at `next_at` it is asked again in any case."""
    row = await db.fetchrow(
        TAKE_INQUIRY,
        *(transfer.member_id, transfer.id, transfer.fence, next_at, transfer.inquire_at),
    )
    return row is not None


async def lease_ended_rows(db: Database, *, limit: int) -> list[Record]:
    """Return what is held by a sender that is gone, by the database's clock."""
    return await db.fetch(LEASE_ENDED, limit)


async def rows_left_by(db: Database, owner: str) -> list[Record]:
    """Return what a former run of this instance held."""
    return await db.fetch(LEFT_BY, owner)


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
    )


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
    }


def _posting(posting: Posting) -> dict[str, object]:
    return {
        "id": posting.id,
        "journal": posting.journal,
        "debit": posting.debit,
        "credit": posting.credit,
        "amount": posting.amount.amount,
        "effective_on": posting.effective_on,
    }


def _call(call: BankCall) -> dict[str, object]:
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
