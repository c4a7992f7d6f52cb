"""Withdraw a loan's entry that was wrong: it counts no more, and one journal posts the difference.

Nothing is rewritten: the withdrawal is an entry too, and names the one that it takes back.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.booking import withdrawal_of
from gateway.domain.errors import NotFoundHere, required
from gateway.domain.ledger import bank_of
from gateway.domain.loan_entries import Chains, Kind, LoanEntry
from gateway.domain.money import Yen
from gateway.domain.resolution import ResolutionRefused, assigned_id
from gateway.domain.review import ItemState, NewReview, Resolution, ReviewKind, review_key
from gateway.domain.transfer import State
from gateway.services.book_entry import FoundEntry, book_entry
from gateway.services.desk import TransferDesk
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.services.standing_decision import Standing, standing_decision
from gateway.services.take_back import confirm_taking_back, propose_against
from gateway.store.database import Database
from gateway.store.loan_books import KnownEntry, find_entry, read_loan_book, read_loan_record
from gateway.store.review_items import (
    Confirmation,
    Proposal,
    ReviewItem,
    Subject,
    assigned_to,
    items_about,
    raise_reviews,
)


@dataclass(frozen=True, slots=True)
class WrongEntry:
    """An entry of a member's loan, and why it is withdrawn: kept with the member's event."""

    member_id: UUID
    entry_id: UUID
    why: str


async def withdraw_entry(desk: TransferDesk, wrong: WrongEntry) -> bool:
    """Return whether it was withdrawn now; False: it counted no more already.

    Any entry is taken out, whatever moved it: whose transfer or repayment it booked has to follow
    by itself. Raises NotFoundHere for an entry that is not the member's, StaleTransfer when the
    loan does not rest.
    """
    record = required(
        await read_loan_record(desk.db, wrong.member_id),
        NotFoundHere(f"member {wrong.member_id} has no loan"),
    )
    book, sources = record
    entry = _named(book.entries, wrong.entry_id)
    withdrawal = withdrawal_of(entry, desk.clock.now())
    found = FoundEntry(wrong.member_id, withdrawal, source_id=sources.get(entry.id), why=wrong.why)
    return await book_entry(desk, found)


async def propose_withdrawal(
    db: Database, entry_id: UUID, *, by: str, note: str, now: datetime
) -> ReviewItem:
    """Write down that an operator holds an entry for wrong; it takes another to confirm it.

    Of one that a transfer or repayment booked, because two people said so, it is their decision
    that is taken back. Raises NotFoundHere; ResolutionRefused for an entry that counts no more, and
    for what the bank stated.
    """
    entry = await _found(db, entry_id)
    if entry.source_id is not None:
        standing = await _decision_behind(db, entry, entry.source_id)
        return await propose_against(db, standing, by=by, note=note, now=now)
    item = await _open_item(db, entry) or await _raise(db, entry, now)
    proposal = Proposal(Resolution.WITHDRAWN, note, by, {})
    return await propose_resolution(db, item.id, proposal, now=now)


async def confirm_withdrawal(
    db: Database, entry_id: UUID, *, by: str, note: str, now: datetime
) -> ReviewItem:
    """Close it as another operator proposed; the gateway withdraws the entry within seconds.

    Raises NotFoundHere; ResolutionRefused where nothing was proposed, or by oneself.
    """
    entry = await _found(db, entry_id)
    if entry.source_id is not None:
        standing = await _decision_behind(db, entry, entry.source_id)
        return await confirm_taking_back(db, standing.item.id, by=by, note=note, now=now)
    item = await _open_item(db, entry)
    if item is None:
        raise ResolutionRefused("nothing is proposed yet")
    given = Confirmation(Resolution.WITHDRAWN, by, note)
    return await confirm_resolution(db, item.id, given, now=now)


async def raise_again(db: Database, wrong: WrongEntry, *, now: datetime) -> None:
    """Let people decide once more about money that an item had made such an entry of."""
    book = await read_loan_book(db, wrong.member_id)
    if book is None:
        return
    first = Chains(book.entries).first(wrong.entry_id)
    for item in await assigned_to(db, wrong.member_id):
        if item.proposal is None or assigned_id(item.id, item.proposal.resolution) != first:
            continue
        again = NewReview(
            key=f"{item.key}:{wrong.entry_id}",
            kind=item.kind,
            bank=item.bank,
            booked_on=item.booked_on,
            reference=item.reference,
            amount=None if item.amount is None else Yen(item.amount),
            details=item.details,
        )
        subject = Subject(item.member_id, item.transfer_id, item.repayment_id)
        await raise_reviews(db, subject, [again], now=now)


async def _found(db: Database, entry_id: UUID) -> KnownEntry:
    """Return an entry that may be withdrawn."""
    known = await find_entry(db, entry_id)
    if known is None:
        raise NotFoundHere("no entry of a loan has that id")
    if known.is_superseded or known.entry.kind is Kind.WITHDRAWAL:
        raise ResolutionRefused("the entry counts no more")
    return known


async def _decision_behind(db: Database, known: KnownEntry, row_id: UUID) -> Standing:
    """Return the decision by which a transfer or repayment booked an entry, if it was one."""
    kind = known.entry.kind
    if kind is Kind.SURPLUS:
        raise ResolutionRefused("it was booked from the bank's statement: it is not taken back")
    standing = await standing_decision(db, known.member_id, row_id)
    if kind is Kind.ADVANCE and standing.row.state == State.RETURNED:
        raise ResolutionRefused("its return is booked, too: withdraw the return first")
    return standing


async def _open_item(db: Database, known: KnownEntry) -> ReviewItem | None:
    items = await items_about(db, known.member_id, known.entry.id)
    return next((item for item in items if item.state is not ItemState.CLOSED), None)


async def _raise(db: Database, known: KnownEntry, now: datetime) -> ReviewItem:
    entry = known.entry
    asked_before = len(await items_about(db, known.member_id, entry.id))
    review = NewReview(
        key=review_key(ReviewKind.ENTRY_WRONG, entry.id, asked_before),
        kind=ReviewKind.ENTRY_WRONG,
        bank=await _bank_of(db, known),
        booked_on=entry.effective_on,
        amount=entry.amount,
        details={"entry": str(entry.id), "kind": entry.kind, "at": entry.at.isoformat()},
    )
    await raise_reviews(db, Subject(known.member_id), [review], now=now)
    return required(
        await _open_item(db, known),
        ResolutionRefused("somebody was faster: look at the entry again"),
    )


async def _bank_of(db: Database, known: KnownEntry) -> BankCode:
    """Return the bank at which the money of an entry moved."""
    bank = bank_of(known.entry.house)
    if bank is not None:
        return bank
    for item in await assigned_to(db, known.member_id):
        resolution = None if item.proposal is None else item.proposal.resolution
        if resolution is not None and assigned_id(item.id, resolution) == known.entry.id:
            return item.bank
    raise ResolutionRefused("the entry moved no money at any bank")


def _named(entries: tuple[LoanEntry, ...], entry_id: UUID) -> LoanEntry:
    for entry in entries:
        if entry.id == entry_id:
            return entry
    raise NotFoundHere(f"the member's loan has no entry {entry_id}")
