"""What a loan comes to, day by day: stories of advances and payments."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.due_dates import DueDay
from gateway.domain.interest import rate_cap
from gateway.domain.loan_entries import Kind, LoanEntry, Standing
from gateway.domain.loan_history import history, next_step
from gateway.domain.loan_rules import RULES
from gateway.domain.loan_state import unused
from gateway.domain.money import Yen
from gateway.domain.position import LoanPosition, payoff_on, position_on, typed_range
from tests.domain.loans import advance, agreement, entry, fee, payment, refund, returned, story


def stood(*entries: LoanEntry, on: str, **terms) -> LoanPosition:
    return position_on(story(*entries, terms=agreement(**terms)), date.fromisoformat(on))


def owed(position: LoanPosition) -> tuple[int, int, int, int]:
    parts = position.owed
    return (
        parts.fees.amount,
        parts.late_damages.amount,
        parts.interest.amount,
        parts.principal.amount,
    )


def due(position: LoanPosition) -> tuple[str, int]:
    assert position.due is not None
    return position.due.on.isoformat(), position.due.amount.amount


def test_a_loan_without_entries_owes_nothing() -> None:
    position = stood(on="2025-04-01")

    assert position.payoff == Yen(0)
    assert position.due is None
    assert not position.is_resting


@pytest.mark.parametrize(
    ("day", "interest"),
    [
        pytest.param("2025-06-01", 0, id="not the day of crediting"),
        pytest.param("2025-06-02", 48, id="the day after"),
        pytest.param("2025-07-01", 1_463, id="thirty days"),
    ],
)
def test_interest_runs_from_the_day_after_the_crediting_date(day: str, interest: int) -> None:
    assert owed(stood(advance(100_000, "2025-06-01"), on=day)) == (0, 0, interest, 100_000)


def test_a_payoff_on_the_same_day_costs_nothing() -> None:
    entries = [advance(100_000, "2025-06-01"), payment(100_000, "2025-06-01", at="18:00")]

    assert stood(*entries, on="2025-07-01").payoff == Yen(0)


def test_fractions_are_summed_over_segments_and_forgiven_at_a_payment() -> None:
    """48.767 + 97.534 = 146.30 yen, not 48 + 97; the .30 is gone afterwards."""
    entries = [advance(100_000, "2025-06-01"), advance(100_000, "2025-06-02")]
    paid = payment(146, "2025-06-03")

    assert owed(stood(*entries, on="2025-06-03")) == (0, 0, 146, 200_000)
    assert owed(stood(*entries, paid, on="2025-06-03")) == (0, 0, 0, 200_000)
    assert owed(stood(*entries, paid, on="2025-06-04")) == (0, 0, 97, 200_000)


def test_unpaid_interest_is_carried_and_bears_nothing() -> None:
    entries = [advance(100_000, "2025-06-01"), payment(1_000, "2025-07-01")]

    assert owed(stood(*entries, on="2025-07-01")) == (0, 0, 463, 100_000)
    assert owed(stood(*entries, on="2025-07-02")) == (0, 0, 463 + 48, 100_000)


def test_the_rate_falls_at_a_band_and_stays_there_until_nothing_is_owed() -> None:
    crossed = [advance(90_000, "2025-06-01"), advance(10_000, "2025-06-10")]
    repaid = [*crossed, payment(50_000, "2025-06-20"), advance(1_000, "2025-06-21")]
    terms = {"rate": "20.0"}

    assert stood(*crossed[:1], on="2025-06-09", **terms).rate == Fraction(20, 100)
    assert stood(*crossed, on="2025-06-10", **terms).rate == Fraction(18, 100)
    assert stood(*repaid, on="2025-06-21", **terms).rate == Fraction(18, 100)
    cleared = payment(stood(*repaid, on="2025-06-22", **terms).payoff.amount, "2025-06-22")
    assert stood(*repaid, cleared, advance(1_000, "2025-06-23"), on="2025-06-23", **terms).rate == (
        Fraction(20, 100)
    )


@pytest.mark.parametrize(
    ("day", "late_damages", "interest"),
    [
        pytest.param("2025-05-07", 0, 1_755, id="the due date itself is in time"),
        pytest.param("2025-05-08", 109, 1_755, id="the day after is late, on the whole principal"),
        pytest.param("2025-05-17", 1_095, 1_755, id="ten days"),
    ],
)
def test_a_missed_due_date_bears_late_damages_and_no_interest(
    day: str, late_damages: int, interest: int
) -> None:
    position = stood(advance(200_000, "2025-04-19"), on=day)

    assert owed(position) == (0, late_damages, interest, 200_000)
    assert position.late_since == (None if day == "2025-05-07" else date(2025, 5, 8))


def test_the_day_on_which_a_missed_due_date_is_met_is_late_and_the_next_is_not() -> None:
    entries = [advance(200_000, "2025-04-19"), payment(8_000, "2025-05-17")]
    met = stood(*entries, on="2025-05-17")
    after = stood(*entries, on="2025-05-18")

    assert owed(met) == (0, 0, 0, 200_000 - (8_000 - 1_755 - 1_095))
    assert owed(after)[1:3] == (0, 95)
    assert due(after) == ("2025-06-05", 8_000)
    assert after.late_since is None


def test_a_payment_short_of_the_minimum_leaves_the_loan_late() -> None:
    entries = [advance(200_000, "2025-04-19"), payment(7_999, "2025-05-08")]

    assert due(stood(*entries, on="2025-05-08")) == ("2025-05-07", 1)
    assert owed(stood(*entries, on="2025-05-09"))[1] > 0
    assert due(stood(*entries, payment(1, "2025-05-09"), on="2025-05-09"))[0] == "2025-06-05"


@pytest.mark.parametrize(
    ("paid_on", "following", "amount"),
    [
        pytest.param("2025-06-06", "2025-08-05", 4_000, id="inside the window of the next"),
        pytest.param("2025-06-05", "2025-07-07", 4_000, id="still inside the window before"),
        pytest.param("2025-05-20", "2025-07-07", 4_000, id="before the window: counts for nothing"),
    ],
)
def test_a_payment_counts_once(paid_on: str, following: str, amount: int) -> None:
    """The due date of 5 June was met on 8 May; the window of 7 July begins on 6 June."""
    entries = [
        advance(100_000, "2025-04-19"),
        payment(4_000, "2025-05-07"),
        payment(4_000, "2025-05-08"),
        payment(4_000, paid_on, at="13:00"),
    ]

    assert due(stood(*entries, on="2025-06-06")) == (following, amount)


def test_after_a_late_payment_the_next_window_begins_the_day_after_it() -> None:
    late = [advance(100_000, "2025-04-19"), payment(4_000, "2025-06-20")]
    same_day = payment(4_000, "2025-06-20", at="13:00")

    assert due(stood(*late, on="2025-06-20")) == ("2025-06-05", 4_000)
    assert due(stood(*late, same_day, on="2025-06-20")) == ("2025-06-05", 4_000)
    assert due(stood(*late, payment(4_000, "2025-06-21"), on="2025-06-21")) == ("2025-07-07", 4_000)


def test_payments_in_a_window_add_up() -> None:
    entries = [advance(100_000, "2025-04-19"), payment(1_500, "2025-04-25")]

    assert due(stood(*entries, on="2025-04-25")) == ("2025-05-07", 2_500)
    assert due(stood(*entries, payment(2_500, "2025-05-07"), on="2025-05-07"))[0] == "2025-06-05"


def test_the_minimum_stays_until_the_next_advance() -> None:
    entries = [advance(300_000, "2025-04-19"), payment(200_000, "2025-04-20")]

    assert stood(*entries, on="2025-04-20").minimum == Yen(11_000)
    assert stood(*entries, advance(1_000, "2025-04-21"), on="2025-04-21").minimum == Yen(4_000)


def test_an_advance_can_lower_the_minimum_to_what_was_paid_already() -> None:
    """300,000 yen ask for 11,000; 300,001 yen or more ask for less than the 9,000 that came."""
    entries = [
        advance(300_000, "2025-04-19"),
        payment(9_000, "2025-05-01"),
        advance(12_000, "2025-05-02"),
    ]

    assert due(stood(*entries[:2], on="2025-05-01")) == ("2025-05-07", 2_000)
    assert due(stood(*entries, on="2025-05-02")) == ("2025-06-05", 8_000)


def test_where_the_payoff_is_less_than_the_minimum_the_payoff_is_due() -> None:
    entries = [advance(3_000, "2025-05-01")]

    assert stood(*entries, on="2025-05-01").minimum == Yen(1_000)
    assert due(stood(advance(500, "2025-05-01"), on="2025-05-02")) == ("2025-06-05", 500)
    assert due(stood(*entries, payment(2_000, "2025-05-02"), on="2025-06-30"))[1] == 1_000


@pytest.mark.parametrize(
    ("paid", "is_resting", "left"),
    [
        pytest.param(99_100, True, 948, id="below 1,000"),
        pytest.param(99_048, False, 1_000, id="1,000 is not"),
        pytest.param(100_048, False, 0, id="nothing left is repaid"),
    ],
)
def test_a_rest_below_a_thousand_yen_bears_nothing(paid: int, is_resting: bool, left: int) -> None:
    entries = [advance(100_000, "2025-06-01"), payment(paid, "2025-06-02")]
    position = stood(*entries, on="2025-06-02")

    assert position.is_resting is is_resting
    assert position.payoff == Yen(left)
    assert (position.due is None) is (left < 1_000)
    assert (stood(*entries, on="2025-12-31").payoff == Yen(left)) is (left < 1_000)


def test_the_next_advance_ends_the_rest_and_opens_a_due_date() -> None:
    entries = [
        advance(100_000, "2025-06-01"),
        payment(99_100, "2025-06-02"),
        advance(50_000, "2025-08-21"),
    ]
    position = stood(*entries, on="2025-08-22")

    assert due(position) == ("2025-10-06", 2_000)
    assert owed(position) == (0, 0, 24, 50_948)


def test_an_advance_that_is_small_is_no_rest() -> None:
    assert due(stood(advance(900, "2025-06-01"), on="2025-06-30"))[0] == "2025-07-07"


@pytest.mark.parametrize(
    ("day", "interest"),
    [
        pytest.param("2025-07-01", 0, id="the thirtieth day is free"),
        pytest.param("2025-07-02", 48, id="the next is not"),
    ],
)
def test_thirty_days_from_the_day_after_the_first_advance_are_free(day: str, interest: int) -> None:
    position = stood(advance(100_000, "2025-06-01"), on=day, has_free_days=True)

    assert owed(position)[2] == interest
    assert position.free_until == date(2025, 7, 1)


def test_a_second_advance_does_not_begin_them_again() -> None:
    entries = [advance(100_000, "2025-06-01"), advance(100_000, "2025-07-01")]

    assert owed(stood(*entries, on="2025-07-02", has_free_days=True))[2] == 97


def test_a_missed_due_date_ends_the_free_days_on_that_date() -> None:
    entries = [advance(100_000, "2025-05-15"), payment(4_000, "2025-06-06")]
    position = stood(*entries, on="2025-06-07", has_free_days=True)

    assert position.free_until == date(2025, 6, 5)
    assert owed(position) == (0, 0, 46, 96_054)


def test_a_fee_is_paid_first_and_a_refund_gives_suspense_back() -> None:
    entries = [
        advance(1_000, "2025-06-01"),
        fee(110, "2025-06-01"),
        payment(2_000, "2025-06-01", at="13:00"),
    ]

    assert owed(stood(*entries[:2], on="2025-06-01")) == (110, 0, 0, 1_000)
    assert stood(*entries, on="2025-06-01").suspense == Yen(890)
    assert stood(*entries, refund(890, "2025-06-02"), on="2025-06-02").suspense == Yen(0)
    assert stood(*entries, refund(900, "2025-06-02"), on="2025-06-02").suspense == Yen(0)


def test_money_without_a_debt_is_the_members() -> None:
    position = stood(payment(5_000, "2025-06-01"), on="2025-06-01")

    assert (position.payoff, position.suspense) == (Yen(0), Yen(5_000))


def test_of_one_instant_what_was_lent_comes_before_what_pays_it_back() -> None:
    paid, lent = payment(5_000, "2025-06-01"), advance(5_000, "2025-06-01")

    for entries in ((paid, lent), (lent, paid)):
        position = stood(*entries, on="2025-06-01")
        assert (position.payoff, position.suspense) == (Yen(0), Yen(0))


def test_what_was_paid_a_second_time_pays_nothing_and_is_the_members() -> None:
    again = entry(Kind.SURPLUS, 1_000, "2025-06-02")
    position = stood(
        advance(5_000, "2025-06-01"), payment(1_000, "2025-06-02"), again, on="2025-06-02"
    )

    assert (position.owed.principal, position.suspense) == (Yen(4_002), Yen(1_000))


def test_a_returned_advance_bore_nothing() -> None:
    kept, gone = advance(50_000, "2025-06-01"), advance(100_000, "2025-06-02")
    history = [kept, gone, payment(5_000, "2025-06-10"), returned(gone, "2025-06-12")]

    with_it = position_on(story(*history), date(2025, 6, 30))
    without = position_on(story(kept, history[2]), date(2025, 6, 30))

    assert with_it == without


def test_a_part_of_an_advance_can_come_back() -> None:
    gone = advance(100_000, "2025-06-01")

    position = stood(gone, returned(gone, "2025-06-03", 40_000), on="2025-06-03")

    assert position.owed.principal == Yen(60_000)


@pytest.mark.parametrize("kind", [Kind.RETURN, Kind.WITHDRAWAL])
def test_what_takes_another_entry_back_names_it(kind: Kind) -> None:
    with pytest.raises(ValueError, match=f"a {kind} names the entry"):
        entry(kind, 1, "2025-06-01")


MOVES = st.lists(
    st.tuples(
        st.sampled_from([Kind.ADVANCE, Kind.PAYMENT, Kind.PAYMENT]),
        st.integers(1, 400_000) | st.integers(1, 5_000),
        st.integers(0, 400),
    ),
    max_size=12,
)
DAY_ONE = date(2023, 10, 1)


def lived(moves: list[tuple[Kind, int, int]]) -> list[LoanEntry]:
    return [entry(kind, amount, DAY_ONE + timedelta(days)) for kind, amount, days in moves]


@pytest.mark.parametrize(
    ("owes", "least", "most"),
    [
        pytest.param(100_000, 200, 100_000, id="from 200 yen to the payoff"),
        pytest.param(150, 150, 150, id="the payoff where it is less"),
        pytest.param(0, 0, 0, id="nothing"),
    ],
)
def test_what_a_member_may_type(owes: int, least: int, most: int) -> None:
    entries = [advance(owes, "2025-06-01")] if owes else []
    position = stood(*entries, on="2025-06-01")

    assert typed_range(position, RULES) == (Yen(least), Yen(most))


@given(MOVES, st.integers(400, 800), st.sampled_from(DueDay))
def test_a_payoff_leaves_exactly_nothing(moves, days, due_day) -> None:
    terms, entries = agreement(due_day=due_day), lived(moves)
    day = DAY_ONE + timedelta(days)
    before = story(*entries, terms=terms)
    payoff = payoff_on(before, day)

    after = position_on(
        story(*entries, payment(payoff.amount, day), terms=terms), day + timedelta(50)
    )

    assert after.payoff == Yen(0)
    assert after.suspense == position_on(before, day).suspense
    assert after.due is None


@given(MOVES, st.sampled_from(["20.0", "18.0", "17.8", "4.5"]))
def test_the_rate_is_never_above_the_cap_of_the_principal(moves, rate) -> None:
    for step in story(*lived(moves), terms=agreement(rate)).steps:
        if step.after.owed.principal > Yen(0):
            assert step.after.rate <= rate_cap(step.after.owed.principal, RULES)


@given(MOVES)
def test_what_comes_in_its_turn_needs_the_last_state_only(moves) -> None:
    books = story(*lived([*moves, (Kind.PAYMENT, 3_000, 500)]))
    first = unused(DAY_ONE, books.agreement.contract)
    *_, before, _ = [first, *(step.after for step in books.steps)]
    last = books.steps[-1]

    assert next_step(before, Standing(last.entry, last.amount), books.agreement) == last


def test_a_loan_does_not_go_back_in_time() -> None:
    (step,) = story(advance(1_000, "2025-06-02")).steps
    earlier = Standing(payment(500, "2025-06-01"), Yen(500))

    with pytest.raises(ValueError, match="fold its history again"):
        next_step(step.after, earlier, agreement())


@given(MOVES, st.integers(0, 900))
def test_steps_that_are_known_are_taken_over(moves, days) -> None:
    entries = lived([*moves, (Kind.PAYMENT, 3_000, days)])
    known = story(*entries[:-1])

    assert story(*entries, terms=known.agreement) == story(
        *entries, terms=known.agreement, known=known.steps
    )


ANY_ENTRY = st.tuples(
    st.sampled_from(list(Kind)),
    st.integers(1, 10**10),
    st.dates() | st.sampled_from([date.min, date.max, date(2040, 12, 20), date(2041, 1, 1)]),
    st.integers(0, 9),
)


@given(st.lists(ANY_ENTRY, max_size=8), st.sampled_from(list(DueDay)), st.booleans(), st.dates())
def test_no_entry_whatever_its_date_keeps_a_loan_from_being_reckoned(
    drawn: list[tuple[Kind, int, date, int]], due_day: DueDay, has_free_days: bool, day: date
) -> None:
    """Dates beyond the calendar, and those that a withdrawal names itself, included."""
    entries: list[LoanEntry] = []
    for kind, amount, on, back in drawn:
        is_about = kind in {Kind.RETURN, Kind.WITHDRAWAL} or (back > 7 and entries)
        of = entries[back % len(entries)] if is_about and entries else None
        if kind in {Kind.RETURN, Kind.WITHDRAWAL} and of is None:
            continue
        entries.append(entry(kind, amount, on, of=of))

    found = history(entries, agreement(due_day=due_day, has_free_days=has_free_days))

    assert position_on(found, day).payoff.amount >= 0
    assert len(found.steps) == len(entries)


@pytest.mark.parametrize(
    "typed",
    ["2062-12-01", "2041-01-01", "2040-12-20", "2016-12-01", "2026-12-11", "0226-12-01"],
)
def test_a_loan_is_as_it_was_once_a_ruinous_day_is_withdrawn(typed: str) -> None:
    today, known = date(2026, 12, 1), [advance(30_000, "2026-11-02"), payment(5_000, "2026-11-20")]
    wrong = advance(30_000, typed)
    withdrawn = entry(Kind.WITHDRAWAL, 30_000, today, of=wrong)

    assert position_on(story(*known, wrong, withdrawn), today) == position_on(story(*known), today)


def test_a_withdrawal_moves_no_yen_by_itself() -> None:
    state = unused(date(2025, 6, 1), agreement().contract)
    paid = payment(500, "2025-06-01")
    gone = entry(Kind.WITHDRAWAL, 500, "2025-06-02", of=paid)

    with pytest.raises(ValueError, match="a withdrawal amounts to nothing by itself"):
        next_step(state, Standing(gone, Yen(500)), agreement())
