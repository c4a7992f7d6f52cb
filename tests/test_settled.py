"""Each line of `docs/settled.md` names tests that are there."""

import re
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PAGE = (PROJECT / "docs" / "settled.md").read_text("utf-8")
NAMED = sorted({*re.findall(r"`([a-z0-9_/]+\.py)::(test_\w+)`", PAGE)})


@cache
def named_in(path: str) -> frozenset[str]:
    text = (PROJECT / "tests" / path).read_text("utf-8")
    return frozenset(re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_is_there(path: str, name: str) -> None:
    assert name in named_in(path)


def test_every_line_is_held_by_the_emulators_side() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]

    assert len(rows) >= 20
    assert all("::test_" in row.rsplit("|", 2)[1] for row in rows)
