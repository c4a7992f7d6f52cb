"""The pages that are drawn from the code, or that name tests, are true."""

import re
import runpy

import pytest

from gateway.domain import repayment
from gateway.domain.account import BankCode
from gateway.domain.transfer import Event
from tests.architecture.project import PROJECT, shown

PAGE = PROJECT / "docs" / "architecture.md"
NAMING_TESTS = [
    PAGE,
    *(PROJECT / "docs" / page for page in ("security.md", "asvs.md", "examined.md", "hours.md")),
]
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")


def test_the_states_on_the_page_are_drawn_from_the_table() -> None:
    """After a change of the table: `.venv/bin/python scripts/draw_states`."""
    drawn = runpy.run_path(str(PROJECT / "scripts" / "draw_states"))["drawn"]
    page = PAGE.read_text("utf-8")

    assert page == drawn(page)


def test_the_picture_of_the_hours_is_drawn_from_their_tables() -> None:
    """After a change of the hours: `.venv/bin/python scripts/draw_hours`."""
    drawn = runpy.run_path(str(PROJECT / "scripts" / "draw_hours"))["drawn"]()
    names = runpy.run_path(str(PROJECT / "scripts" / "draw_hours"))["NAMES"]

    assert (PROJECT / "docs" / "hours.svg").read_text("utf-8") == drawn
    assert set(names) == {*BankCode, "lender"}


def test_the_page_of_what_was_found_is_drawn_from_its_list() -> None:
    """After a change of tests/examined.toml: `scripts/examined`."""
    script = runpy.run_path(str(PROJECT / "scripts" / "examined"))
    found = script["lines"]()

    assert (PROJECT / "docs" / "examined.md").read_text("utf-8") == script["drawn"]()
    assert {line.kind for line in found} == {"fault", "new"}
    assert all(line.tests for line in found)


def test_the_page_says_what_each_event_means() -> None:
    page = PAGE.read_text("utf-8").partition("| event | means |")[2].partition("\n\n")[0]

    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == [str(event) for event in Event]


def test_the_page_says_what_each_event_of_a_repayment_means() -> None:
    page = PAGE.read_text("utf-8").partition("| what happens | means |")[2].partition("\n\n")[0]

    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == [str(e) for e in repayment.Event]


@pytest.mark.parametrize("page", NAMING_TESTS, ids=shown)
def test_a_page_names_tests_that_exist(page) -> None:
    named = NAMED.findall(page.read_text("utf-8"))
    missing = [
        f"{path}::{test}"
        for path, test in named
        if not (PROJECT / path).exists() or f"def {test}" not in (PROJECT / path).read_text("utf-8")
    ]

    assert named
    assert missing == []
