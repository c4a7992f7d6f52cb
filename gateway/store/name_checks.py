"""Counts of today's name checks, by member and by account."""

from dataclasses import dataclass
from datetime import date

from gateway.store.database import Database
from gateway.store.sql import SQL

TAKE = SQL["name_checks.take"]


@dataclass(frozen=True, slots=True)
class NameCheckCount:
    """A keyed digest of who is counted, and how many checks a day there are."""

    subject: bytes
    at_most: int


async def take_name_check(db: Database, count: NameCheckCount, *, on: date) -> bool:
    """Count one more check on that day; return False, and count nothing, where none is left."""
    rows = await db.fetch(TAKE, count.subject, on, count.at_most)
    return bool(rows)
