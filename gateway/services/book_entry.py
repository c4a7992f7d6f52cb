"""Book an entry that has no row of its own to move, on the loan as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from gateway.domain.booking import book, journal_of
from gateway.domain.errors import StaleTransfer
from gateway.domain.loan_entries import LoanEntry
from gateway.domain.review import NewReview
from gateway.services.desk import TransferDesk
from gateway.store.loan_books import EntryStep, read_loan_book, record_entry

READS_MAX = 20


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """A fact about a member's loan that nobody had heard of, and what it came by.

    `source_id` says what it came by where the journal is no step of that; `why` goes with the
    member's event.
    """

    member_id: UUID
    entry: LoanEntry
    bank_id: str | None = None
    transfer_id: UUID | None = None
    repayment_id: UUID | None = None
    source_id: UUID | None = None
    why: str | None = None
    reviews: Sequence[NewReview] = ()


async def book_entry(desk: TransferDesk, found: FoundEntry) -> bool:
    """Return whether it was booked now; False: it was booked already.

    Raises LookupError where the member has no loan, StaleTransfer when the loan does not rest.
    """
    for _ in range(READS_MAX):
        known = await read_loan_book(desk.db, found.member_id)
        if known is None:
            raise LookupError(f"member {found.member_id} has no loan")
        booking = book(known, found.entry)
        if booking is None:
            return False
        journal = journal_of(
            booking,
            desk.new_id,
            source_id=found.transfer_id or found.repayment_id or found.source_id,
            bank_id=found.bank_id,
        )
        step = EntryStep(
            member_id=found.member_id,
            now=desk.clock.now(),
            journals=(journal,),
            events=(("loan.corrected", _data(found, booking.cause)),),
            reviews=found.reviews,
            transfer_id=found.transfer_id,
            repayment_id=found.repayment_id,
        )
        if await record_entry(desk.db, step) == "moved":
            return True
    raise StaleTransfer(f"the loan of entry {found.entry.id} moved {READS_MAX} times")


def _data(found: FoundEntry, cause: str) -> dict[str, object]:
    entry = found.entry
    why = {} if found.why is None else {"why": found.why}
    return {
        "kind": entry.kind,
        "amount": entry.amount.amount,
        "effective_on": entry.effective_on.isoformat(),
        "cause": cause,
    } | why
