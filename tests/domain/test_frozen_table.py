"""A table of the release is read whole or not at all, however it was cut."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.domain.frozen_table import TableDamaged, packaged, sealed, unsealed

DOMAIN = Path(__file__).parents[2] / "gateway" / "domain"
TABLES = sorted(path.name for path in DOMAIN.glob("*.tsv"))
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "nothing is left": lambda _: b"",
    "the first line alone": lambda table: table[: table.index(b"\n") + 1],
    "the last row is gone": lambda table: table[: table.rindex(b"\n", 0, -1) + 1],
    "half of it": lambda table: table[: len(table) // 2],
    "900 lines": lambda table: b"".join(table.splitlines(keepends=True)[:400]),
    "in the middle of a character": lambda table: table[:-2],
    "the last end of line": lambda table: table[:-1],
    "a row in the middle": lambda table: _without(table, 200),
    "the first row": lambda table: _without(table, 1),
    "the first line": lambda table: _without(table, 0),
    "in the first line": lambda table: table[20:],
    "the seal": lambda table: table.replace(b"; sha256", b"; md5", 1),
    "another row": lambda table: table.replace(b"\t", b"\tx", 1),
    "rows twice": lambda table: table + table.splitlines(keepends=True)[-1],
    "zeros, as after a power cut": lambda table: table[:-4096] + b"\0" * 4096,
    "other ends of lines": lambda table: table.replace(b"\n", b"\r\n"),
}


def _without(table: bytes, line: int) -> bytes:
    lines = table.splitlines(keepends=True)
    return b"".join(lines[:line] + lines[line + 1 :])


@pytest.mark.parametrize("name", TABLES)
def test_the_first_line_says_rows_and_sha256(name: str) -> None:
    head, _, body = (DOMAIN / name).read_bytes().partition(b"\n")

    assert head.decode().endswith(
        f"; {body.count(bytes([10]))} rows; sha256 {hashlib.sha256(body).hexdigest()}"
    )
    assert len(packaged(name)[1]) == body.count(b"\n")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_was_cut_is_not_read(name: str, way: str) -> None:
    cut = WAYS[way]((DOMAIN / name).read_bytes())

    with pytest.raises(TableDamaged, match=name.replace(".", r"\.")):
        unsealed(name, cut)


def test_a_table_that_is_not_there_is_not_an_empty_one() -> None:
    with pytest.raises(TableDamaged, match="nowhere"):
        packaged("nowhere.tsv")
    with pytest.raises(TableDamaged, match="is not there"):
        unsealed("some.tsv", None)


def test_a_count_that_is_not_the_rows_is_refused() -> None:
    table = sealed("# a, b", ["1\t2", "3\t4"]).replace("; 2 rows;", "; 3 rows;")

    with pytest.raises(TableDamaged, match="2 rows, its first line says 3"):
        unsealed("some.tsv", table.encode())


def test_what_was_sealed_is_read_again() -> None:
    assert unsealed("some.tsv", sealed("# a, b", ["1\t二"]).encode()) == ("# a, b", ["1\t二"])
