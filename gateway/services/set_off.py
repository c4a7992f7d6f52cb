"""Set a member's suspense off against what the member owes: two people, one journal, one entry."""

from datetime import datetime
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.booking import LoanBook, set_off_entry
from gateway.domain.errors import NotFoundHere, required
from gateway.domain.hours import JST
from gateway.domain.ledger import bank_of
from gateway.domain.money import NOTHING, Yen
from gateway.domain.resolution import ResolutionRefused, assigned_id
from gateway.domain.review import ItemState, NewReview, Resolution, ReviewKind, review_key
from gateway.services.book_entry import FoundEntry, book_entry
from gateway.services.desk import TransferDesk
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.store.database import Database
from gateway.store.loan_books import read_loan_book
from gateway.store.members import find_member_id
from gateway.store.review_items import (
    Confirmation,
    Proposal,
    ReviewItem,
    Subject,
    items_of_member,
    raise_reviews,
)

KIND = ReviewKind.SUSPENSE_HELD


async def propose_set_off(
    db: Database, member: str, *, by: str, note: str, now: datetime
) -> ReviewItem:
    """Write down that an operator would set a member's suspense off; another one confirms it.

    Raises NotFoundHere for a number that is nobody's; ResolutionRefused where nothing is in
    suspense or nothing is owed; NameMissing.
    """
    member_id = await _found(db, member)
    book = required(await read_loan_book(db, member_id), NotFoundHere("the member has no loan"))
    item = await _open_item(db, member_id) or await _raise(db, book, now)
    proposal = Proposal(Resolution.SET_OFF, note, by, {})
    return await propose_resolution(db, item.id, proposal, now=now)


async def confirm_set_off(
    db: Database, member: str, *, by: str, note: str, now: datetime
) -> ReviewItem:
    """Close it as another operator proposed; the gateway books it within seconds, on that day."""
    item = await _open_item(db, await _found(db, member))
    if item is None:
        raise ResolutionRefused("nothing is proposed yet")
    given = Confirmation(Resolution.SET_OFF, by, note)
    return await confirm_resolution(db, item.id, given, now=now)


async def set_off(desk: TransferDesk, item: ReviewItem) -> None:
    """Book what two operators said: as much as is in suspense and is owed by now, once."""
    book = required(
        await read_loan_book(desk.db, item.member_id),
        LookupError(f"member {item.member_id} has no loan"),
    )
    now = desk.clock.now()
    amount = _both(book, now)
    if amount == NOTHING:
        return
    entry = set_off_entry(assigned_id(item.id, Resolution.SET_OFF), amount, now)
    await book_entry(desk, FoundEntry(item.member_id, entry))


def _both(book: LoanBook, now: datetime) -> Yen:
    """Return what is in suspense and owed as well."""
    owed = book.position_on(now.astimezone(JST).date()).owed.total
    return min(book.loan.suspense, owed)


async def _found(db: Database, member: str) -> UUID:
    member_id = await find_member_id(db, member)
    if member_id is None:
        raise NotFoundHere("no member has that number")
    return member_id


async def _open_item(db: Database, member_id: UUID) -> ReviewItem | None:
    items = await items_of_member(db, member_id, KIND)
    return next((item for item in items if item.state is not ItemState.CLOSED), None)


async def _raise(db: Database, book: LoanBook, now: datetime) -> ReviewItem:
    member_id, amount = book.loan.member_id, _both(book, now)
    if book.loan.suspense == NOTHING:
        raise ResolutionRefused("nothing of the member's is in suspense")
    if amount == NOTHING:
        raise ResolutionRefused("the member owes nothing: suspense is refunded")
    asked_before = len(await items_of_member(db, member_id, KIND))
    review = NewReview(
        key=review_key(KIND, member_id, asked_before),
        kind=KIND,
        bank=_bank(book),
        amount=amount,
        details={"suspense": book.loan.suspense.amount},
    )
    await raise_reviews(db, Subject(member_id), [review], now=now)
    return required(
        await _open_item(db, member_id),
        ResolutionRefused("somebody was faster: look at the member again"),
    )


def _bank(book: LoanBook) -> BankCode:
    """Return the bank at which the loan's money moved last."""
    banks = (bank_of(entry.house) for entry in sorted(book.entries, key=lambda one: one.place))
    known = [bank for bank in banks if bank is not None]
    if not known:
        raise ResolutionRefused("no money of this loan moved at any bank")
    return known[-1]
