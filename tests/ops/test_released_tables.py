"""With a table that was cut short nothing starts, and the doctor says which and what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
TABLES = sorted(path.name for path in (PROJECT / "gateway" / "domain").glob("*.tsv"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the program, to be damaged."""
    shutil.copytree(PROJECT / "gateway", tmp_path / "gateway")
    shutil.copytree(PROJECT / "sql", tmp_path / "sql")
    return tmp_path


def gateway(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(checkout),
        "GATEWAY_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    }
    command = (sys.executable, "-m", "gateway", *arguments)
    return subprocess.run(  # noqa: S603 - our own program
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", TABLES)
def test_nothing_starts_with_a_table_that_was_cut_short(name: str, checkout: Path) -> None:
    table = checkout / "gateway" / "domain" / name
    table.write_bytes(b"".join(table.read_bytes().splitlines(keepends=True)[:300]))

    served = gateway(checkout, "serve", "--port", "0")

    assert f"gateway/domain/{name}: 299 rows" in served.stderr
    assert served.returncode == 1
    assert "Traceback" not in served.stderr


def test_the_doctor_names_what_is_cut_short(checkout: Path) -> None:
    for name in TABLES:
        table = checkout / "gateway" / "domain" / name
        table.write_bytes(table.read_bytes()[:-1])

    examined = gateway(checkout, "doctor")

    assert examined.returncode == 1
    for name in TABLES:
        assert f"gateway/domain/{name}: " in examined.stdout
