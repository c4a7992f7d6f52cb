"""What waits: to be sent, to be asked about, to be taken over. Read only, over all members."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import AccountType, BankCode
from gateway.domain.identifier import EPOCH
from gateway.store.database import Database
from gateway.store.sql import SQL
from gateway.store.stops import Stop, read_stop

DUE = SQL["transfers.due"]
BACKLOG = SQL["transfers.backlog"]
QUEUE = SQL["transfers.queue"]
WAITING = SQL["transfers.waiting"]
DESTINATION = SQL["transfers.destination"]
OPEN_INQUIRIES = SQL["transfers.open_inquiries"]
LEASE_ENDED = SQL["transfers.lease_ended"]
LEFT_BY = SQL["transfers.left_by"]

PAGE = 500
BEFORE_ALL, FIRST_ID = EPOCH, UUID(int=0)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a member's account is, and what holds that bank back, now or later."""

    bank: BankCode
    account_class: AccountType
    is_removed: bool
    stops: tuple[Stop, ...]


async def find_destination(
    db: Database, *, member_id: UUID, account_id: UUID, now: datetime
) -> Destination | None:
    """Return where a member's account is, a removed one's too."""
    row = await db.fetchrow(DESTINATION, member_id, account_id, now)
    if row is None:
        return None
    stops = tuple(read_stop(stop) for stop in row["stops"] or ())
    return Destination(BankCode(row["bank"]), AccountType(row["type"]), row["is_removed"], stops)


async def due_rows(db: Database, bank: BankCode, *, now: datetime, limit: int) -> list[Record]:
    """Return what is due at a bank, oldest first, as rows: one of them may be unreadable."""
    return await db.fetch(DUE, now, limit, bank)


async def count_backlog(db: Database, *, now: datetime, limit: int) -> int:
    """Return how many transfers wait to be sent, at most `limit`."""
    row = await db.fetchrow(BACKLOG, now, limit)
    return 0 if row is None else int(row["waiting"])


async def count_queue(db: Database, bank: BankCode, *, now: datetime) -> int:
    """Return how many transfers wait for a later instant at a bank."""
    row = await db.fetchrow(QUEUE, bank, now)
    return 0 if row is None else int(row["waiting"])


async def waiting_rows(db: Database, bank: BankCode) -> AsyncIterator[Record]:
    """Yield all that is scheduled at a bank, in the order in which it will leave, page by page.

    What is moved forward meanwhile may come twice.
    """
    after_at, after_id = BEFORE_ALL, FIRST_ID
    while True:
        rows = await db.fetch(WAITING, bank, after_at, after_id, PAGE)
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        after_at, after_id = rows[-1]["due_at"], rows[-1]["id"]


async def inquiry_rows(db: Database, *, now: datetime, limit: int) -> list[Record]:
    """Return whose inquiry is due, as rows."""
    return await db.fetch(OPEN_INQUIRIES, now, limit)


async def lease_ended_rows(db: Database, *, limit: int) -> list[Record]:
    """Return what is held by a sender that is gone, by the database's clock."""
    return await db.fetch(LEASE_ENDED, limit)


async def rows_left_by(db: Database, owner: str) -> list[Record]:
    """Return what a former run of this instance held."""
    return await db.fetch(LEFT_BY, owner)
