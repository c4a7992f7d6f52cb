"""The record of what operators did by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.store.database import Database
from gateway.store.sql import SQL

WRITE = SQL["operator_actions.write"]
LIST = SQL["operator_actions.list"]


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """One act of an operator's; `details` hold no account number and no name."""

    id: UUID
    at: datetime
    operator: str
    action: str
    member_id: UUID | None
    details: dict[str, str]


async def write_action(db: Database, done: OperatorAction) -> None:
    """Put it on record, for good: the gateway's role may not change or delete it."""
    await db.fetch(
        WRITE,
        done.id,
        done.at,
        done.operator,
        done.action,
        done.member_id,
        done.details,
    )


@dataclass(frozen=True, slots=True)
class RecordedAction:
    """An act as it is on record; `member_number` where it was about a member."""

    id: UUID
    at: datetime
    operator: str
    action: str
    member_number: str | None
    details: dict[str, Any]


async def list_actions(
    db: Database, *, since: datetime, operator: str | None, action: str | None, limit: int
) -> list[RecordedAction]:
    """Return what operators did since an instant, newest first; None: whoever, whatever."""
    rows = await db.fetch(LIST, operator, action, since, limit)
    return [
        RecordedAction(
            id=row["id"],
            at=row["at"],
            operator=row["operator"],
            action=row["action"],
            member_number=row["member_number"],
            details=row["details"],
        )
        for row in rows
    ]
