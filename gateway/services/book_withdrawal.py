"""Book that an entry of a transfer or repayment counts no more, with what the bank was to bill."""

from collections.abc import Sequence
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.booking import Journal, LoanBook, book, journal_of, withdrawal_of
from gateway.domain.errors import required
from gateway.domain.ledger import Leg, charge_leg
from gateway.domain.loan_entries import Chains, Kind, LoanEntry
from gateway.domain.review import TakenBack
from gateway.services.desk import TransferDesk
from gateway.store.ledger import charges_of
from gateway.store.loan_books import read_loan_book


async def book_withdrawal(
    desk: TransferDesk, member_id: UUID, source_id: UUID, first: UUID, *, bank: BankCode
) -> tuple[Journal, ...]:
    """Return the journal that takes out what stands in the place of the entry `first`.

    What the bank was to bill for the movement is taken back with it. Nothing where no such entry
    counts any more.
    """
    known = required(
        await read_loan_book(desk.db, member_id), LookupError(f"member {member_id} has no loan")
    )
    entry = in_force(known, first)
    booking = None if entry is None else book(known, withdrawal_of(entry, desk.clock.now()))
    if entry is None or booking is None:
        return ()
    is_billed = entry.kind is not Kind.RETURN
    charges = await _charges(desk, member_id, source_id, bank) if is_billed else ()
    return (journal_of(booking, desk.new_id, charges=charges, source_id=source_id),)


def in_force(known: LoanBook, first: UUID) -> LoanEntry | None:
    """Return what stands in an entry's place by now, None where that is a withdrawal."""
    chains = Chains(known.entries)
    latest = chains.latest(first)
    entries = (entry for entry in known.entries if entry.id == latest)
    return next((entry for entry in entries if chains.is_in_force(entry)), None)


async def _charges(
    desk: TransferDesk, member_id: UUID, source_id: UUID, bank: BankCode
) -> tuple[Leg, ...]:
    """Return what the bank's charges come to, the other way, on the days on which they stand."""
    charged = await charges_of(desk.db, member_id, source_id, bank)
    legs = (charge_leg(bank, amount, day) for day, amount in charged)
    return tuple(Leg(leg.credit, leg.debit, leg.amount, leg.effective_on) for leg in legs)


def corrected(
    taken_back: TakenBack | None, journals: Sequence[Journal]
) -> list[tuple[str, dict[str, object]]]:
    """Return the member's events of entries that people take back with a row."""
    if taken_back is None:
        return []
    bookings = [journal.booking for journal in journals]
    return [
        (
            "loan.corrected",
            {
                "kind": booking.entry.kind,
                "amount": booking.entry.amount.amount,
                "effective_on": booking.entry.effective_on.isoformat(),
                "cause": booking.cause,
                "why": taken_back.why,
            },
        )
        for booking in bookings
    ]
