"""Stops: what operators, or the gateway itself, hold back. A stop binds from its commit.

A stop with two instants is a one-off window; without them it is a hold, until it is released.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.hours import OneOffWindow
from gateway.domain.reason import HOLDS_PAY_OUTS_ONLY
from gateway.store.database import Database
from gateway.store.sql import SQL

HOLD = SQL["stops.hold"]
HOLD_OURSELVES = SQL["stops.hold_ourselves"]
KNOWN = SQL["stops.known"]
CHANGED = SQL["stops.changed"]
REPLANNED = SQL["stops.replanned"]

ALL_BANKS = "*"


@dataclass(frozen=True, slots=True)
class Stop:
    """A hold on one bank, or on all (`*`); a window, if it has two instants."""

    id: UUID
    bank: str
    reason: str
    held_by: str
    held_at: datetime
    begins_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def window(self) -> OneOffWindow | None:
        """Return the stop as a window, None if it is a hold."""
        if self.begins_at is None or self.ends_at is None:
            return None
        return OneOffWindow(self.reason, self.begins_at, self.ends_at)

    def is_in_force(self, now: datetime) -> bool:
        """Whether it binds now. (What leaves is decided by the statements themselves.)"""
        if self.begins_at is None or self.ends_at is None:
            return True
        return self.begins_at <= now < self.ends_at

    @property
    def stops_collections(self) -> bool:
        """Whether no collection may be started either: every window, and most holds."""
        return self.window is not None or self.reason not in HOLDS_PAY_OUTS_ONLY

    def is_of(self, bank: BankCode) -> bool:
        """Whether it stops this bank."""
        return self.bank in {bank.value, ALL_BANKS}


def windows_of(stops: Sequence[Stop]) -> tuple[OneOffWindow, ...]:
    """Return the windows among stops."""
    return tuple(window for stop in stops if (window := stop.window) is not None)


def hold_began(stops: Sequence[Stop]) -> datetime | None:
    """Return since when a hold is in force among stops; None if nothing is held."""
    return min((stop.held_at for stop in stops if stop.window is None), default=None)


async def hold(db: Database, stop: Stop, *, is_audited: bool = True) -> bool:
    """Write a stop, and that an operator did; False if the same hold is in force already.

    The same is: bank and reason, by another. Two windows are never the same.
    """
    row = await db.fetchrow(
        HOLD if is_audited else HOLD_OURSELVES,
        *(stop.id, stop.bank, stop.reason, stop.held_by, stop.held_at),
        *(stop.begins_at, stop.ends_at),
    )
    if row is not None:
        return True
    # Our own may be in the way, by a first try whose answer was lost: somebody must be told.
    return any(held.id == stop.id for held in await known_stops(db, now=stop.held_at))


async def known_stops(db: Database, *, now: datetime) -> list[Stop]:
    """Return the holds, and the windows that have not ended, in the order they were made."""
    return [read_stop(row) for row in await db.fetch(KNOWN, now)]


async def stops_in_force(db: Database, *, now: datetime) -> list[Stop]:
    """Return what binds now."""
    return [stop for stop in await known_stops(db, now=now) if stop.is_in_force(now)]


async def changed_stops(db: Database, *, margin_s: float) -> list[Stop]:
    """Return the stops that were made or lifted and not planned for since, lifted ones too.

    A process that read before the change may still write just after it: within the margin after a
    change it is planned for again.
    """
    return [read_stop(row) for row in await db.fetch(CHANGED, margin_s)]


async def mark_replanned(db: Database, stop: Stop, *, at: datetime) -> None:
    """Remember that what is scheduled follows the stop as it was at that instant."""
    await db.fetch(REPLANNED, stop.id, at)


def read_stop(row: Record | Mapping[str, Any]) -> Stop:
    """Return the stop of a row, or of its JSON."""
    return Stop(
        id=UUID(str(row["id"])),
        bank=row["bank"],
        reason=row["reason"],
        held_by=row["held_by"],
        held_at=_instant(row["held_at"]),
        begins_at=None if row["begins_at"] is None else _instant(row["begins_at"]),
        ends_at=None if row["ends_at"] is None else _instant(row["ends_at"]),
    )


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
