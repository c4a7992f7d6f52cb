"""`gateway ops explain ID`: one transfer's life as one timeline. No account, no name, no body."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.errors import NotFoundHere
from gateway.domain.identifier import parse_public_id, public_id
from gateway.domain.transfer import State
from gateway.store.database import Database
from gateway.store.sql import SQL

BY_ID = SQL["ops.transfer_by_id"]
BY_REFERENCE = SQL["ops.transfer_by_reference"]
EVENTS_OF = SQL["ops.events_of"]
ATTEMPTS_OF = SQL["ops.attempts_of"]
POSTINGS_OF = SQL["ops.postings_of"]
CALLBACKS_OF = SQL["ops.callbacks_of"]

REFERENCE = re.compile(r"[A-Z2-7]{20}")
SHOWN_OF_AN_EVENT = ("state", "attempt", "reason", "amount", "promise_kept")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened at an instant. `source`: request, quote, event, bank, …"""

    at: datetime
    source: str
    what: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A transfer as it stands, and everything that led there in order of time."""

    id: UUID
    bank: BankCode
    reference: str
    amount: int
    state: State
    unclear: bool
    attempt: int
    reason: str | None
    steps: tuple[Step, ...]


async def explain_transfer(db: Database, name: str) -> Explanation:
    """Explain the transfer of that public id, row id or reference. Raises NotFoundHere."""
    row = await _find(db, name)
    if row is None:
        raise NotFoundHere(f"no transfer has the id or reference {name!r}")
    owner = (row["member_id"], row["id"])
    steps = [
        Step(row["accepted_at"], "request", "accepted", {"request_id": row["request_id"]}),
        *_promise(row),
        *_events(await db.fetch(EVENTS_OF, *owner)),
        *_attempts(await db.fetch(ATTEMPTS_OF, *owner)),
        *_postings(await db.fetch(POSTINGS_OF, *owner)),
        *_callbacks(await db.fetch(CALLBACKS_OF, row["bank"], row["reference"])),
    ]
    return Explanation(
        id=row["id"],
        bank=BankCode(row["bank"]),
        reference=row["reference"],
        amount=row["amount"],
        state=State(row["state"]),
        unclear=row["unclear"],
        attempt=row["attempt"],
        reason=row["reason"],
        # Stable: what happened at one instant stays in the order of the sources above.
        steps=tuple(sorted(steps, key=lambda step: step.at)),
    )


async def _find(db: Database, name: str) -> Record | None:
    if REFERENCE.fullmatch(name):
        return await db.fetchrow(BY_REFERENCE, name)
    identifier = parse_public_id("tr", name) or _row_id(name)
    return None if identifier is None else await db.fetchrow(BY_ID, identifier)


def _row_id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def _promise(row: Record) -> list[Step]:
    """Return what the member was told, and under which quote; nothing, where nobody could tell."""
    if row["credited_by"] is None:
        return []
    quote_id = row["quote_id"]
    told = {"credited_at": row["credited_at"], "credited_by": row["credited_by"]}
    quoted = {} if quote_id is None else {"quote_id": public_id("qt", quote_id)}
    return [Step(row["accepted_at"], "quote", "promised", quoted | told)]


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
