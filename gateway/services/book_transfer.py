"""Book what a decision on a transfer says about money, on the member's loan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from gateway.domain.believed_dates import days_to_read
from gateway.domain.booking import (
    Booking,
    Journal,
    LoanBook,
    advance_id,
    book,
    book_advance,
    journal_of,
    return_id,
    transfer_entries,
)
from gateway.domain.decision import Decision
from gateway.domain.errors import required
from gateway.domain.ledger import Leg, charge_leg
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.money import NOTHING, Yen
from gateway.domain.outcome import Returned, Settled
from gateway.domain.review import NewReview, ReviewKind, review_key
from gateway.domain.transfer import Event, State, Transfer
from gateway.services.book_withdrawal import book_withdrawal
from gateway.services.desk import TransferDesk
from gateway.store.loan_books import read_loan_book

# Which entry counts no more when people take back what they had said.
TAKES_OUT: Mapping[Event, Callable[[UUID], UUID]] = {
    Event.TAKE_BACK: advance_id,
    Event.NOT_RETURNED: return_id,
}


async def book_transfer(
    desk: TransferDesk, decision: Decision, *, reads_loan: bool
) -> tuple[Journal, ...]:
    """Return the journals of a decision, mostly none.

    An advance alone is booked without reading the loan, unless `reads_loan`: because it turned out
    that something stands after it. What is booked already is not booked again. What people take
    back is withdrawn.
    """
    transfer = decision.transfer
    for event in decision.events:
        if event in TAKES_OUT:
            first = TAKES_OUT[event](transfer.id)
            member_id, bank = transfer.member_id, transfer.bank
            return await book_withdrawal(desk, member_id, transfer.id, first, bank=bank)
    entries = transfer_entries(transfer, decision.events)
    if not entries:
        return ()
    if reads_loan or any(entry.kind is not Kind.ADVANCE for entry in entries):
        bookings = await _read_and_book(desk, transfer, entries)
    else:
        bookings = [book_advance(entry) for entry in entries]
    return tuple(_journal(desk, transfer, booking) for booking in bookings)


def reviews_of(
    before: Transfer, decision: Decision, journals: Sequence[Journal], *, now: datetime
) -> tuple[NewReview, ...]:
    """Return what people have to look at: a transfer in review, money that is owed to the member.

    Each time that a transfer goes into review it is a new item.
    """
    after, told = decision.transfer, decision.distrusted
    reviews = [
        # What was paid back for an advance that came back is the member's.
        _review(ReviewKind.OVERPAID, after, booking.set_aside, {"cause": booking.cause})
        for booking in (journal.booking for journal in journals)
        if booking.set_aside > NOTHING
    ]
    if told is not None:
        kind, details = ReviewKind.DATE_NOT_BELIEVED, _told(told)
        review = _review(kind, after, after.amount, details, type(told).__name__)
        reviews.append(replace(review, reads=days_to_read(*_instants(told), now=now)))
    elif decision.taken_back is not None:
        reviews += decision.taken_back.reviews
    elif after.state is State.REVIEW and before.state is not State.REVIEW:
        kind, details = ReviewKind.TRANSFER_UNCLEAR, {"reason": after.reason}
        reviews.append(_review(kind, after, after.amount, details, before.fence))
    return tuple(reviews)


def _instants(outcome: Settled | Returned) -> tuple[datetime, ...]:
    came_back = (outcome.returned_at,) if isinstance(outcome, Returned) else ()
    return (outcome.booked_at, *came_back)


def _told(outcome: Settled | Returned) -> dict[str, object]:
    """Return the bank's own words, as they are kept."""
    came_back = outcome.returned_at.isoformat() if isinstance(outcome, Returned) else None
    return {
        "told_booked_at": outcome.booked_at.isoformat(),
        "told_returned_at": came_back,
        "told_bank_id": outcome.bank_id,
    }


def _review(
    kind: ReviewKind,
    transfer: Transfer,
    amount: Yen,
    details: Mapping[str, object],
    *about: object,
) -> NewReview:
    return NewReview(
        key=review_key(kind, transfer.reference, *about),
        kind=kind,
        bank=transfer.bank,
        reference=transfer.reference,
        amount=amount,
        details=details,
    )


async def _read_and_book(
    desk: TransferDesk, transfer: Transfer, entries: tuple[LoanEntry, ...]
) -> list[Booking]:
    known = required(
        await read_loan_book(desk.db, transfer.member_id),
        LookupError(f"transfer {transfer.id} is a member's who has no loan"),
    )
    return _booked(known, entries)


def _booked(known: LoanBook, entries: tuple[LoanEntry, ...]) -> list[Booking]:
    bookings = []
    for entry in entries:
        booking = book(known, entry)
        if booking is not None:
            bookings.append(booking)
            known = known.with_entry(booking.entry)
    return bookings


def _journal(desk: TransferDesk, transfer: Transfer, booking: Booking) -> Journal:
    charges = (
        (_charge(desk, transfer, booking.entry),) if booking.entry.kind is Kind.ADVANCE else ()
    )
    return journal_of(
        booking, desk.new_id, charges=charges, source_id=transfer.id, bank_id=transfer.bank_id
    )


def _charge(desk: TransferDesk, transfer: Transfer, advance: LoanEntry) -> Leg:
    tariff = desk.profiles[transfer.bank].tariff
    day = advance.effective_on
    charge = tariff.transfer_charge(transfer.creditor.type, transfer.amount, day)
    return charge_leg(transfer.bank, charge, day)
