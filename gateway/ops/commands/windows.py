"""`gateway ops windows add | list | remove`: what banks announce, without a restart."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from gateway.domain.account import BankCode
from gateway.domain.errors import Mistyped
from gateway.domain.hours import JST, OneOffWindow
from gateway.domain.identifier import uuid7
from gateway.domain.operator import person
from gateway.store.database import Database
from gateway.store.sql import SQL
from gateway.store.stops import ALL_BANKS, Stop, hold, known_stops, read_stop

# Nobody announces one earlier; what is further away is a slip of the hand.
ENDS_WITHIN = timedelta(days=366)
BEGAN_BEFORE = timedelta(days=31)
REMOVE_WINDOW = SQL["ops.remove_window"]

log = structlog.get_logger()


async def add_window(
    db: Database, bank: BankCode | None, window: OneOffWindow, *, by: str, now: datetime
) -> Stop:
    """Close a bank, or all (None), from one instant until another; return what was written.

    Binds from its commit in all processes; workers then plan anew what is scheduled. Mistyped
    for a window that has ended, is a year away, or whose instants are no whole seconds.
    """
    if window.ends <= now:
        raise Mistyped("the window has ended already")
    if window.begins.microsecond or window.ends.microsecond:
        raise Mistyped("a window begins and ends on a whole second")
    first, last = now - BEGAN_BEFORE, now + ENDS_WITHIN
    if window.begins < first or window.ends > last:
        days = (at.astimezone(JST).date() for at in (first, last))
        raise Mistyped("a window lies within {} to {} (Japan)".format(*days))
    stop = Stop(
        id=uuid7(now, secrets.token_bytes(10)),
        bank=bank or ALL_BANKS,
        reason=window.name,
        held_by=person(by),
        held_at=now,
        begins_at=window.begins,
        ends_at=window.ends,
    )
    await hold(db, stop)
    log.warning("window.added", bank=stop.bank, until=window.ends)
    return stop


async def list_windows(db: Database, *, now: datetime) -> list[Stop]:
    """Return the windows that have not ended."""
    return [stop for stop in await known_stops(db, now=now) if stop.window is not None]


async def remove_window(db: Database, window_id: UUID, *, by: str, now: datetime) -> Stop | None:
    """Take a window back, or open again before its end; None if there is none to take back."""
    action_id = uuid7(now, secrets.token_bytes(10))
    row = await db.fetchrow(REMOVE_WINDOW, window_id, person(by), now, action_id)
    if row is None:
        return None
    stop = read_stop(row)
    log.warning("window.removed", bank=stop.bank)
    return stop
