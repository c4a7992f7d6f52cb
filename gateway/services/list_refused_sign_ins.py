"""List the sign-ins that were refused, as operators read them: no number, no address."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.domain.errors import NotFoundHere
from gateway.store.database import Database
from gateway.store.members import find_member_id
from gateway.store.refused_sign_ins import NOBODY, Why, list_refusals


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """One refused sign-in under the names that logs use; no `member_ref`: nobody's number."""

    at: datetime
    reason: Why
    member_ref: str | None
    source_ref: str


async def list_refused_sign_ins(
    db: Database,
    member_number: str | None,
    *,
    since: datetime,
    limit: int,
    member_ref: Callable[[UUID], str],
) -> list[RefusalLine]:
    """Return the latest `limit` since then, newest first: of a member, or of everybody.

    Raises NotFoundHere where no member has the number.
    """
    member_id = None
    if member_number is not None:
        member_id = await find_member_id(db, member_number)
        if member_id is None:
            raise NotFoundHere("no member has that number")
    found = await list_refusals(db, member_id=member_id, since=since, limit=limit)
    return [
        RefusalLine(
            one.at,
            one.reason,
            None if one.member_id == NOBODY else member_ref(one.member_id),
            one.source.ref,
        )
        for one in found
    ]
