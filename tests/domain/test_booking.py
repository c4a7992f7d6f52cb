"""How a fact about money becomes an entry with its journal, and that none is booked twice."""

from collections.abc import Callable
from datetime import date, datetime
from itertools import count
from uuid import UUID

import pytest

from gateway.domain.account import BankCode
from gateway.domain.allocation import Allocation
from gateway.domain.booking import (
    Booking,
    LoanBook,
    advance_entry,
    advance_id,
    book,
    book_advance,
    journal_of,
    payment_entry,
    payment_id,
    return_entry,
    return_id,
    transfer_entries,
)
from gateway.domain.correction import Cause
from gateway.domain.ledger import Leg, charge_leg
from gateway.domain.loan import Loan
from gateway.domain.loan_entries import LoanEntry
from gateway.domain.money import Yen
from gateway.domain.transfer import Event, State
from tests.domain.loans import CASH, advance, agreement, payment, returned
from tests.domain.transfers import NOW, transfer

A_REPAYMENT = UUID(int=7)
SETTLED = transfer(State.SETTLED, settled_at=NOW)
RETURNED = transfer(State.RETURNED, settled_at=NOW, returned_at=NOW)


def loan_book(*entries: LoanEntry, version: int = 3) -> LoanBook:
    nothing = Yen(0)
    loan = Loan(UUID(int=1), Yen(500_000), nothing, nothing, nothing, False, version)
    return LoanBook(loan, agreement(), entries)


def booked(known: LoanBook, entry: LoanEntry) -> Booking:
    booking = book(known, entry)
    assert booking is not None
    return booking


def ids() -> Callable[[], UUID]:
    numbers = count(1)
    return lambda: UUID(int=next(numbers))


def test_the_ids_of_entries_follow_from_what_they_came_by() -> None:
    ids = {
        advance_id(A_REPAYMENT),
        return_id(A_REPAYMENT),
        payment_id(A_REPAYMENT, 1),
        payment_id(A_REPAYMENT, 2),
    }

    assert len(ids) == 4
    assert payment_id(A_REPAYMENT, 2) == payment_id(A_REPAYMENT, 2)
    with pytest.raises(ValueError, match="counted from 1"):
        payment_id(A_REPAYMENT, 0)


def test_the_day_that_counts_is_the_japanese_date_of_the_banks_booking() -> None:
    late = datetime.fromisoformat("2026-11-25T15:00:00+00:00")
    settled = transfer(State.SETTLED, settled_at=late)

    assert advance_entry(settled).effective_on == date(2026, 11, 26)
    payment = payment_entry(A_REPAYMENT, BankCode.MUFG, Yen(200), late)
    assert (payment.effective_on, payment.house) == (date(2026, 11, 26), "settlement_cash:mufg")


@pytest.mark.parametrize("entry_of", [advance_entry, return_entry])
def test_nothing_is_an_entry_without_the_banks_instant(entry_of) -> None:
    with pytest.raises(ValueError, match="booking instant"):
        entry_of(transfer(State.UNKNOWN))


def test_a_return_names_the_advance_of_its_transfer() -> None:
    assert return_entry(RETURNED).takes_back == advance_entry(SETTLED).id == SETTLED.id


@pytest.mark.parametrize("event", sorted(set(Event) - {Event.SETTLE, Event.RETURN}))
def test_nothing_but_money_that_moved_is_booked(event: Event) -> None:
    assert transfer_entries(RETURNED, [event]) == ()


def test_what_a_bank_booked_after_the_end_is_not_booked_before_it_was_looked_at() -> None:
    assert transfer_entries(transfer(State.REVIEW), [Event.SETTLE]) == ()


def test_an_advance_in_its_turn_needs_no_loan_and_posts_what_the_fold_would() -> None:
    known = loan_book(advance(10_000, "2025-05-01"), payment(3_000, "2025-05-20"))
    entry = advance(20_000, "2025-05-21")

    unread, read = book_advance(entry), booked(known, entry)

    assert (unread.legs, unread.split, unread.cause) == (read.legs, read.split, read.cause)
    assert (unread.loan_version, unread.is_due_known, unread.due_on) == (None, False, None)
    assert (read.loan_version, read.is_due_known) == (3, True)
    assert read.due_on == date(2025, 7, 7)


def test_only_an_advance_is_booked_without_its_loan() -> None:
    with pytest.raises(ValueError, match="only an advance"):
        book_advance(payment(1_000, "2025-05-20"))


def test_what_is_booked_is_not_booked_again() -> None:
    entry = advance(10_000, "2025-05-01")

    assert book(loan_book(entry), entry) is None


def test_a_payment_in_its_turn_is_split_and_posted() -> None:
    booking = booked(loan_book(advance(100_000, "2025-04-19")), payment(4_000, "2025-05-07"))

    assert booking.cause is Cause.BOOKED
    assert booking.split == Allocation(interest=Yen(877), principal=Yen(3_123))
    assert sum(leg.amount.amount for leg in booking.legs if leg.debit == CASH) == 4_000
    assert booking.due_on == date(2025, 6, 5)


def test_a_return_takes_the_advance_out_on_its_own_date() -> None:
    out = advance(50_000, "2025-06-02")

    booking = booked(loan_book(out), returned(out, "2025-06-04"))

    assert booking.cause is Cause.RETURNED
    assert booking.legs == (Leg(CASH, "principal", Yen(50_000), date(2025, 6, 2)),)


def test_an_advance_and_its_return_are_booked_in_one_step() -> None:
    out, back = transfer_entries(RETURNED, [Event.SETTLE, Event.RETURN])
    known = loan_book()

    first, second = booked(known, out), booked(known.with_entry(out), back)

    assert first.loan_version == second.loan_version
    assert [(leg.debit, leg.credit) for leg in (*first.legs, *second.legs)] == [
        ("principal", CASH),
        (CASH, "principal"),
    ]


def test_a_repaid_loan_has_no_due_date() -> None:
    booking = booked(loan_book(advance(10_000, "2025-05-01")), payment(10_000, "2025-05-01"))

    assert booking.due_on is None
    assert booking.is_due_known


def test_the_banks_charge_stands_in_the_journal_of_the_advance() -> None:
    booking = book_advance(advance_entry(SETTLED))
    charge = charge_leg(SETTLED.bank, Yen(110), NOW.date())

    journal = journal_of(booking, ids(), charges=(charge,), source_id=SETTLED.id)

    assert [posting.amount for posting in journal.postings] == [SETTLED.amount, Yen(110)]
    assert {posting.journal for posting in journal.postings} == {journal.id}
    assert len({posting.id for posting in journal.postings}) == 2


def test_no_charge_posts_no_charge() -> None:
    charge = charge_leg(SETTLED.bank, Yen(0), NOW.date())

    journal = journal_of(book_advance(advance_entry(SETTLED)), ids(), charges=(charge,))

    assert len(journal.postings) == 1


def test_a_position_is_that_of_the_entries() -> None:
    known = loan_book(advance(100_000, "2025-04-19"))

    assert known.position_on(date(2025, 4, 20)).payoff == Yen(100_048)
