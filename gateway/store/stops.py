"""Stops: what operators, or the gateway itself, hold back. A stop binds from its commit."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.store.database import Database
from gateway.store.sql import SQL

HOLD = SQL["stops.hold"]
IN_FORCE = SQL["stops.in_force"]

ALL_BANKS = "*"


@dataclass(frozen=True, slots=True)
class Stop:
    """A hold on one bank, or on all (`*`)."""

    id: UUID
    bank: str
    reason: str
    held_by: str
    held_at: datetime


async def hold(db: Database, stop: Stop) -> bool:
    """Write a stop; False if the same one (bank and reason) is in force already, by another."""
    row = await db.fetchrow(HOLD, stop.id, stop.bank, stop.reason, stop.held_by, stop.held_at)
    # Our own may be in the way, by a first try whose answer was lost: somebody must be told.
    return row is not None or any(held.id == stop.id for held in await stops_in_force(db))


async def stops_in_force(db: Database) -> list[Stop]:
    rows = await db.fetch(IN_FORCE)
    return [Stop(r["id"], r["bank"], r["reason"], r["held_by"], r["held_at"]) for r in rows]
