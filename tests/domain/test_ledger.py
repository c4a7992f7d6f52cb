"""What transitions post, and the position that follows from it."""

from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.account import BankCode
from gateway.domain.ledger import Entry, Movement, Posting, movement_of, position, postings_for
from gateway.domain.money import Yen
from gateway.domain.transfer import Event, State
from tests.domain.transfers import NOW, transfer

DAY = date(2026, 11, 25)
MOVEMENT = Movement(BankCode.SMBC, Yen(10_000), Yen(110), DAY)


def posted(event: Event, movement: Movement = MOVEMENT) -> tuple[Posting, ...]:
    numbers = count(1)
    return postings_for(event, movement, lambda: UUID(int=next(numbers)))


def entry(posting: Posting) -> Entry:
    p = posting
    return Entry(p.debit, p.credit, p.amount, p.effective_on, NOW, p.id)


def test_a_settlement_posts_the_advance_and_the_banks_charge_in_one_journal() -> None:
    advance, charge = posted(Event.SETTLE)

    assert (advance.debit, advance.credit) == ("principal", "settlement_cash:smbc")
    assert (charge.debit, charge.credit) == ("fee_expense:smbc", "bank_charges_payable:smbc")
    assert (advance.amount, charge.amount) == (Yen(10_000), Yen(110))
    assert advance.journal == charge.journal
    assert {advance.effective_on, charge.effective_on} == {DAY}


def test_no_charge_posts_no_charge() -> None:
    assert len(posted(Event.SETTLE, Movement(BankCode.SMBC, Yen(1), Yen(0), DAY))) == 1


@pytest.mark.parametrize("event", sorted(set(Event) - {Event.SETTLE, Event.RETURN}))
def test_nothing_but_money_that_moved_posts(event: Event) -> None:
    assert posted(event) == ()


def test_a_return_takes_the_advance_back() -> None:
    after = position(entry(p) for e in (Event.SETTLE, Event.RETURN) for p in posted(e))

    assert (after.principal, after.suspense) == (Yen(0), Yen(0))


def test_principal_below_zero_is_owed_to_the_member() -> None:
    after = position(entry(p) for p in posted(Event.RETURN))

    assert (after.principal, after.suspense) == (Yen(0), Yen(10_000))


@given(st.lists(st.integers(1, 10**7), max_size=20), st.randoms())
def test_the_position_does_not_depend_on_the_order_of_discovery(amounts, random) -> None:
    entries = [
        Entry("principal", "settlement_cash:smbc", Yen(a), DAY + timedelta(i), NOW, UUID(int=i))
        for i, a in enumerate(amounts)
    ]
    shuffled = random.sample(entries, len(entries))

    assert position(shuffled) == position(entries)
    assert position(entries).principal == Yen(sum(amounts))


def test_the_day_that_counts_is_the_japanese_date_of_the_banks_booking() -> None:
    booked_at = datetime.fromisoformat("2026-11-25T15:00:00+00:00")
    row = transfer(State.SETTLED, settled_at=booked_at)

    assert movement_of(row, Yen(0)).credited_on.isoformat() == "2026-11-26"
    with pytest.raises(ValueError, match="booking instant"):
        movement_of(transfer(State.UNKNOWN), Yen(0))
