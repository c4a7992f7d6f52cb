"""End members' sessions by an operator's word: one member's, or everybody's."""

import secrets
from datetime import datetime, timedelta

import structlog

from gateway.domain.errors import NotFoundHere
from gateway.domain.identifier import uuid7
from gateway.domain.operator import person
from gateway.store.database import Database
from gateway.store.members import find_member_id
from gateway.store.sessions import SignOut, end_as_operator

log = structlog.get_logger()


async def sign_out_members(
    db: Database, member_number: str | None, *, by: str, now: datetime, idle_s: int
) -> int:
    """End the live sessions of a member (None: of everybody); return how many there were.

    In all processes from the commit on; what was asked for goes on. The act is on record. `idle_s`
    is how long an unused session lives, in seconds. Raises NotFoundHere or NameMissing.
    """
    operator = person(by)
    member_id = None if member_number is None else await find_member_id(db, member_number)
    if member_number is not None and member_id is None:
        raise NotFoundHere("no member has that number")
    done = SignOut(member_id, operator, uuid7(now, secrets.token_bytes(10)), now)
    ended = await end_as_operator(db, done, seen_after=now - timedelta(seconds=idle_s))
    log.warning("sessions.ended", operator=operator)
    return ended
