"""Take back what two people decided on a transfer or repayment: by two people, one step at a time.

The row goes back to where people decide, or to `settled` where only its return was wrong; what was
booked by it counts no more. Never is anything sent by it.
"""

from datetime import datetime
from uuid import UUID

import structlog

from gateway.domain import decision, repayment_decision
from gateway.domain.booking import advance_id, payment_id, return_id
from gateway.domain.errors import NotFoundHere, StatedByBank, required
from gateway.domain.loan_entries import LoanEntry
from gateway.domain.money import Yen
from gateway.domain.repayment import Repayment
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.review import (
    ItemState,
    NewReview,
    Resolution,
    ReviewKind,
    TakenBack,
    review_key,
)
from gateway.domain.transfer import State, Transfer
from gateway.domain.way_back import TAKEN_BACK, deciding_item, reason_before
from gateway.services.book_withdrawal import in_force
from gateway.services.desk import TransferDesk
from gateway.services.record_decision import record_decision
from gateway.services.record_repayment import record_repayment
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.services.standing_decision import Standing, check_decision, standing_decision
from gateway.store.database import Database
from gateway.store.loan_books import read_loan_book
from gateway.store.review_items import (
    Confirmation,
    Proposal,
    ReviewItem,
    Subject,
    find_item,
    raise_reviews,
)
from gateway.store.way_back import items_against

log = structlog.get_logger()


async def propose_taking_back(
    db: Database, item_id: UUID, *, by: str, note: str, now: datetime
) -> ReviewItem:
    """Write down that an operator holds a decision for wrong; it takes another to confirm it.

    Raises NotFoundHere; ResolutionRefused where the decision does not stand, where it is not taken
    back but otherwise mended, and where the bank itself stated the same.
    """
    decided = await _decided(db, item_id)
    standing = await standing_decision(db, decided.member_id, _row_id(decided))
    if standing.item.id != decided.id:
        raise ResolutionRefused("another decision has been made on it since: take that back first")
    return await propose_against(db, standing, by=by, note=note, now=now)


async def propose_against(
    db: Database, standing: Standing, *, by: str, note: str, now: datetime
) -> ReviewItem:
    """Propose that the decision which a row stands on is taken back. Raises ResolutionRefused."""
    item = await _open_item(db, standing.item) or await _raise(db, standing, now)
    proposal = Proposal(Resolution.WITHDRAWN, note, by, {})
    return await propose_resolution(db, item.id, proposal, now=now)


async def confirm_taking_back(
    db: Database, item_id: UUID, *, by: str, note: str, now: datetime
) -> ReviewItem:
    """Close it as another operator proposed; the gateway takes the decision back within seconds.

    Raises NotFoundHere; ResolutionRefused where nothing was proposed, or by oneself.
    """
    item = await _open_item(db, await _decided(db, item_id))
    if item is None:
        raise ResolutionRefused("nothing is proposed yet")
    given = Confirmation(Resolution.WITHDRAWN, by, note)
    return await confirm_resolution(db, item.id, given, now=now)


async def take_back(desk: TransferDesk, item: ReviewItem, note: str) -> None:
    """Do what was confirmed. Done twice it has one effect; none, once the bank has said the same.

    Raises StaleTransfer when row or loan do not rest.
    """
    try:
        standing = await check_decision(desk.db, item)
        await _move(desk, standing, note)
    except (ResolutionRefused, StatedByBank):
        # The bank has spoken since it was confirmed, or it is done: nothing is denied, or twice.
        log.warning("resolution.void", kind=item.kind, bank=item.bank, reference=item.reference)


async def _move(desk: TransferDesk, standing: Standing, note: str) -> None:
    row, now = standing.row, desk.clock.now()
    taken_back = TakenBack(note, _asked_anew(standing))
    if isinstance(row, Repayment):
        await record_repayment(
            desk,
            row,
            lambda known: (
                repayment_decision.after_taking_back(known, taken_back, now=now)
                if _is_same(known, row)
                else None
            ),
        )
        return
    details, is_unclear = standing.item.details, standing.words.is_day_unclear
    reason = reason_before(details, is_day_unclear=is_unclear)
    await record_decision(
        desk,
        row,
        lambda known: (
            decision.after_taking_back(known, taken_back, reason=reason, now=now)
            if _is_same(known, row)
            else None
        ),
    )


