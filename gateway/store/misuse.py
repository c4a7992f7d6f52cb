"""Counts of misuse, minute by minute over all processes, and the alarms that are on."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from gateway.domain.misuse import EPISODE_ENDS_S, MINUTE, READ_MINUTES, Misuse
from gateway.store.database import Database
from gateway.store.sql import SQL

ADD = SQL["misuse.add"]
READ = SQL["misuse.read"]
NOTE_HIGH = SQL["misuse.note_high"]

Counts = Mapping[tuple[Misuse, datetime], int]


async def add_counts(db: Database, instance: str, counts: Counts) -> None:
    """Add what a process counted; run twice after a broken connection it counts twice."""
    kinds = [kind.value for kind, _ in counts]
    minutes = [minute for _, minute in counts]
    await db.fetch(ADD, instance, kinds, minutes, list(counts.values()))


async def read_counts(db: Database, *, now: datetime) -> dict[Misuse, dict[datetime, int]]:
    """Return how often each misuse was met in the minutes that are looked at, by all processes."""
    since = now - READ_MINUTES * MINUTE
    found: dict[Misuse, dict[datetime, int]] = defaultdict(dict)
    for row in await db.fetch(READ, [kind.value for kind in Misuse], since, now):
        found[Misuse(row["kind"])][row["minute"]] = row["times"]
    return found


async def note_high(db: Database, kind: Misuse, *, now: datetime, sight: UUID) -> bool:
    """Write down that there is too much of it now; return whether this sight begins an episode."""
    ended_before = now - timedelta(seconds=EPISODE_ENDS_S)
    row = await db.fetchrow(NOTE_HIGH, kind.value, now, ended_before, sight)
    return row is not None and bool(row["is_new"])
