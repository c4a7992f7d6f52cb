"""A command that ends by a mistake of ours says so, and leaves the scrubbed story in the log."""

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.config import load_settings
from gateway.domain.errors import NotReady
from gateway.operators.running import logging_to


@pytest.fixture(autouse=True)
def own_log_only() -> Iterator[None]:
    """Give the libraries' log and the hook back: they belong to the whole process."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)


def fails(log: Path, error: Exception) -> None:
    with log.open("wb") as file, logging_to(load_settings(), fd=file.fileno()):
        raise error


def test_an_unforeseen_error_is_named_on_stderr_and_told_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"

    with pytest.raises(SystemExit, match="1"):
        fails(log, KeyError("1234567"))

    assert "KeyError" in capsys.readouterr().err
    (record,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert record["event"] == "process.crashed"
    assert "1234567" not in log.read_text()


def test_what_the_operator_can_mend_goes_through(tmp_path: Path) -> None:
    with pytest.raises(NotReady):
        fails(tmp_path / "log", NotReady("mend this"))
