"""`docs/api.md` and `docs/problems.md` say what the code says."""

import re
from pathlib import Path

from gateway.domain import repayment
from gateway.domain.transfer import State
from gateway.http.answers import STATUS
from gateway.http.core import ROUTES
from gateway.http.errors import TABLE
from gateway.http.refusals import FieldFault

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "api.md").read_text("utf-8")
PROBLEMS = (DOCS / "problems.md").read_text("utf-8")


def rows(heading: str, page: str = PAGE) -> list[list[str]]:
    """Return the cells of the last table below a heading, without its two head lines."""
    section = page.split(f"## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    table = section.strip().split("\n\n")
    last = [part for part in table if part.startswith("|")][-1]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in last.split("\n")][
        2:
    ]


def test_the_page_lists_every_route() -> None:
    assert [row[0] for row in rows("Routes")] == [f"{r.method} {r.path}" for r in ROUTES]


def test_problems_are_listed_with_status_title_and_advice() -> None:
    listed = rows("Codes", PROBLEMS)

    assert [row[:4] for row in listed] == [
        [kind.code, str(row.status), "yes" if row.is_retryable else "no", row.title.en]
        for kind, row in TABLE.items()
    ]
    assert all(advice for *_, advice in listed)


def test_the_page_lists_every_state_with_the_word_for_it() -> None:
    assert {row[0]: row[1] for row in rows("Transfers")} == {s.value: STATUS[s] for s in State}


def test_the_page_lists_every_state_of_a_repayment() -> None:
    assert [row[0] for row in rows("Repayments")] == [str(state) for state in repayment.State]


def test_the_page_names_every_field_fault() -> None:

    assert {fault.value for fault in FieldFault} <= set(re.findall(r"`(\w+)`", PROBLEMS))
