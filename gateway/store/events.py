"""What happened to a member's transfers, repayments and loan, numbered in the order of commits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from gateway.store.database import Database
from gateway.store.sql import SQL

LAST_NO = SQL["events.last_no"]
READ_AFTER = SQL["events.read_after"]


class Bookmark(NamedTuple):
    """Where a stream stands: the member, and the number of the last event that it has."""

    member_id: UUID
    last_no: int


@dataclass(frozen=True, slots=True)
class MemberEvent:
    """One event of a member; `no` counts from 1 without a gap."""

    no: int
    kind: str
    transfer_id: UUID | None
    repayment_id: UUID | None
    data: Mapping[str, object]
    at: datetime


class ReadAfter(NamedTuple):
    """What there is after a place, in order, and the number of the member's latest event."""

    latest: int
    events: list[MemberEvent]


async def last_number(db: Database, member_id: UUID) -> int:
    """Return the number of the member's latest event, 0 if there is none."""
    row = await db.fetchrow(LAST_NO, member_id)
    return 0 if row is None else int(row["event_no"])


async def read_after(
    db: Database, bookmarks: Collection[Bookmark], *, each_max: int
) -> dict[Bookmark, ReadAfter]:
    """Return what comes after each place, `each_max` events a place at most; nothing for most.

    No events, but the place, where the member's numbers do not reach that far: the database was
    set back to an earlier state, and what it gives these numbers to will be something else.
    """
    members, numbers = [one.member_id for one in bookmarks], [one.last_no for one in bookmarks]
    found: dict[Bookmark, ReadAfter] = {}
    for row in await db.fetch(READ_AFTER, members, numbers, each_max):
        bookmark = Bookmark(row["member_id"], row["last_no"])
        read = found.setdefault(bookmark, ReadAfter(row["latest"], []))
        if row["no"] is not None:
            read.events.append(_event(row))
    return found


def _event(row: Record) -> MemberEvent:
    return MemberEvent(
        no=row["no"],
        kind=row["kind"],
        transfer_id=row["transfer_id"],
        repayment_id=row["repayment_id"],
        data=row["data"],
        at=row["at"],
    )
