"""Quotas of requests as all processes together use them."""

from collections.abc import Mapping

from gateway.store.database import Database
from gateway.store.sql import SQL

USE = SQL["quotas.use"]
FORGET_WHOLE = SQL["quotas.forget_whole"]


async def use(db: Database, used_s: Mapping[bytes, float]) -> dict[bytes, float]:
    """Add the seconds that were used of each quota; return how many are used by now, by all."""
    rows = await db.fetch(USE, list(used_s), list(used_s.values()))
    return {row["key"]: row["ahead_s"] for row in rows}


async def forget_whole(db: Database) -> None:
    """Forget the quotas that nobody uses."""
    await db.fetch(FORGET_WHOLE)
