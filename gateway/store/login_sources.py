"""Where failed logins came from, and how long each source must wait."""

from datetime import datetime
from uuid import UUID

from gateway.store.database import Database
from gateway.store.sql import SQL

FIND_BLOCK = SQL["login_sources.find_block"]
COUNT_FAILURE = SQL["login_sources.count_failure"]
FORGIVE = SQL["login_sources.forgive"]


async def blocked_until(db: Database, source: bytes, *, now: datetime) -> datetime | None:
    """Return until when the source must wait, or None if it may try."""
    row = await db.fetchrow(FIND_BLOCK, source, now)
    return None if row is None else row["blocked_until"]


async def count_failure(db: Database, source: bytes, *, now: datetime, delay_s: float) -> None:
    """Let the source wait: `delay_s` after the first failure, doubled with each, to 60 times it."""
    await db.fetch(COUNT_FAILURE, source, now, delay_s)


async def forgive(db: Database, member_id: UUID) -> None:
    """Unlock a member's PIN and let every source try again at once. For the demo only."""
    await db.fetch(FORGIVE, member_id)
