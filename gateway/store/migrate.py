"""The schema, brought forward: plain SQL files, each applied once, whole, in order of its number.

`sql/migrations/NNNN_name.sql` never change once applied; `sql/functions/*.sql` are applied again
when their text changes. Who runs this owns everything; the files grant the gateway its rights.
"""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import asyncpg
import structlog

from gateway.domain.errors import NotReady
from gateway.store.sql import SQL, sql_directory

MIGRATION_NAME = re.compile(r"\d{4}_[a-z0-9_]+")
BREAKING = re.compile(r"^-- breaking\b", re.MULTILINE)
TAKE_LOCK = SQL["schema.lock"]
RELEASE_LOCK = SQL["schema.unlock"]
EXISTS = SQL["schema.exists"]
APPLIED = SQL["schema.applied"]
RECORD = SQL["schema.record"]
LIMITS = SQL["schema.limits"]

ROLES_BY_HAND = (
    "CREATE ROLE gateway_member NOLOGIN; CREATE ROLE gateway_ops NOLOGIN;"
    " ALTER ROLE gateway_app NOINHERIT; GRANT gateway_member, gateway_ops TO gateway_app;"
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """One file of `sql/`: a migration, or a function that is applied again when it changes."""

    kind: Literal["migration", "function"]
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def is_breaking(self) -> bool:
        """Whether a version that does not know this migration must not run on it."""
        return BREAKING.search(self.text) is not None


@dataclass(frozen=True, slots=True)
class Applied:
    """What the database says about one file."""

    checksum: str
    is_breaking: bool


def schema_files(directory: Path | None = None) -> list[SchemaFile]:
    """Return the files in the order in which they are applied."""
    root = directory or sql_directory()
    migrations = [_read("migration", path) for path in sorted((root / "migrations").glob("*.sql"))]
    for migration in migrations:
        if not MIGRATION_NAME.fullmatch(migration.name):
            raise NotReady(f"sql/migrations/{migration.name}.sql is not named NNNN_name.sql")
    numbers = [migration.name[:4] for migration in migrations]
    if len(set(numbers)) != len(numbers):
        raise NotReady("Two migrations have the same number.")
    functions = [_read("function", path) for path in sorted((root / "functions").glob("*.sql"))]
    return [*migrations, *functions]


def _read(kind: Literal["migration", "function"], path: Path) -> SchemaFile:
    return SchemaFile(kind, path.stem, path.read_text("utf-8"))


def _bootstrap() -> str:
    return (sql_directory() / "bootstrap.sql").read_text("utf-8")


async def migrate(
    connection: asyncpg.Connection, *, directory: Path | None = None, dry_run: bool = False
) -> list[str]:
    """Apply what is missing and return its names; with `dry_run` return them only.

    Raises NotReady if an applied migration was changed, or if a file fails (nothing of it is kept).
    """
    files = await asyncio.to_thread(schema_files, directory)
    await connection.execute(TAKE_LOCK)
    try:
        applied = await _applied(connection)
        due = _due(files, applied)
        if not dry_run:
            await _prepare(connection)
            for file in due:
                await _apply(connection, file)
    finally:
        await connection.execute(RELEASE_LOCK)
    return [f"{file.kind} {file.name}" for file in due]


async def check_schema(
    connection: asyncpg.Connection, *, directory: Path | None = None
) -> list[str]:
    """Return why this version cannot run on this schema; empty if it can.

    A schema that is ahead is fine, unless by a `-- breaking` migration: two versions run during
    an update.
    """
    files = await asyncio.to_thread(schema_files, directory)
    applied = await _applied(connection)
    migrations = {file.name for file in files if file.kind == "migration"}
    problems = [
        f"the schema is behind: {file.kind} {file.name} is not applied (run gateway migrate)"
        for file in files
        if (file.kind, file.name) not in applied
    ]
    problems += [
        f"the schema is ahead by the breaking migration {name}: run a newer gateway"
        for (kind, name), row in sorted(applied.items())
        if kind == "migration" and name not in migrations and row.is_breaking
    ]
    return problems


def _due(files: list[SchemaFile], applied: dict[tuple[str, str], Applied]) -> list[SchemaFile]:
    due = []
    for file in files:
        row = applied.get((file.kind, file.name))
        if row is not None and row.checksum == file.checksum:
            continue
        if row is not None and file.kind == "migration":
            raise NotReady(f"Migration {file.name} was changed after it had been applied.")
        due.append(file)
    return due


async def _applied(connection: asyncpg.Connection) -> dict[tuple[str, str], Applied]:
    if await connection.fetchval(EXISTS) is False:
        return {}
    rows = await connection.fetch(APPLIED)
    return {
        (row["kind"], row["name"]): Applied(row["checksum"], row["is_breaking"]) for row in rows
    }


async def _prepare(connection: asyncpg.Connection) -> None:
    try:
        await connection.execute(await asyncio.to_thread(_bootstrap))
    except asyncpg.InsufficientPrivilegeError as error:
        raise NotReady(
            f"The gateway's roles are not complete ({error}). Let this login create roles, or run"
            f" once as an administrator: {ROLES_BY_HAND}"
        ) from error


async def _apply(connection: asyncpg.Connection, file: SchemaFile) -> None:
    try:
        async with connection.transaction():
            # A migration that waits for a lock makes everyone behind it wait too.
            await connection.execute(LIMITS)
            await connection.execute(file.text)
            await connection.execute(RECORD, file.kind, file.name, file.checksum, file.is_breaking)
    except asyncpg.PostgresError as error:
        raise NotReady(f"{file.kind} {file.name}: {error}") from error
    log.info("schema.applied", kind=file.kind, name=file.name)
