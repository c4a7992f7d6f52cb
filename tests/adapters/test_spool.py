"""Statements on their way: proved before they are read, seen by nobody, kept off the memory."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from gateway.adapters.paypay.pairs import Seal
from gateway.adapters.spool import LINES_IN_MEMORY, Body, LineWriter, PrivateFile
from gateway.domain.bank import Direction, StatementLine
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.reconciliation import repeats

AT = datetime(2026, 11, 25, 10, 0, 0, 120_000, tzinfo=JST)
LINE = StatementLine(
    bank_id="line",
    direction=Direction.IN,
    amount=Yen(1_000),
    booked_at=AT,
    value_date=date(2026, 11, 26),
    reference=None,
    counterparty='ﾔﾏﾀﾞ "ﾀﾛｳ"\n',
    is_return=True,
    text="ﾌﾘｺﾐ",
)


def some_lines(count: int) -> Iterator[StatementLine]:
    for number in range(count):
        reference = f"R{number % 7}" if number % 3 else None
        at = AT + timedelta(microseconds=number)
        yield replace(LINE, bank_id=f"line-{number}", reference=reference, booked_at=at)


def open_files() -> dict[str, os.stat_result]:
    """Return the files that this process has open, by what they were called."""
    found = {}
    for fd in Path("/proc/self/fd").iterdir():
        try:
            found[f"{fd.name} {fd.readlink()}"] = fd.stat()
        except FileNotFoundError:
            continue
    return found


def test_a_file_has_no_name_and_mode_0600_from_its_first_byte_on(tmp_path):
    before = open_files().keys()
    file = PrivateFile(tmp_path)
    file.append(b"secret")

    (new,) = (found for name, found in open_files().items() if name not in before)

    assert list(tmp_path.iterdir()) == []
    assert stat.S_IMODE(new.st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert new.st_nlink == 0
    assert file.read(0, 100) == b"secret"


def test_a_file_is_gone_with_its_last_reader(tmp_path):
    before = open_files().keys()
    body = Body(hashlib.sha256, PrivateFile(tmp_path))
    assert open_files().keys() > before

    del body

    assert open_files().keys() == before


@pytest.mark.parametrize("parts", [[b""], [b"a", b"bc"], [b"x" * 300_000, b"", b"y" * 300_000]])
def test_what_is_written_is_hashed_as_it_comes_and_read_again_in_blocks(parts, tmp_path):
    seal, whole = Seal("secret"), b"".join(parts)
    body = Body(seal.running, PrivateFile(tmp_path))
    for part in parts:
        body.write(part)

    assert body.size == len(whole)
    assert b"".join(body.blocks()) == whole
    assert body.sha256 == hashlib.sha256(whole).hexdigest()
    assert seal.is_over(body.digest, Body.of(whole, seal.running).digest)
    assert not seal.is_over(body.digest, Body.of(whole + b"!", seal.running).digest)


@pytest.mark.parametrize("count", [0, 1, LINES_IN_MEMORY, LINES_IN_MEMORY + 1, 3_000])
def test_lines_are_read_again_as_they_were_written(count, tmp_path):
    expected = tuple(some_lines(count))
    writer = LineWriter(tmp_path)
    writer.add(some_lines(count))

    lines = writer.lines()

    assert isinstance(lines, tuple) is (count <= LINES_IN_MEMORY)
    assert lines == expected
    assert expected == lines
    assert tuple(lines) == expected
    assert [lines[at] for at in range(len(lines))] == list(expected)
    assert lines[count // 2 : count // 2 + 10] == expected[count // 2 : count // 2 + 10]
    assert lines[::7] == expected[::7]
    assert lines != expected[:-1] or not expected
    assert not repeats(lines)


@pytest.mark.parametrize("count", [2, 3_000])
def test_a_number_that_stands_twice_is_found_wherever_it_stands(count, tmp_path):
    writer = LineWriter(tmp_path)
    writer.add(some_lines(count))
    writer.add(some_lines(1))

    assert repeats(writer.lines())


def test_a_directory_that_takes_nothing_is_an_error_of_this_machine(tmp_path):
    writer = LineWriter(tmp_path / "missing")

    with pytest.raises(OSError, match="missing"):
        writer.add(some_lines(LINES_IN_MEMORY + 1))
