"""The record of what operators did by hand."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.store.database import Database
from gateway.store.sql import SQL

WRITE = SQL["operator_actions.write"]


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
