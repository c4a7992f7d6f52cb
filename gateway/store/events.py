"""What happened to a member's transfers, repayments and loan, numbered in the order of commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.store.database import Database
from gateway.store.sql import SQL

LAST_NO = SQL["events.last_no"]
READ_AFTER = SQL["events.read_after"]


@dataclass(frozen=True, slots=True)
class MemberEvent:
    """One event of a member; `no` counts from 1 without a gap."""

    no: int
    kind: str
    transfer_id: UUID | None
    repayment_id: UUID | None
    data: Mapping[str, object]
    at: datetime


async def last_number(db: Database, member_id: UUID) -> int:
    """Return the number of the member's latest event, 0 if there is none."""
    row = await db.fetchrow(LAST_NO, member_id)
    return 0 if row is None else int(row["event_no"])


async def read_after(
    db: Database, last_numbers: Mapping[UUID, int], *, each_max: int
) -> dict[UUID, list[MemberEvent]]:
    """Return what each member does not have yet, in order, `each_max` events a member at most."""
    rows = await db.fetch(READ_AFTER, list(last_numbers), list(last_numbers.values()), each_max)
    found: dict[UUID, list[MemberEvent]] = {}
    for row in rows:
        event = MemberEvent(
            no=row["no"],
            kind=row["kind"],
            transfer_id=row["transfer_id"],
            repayment_id=row["repayment_id"],
            data=row["data"],
            at=row["at"],
        )
        found.setdefault(row["member_id"], []).append(event)
    return found
