"""scripts/edges: a run takes every edge of the state tables, or says why not."""

import json
import runpy
from pathlib import Path

import pytest

from gateway.domain.trace import EDGES
from tests.architecture.project import PROJECT
from tests.traced import write_edges
from tests.untaken_edges import UNTAKEN

SCRIPT = runpy.run_path(str(PROJECT / "scripts" / "edges"))
ONE, *OTHERS = sorted(EDGES)
NO_EDGE = ("transfers", "settled", "submitting")


@pytest.mark.parametrize(
    ("taken", "listed", "says"),
    [
        pytest.param(EDGES, (), None, id="all taken"),
        pytest.param(OTHERS, (ONE,), None, id="one listed"),
        pytest.param(OTHERS, (), "not taken, and not listed", id="one missing"),
        pytest.param(EDGES, (ONE,), "taken, though it is listed", id="a list that is old"),
        pytest.param(EDGES, (NO_EDGE,), "no edge of a table", id="a list that is wrong"),
    ],
)
def test_what_a_run_has_taken_is_what_is_listed(taken, listed, says: str | None) -> None:
    found = SCRIPT["complaints"](set(taken), listed)

    assert len(found) == (says is not None)
    assert says is None or says in found[0]


def test_the_processes_of_a_run_are_put_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = sorted(EDGES - UNTAKEN.keys())
    for number, taken in enumerate((wanted[::2], wanted[1::2])):
        (tmp_path / f"{number}.json").write_text(json.dumps(taken))

    assert SCRIPT["main"](tmp_path) == 0
    (tmp_path / "0.json").unlink()
    assert SCRIPT["main"](tmp_path) == 1

    assert "not taken, and not listed" in capsys.readouterr().out


def test_a_test_writes_down_what_it_has_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACE_EDGES", str(tmp_path))

    write_edges([ONE])
    write_edges([])

    (written,) = tmp_path.glob("*.json")
    assert json.loads(written.read_text()) == [list(ONE)]


def test_each_untaken_edge_has_its_reason() -> None:
    assert set(UNTAKEN) <= EDGES
    assert [edge for edge, reason in UNTAKEN.items() if not reason.strip()] == []
