"""The record of sign-ins that were checked and refused."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from gateway.domain.guessing import Source
from gateway.store.database import Database
from gateway.store.sql import SQL

WRITE = SQL["refused_sign_ins.write"]
OF_MEMBER = SQL["refused_sign_ins.of_member"]
OF_ALL = SQL["refused_sign_ins.of_all"]

# Under whom a refused sign-in stands whose number is nobody's.
NOBODY = UUID(int=0)


class Why(StrEnum):
    """Why a sign-in was refused; whoever asked is not told. Not admitted: locked or suspended."""

    UNKNOWN_NUMBER = "unknown_number"
    NOT_ADMITTED = "not_admitted"
    WRONG_PIN = "wrong_pin"


@dataclass(frozen=True, slots=True)
class RefusedSignIn:
    """One refused sign-in: whose (NOBODY for a number that nobody has), when, why, from where."""

    member_id: UUID
    at: datetime
    reason: Why
    source: Source


async def write_refusal(db: Database, refused: RefusedSignIn, *, identifier: UUID) -> None:
    """Put it on record, for good: the gateway's role may not change or delete it."""
    found = (refused.member_id, identifier, refused.at, refused.reason.value, refused.source.own)
    await db.fetch(WRITE, *found)


async def list_refusals(
    db: Database, *, member_id: UUID | None, since: datetime, limit: int
) -> list[RefusedSignIn]:
    """Return the latest `limit` refusals since then, newest first: a member's, or everybody's."""
    if member_id is None:
        rows = await db.fetch(OF_ALL, since, limit)
    else:
        rows = await db.fetch(OF_MEMBER, member_id, since, limit)
    return [
        RefusedSignIn(row["member_id"], row["at"], Why(row["reason"]), Source(row["source"]))
        for row in rows
    ]
