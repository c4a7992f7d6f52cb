"""What runs by itself once a day: one row a run, taken by one process at a time."""

from dataclasses import dataclass
from datetime import date, datetime

from gateway.domain.account import BankCode
from gateway.store.database import Database
from gateway.store.sql import SQL

TAKE = SQL["daily_runs.take"]
END = SQL["daily_runs.end"]
DONE = SQL["daily_runs.done"]
AGAIN = SQL["daily_runs.again"]
SECOND_TIME = SQL["daily_runs.second_time"]
LAST_DONE = SQL["daily_runs.last_done"]
FIRST_UNDONE = SQL["daily_runs.first_undone"]
WAITING = SQL["daily_runs.waiting"]


# The run that compares a day with its statement.
RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a day at a bank."""

    name: str
    bank: BankCode
    day: date


async def take_run(db: Database, run: Run, *, now: datetime, lease_s: float) -> int | None:
    """Return which try of the run is this process's; None if it is done, waits, or is another's."""
    row = await db.fetchrow(TAKE, run.name, run.bank, run.day, now, lease_s)
    return None if row is None else int(row["tries"])


async def end_run(
    db: Database,
    run: Run,
    *,
    now: datetime,
    report: dict[str, object],
    next_at: datetime | None = None,
) -> None:
    """Write how a run ended: done, or, with `next_at`, failed and to be tried again then."""
    state = "done" if next_at is None else "failed"
    await db.fetch(END, run.name, run.bank, run.day, now, state, next_at, report)


async def note_done(db: Database, run: Run, *, now: datetime, report: dict[str, object]) -> None:
    """Write that somebody did by hand what would have been run."""
    await db.fetch(DONE, run.name, run.bank, run.day, now, report)


async def run_again(db: Database, run: Run, *, now: datetime) -> None:
    """Let a run that is done, or that is going on, be done once more."""
    await db.fetch(AGAIN, run.name, run.bank, run.day, now)


async def run_second_time(db: Database, run: Run, *, read_before: datetime, now: datetime) -> None:
    """Let a run that was done before that instant be done once more."""
    await db.fetch(SECOND_TIME, run.name, run.bank, run.day, now, read_before)


async def last_done(db: Database, name: str, bank: BankCode) -> date | None:
    row = await db.fetchrow(LAST_DONE, name, bank)
    return None if row is None else row["day"]


async def first_undone(db: Database, name: str, bank: BankCode, *, since: date) -> date:
    """Return the first day from `since` on that is not done, even if a later one is."""
    (row,) = await db.fetch(FIRST_UNDONE, name, bank, since)
    day: date = row["day"]
    return day


async def waiting_days(
    db: Database, name: str, bank: BankCode, *, until: date, now: datetime
) -> list[date]:
    """Return the days whose run failed and is due again, or was left by a process that is gone."""
    return [row["day"] for row in await db.fetch(WAITING, name, bank, until, now)]
