"""Explain a transfer or a repayment: its life as one timeline, for operators.

No account, no name, no body.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.bank_file import BankFile, FileEnding
from gateway.domain.errors import NotFoundHere
from gateway.domain.identifier import public_id, read_id, read_reference
from gateway.domain.repayment import FINAL_FOR_MEMBER as FINAL_REPAYMENT
from gateway.domain.transfer import FINAL_FOR_MEMBER
from gateway.store.database import Database
from gateway.store.files import files_naming
from gateway.store.sql import SQL
from gateway.store.stops import ALL_BANKS
from gateway.store.transfers import find_transfer

BY_ID = SQL["ops.transfer_by_id"]
BY_REFERENCE = SQL["ops.transfer_by_reference"]
REPAYMENT_BY_ID = SQL["ops.repayment_by_id"]
REPAYMENT_BY_REFERENCE = SQL["ops.repayment_by_reference"]
LINES_OF = SQL["ops.lines_of"]
ITEMS_OF = SQL["ops.items_of"]
STOPS_OF = SQL["ops.stops_of"]
EVENTS_OF = SQL["ops.events_of"]
ATTEMPTS_OF = SQL["ops.attempts_of"]
POSTINGS_OF = SQL["ops.postings_of"]
CALLBACKS_OF = SQL["ops.callbacks_of"]

SHOWN_OF_AN_EVENT = ("state", "attempt", "reason", "amount", "promise_kept")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened at an instant. `source`: request, event, bank, file, stop, …"""

    at: datetime
    source: str
    what: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A transfer (`tr`) or repayment (`rp`) as it stands, and what led there in order of time."""

    prefix: str
    id: UUID
    bank: BankCode
    reference: str
    amount: int
    state: str
    unclear: bool
    attempt: int
    reason: str | None
    steps: tuple[Step, ...]


async def explain(db: Database, name: str) -> Explanation:
    """Explain what has that public id, row id or reference. Raises NotFoundHere."""
    row, prefix = await _find(db, name, BY_ID, BY_REFERENCE, "tr"), "tr"
    if row is None:
        row = await _find(db, name, REPAYMENT_BY_ID, REPAYMENT_BY_REFERENCE, "rp")
        prefix = "rp"
    if row is None:
        raise NotFoundHere(f"no transfer or repayment has the id or reference {name!r}")
    is_transfer = prefix == "tr"
    is_over = row["state"] in (FINAL_FOR_MEMBER if is_transfer else FINAL_REPAYMENT)
    steps = await _steps(db, row, prefix)
    steps += await _stops(db, row, until=max(step.at for step in steps) if is_over else None)
    return Explanation(
        prefix=prefix,
        id=row["id"],
        bank=BankCode(row["bank"]),
        reference=row["reference"],
        amount=row["amount"],
        state=row["state"],
        unclear=is_transfer and row["unclear"],
        attempt=row["attempt" if is_transfer else "starts"],
        reason=row["reason"],
        # Stable: what happened at one instant stays in the order of the sources.
        steps=tuple(sorted(steps, key=lambda step: step.at)),
    )


async def _steps(db: Database, row: Record, prefix: str) -> list[Step]:
    owner, at_the_bank = (row["member_id"], row["id"]), (row["bank"], row["reference"])
    is_sent = prefix == "tr"
    told = _promise(row) if is_sent else _limit(row)
    return [
        Step(row["accepted_at"], "request", "accepted", {"request_id": row["request_id"]}),
        *told,
        *_events(await db.fetch(EVENTS_OF, *owner)),
        *_attempts(await db.fetch(ATTEMPTS_OF, *owner)),
        *_postings(await db.fetch(POSTINGS_OF, *owner)),
        *_callbacks(await db.fetch(CALLBACKS_OF, *at_the_bank)),
        *_lines(await db.fetch(LINES_OF, *at_the_bank)),
        *_items(await db.fetch(ITEMS_OF, *at_the_bank)),
        *(_files(await files_naming(db, *at_the_bank, file_id=row["file_id"])) if is_sent else []),
    ]


async def files_of(db: Database, member_id: UUID, transfer_id: UUID) -> list[Step]:
    """Return a transfer's own file, and those that name it and are not at rest, as steps."""
    transfer = await find_transfer(db, member_id=member_id, transfer_id=transfer_id)
    if transfer is None:
        return []
    bank, reference, file_id = transfer.bank, transfer.reference, transfer.file_id
    return _files(await files_naming(db, bank, reference, file_id=file_id))


async def _find(
    db: Database, name: str, by_id: str, by_reference: str, prefix: str
) -> Record | None:
    reference = read_reference(name)
    if reference is not None:
        return await db.fetchrow(by_reference, reference)
    identifier = read_id(prefix, name)
    return None if identifier is None else await db.fetchrow(by_id, identifier)