def _is_same(known: Transfer | Repayment, row: Transfer | Repayment) -> bool:
    """Return whether a row, read again, still stands on the decision that is taken back."""
    return (known.state, deciding_item(known)) == (row.state, deciding_item(row))


def _asked_anew(standing: Standing) -> tuple[NewReview, ...]:
    """Return the item that people decide by now, as it was; none where the row is settled.

    Where the bank said that it came back, on a day that is not believed, they are asked all the
    same.
    """
    row, decided = standing.row, standing.item
    is_settled = isinstance(row, Transfer) and row.state is State.RETURNED
    if is_settled and not decided.details.get("told_returned_at"):
        return ()
    return (
        NewReview(
            key=f"{decided.key}:{row.fence}",
            kind=decided.kind,
            bank=decided.bank,
            booked_on=decided.booked_on,
            reference=decided.reference,
            amount=None if decided.amount is None else Yen(decided.amount),
            details=decided.details,
        ),
    )


async def _decided(db: Database, item_id: UUID) -> ReviewItem:
    """Return an item that was decided, acted on, and may be taken back."""
    item = required(await find_item(db, item_id), NotFoundHere("no review item has that id"))
    if item.proposal is None or item.state is not ItemState.CLOSED:
        raise ResolutionRefused("nothing is decided yet: propose something else instead")
    if item.acted_at is None:
        raise ResolutionRefused("the gateway has not acted on it yet: look again in a minute")
    resolution = item.proposal.resolution
    if resolution not in TAKEN_BACK:
        words = ", ".join(sorted(TAKEN_BACK))
        raise ResolutionRefused(
            f"{resolution} is not taken back like this, but {words} are; what else people entered:"
            " gateway ops entry-withdraw, line-withdraw"
        )
    return item


def _row_id(item: ReviewItem) -> UUID:
    return required(
        item.transfer_id or item.repayment_id,
        ResolutionRefused("the item is about no transfer or repayment"),
    )


async def _open_item(db: Database, decided: ReviewItem) -> ReviewItem | None:
    items = await items_against(db, decided)
    return next((item for item in items if item.state is not ItemState.CLOSED), None)


async def _raise(db: Database, standing: Standing, now: datetime) -> ReviewItem:
    row, decided = standing.row, standing.item
    entry = await _entry(db, row)
    asked_before = len(await items_against(db, decided))
    review = NewReview(
        key=review_key(ReviewKind.DECISION_WRONG, decided.id, asked_before),
        kind=ReviewKind.DECISION_WRONG,
        bank=row.bank,
        booked_on=None if entry is None else entry.effective_on,
        reference=row.reference,
        amount=row.amount,
        details={
            "item": str(decided.id),
            "decided": None if decided.proposal is None else decided.proposal.resolution,
            "state": row.state,
        }
        | ({} if entry is None else {"entry": str(entry.id)}),
    )
    is_transfer = isinstance(row, Transfer)
    subject = Subject(
        row.member_id,
        transfer_id=row.id if is_transfer else None,
        repayment_id=None if is_transfer else row.id,
    )
    await raise_reviews(db, subject, [review], now=now)
    return required(
        await _open_item(db, decided),
        ResolutionRefused("somebody was faster: look at the item again"),
    )


async def _entry(db: Database, row: Transfer | Repayment) -> LoanEntry | None:
    """Return the entry that counts no more once the row goes back; None of a rejection."""
    if isinstance(row, Repayment):
        first = payment_id(row.id, 1)
    else:
        first = return_id(row.id) if row.state is State.RETURNED else advance_id(row.id)
    known = await read_loan_book(db, row.member_id)
    return None if known is None else in_force(known, first)
