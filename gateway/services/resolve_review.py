"""Resolve a review item: one operator proposes, another confirms; nothing else closes one."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import structlog

from gateway.domain import repayment as repayments
from gateway.domain.bank_file import OPEN_STATES
from gateway.domain.errors import NotFoundHere, required
from gateway.domain.hours import JST
from gateway.domain.house_money import LineKey, named
from gateway.domain.identifier import uuid7
from gateway.domain.operator import is_same_person, person
from gateway.domain.repayment import Repayment
from gateway.domain.resolution import (
    DENIES_BOOKING,
    NOT_WHILE_IN_A_FILE,
    OF_SET_ASIDE,
    ResolutionRefused,
    check_dates,
    check_resolution,
)
from gateway.domain.review import ItemState, Resolution, ReviewKind
from gateway.domain.set_aside import set_aside_of
from gateway.domain.transfer import State, Transfer
from gateway.services.redate_entry import check_redating
from gateway.services.standing_decision import check_decision
from gateway.store.database import Database
from gateway.store.files import files_naming
from gateway.store.loans import find_loan
from gateway.store.members import find_member_id
from gateway.store.repayments import find_repayment
from gateway.store.review_items import (
    Confirmation,
    Proposal,
    ReviewItem,
    confirm,
    find_item,
    propose,
)
from gateway.store.statements import house_postings, line_names
from gateway.store.transfers import find_transfer

OF_A_ROW = frozenset({ReviewKind.TRANSFER_UNCLEAR, ReviewKind.DATE_NOT_BELIEVED})
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
    await _check_row(db, item, proposal, now=now)
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
    await _check_row(db, item, proposal, now=now)
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


async def _check_row(db: Database, item: ReviewItem, proposal: Proposal, *, now: datetime) -> None:
    """Raise ResolutionRefused for what does not fit the row that the item is about, by now."""
    if proposal.resolution is Resolution.REDATED:
        with suppress(NotFoundHere):  # its line may be read by the time that it is acted on
            await check_redating(db, item, now=now)
    since = item.booked_on or item.raised_at.astimezone(JST).date()
    if item.kind is ReviewKind.DECISION_WRONG:
        if proposal.resolution is not Resolution.NOTED:
            await check_decision(db, item)
    elif item.kind not in OF_A_ROW:
        check_dates(proposal.particulars, since=since, now=now)
        if proposal.resolution is Resolution.REFUNDED:
            await _check_owed(db, item)
    elif item.transfer_id is not None:
        transfer = required(
            await find_transfer(db, member_id=item.member_id, transfer_id=item.transfer_id),
            ResolutionRefused("the transfer is not there"),
        )
        _check_transfer(transfer, item.kind, proposal.resolution)
        await _check_files(db, transfer, proposal.resolution)
        check_dates(proposal.particulars, since=_day_of(transfer), now=now)
    elif item.repayment_id is not None:
        repayment = required(
            await find_repayment(db, member_id=item.member_id, repayment_id=item.repayment_id),
            ResolutionRefused("the repayment is not there"),
        )
        _check_repayment(repayment, proposal.resolution)
        accepted_on = repayment.accepted_at.astimezone(JST).date()
        check_dates(proposal.particulars, since=accepted_on, now=now)


async def _check_owed(db: Database, item: ReviewItem) -> None:
    """Raise ResolutionRefused for what the member is owed no more: its cause was taken back."""
    loan = await find_loan(db, item.member_id)
    owed = 0 if loan is None else loan.suspense.amount
    if item.amount is not None and owed < item.amount:
        raise ResolutionRefused(
            f"{owed} yen are owed to the member by now, not {item.amount}: pay nothing out for it;"
            " what is paid out already is a refund, once its line on the statement is looked at"
        )


def _day_of(transfer: Transfer) -> date:
    """Return the first day on which anything people say of it can have been booked."""
    return (transfer.settled_at or transfer.accepted_at).astimezone(JST).date()


def _check_transfer(transfer: Transfer, kind: ReviewKind, resolution: Resolution) -> None:
    """Raise ResolutionRefused where it would stay in review, or is there no more."""
    if resolution is Resolution.PAID:
        raise ResolutionRefused("a transfer is settled or returned, not paid")
    if transfer.is_distrusted and resolution in DENIES_BOOKING:
        raise ResolutionRefused("the bank has booked it: give the day, or wait for its line")
    is_unclear = transfer.state is State.REVIEW
    came_back = (
        kind is ReviewKind.DATE_NOT_BELIEVED
        and transfer.state is State.SETTLED
        and resolution is Resolution.RETURNED
    )
    if is_unclear is (resolution is Resolution.NOTED) and not came_back:
        says = "is in review still" if is_unclear else "is in review no more"
        raise ResolutionRefused(f"the transfer {says}")


async def _check_files(db: Database, transfer: Transfer, resolution: Resolution) -> None:
    """Raise ResolutionRefused while a file names the transfer that the bank has, or may still get.

    The same is tested once more in the statement that acts on the resolution.
    """
    if resolution not in NOT_WHILE_IN_A_FILE:
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


def _check_repayment(repayment: Repayment, resolution: Resolution) -> None:
    is_settled = repayment.state is repayments.State.SETTLED
    if resolution not in {Resolution.PAID, Resolution.NOTED}:
        raise ResolutionRefused(f"a repayment is paid, not {resolution}")
    if resolution is Resolution.PAID and is_settled:
        raise ResolutionRefused("the repayment is settled already")
    # What the bank said no more of, and nobody asks about, has no day: then nothing has to move.
    is_open = not is_settled and repayment.inquire_at is not None
    if resolution is Resolution.NOTED and is_open:
        raise ResolutionRefused("the repayment is not settled yet, and the bank is asked about it")


async def _check_set_aside(db: Database, item: ReviewItem, resolution: Resolution) -> None:
    """Raise ResolutionRefused where the money is explained by now: it would be booked twice."""
    if resolution not in OF_SET_ASIDE or item.booked_on is None:
        return
    posted = await house_postings(db, item.bank, item.booked_on)
    details = item.details
    now_aside = set_aside_of(item.bank, item.booked_on, details["bank_id"], posted)
    if now_aside != details["set_aside"]:
        raise ResolutionRefused(f"it is explained by now: {abs(now_aside)} yen are set aside")
    line = LineKey(item.bank, item.booked_on, details["bank_id"])
    names = await line_names(db, item.bank, item.booked_on)
    if named(line, names).yen:
        raise ResolutionRefused("it is named as the lender's own money by now")


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
