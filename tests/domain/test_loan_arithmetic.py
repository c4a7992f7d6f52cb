"""Interest, minimum payments, due dates and the split of a payment: the numbers of a contract."""

from dataclasses import fields
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.allocation import Allocation, Owed, allocate, owed_after
from gateway.domain.calendar import is_business_day
from gateway.domain.due_dates import DueDay, first_due, next_due
from gateway.domain.interest import accrued, rate_after_advance, rate_cap
from gateway.domain.loan_rules import RULES, Sourced, percent
from gateway.domain.loan_state import whole
from gateway.domain.minimum import minimum_payment
from gateway.domain.money import Yen

AMOUNTS = st.integers(0, 2_000_000).map(Yen)
OWED = st.builds(Owed, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)


@pytest.mark.parametrize("name", [field.name for field in fields(RULES)])
def test_every_number_says_where_it_is_from_and_since_when(name: str) -> None:
    rule = getattr(RULES, name)

    assert isinstance(rule, Sourced)
    assert rule.source
    assert rule.valid_from <= date(2026, 1, 1)


@pytest.mark.parametrize(
    ("balance", "rate", "first", "last", "yen"),
    [
        pytest.param(100_000, "17.8", "2025-06-01", "2025-06-01", 48, id="a day"),
        pytest.param(100_000, "17.8", "2025-06-01", "2025-06-30", 1_463, id="30 days"),
        pytest.param(100_000, "17.8", "2024-06-01", "2024-06-30", 1_459, id="30 days, leap year"),
        pytest.param(
            100_000, "17.8", "2023-12-21", "2024-01-19", 1_460, id="11 days, and 19 of a leap year"
        ),
        pytest.param(300_000, "17.8", "2025-05-01", "2025-05-31", 4_535, id="31 days"),
        pytest.param(200_000, "20.0", "2025-05-08", "2025-05-17", 1_095, id="10 late days"),
        pytest.param(100_000, "17.8", "2025-06-02", "2025-06-01", 0, id="no day bears nothing"),
        pytest.param(100_000, "17.8", "2023-06-01", "2026-05-31", 53_400, id="whole years between"),
    ],
)
def test_interest(balance: int, rate: str, first: str, last: str, yen: int) -> None:
    days = date.fromisoformat(first), date.fromisoformat(last)

    assert whole(accrued(Yen(balance), percent(rate), *days)) == Yen(yen)


@pytest.mark.parametrize(
    ("principal", "cap"),
    [
        pytest.param(1, 20, id="smallest"),
        pytest.param(99_999, 20, id="below a hundred thousand"),
        pytest.param(100_000, 18, id="a hundred thousand"),
        pytest.param(999_999, 18, id="below a million"),
        pytest.param(1_000_000, 15, id="a million"),
        pytest.param(8_000_000, 15, id="above"),
    ],
)
def test_the_cap_of_a_rate(principal: int, cap: int) -> None:
    assert rate_cap(Yen(principal), RULES) == Fraction(cap, 100)


@given(st.lists(st.integers(1, 1_500_000), min_size=1), st.integers(1, 300))
def test_a_rate_falls_and_never_rises(principals: list[int], per_mille: int) -> None:
    rate = Fraction(per_mille, 1000)
    for principal in principals:
        after = rate_after_advance(rate, Yen(principal), RULES)

        assert after <= min(rate, rate_cap(Yen(principal), RULES))
        rate = after


@pytest.mark.parametrize(
    ("balance", "minimum"),
    [
        (1, 1_000),
        (27_700, 1_000),
        (27_701, 2_000),
        (100_000, 4_000),
        (300_000, 11_000),
        pytest.param(300_001, 8_000, id="a lower share from here"),
        (500_000, 13_000),
        (1_000_000, 26_000),
        pytest.param(1_000_001, 20_000, id="and lower again"),
        (5_000_000, 100_000),
    ],
)
def test_the_minimum_payment(balance: int, minimum: int) -> None:
    assert minimum_payment(Yen(balance), RULES) == Yen(minimum)


@pytest.mark.parametrize(
    ("advanced", "due_day", "due"),
    [
        pytest.param("2025-04-19", 5, "2025-05-07", id="over Golden Week"),
        pytest.param("2025-04-01", 5, "2025-05-07", id="5th: from the 1st"),
        pytest.param("2025-04-20", 5, "2025-06-05", id="5th: from the 20th one month more"),
        pytest.param("2025-01-31", 15, "2025-02-17", id="15th on a Saturday"),
        pytest.param("2025-01-01", 15, "2025-02-17", id="15th: always next month"),
        pytest.param("2025-05-09", 25, "2025-05-26", id="25th on a Sunday"),
        pytest.param("2025-05-10", 25, "2025-06-25", id="25th: from the 10th next month"),
        pytest.param("2025-02-14", 31, "2025-02-28", id="last: until the 14th the same month"),
        pytest.param("2025-02-15", 31, "2025-03-31", id="last: from the 15th the next"),
        pytest.param("2025-12-14", 31, "2026-01-05", id="last of December: banks open on the 5th"),
        pytest.param("2025-11-20", 5, "2026-01-05", id="over the year's end"),
        pytest.param("2024-01-20", 31, "2024-02-29", id="leap day"),
    ],
)
def test_the_first_due_date(advanced: str, due_day: int, due: str) -> None:
    found = first_due(date.fromisoformat(advanced), DueDay(due_day), is_business_day)

    assert found.on == date.fromisoformat(due)


def test_due_dates_go_on_from_the_due_day_and_not_from_the_shifted_one() -> None:
    due = first_due(date(2025, 5, 1), DueDay.LAST, is_business_day)
    dates = [due := next_due(due, DueDay.LAST, is_business_day) for _ in range(3)]

    assert [each.on for each in dates] == [date(2025, 6, 30), date(2025, 7, 31), date(2025, 9, 1)]


@pytest.mark.parametrize(
    ("amount", "split"),
    [
        pytest.param(0, (0, 0, 0, 0, 0), id="nothing"),
        pytest.param(50, (50, 0, 0, 0, 0), id="fees come first"),
        pytest.param(250, (100, 150, 0, 0, 0), id="then late damages"),
        pytest.param(500, (100, 200, 200, 0, 0), id="then interest"),
        pytest.param(700, (100, 200, 300, 100, 0), id="then principal"),
        pytest.param(1_100, (100, 200, 300, 400, 100), id="the rest is the member's"),
    ],
)
def test_a_payment_is_split_in_order(amount: int, split: tuple[int, ...]) -> None:
    owed = Owed(Yen(100), Yen(200), Yen(300), Yen(400))

    assert allocate(Yen(amount), owed) == Allocation(*map(Yen, split))


@given(AMOUNTS, OWED)
def test_a_split_sums_to_the_payment_and_takes_no_more_than_is_owed(amount, owed) -> None:
    split = allocate(amount, owed)
    left = owed_after(owed, split)

    assert split.total == amount
    assert left.total + Yen(amount.amount - split.suspense.amount) == owed.total
    assert split.suspense == Yen(0) or left.total == Yen(0)
