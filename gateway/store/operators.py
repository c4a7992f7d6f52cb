"""Operators and their tokens; every change is on record with who made it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from gateway.domain.operator import Operator, Role
from gateway.store.database import Database
from gateway.store.sql import SQL

ADD = SQL["operators.add"]
FIND = SQL["operators.find"]
ISSUE = SQL["operators.issue"]
REVOKE = SQL["operators.revoke"]
FIND_LIVE = SQL["operators.find_live"]
LIST = SQL["operators.list"]
TOKENS = SQL["operators.tokens"]


@dataclass(frozen=True, slots=True)
class Act:
    """That somebody did something, at an instant; `id` is that of the act on record."""

    id: UUID
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as it is known here: never its secret."""

    id: UUID
    operator: str
    issued_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """An operator, and the live token by which one is known."""

    operator: Operator
    token_id: UUID
    ends_at: datetime


async def write_operator(db: Database, operator: Operator, act: Act) -> None:
    """Add an operator, or give one that is there this role."""
    await db.fetch(ADD, operator.name, operator.role.value, act.at, act.id, act.by)


async def find_operator(db: Database, name: str) -> Operator | None:
    row = await db.fetchrow(FIND, name)
    return None if row is None else _operator(row)


async def list_operators(db: Database) -> list[Operator]:
    return [_operator(row) for row in await db.fetch(LIST)]


async def write_token(db: Database, token: StoredToken, secret_sha256: bytes, *, by: str) -> None:
    """Keep a new token's hash; its id is that of the act, too."""
    await db.fetch(
        ISSUE, token.id, token.operator, secret_sha256, token.issued_at, token.ends_at, by
    )


async def revoke(db: Database, named: UUID | str, act: Act) -> list[StoredToken]:
    """End one token, or all of an operator, from this statement's commit on; return which."""
    wanted = (named, None) if isinstance(named, UUID) else (None, named)
    rows = await db.fetch(REVOKE, *wanted, act.at, act.id, act.by)
    return [_token(row) for row in rows]


async def list_tokens(db: Database) -> list[StoredToken]:
    """Return every token there was, operator by operator."""
    return [_token(row) for row in await db.fetch(TOKENS)]


async def find_admitted(db: Database, secret_sha256: bytes, *, now: datetime) -> Admitted | None:
    """Return whose live token that is; None: of nobody, ended or revoked."""
    row = await db.fetchrow(FIND_LIVE, secret_sha256, now)
    return None if row is None else Admitted(_operator(row), row["id"], row["ends_at"])


def _operator(row: Record) -> Operator:
    return Operator(row["name"], Role(row["role"]))


def _token(row: Record) -> StoredToken:
    return StoredToken(
        row["id"], row["operator"], row["issued_at"], row["ends_at"], row["revoked_at"]
    )
