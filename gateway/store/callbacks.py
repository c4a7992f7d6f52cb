"""What banks called back with: kept once an event, then worked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.bank import Callback
from gateway.store.database import Database
from gateway.store.sql import SQL

KEEP = SQL["callbacks.keep"]
LIST_UNWORKED = SQL["callbacks.list_unworked"]
HASTEN_INQUIRY = SQL["callbacks.hasten_inquiry"]
MARK_WORKED = SQL["callbacks.mark_worked"]


@dataclass(frozen=True, slots=True)
class KeptCallback:
    """A genuine call that nobody has worked yet."""

    bank: BankCode
    callback: Callback


async def keep(db: Database, bank: BankCode, callback: Callback, *, now: datetime) -> bool:
    """Store the call; False if this event of this bank is stored already."""
    row = await db.fetchrow(
        KEEP, bank.value, callback.event_id, callback.reference, callback.kind, now
    )
    return row is not None


async def unworked_rows(db: Database, *, limit: int) -> list[Record]:
    """Return the oldest calls that wait for work, as rows: one of them may be unreadable."""
    return await db.fetch(LIST_UNWORKED, limit)


def read_callback(row: Record) -> KeptCallback:
    """Return the call of a row. Raises ValueError for a bank that nobody knows."""
    called = Callback(row["event_id"], row["reference"], row["kind"])
    return KeptCallback(BankCode(row["bank"]), called)


async def hasten_inquiry(
    db: Database, *, member_id: UUID, transfer_id: UUID, now: datetime
) -> None:
    """Let the transfer be inquired about now, unless a sender holds it at this moment."""
    await db.fetch(HASTEN_INQUIRY, member_id, transfer_id, now)


async def mark_worked(db: Database, bank: BankCode, event_id: str, *, now: datetime) -> None:
    await db.fetch(MARK_WORKED, bank.value, event_id, now)
