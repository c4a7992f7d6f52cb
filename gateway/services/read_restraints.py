"""Read what is held back now: stops, and breakers that operators overruled."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.account import BankCode
from gateway.store.database import Database
from gateway.store.sql import SQL
from gateway.store.stops import Stop, stops_in_force

BREAKERS = SQL["ops.breakers"]


class Breaker(StrEnum):
    """The operators' word over every process's breaker."""

    AUTO = "auto"  # none: each process's own breaker decides
    OPEN = "open"  # nothing is let out
    CLOSED = "closed"  # everything is let out


@dataclass(frozen=True, slots=True)
class Restraints:
    """All that holds now."""

    stops: tuple[Stop, ...]
    breakers: tuple[tuple[BankCode, Breaker], ...]


async def restraints(db: Database, *, now: datetime) -> Restraints:
    """Return the stops in force and the breakers that are overruled."""
    rows = await db.fetch(BREAKERS)
    return Restraints(
        tuple(await stops_in_force(db, now=now)),
        tuple((BankCode(row["bank"]), Breaker(row["breaker"])) for row in rows),
    )
