"""List transfers for operators, oldest first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.transfer import FINAL_FOR_MEMBER, State
from gateway.store.database import Database
from gateway.store.sql import SQL

TRANSFERS = SQL["ops.transfers"]
OPEN = tuple(state for state in State if state not in FINAL_FOR_MEMBER)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which transfers to list: all states given, one bank or all, accepted at least `age` ago.

    `after` is the last one of the page before.
    """

    states: Collection[State] = OPEN
    bank: BankCode | None = None
    age: timedelta = timedelta(0)
    limit: int = 100
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A transfer in a list; amounts in yen."""

    id: UUID
    bank: BankCode
    reference: str
    amount: int
    state: State
    unclear: bool
    attempt: int
    reason: str | None
    accepted_at: datetime
    due_at: datetime | None
    inquire_at: datetime | None
    unresolved_since: datetime | None


async def list_transfers(db: Database, chosen: Filter, *, now: datetime) -> list[Line]:
    """Return what the filter chooses, oldest first."""
    rows = await db.fetch(
        TRANSFERS,
        [state.value for state in chosen.states],
        chosen.bank,
        now - chosen.age,
        chosen.limit,
        chosen.after,
    )
    return [
        Line(
            id=row["id"],
            bank=BankCode(row["bank"]),
            reference=row["reference"],
            amount=row["amount"],
            state=State(row["state"]),
            unclear=row["unclear"],
            attempt=row["attempt"],
            reason=row["reason"],
            accepted_at=row["accepted_at"],
            due_at=row["due_at"],
            inquire_at=row["inquire_at"],
            unresolved_since=row["unresolved_since"],
        )
        for row in rows
    ]
