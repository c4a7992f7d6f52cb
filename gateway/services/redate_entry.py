"""Redate: an entry whose day was wrong is entered anew at the instant of the statement.

The transfer or repayment keeps what was said of it then; the loan goes by the entry.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.domain.bank import Direction
from gateway.domain.believed_dates import is_believed
from gateway.domain.booking import in_place_of
from gateway.domain.errors import NotFoundHere, required
from gateway.domain.hours import JST
from gateway.domain.resolution import ResolutionRefused
from gateway.services.book_entry import FoundEntry, book_entry
from gateway.services.desk import TransferDesk
from gateway.store.database import Database
from gateway.store.loan_books import find_entry, read_loan_record
from gateway.store.repayments import find_repayment
from gateway.store.review_items import ReviewItem
from gateway.store.statements import OUTGOING, lines_elsewhere
from gateway.store.transfers import find_transfer


async def redate_entry(desk: TransferDesk, item: ReviewItem) -> bool:
    """Return whether the entry of an item is entered anew now; False: it counted no more already.

    Raises NotFoundHere where entry or line are not there, ResolutionRefused where it would stand
    before its wish was accepted, StaleTransfer when the loan does not rest.
    """
    at = await check_redating(desk.db, item, now=desk.clock.now())
    record = required(
        await read_loan_record(desk.db, item.member_id), NotFoundHere("the member has no loan")
    )
    known, sources = record
    entry = required(
        next((e for e in known.entries if str(e.id) == item.details["entry"]), None),
        NotFoundHere("the member's loan has no such entry"),
    )
    day = at.astimezone(JST).date()
    anew = in_place_of(entry.id, replace(entry, at=at, effective_on=day))
    found = FoundEntry(item.member_id, anew, source_id=sources.get(entry.id), why="redated")
    return await book_entry(desk, found)


async def check_redating(db: Database, item: ReviewItem, *, now: datetime) -> datetime:
    """Return the instant at which the entry of an item would be entered anew.

    Raises NotFoundHere where no line is there, ResolutionRefused where the line says that it was
    booked before the transfer or repayment was accepted, or will be.
    """
    at = await _stated_at(db, item)
    accepted_at = await _accepted_at(db, item)
    if accepted_at is not None and not is_believed(at, accepted_at=accepted_at, now=now):
        on = accepted_at.astimezone(JST).date()
        raise ResolutionRefused(
            f"the line says {at.astimezone(JST).date()}, which cannot be: it was accepted on {on}"
        )
    return at


async def _accepted_at(db: Database, item: ReviewItem) -> datetime | None:
    if item.transfer_id is not None:
        sent = await find_transfer(db, member_id=item.member_id, transfer_id=item.transfer_id)
        return None if sent is None else sent.accepted_at
    if item.repayment_id is not None:
        paid = await find_repayment(db, member_id=item.member_id, repayment_id=item.repayment_id)
        return None if paid is None else paid.accepted_at
    return None


async def _stated_at(db: Database, item: ReviewItem) -> datetime:
    """Return the instant of the line, the item's own or that of another day's statement."""
    details: Mapping[str, Any] = item.details
    if "booked_at" in details:
        return datetime.fromisoformat(details["booked_at"])
    day = datetime.fromisoformat(details["our_day"]).date()
    known = required(
        await find_entry(db, UUID(details["entry"])),
        NotFoundHere("the member's loan has no such entry"),
    )
    direction = Direction.OUT if known.entry.kind in OUTGOING else Direction.IN
    for line in await lines_elsewhere(db, item.bank, day, [item.reference or ""]):
        if (line.amount.amount, line.direction) == (details["our_amount"], direction):
            return line.booked_at
    raise NotFoundHere("no statement has the line that the entry stands for")
