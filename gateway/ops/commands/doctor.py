"""`gateway doctor`: what is wrong with this installation, and how to mend it."""

import asyncio
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from asyncpg import Record

from gateway.config import Settings
from gateway.domain.bank import Bank
from gateway.domain.branches import check_table
from gateway.domain.calendar import calendar_table
from gateway.domain.errors import Busy
from gateway.domain.frozen_table import TableDamaged
from gateway.ops.clock import utc_now
from gateway.ops.commands.check import Check
from gateway.ops.commands.server_health import check_health
from gateway.store.connections import PoolRole
from gateway.store.database import Database
from gateway.store.sql import SQL

SERVER = SQL["ops.server"]
OCCUPY = SQL["ops.occupy"]
WRONG_PRIVILEGES = SQL["ops.wrong_privileges"]
MISSING_WALLS = SQL["ops.missing_walls"]

ROLE = PoolRole.WORK.value
VERSIONS = range(150_000, 190_000)
DATABASE_SKEW_S_MAX = 1.0
BANK_SKEW_S_MAX = 60.0
FREE_BYTES_MIN = 1 << 30
FREE_SHARE_MIN = 0.1
CALENDAR_DAYS_MIN = 400
REINSTALL = "Install this release again; the gateway does not start."


def check_settings(settings: Settings) -> list[Check]:
    """Say how this gateway is set up; bad settings never come as far as this."""
    where = "GATEWAY_DATABASE_URL" if settings.database_url else f"embedded in {settings.data_dir}"
    return [
        Check("settings", True, f"environment {settings.environment}, database {where}"),
        Check(
            "clock shift",
            settings.clock_shift_s == 0,
            f"business time is shifted by {settings.clock_shift_s:g} s",
            "Unset GATEWAY_CLOCK_SHIFT_S unless this is a rehearsal.",
        ),
        Check(
            "crash point",
            not settings.crash_at,
            f"the process kills itself at {settings.crash_at}" if settings.crash_at else "none",
            "Unset GATEWAY_CRASH_AT.",
        ),
    ]


def check_calendar(today: date) -> Check:
    """Say how far the bank calendar reaches: due dates and promises need days ahead."""
    try:
        ends = calendar_table().ends
    except TableDamaged as error:
        return Check("calendar", False, str(error), REINSTALL)
    return Check(
        "calendar",
        (ends - today).days >= CALENDAR_DAYS_MIN,
        f"knows bank holidays until {ends}",
        "Install a newer version, or run scripts/freeze_holidays.",
    )


def check_branches() -> Check:
    """Say whether the table of branches is the release's, whole."""
    try:
        return Check("branches", True, f"{check_table()} branches, as released")
    except TableDamaged as error:
        return Check("branches", False, str(error), REINSTALL)


def check_schema(problems: Iterable[str]) -> list[Check]:
    """Say what `store.migrate.check_schema` found."""
    found = [Check("schema", False, problem, "Run gateway migrate.") for problem in problems]
    return found or [Check("schema", True, "as this version needs it")]


def unreachable(error: Exception) -> list[Check]:
    """Say that there is no database, and what `open_database` said."""
    mend = "Check GATEWAY_DATABASE_URL, the server, and GRANT gateway_app to its login."
    return [Check("database", False, str(error), mend)]


async def check_database(db: Database, *, pool_size: int) -> list[Check]:
    """Check role, privileges, durability, clock and pool through the gateway's own connections."""
    before = utc_now()
    try:
        server = await db.fetchrow(SERVER)
        wrong = await db.fetch(WRONG_PRIVILEGES)
        health = await check_health(db)
        unwalled = await db.fetch(MISSING_WALLS)
    except Busy as error:
        return unreachable(error)
    if server is None:
        raise LookupError("the server said nothing about itself")
    middle = before + (utc_now() - before) / 2
    skew_s = (server["clock"] - middle).total_seconds()
    version = server["version"]
    lossy = [name for name in ("fsync", "synchronous_commit") if server[name] == "off"]
    return [
        Check(
            "database version",
            version in VERSIONS,
            f"PostgreSQL {version // 10_000}.{version % 10_000}",
            "Use PostgreSQL 15 to 18.",
        ),
        Check(
            "database role",
            server["role"] == ROLE,
            f"works as {server['role']}",
            f"GRANT {ROLE} TO the login of GATEWAY_DATABASE_URL.",
        ),
        Check(
            "durability",
            not lossy,
            f"off: {', '.join(lossy)}" if lossy else "fsync and synchronous_commit are on",
            "Turn them on: a commit must survive a power cut.",
        ),
        Check(
            "database clock",
            abs(skew_s) <= DATABASE_SKEW_S_MAX,
            f"{skew_s:+.3f} s from this machine's",
            "Run a time service (chrony) on both machines.",
        ),
        *_privileges(wrong),
        *_walls(row["table_name"] for row in unwalled),
        *health,
        await _check_pool(db, pool_size),
    ]


def _privileges(wrong: Iterable[Record]) -> list[Check]:
    found = [Check("privileges", False, *_privilege(row)) for row in wrong]
    return found or [Check("privileges", True, "the ledger can be added to, and not changed")]


def _privilege(row: Record) -> tuple[str, str]:
    """Return what is wrong, and the statement that mends it."""
    role, privilege, table = row["role"], row["privilege"], row["table_name"]
    if row["is_needed"]:
        says = f"{role} may not {privilege} {table}"
        return says, f"GRANT {privilege} ON {table} TO {role};"
    return f"{role} may {privilege} {table}", f"REVOKE {privilege} ON {table} FROM {role};"


def _walls(unwalled: Iterable[str]) -> list[Check]:
    found = [
        Check(
            "walls",
            False,
            f"only its statements' conditions guard members' rows in {table}",
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
        )
        for table in unwalled
    ]
    return found or [Check("walls", True, "row level security guards what is members' own")]


async def _check_pool(db: Database, pool_size: int) -> Check:
    """Use every connection of the pool at once."""
    mend = "Raise max_connections, or lower GATEWAY_POOL_SIZE or the number of processes."
    try:
        await asyncio.gather(*(db.fetch(OCCUPY) for _ in range(pool_size)))
    except Busy as error:
        return Check("pool", False, f"not all of {pool_size} connections: {error}", mend)
    return Check("pool", True, f"{pool_size} connections")


async def check_banks(banks: Iterable[Bank]) -> list[Check]:
    """Ask every bank for its clock: that it answers, and that the two agree."""
    return list(await asyncio.gather(*(_check_bank(bank) for bank in banks)))


async def _check_bank(bank: Bank) -> Check:
    name = f"bank {bank.code}"
    skew_s = await bank.clock_skew_s()
    if skew_s is None:
        mend = "Check its address, our certificate and the network; see docs/runbook.md."
        return Check(name, False, "does not answer", mend)
    says = f"answers; its clock is {skew_s:+.1f} s from ours"
    mend = "Run a time service here; if ours is right, tell the bank."
    return Check(name, abs(skew_s) <= BANK_SKEW_S_MAX, says, mend)


def check_disk(directory: Path) -> Check:
    """Check the room where the embedded database lies. Blocks: call it in a thread."""
    existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    usage = shutil.disk_usage(existing)
    is_good = usage.free >= FREE_BYTES_MIN and usage.free >= usage.total * FREE_SHARE_MIN
    free = f"{usage.free / (1 << 30):.1f} GiB free of {usage.total / (1 << 30):.1f}"
    return Check("disk", is_good, free, f"Make room below {existing}.")
