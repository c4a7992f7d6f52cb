"""docs/reconciliation.md says what the tables of breaks and resolutions say."""

import re
from pathlib import Path

from gateway.domain.breaks import BREAKS
from gateway.domain.reconciliation import Refusal
from gateway.domain.resolution import PARTICULARS
from gateway.domain.review import RESOLUTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "reconciliation.md").read_text("utf-8")


def rows(section: str) -> list[list[str]]:
    """Return the cells of the last table below a heading, without its two head lines."""
    text = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
    table = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1:]]


def words(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))


def test_the_page_has_the_breaks_with_what_is_done_about_each() -> None:
    told = [tuple(words(cell) for cell in row[:4]) for row in rows("Breaks")]

    assert told == [
        ((kind,), (rule.verdict,), (rule.treatment,), (rule.review,) if rule.review else ())
        for kind, rule in BREAKS.items()
    ]


def test_the_page_has_the_kinds_of_items_with_how_each_is_resolved() -> None:
    told = [(words(row[0]), words(row[2])) for row in rows("Review items")]

    assert told == [((kind,), ways) for kind, ways in RESOLUTIONS.items()]


def test_the_page_has_the_resolutions_with_what_each_needs() -> None:
    told = [(words(row[0]), words(row[1])) for row in rows("Resolving")]

    assert told == [
        ((way,), tuple(f"--{name.replace('_', '-')}" for name in names))
        for way, names in PARTICULARS.items()
    ]


def test_the_page_has_the_reasons_for_which_a_statement_is_refused() -> None:
    refused = PAGE.split("## What is refused\n")[1].split("\n## ")[0]

    assert {str(reason) for reason in Refusal} <= set(words(refused))
