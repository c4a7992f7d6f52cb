"""Rules of a line each, which no other test would miss."""

from fractions import Fraction

import pytest

from gateway.domain.due_dates import DueDay
from gateway.domain.errors import NotFoundHere, Refused
from gateway.domain.loan_entries import Kind, standing
from gateway.domain.loan_rules import Contract
from tests.domain.loans import entry, payment


def test_a_contract_has_no_free_days_unless_it_says_so() -> None:
    assert not Contract(Fraction(178, 1000), DueDay.FIFTH).has_free_days


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(Refused(), "refused", id="without words, its code"),
        pytest.param(NotFoundHere(), NotFoundHere.code, id="each its own code"),
        pytest.param(Refused("a note says why"), "a note says why", id="else its words"),
    ],
)
def test_an_error_without_words_says_its_code(error: Refused, text: str) -> None:
    assert str(error) == text


def test_a_return_that_names_a_payment_takes_nothing_of_it() -> None:
    paid = payment(5_000, "2026-11-20")
    back = entry(Kind.RETURN, 3_000, "2026-11-21", of=paid)

    left = {one.entry.id: one.amount.amount for one in standing([paid, back])}

    assert left == {paid.id: 5_000, back.id: 3_000}
