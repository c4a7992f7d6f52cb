"""A line of a statement is known again by its surest traits first."""

from dataclasses import replace
from datetime import date

from gateway.domain.bank import Direction, StatementLine
from gateway.domain.inserted_lines import in_kept_order
from gateway.domain.money import Yen
from tests.manual_clock import START

FIRST = StatementLine(
    "N1", Direction.OUT, Yen(1_000), START, date(2026, 11, 25), None, "ｲﾁ", is_return=False
)
SECOND = replace(FIRST, bank_id="N2", counterparty="ﾆ")


def test_of_lines_of_one_instant_the_one_of_the_same_number_is_the_same() -> None:
    found = in_kept_order([SECOND, FIRST], [FIRST, SECOND])

    assert found is not None
    assert (found.lines, found.inserted) == ((FIRST, SECOND), ())


def test_a_line_put_before_one_of_its_instant_is_the_new_one() -> None:
    new = replace(FIRST, bank_id="N0", counterparty="ﾚｲ")

    found = in_kept_order([new, FIRST], [FIRST])

    assert found is not None
    assert (found.lines, found.inserted) == ((FIRST, new), (new,))
