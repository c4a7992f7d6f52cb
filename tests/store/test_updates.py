"""Every UPDATE in `sql/` that knows a fence tests the state, too, or says beside it why not."""

import re

import pytest

from gateway.store.sql import sql_directory

STATE = re.compile(r"\bstate\s*(=|<>|IN\b)")
UPDATE = re.compile(r"(?<!FOR )(?<!FOR NO KEY )(?<!DO )\bUPDATE\s+\w+")
SAID = "-- no state:"


def _without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text)


def _updates() -> list[tuple[str, str, str]]:
    """Return (file, the statement's text, the UPDATE in it) of every UPDATE."""
    found = []
    for path in sorted(sql_directory().rglob("*.sql")):
        if path.parent.name == "migrations":
            continue  # what they change, they change for every row, while nobody works
        for text in re.split(r";[ \t]*\n", path.read_text("utf-8")):
            bare = _without_comments(text)
            for match in UPDATE.finditer(bare):
                update = re.split(r"\bRETURNING\b", bare[match.start() :])[0]
                found.append((f"{path.parent.name}/{path.name}", text, update))
    return found


UPDATES = _updates()


def is_blind(text: str, update: str) -> bool:
    """Whether it tests or raises a fence, tests no state, and does not say why."""
    has_fence = re.search(r"\bfence\b", update) is not None
    return has_fence and not STATE.search(update.partition("WHERE")[2]) and SAID not in text


def test_the_updates_of_every_row_with_a_fence_are_among_them() -> None:
    files = {file for file, _, update in UPDATES if "fence" in update}

    assert len(UPDATES) > 20
    assert {"functions/take_file.sql", "functions/move_file.sql", "queries/reviews.sql"} <= files
    assert {"functions/record_transfer.sql", "functions/record_repayment.sql"} <= files


@pytest.mark.parametrize(
    ("file", "text", "update"),
    [pytest.param(*each, id=f"{each[0]} {no}") for no, each in enumerate(UPDATES)],
)
def test_an_update_that_knows_a_fence_tests_the_state(file: str, text: str, update: str) -> None:
    assert not is_blind(text, update), f"{file} tests or raises a fence, and tests no state"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("UPDATE f SET fence = fence + 1 WHERE id = $1 AND fence = $2", id="tests"),
        pytest.param("UPDATE f SET state = $2, fence = fence + 1 WHERE id = $1", id="raises"),
    ],
)
def test_one_that_tests_no_state_would_be_found(text: str) -> None:
    assert is_blind(text, text)
    assert not is_blind(f"{text} AND state = $3", f"{text} AND state = $3")
    assert not is_blind(f"-- no state: because\n{text}", text)
