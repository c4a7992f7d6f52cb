"""Booking: a fact about a loan's money becomes an entry, and one journal of what it changes.

An entry's id follows from what it came by, so that the same fact cannot be booked twice. An
advance that no other entry follows posts the same whatever stands before it: it is booked without
reading the loan. Everything else is booked against the loan as it was read, at its version.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid5

from gateway.domain.account import BankCode
from gateway.domain.allocation import Allocation
from gateway.domain.correction import Cause, correction
from gateway.domain.hours import JST
from gateway.domain.ledger import PRINCIPAL, SUSPENSE, Leg, Posting, balances, settlement_cash
from gateway.domain.loan import Loan
from gateway.domain.loan_entries import Chains, Kind, LoanEntry
from gateway.domain.loan_history import History, history
from gateway.domain.loan_state import Agreement
from gateway.domain.money import NOTHING, Yen
from gateway.domain.position import LoanPosition, position_on
from gateway.domain.receipt import receipt_of
from gateway.domain.transfer import Event, Transfer


@dataclass(frozen=True, slots=True)
class LoanBook:
    """A member's loan as it was read at `loan.version`: row, contract and entries."""

    loan: Loan
    agreement: Agreement
    entries: tuple[LoanEntry, ...]

    @property
    def history(self) -> History:
        """Return the loan's history, folded now."""
        return history(self.entries, self.agreement)

    def position_on(self, day: date) -> LoanPosition:
        """Return where the loan stands at the end of `day`."""
        return position_on(self.history, day)

    def with_entry(self, entry: LoanEntry) -> "LoanBook":
        """Return the book as it is once `entry` is booked too, in the same step."""
        return replace(self, entries=(*self.entries, entry))


@dataclass(frozen=True, slots=True)
class Booking:
    """An entry, and what is posted for it.

    `loan_version`: the version of the loan that it was worked out from; None: of none, it holds as
    long as no entry but advances comes after it. `due_on`: the oldest unmet due date once it is
    booked, None where nothing is due, or where the loan was not read.
    """

    entry: LoanEntry
    cause: Cause
    legs: tuple[Leg, ...]
    split: Allocation
    loan_version: int | None
    due_on: date | None

    @property
    def is_due_known(self) -> bool:
        """Return whether `due_on` says what is due: who has not read the loan cannot."""
        return self.loan_version is not None

    @property
    def set_aside(self) -> Yen:
        """Return by how much `suspense` grows: what is owed to the member once it is booked."""
        return Yen(max(0, -balances(self.legs)[SUSPENSE]))


@dataclass(frozen=True, slots=True)
class Journal:
    """A booking as it is written. `source_id`: the transfer or repayment; `bank_id`: the bank's."""

    id: UUID
    booking: Booking
    postings: tuple[Posting, ...]
    source_id: UUID | None = None
    bank_id: str | None = None


def advance_id(transfer_id: UUID) -> UUID:
    """Return the id of the entry of a transfer's advance."""
    return transfer_id


def return_id(transfer_id: UUID) -> UUID:
    """Return the id of the entry of what came back of a transfer."""
    return uuid5(transfer_id, "return")


def payment_id(repayment_id: UUID, number: int) -> UUID:
    """Return the id of the entry of a repayment's credit line, the first being number 1."""
    if number < 1:
        raise ValueError(f"credit lines are counted from 1, not from {number}")
    return uuid5(repayment_id, f"payment {number}")


def advance_entry(transfer: Transfer) -> LoanEntry:
    """Return the entry of a transfer that settled. Raises ValueError if it did not."""
    if transfer.settled_at is None:
        raise ValueError("an advance needs the bank's booking instant")
    return LoanEntry(
        id=advance_id(transfer.id),
        kind=Kind.ADVANCE,
        amount=transfer.amount,
        effective_on=transfer.settled_at.astimezone(JST).date(),
        at=transfer.settled_at,
        house=settlement_cash(transfer.bank),
    )


def return_entry(transfer: Transfer) -> LoanEntry:
    """Return the entry of a transfer that came back. Raises ValueError if it did not."""
    if transfer.returned_at is None:
        raise ValueError("a return needs the bank's booking instant")
    return LoanEntry(
        id=return_id(transfer.id),
        kind=Kind.RETURN,
        amount=transfer.amount,
        effective_on=transfer.returned_at.astimezone(JST).date(),
        at=transfer.returned_at,
        house=settlement_cash(transfer.bank),
        takes_back=advance_id(transfer.id),
    )


MOVES_MONEY: Mapping[Event, Callable[[Transfer], LoanEntry]] = {
    Event.SETTLE: advance_entry,
    Event.RETURN: return_entry,
}


