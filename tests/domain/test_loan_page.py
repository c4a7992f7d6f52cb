"""docs/loan.md is true: its examples are reckoned again, its posting table is the code's."""

import re
from datetime import date
from pathlib import Path

import pytest

from gateway.domain.correction import correction
from gateway.domain.due_dates import DueDay
from gateway.domain.loan_entries import LoanEntry
from gateway.domain.loan_rules import percent
from gateway.domain.loan_state import Agreement
from gateway.domain.money import Yen
from gateway.domain.position import LoanPosition, position_on
from gateway.domain.posting_table import TABLE
from gateway.domain.simulation import Plan, Saving, saving, simulate
from tests.domain.loans import advance, agreement, payment, returned, story

PAGE = (Path(__file__).parents[2] / "docs" / "loan.md").read_text("utf-8")
CONTRACT = re.compile(
    r"^Contract: ([\d.]+) %, day (\d+)(, free days)?\.\n\n((?:\|.*\n)+)", re.MULTILINE
)
Row = list[str]


def rows_of(table: str) -> list[Row]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def table_headed(words: str) -> list[Row]:
    return rows_of(words + PAGE.partition(words)[2].partition("\n\n")[0])


EXAMPLES = [
    pytest.param(
        agreement(rate, DueDay(int(day)), has_free_days=bool(free)),
        rows_of(table),
        id=f"table {no}",
    )
    for no, (rate, day, free, table) in enumerate(CONTRACT.findall(PAGE))
]


def entry_of(row: Row, known: list[LoanEntry]) -> list[LoanEntry]:
    day, what, amount, *_ = row
    at = f"10:{len(known):02}"
    match what.split():
        case ["advance"]:
            return [advance(number(amount), day, at)]
        case ["payment"]:
            return [payment(number(amount), day, at)]
        case ["return", "of", advanced_on]:
            (gone,) = [each for each in known if each.effective_on.isoformat() == advanced_on]
            return [returned(gone, day)]
        case _:
            return []


def number(text: str) -> int:
    return int(text.replace(",", ""))


def shown(position: LoanPosition) -> Row:
    owed, due = position.owed, position.due
    amounts = [owed.late_damages, owed.interest, owed.principal]
    ends = [due.on.isoformat(), f"{due.amount.amount:,}"] if due else ["–", "–"]
    return [*(f"{amount.amount:,}" for amount in amounts), *ends]


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == 8


@pytest.mark.parametrize(("terms", "rows"), EXAMPLES)
def test_an_example_is_reckoned_as_the_page_says(terms: Agreement, rows: list[Row]) -> None:
    known: list[LoanEntry] = []
    for row in rows:
        known += entry_of(row, known)

        position = position_on(story(*known, terms=terms), date.fromisoformat(row[0]))

        assert shown(position) == row[3:], row[0]


def test_the_posting_table_on_the_page_is_the_codes() -> None:
    rows = [[cell.strip("`") for cell in row] for row in table_headed("| entry | debit |")]

    assert rows == [[kind, *row] for kind, of_kind in TABLE.items() for row in of_kind]


def test_the_correction_on_the_page_is_what_its_example_posts() -> None:
    lent, gone = advance(100_000, "2025-06-01"), advance(50_000, "2025-06-02")
    known = [lent, gone, payment(10_000, "2025-06-21")]
    found = correction(story(*known), story(*known, returned(gone, "2025-06-25")))

    assert [
        [cell.strip("`") for cell in row] for row in table_headed("| debit | credit | yen")
    ] == [
        [leg.debit, leg.credit, f"{leg.amount.amount:,}", leg.effective_on.isoformat()]
        for leg in found.legs
    ]


def test_the_simulation_on_the_page_is_the_codes() -> None:
    plan = Plan(
        principal=Yen(10_000),
        annual_rate=percent("17.8"),
        monthly=Yen(4_000),
        begins_on=date(2025, 6, 1),
        first_due_on=date(2025, 7, 5),
        due_day=DueDay.FIFTH,
    )
    rows = [
        [each.on.isoformat(), *(f"{part.amount:,}" for part in (each.amount, each.interest))]
        + [f"{part.amount:,}" for part in (each.principal, each.left)]
        for each in simulate(plan).schedule
    ]

    assert table_headed("| on | amount |") == rows
    assert saving(plan, Yen(4_000)) == Saving(months=1, interest=Yen(162))
