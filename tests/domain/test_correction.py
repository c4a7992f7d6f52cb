"""What the ledger posts for a loan's entries, in their turn and when the past changes."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.account import BankCode
from gateway.domain.allocation import Allocation
from gateway.domain.correction import Cause, Correction, correction, postings_of
from gateway.domain.ledger import (
    FEES,
    INTEREST,
    LATE_DAMAGES,
    PRINCIPAL,
    SUSPENSE,
    Leg,
    balances,
    unidentified_in,
    unidentified_out,
)
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.loan_history import History
from gateway.domain.money import Yen
from gateway.domain.position import position_on
from gateway.domain.posting_table import TABLE, Part
from gateway.domain.receipt import HEADINGS, receipts
from tests.domain.loans import CASH, advance, entry, fee, payment, refund, returned, story

DAY = date(2025, 6, 30)
LENT = advance(100_000, "2025-06-01")
GONE = advance(50_000, "2025-06-02")
PAID = payment(10_000, "2025-06-21")


def booked(*known: LoanEntry, then: LoanEntry) -> Correction:
    before = story(*known)
    return correction(before, story(*known, then, terms=before.agreement))


def rows(legs: tuple[Leg, ...]) -> list[tuple[str, str, int, str]]:
    return [
        (leg.debit, leg.credit, leg.amount.amount, leg.effective_on.isoformat()[5:]) for leg in legs
    ]


def in_ledger(history: History) -> dict[str, int]:
    """Return what the ledger must show: what the days have borne since stands beside it."""
    after = history.steps[-1].after
    return {
        PRINCIPAL: after.owed.principal.amount,
        INTEREST: after.owed.interest.amount,
        LATE_DAMAGES: after.owed.late_damages.amount,
        FEES: after.owed.fees.amount,
        SUSPENSE: -after.suspense.amount,
    }


def test_an_advance_in_its_turn_posts_its_row() -> None:
    found = booked(then=LENT)

    assert rows(found.legs) == [("principal", CASH, 100_000, "06-01")]
    assert (found.cause, found.entry_ids) == (Cause.BOOKED, (LENT.id,))


def test_a_payment_posts_what_accrued_and_then_its_split() -> None:
    found = booked(LENT, then=payment(103_000, "2025-07-10"))

    assert rows(found.legs) == [
        ("interest", "interest_income", 1_755, "07-10"),
        ("late_damages", "late_damages_income", 164, "07-10"),
        (CASH, "late_damages", 164, "07-10"),
        (CASH, "interest", 1_755, "07-10"),
        (CASH, "principal", 100_000, "07-10"),
        (CASH, "suspense", 1_081, "07-10"),
    ]
    assert found.by_account == {
        CASH: 103_000,
        "interest_income": -1_755,
        "late_damages_income": -164,
        "principal": -100_000,
        "suspense": -1_081,
    }


@pytest.mark.parametrize(
    ("known", "then", "posted"),
    [
        pytest.param([], fee(330, DAY), [("fees", "fee_income", 330)], id="a fee"),
        pytest.param(
            [payment(500, "2025-06-01")],
            refund(500, DAY),
            [("suspense", CASH, 500)],
            id="a refund of suspense",
        ),
        pytest.param(
            [payment(500, "2025-06-01")],
            refund(700, DAY),
            [("suspense", CASH, 500), ("unidentified", CASH, 200)],
            id="a refund of more than there is",
        ),
        pytest.param(
            [],
            entry(Kind.PAYMENT, 500, DAY, house="unidentified"),
            [("unidentified", "suspense", 500)],
            id="money that was nobody's before",
        ),
        pytest.param(
            [],
            returned(GONE, DAY),
            [(CASH, "unidentified", 50_000)],
            id="a return heard of before its advance",
        ),
    ],
)
def test_the_posting_table(known, then, posted) -> None:
    assert [row[:3] for row in rows(booked(*known, then=then).legs)] == posted


def test_every_kind_of_entry_and_every_part_is_in_the_table_and_on_a_receipt() -> None:
    in_table = {part for rows_of_kind in TABLE.values() for _, _, part in rows_of_kind}
    accrued = {Part.INTEREST_ACCRUED, Part.LATE_DAMAGES_ACCRUED}

    assert set(TABLE) == set(Kind)
    assert in_table == set(Part)
    assert {part for parts in HEADINGS.values() for part in parts} == set(Part) - accrued


def test_a_return_is_taken_back_at_the_date_of_its_advance_with_its_interest() -> None:
    back = returned(GONE, "2025-06-25")
    found = booked(LENT, GONE, PAID, then=back)

    assert (found.cause, found.entry_ids) == (Cause.RETURNED, (back.id,))
    assert rows(found.legs) == [
        (CASH, "principal", 50_000, "06-02"),
        ("interest_income", "interest", 463, "06-21"),
        ("interest", "principal", 463, "06-21"),
    ]


def test_a_return_after_the_payoff_leaves_the_money_with_the_member() -> None:
    payoff = position_on(story(LENT, GONE), DAY).payoff
    found = booked(LENT, GONE, payment(payoff.amount, DAY), then=returned(GONE, "2025-07-03"))

    assert found.by_account["suspense"] == -(50_000 + 682)
    assert found.by_account[CASH] == 50_000


def test_late_damages_of_money_that_was_found_late_are_taken_back() -> None:
    """The minimum was paid in time; before that was known, another payment had borne damages."""
    missed = [LENT, payment(3_000, "2025-07-20")]
    in_time = payment(4_000, "2025-07-07")
    found = booked(*missed, then=in_time)

    assert position_on(story(*missed), date(2025, 7, 20)).owed.late_damages == Yen(0)
    assert found.cause is Cause.FOUND_LATE
    assert found.by_account["late_damages_income"] == 712
    assert position_on(story(*missed, in_time), date(2025, 7, 20)).late_since is None


def test_an_entry_that_was_wrong_is_withdrawn() -> None:
    both = story(LENT, PAID)

    found = correction(both, story(LENT, terms=both.agreement))

    assert found.cause is Cause.WITHDRAWN
    assert found.by_account[CASH] == -10_000
    assert correction(both, both).legs == ()


def test_a_withdrawal_takes_an_entry_out_as_if_it_had_never_been_there() -> None:
    found = booked(LENT, PAID, then=entry(Kind.WITHDRAWAL, 10_000, "2025-06-28", of=PAID))

    assert found == replace(correction(story(LENT, PAID), story(LENT)), entry_ids=found.entry_ids)
    assert found.cause is Cause.WITHDRAWN


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        pytest.param("2016-06-01", "2025-06-02", id="far back"),
        pytest.param("2025-06-02", "2025-06-03", id="a day on"),
        pytest.param("2025-06-03", "2025-06-02", id="a day back"),
    ],
)
def test_an_entry_that_is_entered_anew_stands_where_it_should_have(typed: str, right: str) -> None:
    wrong = advance(50_000, typed)
    anew = entry(Kind.ADVANCE, 50_000, right, of=wrong)
    found = booked(LENT, wrong, PAID, then=anew)
    after = story(LENT, wrong, PAID, anew)

    assert found.cause is Cause.ENTERED_ANEW
    assert position_on(after, DAY) == position_on(story(LENT, anew, PAID), DAY)
    assert found.by_account.get(CASH, 0) == 0
    assert balances((*postings_of(story(LENT, wrong, PAID)), *found.legs)) == balances(
        postings_of(after)
    )


def test_a_return_takes_back_what_stands_in_the_place_of_its_advance() -> None:
    anew = entry(Kind.ADVANCE, 50_000, "2025-06-03", of=GONE)
    gone = entry(Kind.WITHDRAWAL, 50_000, DAY, of=anew)
    again = entry(Kind.ADVANCE, 50_000, "2025-06-04", of=gone)
    back = returned(GONE, "2025-06-25")

    assert position_on(story(LENT, GONE, anew, back), DAY).owed.principal == Yen(100_000)
    assert position_on(story(LENT, GONE, anew, gone, again, back), DAY).owed.principal == Yen(
        100_000
    )


def test_a_return_that_was_wrong_is_withdrawn_and_the_advance_counts_again() -> None:
    back = returned(GONE, "2025-06-25")
    gone = story(LENT, GONE, back, entry(Kind.WITHDRAWAL, 50_000, DAY, of=back))

    assert position_on(gone, DAY) == position_on(story(LENT, GONE), DAY)


def test_a_change_of_the_past_moves_no_cash_that_did_not_move() -> None:
    """The fee changes how later payments were split, and no bank account."""
    found = booked(LENT, PAID, then=fee(5_000, "2025-06-10"))

    assert rows(found.legs) == [
        ("fees", "fee_income", 5_000, "06-10"),
        ("principal", "fees", 5_000, "06-21"),
    ]


def test_a_refund_that_turns_out_too_large_is_looked_at() -> None:
    """What was overpaid and refunded was owed after all: an advance was found late."""
    known = [LENT, payment(150_000, "2025-06-01", at="18:00"), refund(50_000, "2025-06-05")]
    found = booked(*known, then=GONE)
    again = booked(*known, then=advance(50_000, "2025-06-01", at="13:00"))

    assert rows(found.legs) == [("principal", CASH, 50_000, "06-02")]
    assert rows(again.legs) == [
        ("suspense", "principal", 50_000, "06-01"),
        ("principal", CASH, 50_000, "06-01"),
        ("unidentified", "suspense", 50_000, "06-05"),
    ]


def test_money_without_a_reference_is_booked_on_house_accounts_only() -> None:
    came = unidentified_in(BankCode.SMBC, Yen(700), DAY)
    went = unidentified_out(BankCode.SMBC, Yen(700), DAY)

    assert (came.debit, came.credit) == (CASH, "unidentified")
    assert (went.debit, went.credit) == (came.credit, came.debit)


def test_receipts_say_date_amount_split_and_what_is_left() -> None:
    back = returned(GONE, "2025-06-25")
    lent, gone, paid, gave_back = receipts(story(LENT, GONE, PAID, back))

    assert (lent.split, lent.owed_after.principal) == (
        Allocation(principal=Yen(100_000)),
        Yen(100_000),
    )
    assert (gone.amount, gone.counted) == (Yen(50_000), Yen(0))
    assert (paid.effective_on, paid.amount) == (date(2025, 6, 21), Yen(10_000))
    assert paid.split == Allocation(interest=Yen(975), principal=Yen(9_025))
    assert paid.owed_after.principal == Yen(90_975)
    assert (gave_back.kind, gave_back.counted, gave_back.suspense_after) == (
        Kind.RETURN,
        Yen(0),
        Yen(0),
    )


DAYS = st.dates(date(2023, 11, 1), date(2024, 12, 31))
AMOUNTS = st.integers(1, 300_000)
KINDS = st.sampled_from([Kind.ADVANCE, Kind.ADVANCE, Kind.PAYMENT, Kind.PAYMENT, Kind.REFUND])


@st.composite
def discoveries(draw) -> list[LoanEntry]:
    """Entries of a loan, some advances returned in part or whole, in an order of discovery."""
    known = [entry(draw(KINDS), draw(AMOUNTS), draw(DAYS)) for _ in range(draw(st.integers(1, 9)))]
    lent = [each for each in known if each.kind is Kind.ADVANCE]
    gone = draw(st.lists(st.sampled_from(lent), unique=True)) if lent else []
    known += [returned(each, draw(DAYS), draw(AMOUNTS)) for each in gone]
    shuffled: list[LoanEntry] = draw(st.permutations(known))
    return shuffled


@given(discoveries())
def test_any_order_of_discovery_ends_in_the_same_position_and_ledger(found) -> None:
    books, journals = story(), list[Leg]()
    for number in range(len(found)):
        before = books
        books = story(*found[: number + 1], terms=before.agreement, known=before.steps)
        journals += correction(before, books).legs

        assert in_ledger(books).items() <= balances(journals).items()

    in_order = story(*sorted(found, key=lambda each: each.place), terms=books.agreement)
    assert books == in_order
    assert all(leg.amount > Yen(0) for leg in (*journals, *postings_of(in_order)))
    assert net(journals) == net(list(postings_of(in_order)))


def net(legs: list[Leg]) -> dict[tuple[str, date], int]:
    nets: Counter[tuple[str, date]] = Counter()
    for leg in legs:
        nets[leg.debit, leg.effective_on] += leg.amount.amount
        nets[leg.credit, leg.effective_on] -= leg.amount.amount
    return {key: amount for key, amount in nets.items() if amount}


@given(discoveries())
def test_cash_moves_in_the_ledger_as_it_moved_at_the_bank(found) -> None:
    """Whatever is known of a loan: nothing refuses money that moved."""
    signs = {Kind.PAYMENT: 1, Kind.RETURN: 1, Kind.ADVANCE: -1, Kind.REFUND: -1}
    moved = sum(signs[each.kind] * each.amount.amount for each in found)

    legs = postings_of(story(*found))

    assert sum(amount for (name, _), amount in net(list(legs)).items() if name == CASH) == moved


@given(discoveries())
def test_the_split_on_a_receipt_sums_to_what_counts(found) -> None:
    history = story(*found)
    back = sum(each.amount.amount for each in found if each.kind is Kind.RETURN)
    kept = sum(each.counted.amount for each in receipts(history) if each.kind is not Kind.RETURN)
    excess = sum(each.counted.amount for each in receipts(history) if each.kind is Kind.RETURN)
    entries = sum(each.amount.amount for each in found if each.kind is not Kind.RETURN)

    assert kept == entries - (back - excess)
