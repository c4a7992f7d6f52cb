"""A database's wear, for `gateway doctor`, before the database refuses to work."""

from collections.abc import Mapping
from typing import Any

from gateway.ops.commands.check import Check
from gateway.store.database import Database
from gateway.store.sql import SQL

HEALTH = SQL["ops.health"]
# PostgreSQL stops at 2.1 thousand million; autovacuum freezes from 200 million on.
TRANSACTIONS_MAX = 1_000_000_000


async def check_health(db: Database) -> list[Check]:
    """Check transaction numbers, the collation and checksums. Raises Busy."""
    (row,) = await db.fetch(HEALTH)
    return health_checks(dict(row))


def health_checks(row: Mapping[str, Any]) -> list[Check]:
    """Say what one row of `ops.health` means."""
    transactions, was, now = row["transactions"], row["collation"], row["collation_now"]
    return [
        Check(
            "transaction age",
            transactions < TRANSACTIONS_MAX,
            f"the oldest is {transactions:,} transactions old",
            "Find what keeps vacuum from freezing: old transactions, slots; then VACUUM FREEZE.",
        ),
        Check(
            "collation",
            was == now,
            f"made with version {was}, the system has {now}" if was != now else f"version {now}",
            "REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION.",
        ),
        Check(
            "checksums",
            row["checksums"] == "on",
            f"data checksums are {row['checksums']}",
            "Stop the server, run pg_checksums --enable: a damaged page is noticed then.",
        ),
    ]
