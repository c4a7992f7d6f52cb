"""Resolve a review item: one operator proposes, another confirms; nothing else closes one."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from gateway.domain.bank_file import OPEN_STATES
from gateway.domain.errors import NotFoundHere
from gateway.domain.identifier import uuid7
from gateway.domain.operator import is_same_person, person
from gateway.domain.resolution import (
    NOT_WHILE_IN_A_FILE,
    OF_SET_ASIDE,
    ResolutionRefused,
    check_resolution,
)
from gateway.domain.review import ItemState, Resolution, ReviewKind
from gateway.domain.set_aside import set_aside_of
from gateway.domain.transfer import State
from gateway.store.database import Database
from gateway.store.files import files_naming
from gateway.store.members import find_member_id
from gateway.store.review_items import (
    Confirmation,
    Proposal,
    ReviewItem,
    confirm,
    find_item,
    propose,
)
from gateway.store.statements import house_postings
from gateway.store.transfers import find_transfer

MOVED = "somebody was faster: look at the item again"

log = structlog.get_logger()


async def propose_resolution(
    db: Database, item_id: UUID, proposal: Proposal, *, now: datetime
) -> ReviewItem:
    """Write down how an operator would resolve an item; it takes another to confirm it.

    A proposal may be replaced until it is confirmed. Raises NotFoundHere, ResolutionRefused, and
    NameMissing where nobody proposes.
    """
    by = person(proposal.by)
    item = await _open_item(db, item_id)
    if not proposal.note.strip():
        raise ResolutionRefused("a note says why")
    check_resolution(item.kind, proposal.resolution, proposal.particulars, item.details)
    await _check_transfer(db, item, proposal.resolution)
    await _check_set_aside(db, item, proposal.resolution)
    named = replace(proposal, by=by, particulars=await _with_member(db, proposal.particulars))
    proposed = await propose(db, item, named, now=now, action_id=_new_id(now))
    if proposed is None:
        raise ResolutionRefused(MOVED)
    log.warning("resolution.proposed", kind=item.kind, bank=item.bank, reference=item.reference)
    return proposed


async def confirm_resolution(
    db: Database, item_id: UUID, given: Confirmation, *, now: datetime
) -> ReviewItem:
    """Close an item as another operator proposed; the gateway then acts on it.

    Raises NotFoundHere; ResolutionRefused where nothing, or something else, was proposed, where it
    is one's own proposal, and where somebody was faster; NameMissing where nobody confirms.
    """
    given = replace(given, by=person(given.by))
    item = await _open_item(db, item_id)
    proposal = item.proposal
    if item.state is not ItemState.PROPOSED or proposal is None:
        raise ResolutionRefused("nothing is proposed yet")
    if proposal.resolution is not given.resolution:
        raise ResolutionRefused(f"what is proposed is {proposal.resolution}")
    if await _with_member(db, given.particulars) != proposal.particulars:
        # A proposal may be replaced after the other operator has looked at it.
        raise ResolutionRefused("it is proposed with something else beside the note")
    if is_same_person(proposal.by, given.by):
        raise ResolutionRefused("another operator confirms what one proposed")
    await _check_transfer(db, item, given.resolution)
    await _check_set_aside(db, item, given.resolution)
    closed = await confirm(db, item, given, now=now, action_id=_new_id(now))
    if closed is None:
        raise ResolutionRefused(MOVED)
    log.warning("resolution.confirmed", kind=item.kind, bank=item.bank, reference=item.reference)
    return closed


async def _open_item(db: Database, item_id: UUID) -> ReviewItem:
    item = await find_item(db, item_id)
    if item is None:
        raise NotFoundHere("no review item has that id")
    if item.state is ItemState.CLOSED:
        raise ResolutionRefused("it is closed already")
    return item


async def _check_transfer(db: Database, item: ReviewItem, resolution: Resolution) -> None:
    """Raise ResolutionRefused where a transfer would stay in review, or is there no more.

    Also while a file names it that the bank has, or may still get: the same is tested once more in
    the statement that acts on the resolution.
    """
    if item.kind is not ReviewKind.TRANSFER_UNCLEAR or item.transfer_id is None:
        return
    transfer = await find_transfer(db, member_id=item.member_id, transfer_id=item.transfer_id)
    is_unclear = transfer is not None and transfer.state is State.REVIEW
    if is_unclear is (resolution is Resolution.NOTED):
        says = "is in review still" if is_unclear else "is in review no more"
        raise ResolutionRefused(f"the transfer {says}")
    if transfer is None or resolution not in NOT_WHILE_IN_A_FILE:
        return
    bank, reference, file_id = transfer.bank, transfer.reference, transfer.file_id
    for file in await files_naming(db, bank, reference, file_id=file_id):
        if file.state not in OPEN_STATES:
            continue
        raise ResolutionRefused(
            f"file {file.file_id} has the transfer and is {file.state}, sent {file.sendings} times:"
            " the bank has it, or may still get it. Ask the bank about that number, and end it:"
            f" gateway ops file-end {file.file_id} --as accepted, refused or barred"
        )


async def _check_set_aside(db: Database, item: ReviewItem, resolution: Resolution) -> None:
    """Raise ResolutionRefused where the money is explained by now: it would be booked twice."""
    if resolution not in OF_SET_ASIDE or item.booked_on is None:
        return
    posted = await house_postings(db, item.bank, item.booked_on)
    details = item.details
    now_aside = set_aside_of(item.bank, item.booked_on, details["bank_id"], posted)
    if now_aside != details["set_aside"]:
        raise ResolutionRefused(f"it is explained by now: {abs(now_aside)} yen are set aside")


async def _with_member(db: Database, particulars: Mapping[str, str]) -> Mapping[str, str]:
    """Return the particulars with the member's id in the place of the number."""
    if "member" not in particulars:
        return particulars
    member_id = await find_member_id(db, particulars["member"])
    if member_id is None:
        raise ResolutionRefused("no member has that number")
    return {**particulars, "member": str(member_id)}


def _new_id(now: datetime) -> UUID:
    return uuid7(now, secrets.token_bytes(10))
