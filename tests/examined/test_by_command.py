"""Faults that an examination found in commands, and in what they stand on."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.examined.conftest import Demo, Program

pytestmark = pytest.mark.long

ID = f"{7:032x}"
AS_UUID = f"{ID[:8]}-{ID[8:12]}-{ID[12:16]}-{ID[16:20]}-{ID[20:]}"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def test_in_an_empty_folder_nothing_is_held_and_nothing_is_made(program: Program) -> None:
    ended = program("ops", "hold", "smbc", "--reason", "examined", "--by", "sato")

    assert list(program.folder.iterdir()) == []
    assert ended.code == 1
    assert "held" not in ended.out


@pytest.mark.parametrize("encoding", ["ascii", "cp932"])
def test_no_terminal_is_too_poor_for_a_command(program: Program, encoding: str) -> None:
    ended = program("ops", "hours", PYTHONIOENCODING=encoding)

    assert "Traceback" not in ended.err
    assert ended.code == 0


@pytest.mark.parametrize("form", [f"tr_{ID}", ID, AS_UUID, f"TR_{ID}", f" tr_{ID} "])
def test_an_id_that_nothing_has_is_not_found_in_whatever_form(demo: Demo, form: str) -> None:
    ended = demo.program("ops", "explain", form)

    assert ended.code == 1
    assert "Traceback" not in ended.err


def test_the_first_line_names_the_database(demo: Demo) -> None:
    ended = demo.program("ops", "stops")

    assert ended.code == 0
    assert ended.err.splitlines()[:1] != []
    assert ended.err.startswith("database: ")


@pytest.mark.parametrize("table", ["branches.tsv", "holidays.tsv"])
def test_nothing_starts_with_a_table_that_was_cut_short(
    program: Program, tmp_path: Path, table: str
) -> None:
    copy = replace(program, checkout=tmp_path / "copy")
    for part in ("gateway", "sql"):
        shutil.copytree(program.checkout / part, copy.checkout / part)
    path = copy.checkout / "gateway" / "domain" / table
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-20]))

    ended = copy("serve", "--port", "0", GATEWAY_DATABASE_URL=NOWHERE)

    assert ended.code == 1
    assert table in ended.err


def test_the_public_address_may_have_a_path(program: Program) -> None:
    ended = program("ops", "stops", GATEWAY_PUBLIC_URL="http://127.0.0.1:8080/bank")

    assert "GATEWAY_PUBLIC_URL" not in ended.err + ended.out