async def _stops(db: Database, row: Record, *, until: datetime | None) -> list[Step]:
    """Return what held the bank until an instant (None: now), and who held and released it."""
    found = []
    for stop in await db.fetch(STOPS_OF, row["bank"], row["accepted_at"], until):
        is_window = stop["ends_at"] is not None
        about = {
            "bank": "all" if stop["bank"] == ALL_BANKS else stop["bank"],
            "reason": stop["reason"],
            "begins_at": stop["begins_at"],
            "ends_at": stop["ends_at"],
        }
        what = "window added" if is_window else "held"
        found.append(Step(stop["held_at"], "stop", what, about | {"by": stop["held_by"]}))
        if stop["released_at"] is not None:
            what, by = "window removed" if is_window else "released", {"by": stop["released_by"]}
            found.append(Step(stop["released_at"], "stop", what, about | by))
    return found


def _promise(row: Record) -> list[Step]:
    """Return what the member was told, and under which quote; nothing, where nobody could tell."""
    if row["credited_by"] is None:
        return []
    quote_id = row["quote_id"]
    told = {"credited_at": row["credited_at"], "credited_by": row["credited_by"]}
    quoted = {} if quote_id is None else {"quote_id": public_id("qt", quote_id)}
    return [Step(row["accepted_at"], "quote", "promised", quoted | told)]


def _limit(row: Record) -> list[Step]:
    """Return until when the payer could approve, and under which quote it was asked for."""
    quote_id = row["quote_id"]
    quoted = {} if quote_id is None else {"quote_id": public_id("qt", quote_id)}
    return [Step(row["accepted_at"], "quote", row["kind"], quoted | {"until": row["expires_at"]})]


def _events(rows: Iterable[Record]) -> list[Step]:
    return [
        Step(
            row["at"],
            "event",
            row["kind"],
            {"no": row["no"]} | {k: v for k, v in row["data"].items() if k in SHOWN_OF_AN_EVENT},
        )
        for row in rows
    ]


def _attempts(rows: Iterable[Record]) -> list[Step]:
    return [
        Step(
            row["started_at"],
            "bank",
            f"{row['operation']}: {row['outcome']}",
            {
                "attempt": row["attempt"],
                "code": row["code"],
                "ended_at": row["ended_at"],
                "duration_ms": round((row["ended_at"] - row["started_at"]).total_seconds() * 1000),
            },
        )
        for row in rows
    ]


def _postings(rows: Iterable[Record]) -> list[Step]:
    return [
        Step(
            row["recorded_at"],
            "ledger",
            f"{row['credit']} → {row['debit']}",
            {"amount": row["amount"], "effective_on": row["effective_on"]},
        )
        for row in rows
    ]


def _callbacks(rows: Iterable[Record]) -> list[Step]:
    return [
        Step(
            row["received_at"],
            "callback",
            row["kind"],
            {"event_id": row["event_id"], "worked_at": row["worked_at"]},
        )
        for row in rows
    ]


def _lines(rows: Iterable[Record]) -> list[Step]:
    return [
        Step(
            row["booked_at"],
            "statement",
            "return" if row["is_return"] else row["direction"],
            {
                "amount": row["amount"],
                "day": row["day"],
                "bank_id": row["bank_id"],
                "read_at": row["read_at"],
            },
        )
        for row in rows
    ]


def _files(files: Iterable[BankFile]) -> list[Step]:
    """Return files as they are now, each at the instant when it was stored."""
    return [
        Step(
            file.stored_at,
            "file",
            file.state,
            {
                "file": file.file_id,
                "sendings": file.sendings,
                "tries": file.tries,
                "next_at": file.next_at,
                "receipt": file.receipt,
                "reason": file.reason,
                "said": _said(file.ending),
            },
        )
        for file in files
    ]


def _said(ending: FileEnding | None) -> str | None:
    if ending is None:
        return None
    confirmed = "" if ending.confirmed_by is None else f", confirmed by {ending.confirmed_by}"
    return f"{ending.word} by {ending.by}{confirmed}"


def _items(rows: Iterable[Record]) -> list[Step]:
    return [step for row in rows for step in _item(row)]


def _item(row: Record) -> list[Step]:
    item = {"item": public_id("rv", row["id"])}
    steps = [Step(row["raised_at"], "review", row["kind"], item | {"state": row["state"]})]
    for what in ("proposed", "confirmed", "acted"):
        at = row[f"{what}_at"]
        if at is not None:
            by = {} if what == "acted" else {"by": row[f"{what}_by"]}
            steps.append(Step(at, "review", f"{what}: {row['resolution']}", item | by))
    return steps
