"""返済シミュレーション: months, interest, schedule, and what an extra payment saves."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.due_dates import DueDay, first_nominal, next_nominal
from gateway.domain.money import Yen
from gateway.domain.simulation import NeverRepaid, Plan, Saving, saving, simulate

BEGINS = date(2025, 6, 1)
PLAN = Plan(Yen(10_000), Fraction(178, 1000), Yen(4_000), BEGINS, date(2025, 7, 5), DueDay.FIFTH)


def test_a_schedule_says_each_payment_and_its_split() -> None:
    """34 days of 10,000 yen bear 165, 31 days of 6,165 bear 93, 31 of 2,258 bear 34."""
    simulation = simulate(PLAN)

    assert [
        (
            each.on.isoformat(),
            each.amount.amount,
            each.interest.amount,
            each.principal.amount,
            each.left.amount,
        )
        for each in simulation.schedule
    ] == [
        ("2025-07-05", 4_000, 165, 3_835, 6_165),
        ("2025-08-05", 4_000, 93, 3_907, 2_258),
        ("2025-09-05", 2_292, 34, 2_258, 0),
    ]
    assert (simulation.months, simulation.total_interest, simulation.total) == (
        3,
        Yen(292),
        Yen(10_292),
    )


def test_a_rest_below_a_thousand_yen_bears_nothing_in_a_simulation_either() -> None:
    last = simulate(replace(PLAN, monthly=Yen(9_500))).schedule[-1]

    assert (last.amount, last.interest) == (Yen(665), Yen(0))


def test_a_thousand_yen_and_a_small_balance_to_begin_with_bear_interest() -> None:
    """10,165 yen are owed on 5 July; 9,165 of them leave exactly a thousand."""
    last = simulate(replace(PLAN, monthly=Yen(9_165))).schedule[-1]
    small = simulate(replace(PLAN, principal=Yen(900))).schedule[0]

    assert (last.amount, last.interest) == (Yen(1_015), Yen(15))
    assert (small.amount, small.interest) == (Yen(914), Yen(14))


def test_nothing_owed_takes_no_months() -> None:
    assert simulate(replace(PLAN, principal=Yen(0))).months == 0


@pytest.mark.parametrize("monthly", [0, 1, 148])
def test_a_plan_that_does_not_repay_is_refused(monthly: int) -> None:
    with pytest.raises(NeverRepaid, match="does not repay"):
        simulate(replace(PLAN, monthly=Yen(monthly)))


def test_a_plan_that_pays_a_little_more_than_its_interest_ends() -> None:
    """The annuity formula says 177.8 months; whole yen of interest are a little less than exact."""
    assert simulate(replace(PLAN, monthly=Yen(160))).months == 177


def test_an_extra_payment_saves_months_and_interest() -> None:
    assert saving(PLAN, Yen(4_000)) == Saving(months=1, interest=Yen(292 - 130))
    assert saving(PLAN, Yen(10_000)) == Saving(months=3, interest=Yen(292))


def test_due_days_of_a_plan_are_the_calendars_not_the_banks() -> None:
    """5 July 2025 is a Saturday; a plan may run past the end of the bank calendar."""
    assert first_nominal(BEGINS, DueDay.FIFTH) == date(2025, 7, 5)
    assert next_nominal(date(2099, 1, 31), DueDay.LAST) == date(2099, 2, 28)


@given(
    st.integers(1, 2_000_000), st.integers(1, 200), st.integers(0, 50_000), st.integers(0, 300_000)
)
def test_a_schedule_repays_the_balance_and_more_costs_less(
    balance: int, per_mille: int, more: int, extra: int
) -> None:
    enough = balance * 20 // 1_000 + 2_000 + more
    plan = replace(
        PLAN,
        principal=Yen(balance),
        annual_rate=Fraction(per_mille, 1000),
        monthly=Yen(enough),
    )
    simulation, saved = simulate(plan), saving(plan, Yen(extra))

    assert sum(each.principal.amount for each in simulation.schedule) == balance
    assert simulation.total.amount == balance + simulation.total_interest.amount
    assert saved.months >= 0
    assert saved.interest <= simulation.total_interest
