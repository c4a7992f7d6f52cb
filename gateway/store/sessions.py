"""Open sessions: found by member and hash of the secret, so that authentication reads one shard."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.store.database import Database
from gateway.store.sql import SQL

FIND_LIVE = SQL["sessions.find_live"]
TOUCH = SQL["sessions.touch"]
LIST_LIVE = SQL["sessions.list_live"]
CLOSE_ONE = SQL["sessions.close_one"]
CLOSE_ALL = SQL["sessions.close_all"]
FIND_ENDED = SQL["sessions.find_ended"]
END_AS_OPERATOR = SQL["sessions.end_as_operator"]


@dataclass(frozen=True, slots=True)
class SessionSeen:
    """A live session and when it was last written down as used."""

    id: UUID
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SessionOpen:
    """A live session as its member may see it."""

    id: UUID
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime


async def find_live(
    db: Database, member_id: UUID, secret_sha256: bytes, *, now: datetime, seen_after: datetime
) -> SessionSeen | None:
    row = await db.fetchrow(FIND_LIVE, member_id, secret_sha256, now, seen_after)
    return None if row is None else SessionSeen(row["id"], row["seen_at"])


async def touch(db: Database, member_id: UUID, session_id: UUID, *, now: datetime) -> None:
    """Write down that the session was used at `now`."""
    await db.fetch(TOUCH, member_id, session_id, now)


async def list_live(
    db: Database, member_id: UUID, *, now: datetime, seen_after: datetime
) -> list[SessionOpen]:
    """Return the member's live sessions, newest first."""
    rows = await db.fetch(LIST_LIVE, member_id, now, seen_after)
    return [
        SessionOpen(row["id"], row["opened_at"], row["seen_at"], row["ends_at"]) for row in rows
    ]


async def close_one(db: Database, member_id: UUID, session_id: UUID, *, now: datetime) -> bool:
    """Close one session; False if the member has no such session."""
    return await db.fetchrow(CLOSE_ONE, member_id, session_id, now) is not None


async def close_all(db: Database, member_id: UUID, *, now: datetime) -> None:
    await db.fetch(CLOSE_ALL, member_id, now)


async def find_ended(
    db: Database, sessions: Mapping[UUID, UUID], *, now: datetime, seen_after: datetime
) -> set[UUID]:
    """Return which of the sessions, given with their members, do not live any more."""
    ids, members = list(sessions), list(sessions.values())
    rows = await db.fetch(FIND_ENDED, members, ids, now, seen_after)
    return {row["id"] for row in rows}


@dataclass(frozen=True, slots=True)
class SignOut:
    """An operator ends sessions; `member_id`: whose, None for everybody's."""

    member_id: UUID | None
    operator: str
    id: UUID
    at: datetime


async def end_as_operator(db: Database, done: SignOut, *, seen_after: datetime) -> int:
    """End them and put the act on record, in one step; return how many were live."""
    row = await db.fetchrow(
        END_AS_OPERATOR, done.member_id, done.id, done.at, seen_after, done.operator
    )
    return 0 if row is None else int(row["ended"])
