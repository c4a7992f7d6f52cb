"""What switches controls off still fits the code, and names tests that are there."""

from collections import Counter
from pathlib import Path

import pytest

from mutants.controls import Control, listed_controls

PROJECT = Path(__file__).parents[2]
CONTROLS = listed_controls()
AREAS = {"sign-in", "sessions", "access control", "cryptography", "input"}
TRIED_MIN = 60


def test_many_controls_of_every_area_are_listed_once() -> None:
    assert len(CONTROLS) >= TRIED_MIN
    assert {one.area for one in CONTROLS} == AREAS
    assert max(Counter((one.file, one.old, one.new) for one in CONTROLS).values()) == 1


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.what)
def test_a_control_is_where_it_was_and_its_test_is_there(control: Control) -> None:
    path, _, name = control.test.partition("::")

    control.fault(PROJECT)
    assert control.new != control.old
    assert f"def {name}(" in (PROJECT / path).read_text("utf-8")


def test_a_requirement_of_a_control_is_held_by_its_page() -> None:
    page = (PROJECT / "docs" / "asvs.md").read_text("utf-8")
    held = {row.split(" | ")[0].strip("| ") for row in page.splitlines() if " | held: " in row}

    assert {one.id for one in CONTROLS} <= held


def test_what_is_there_twice_or_not_at_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "guard.py").write_text("if ok:\nif ok:\n", "utf-8")
    twice = Control("1.1.1", "input", "a guard", "guard.py", "if ok", "if True", "t::test_x")

    with pytest.raises(ValueError, match="exactly once"):
        twice.fault(tmp_path)