def transfer_entries(transfer: Transfer, events: Iterable[Event]) -> tuple[LoanEntry, ...]:
    """Return the entries of what `events` say about money; most say nothing.

    That a bank booked what had ended here says nothing yet: it is looked at again in review.
    """
    if transfer.settled_at is None:
        return ()
    return tuple(MOVES_MONEY[event](transfer) for event in events if event in MOVES_MONEY)


def payment_entry(
    repayment_id: UUID, bank: BankCode, amount: Yen, booked_at: datetime, *, number: int = 1
) -> LoanEntry:
    """Return the entry of a repayment's credit line, the first unless `number` says otherwise.

    Only the first was asked for: what comes after it pays nothing, and is owed to the member.
    """
    return LoanEntry(
        id=payment_id(repayment_id, number),
        kind=Kind.PAYMENT if number == 1 else Kind.SURPLUS,
        amount=amount,
        effective_on=booked_at.astimezone(JST).date(),
        at=booked_at,
        house=settlement_cash(bank),
    )


def book(known: LoanBook, entry: LoanEntry) -> Booking | None:
    """Return what books `entry` on the loan as it was read; None if it is booked already.

    One that was booked and withdrawn since is entered anew, in the same place.
    """
    entry = _entered_anew(known, entry)
    if any(_is_there(entry, other) for other in known.entries):
        return None
    old = known.history
    new = history((*known.entries, entry), known.agreement, old.steps)
    change = correction(old, new)
    step = next(step for step in new.steps if step.entry == entry)
    return Booking(
        entry=entry,
        cause=change.cause,
        legs=change.legs,
        split=receipt_of(step).split,
        loan_version=known.loan.version,
        due_on=due_on(new),
    )


def _is_there(entry: LoanEntry, other: LoanEntry) -> bool:
    """Whether `entry` is booked, or what it would supersede is superseded already."""
    superseded = entry.supersedes
    return entry.id == other.id or (superseded is not None and superseded == other.supersedes)


def _entered_anew(known: LoanBook, entry: LoanEntry) -> LoanEntry:
    latest = Chains(known.entries).latest(entry.id)
    is_withdrawn = any(
        other.id == latest and other.kind is Kind.WITHDRAWAL for other in known.entries
    )
    return in_place_of(latest, entry) if is_withdrawn and entry.supersedes is None else entry


def set_off_entry(entry_id: UUID, amount: Yen, at: datetime) -> LoanEntry:
    """Return the entry by which suspense pays what is owed, on the JST day of `at`."""
    return LoanEntry(
        id=entry_id,
        kind=Kind.SET_OFF,
        amount=amount,
        effective_on=at.astimezone(JST).date(),
        at=at,
        house=SUSPENSE,
    )


def in_place_of(entry_id: UUID, entry: LoanEntry) -> LoanEntry:
    """Return `entry` as it stands in the place of one that was wrong, once."""
    anew = replace(entry, id=uuid5(entry_id, "anew"))
    if entry.kind is Kind.RETURN:
        return replace(anew, stands_for=entry_id)  # it is about its advance all the same
    return replace(anew, takes_back=entry_id)


def withdrawal_of(entry: LoanEntry, at: datetime) -> LoanEntry:
    """Return the entry that takes `entry` out of the loan's history, once."""
    return replace(
        entry,
        id=uuid5(entry.id, "withdrawal"),
        kind=Kind.WITHDRAWAL,
        effective_on=at.astimezone(JST).date(),
        at=at,
        takes_back=entry.id,
        stands_for=None,
    )


def book_advance(entry: LoanEntry) -> Booking:
    """Return what books an advance after which nothing but advances has come, loan unread."""
    if entry.kind is not Kind.ADVANCE:
        raise ValueError(f"only an advance is booked without reading the loan, not {entry.kind}")
    return Booking(
        entry=entry,
        cause=Cause.BOOKED,
        legs=(Leg(PRINCIPAL, entry.house, entry.amount, entry.effective_on),),
        split=Allocation(principal=entry.amount),
        loan_version=None,
        due_on=None,
    )


def due_on(known: History) -> date | None:
    """Return the oldest unmet due date after all that happened, as a business day."""
    if not known.steps or (due := known.steps[-1].after.due) is None:
        return None
    return due.due.on


def journal_of(
    booking: Booking,
    new_id: Callable[[], UUID],
    *,
    charges: tuple[Leg, ...] = (),
    source_id: UUID | None = None,
    bank_id: str | None = None,
) -> Journal:
    """Return the booking with its postings; what amounts to nothing is not posted.

    `charges`: what the bank takes for the movement, which is no part of the loan's history.
    """
    journal = new_id()
    postings = tuple(
        Posting(new_id(), journal, leg.debit, leg.credit, leg.amount, leg.effective_on)
        for leg in (*booking.legs, *charges)
        if leg.amount > NOTHING
    )
    return Journal(journal, booking, postings, source_id, bank_id)
