"""Sources of guesses: each guess takes its source's next turn, or learns how long to wait."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.domain.guessing import WINDOW_DELAYS, Source
from gateway.store.database import Database
from gateway.store.sql import SQL

TAKE_TURN = SQL["login_sources.take_turn"]
GIVE_BACK = SQL["login_sources.give_back"]
FORGIVE = SQL["login_sources.forgive"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A source's turn that is reserved: nobody else from there is checked before `until`."""

    source: Source
    until: datetime
    failed_before: datetime
    delay_s: float


async def take_turn(
    db: Database, source: Source, *, now: datetime, delay_s: float
) -> Turn | datetime:
    """Return the source's turn, reserved, or the instant until which the source must wait.

    The first turn lets the source wait `delay_s`, each further one twice as long, to 60 times it.
    Run twice after a broken connection it finds its own turn taken, which is the safe side.
    """
    costs_s = source.costs_s(delay_s)
    around, window_s = list(source.around), WINDOW_DELAYS * delay_s
    row = await db.fetchrow(TAKE_TURN, source.own, around, costs_s, window_s, delay_s, now)
    if row is None:
        raise LookupError("take_turn returned no row")
    waits_until: datetime | None = row["waits_until"]
    if waits_until is not None:
        return waits_until
    return Turn(source, row["taken_until"], row["failed_before"], delay_s)


async def give_back(db: Database, turn: Turn) -> None:
    """Let the source stand as before its turn, unless another turn was taken meanwhile."""
    source, costs_s = turn.source, turn.source.costs_s(turn.delay_s)
    around = list(source.around)
    await db.fetch(GIVE_BACK, source.own, turn.until, turn.failed_before, around, costs_s)


async def forgive(db: Database, member_id: UUID) -> None:
    """Unlock a member's PIN and let every source try again at once. For the demo only."""
    await db.fetch(FORGIVE, member_id)
