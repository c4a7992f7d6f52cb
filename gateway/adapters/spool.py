"""Statements on their way through: files that nobody else can open and that leave nothing behind.

A file has mode 0600 and no name from its first byte on; it is gone with its last reader. What an
answer brings is hashed as it is written, so that it is proved before any of it is read.
"""

import hashlib
import os
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias, overload

import orjson

from gateway.domain.bank import Direction, StatementLine
from gateway.domain.money import Yen

STATEMENT_BYTES_MAX = 128 << 20
BLOCK_BYTES = 1 << 18
LINES_IN_MEMORY = 1_000
LINES_AT_ONCE = 256
GROUP = 32  # lines: where every so many begin is kept


class Digest(Protocol):
    """What is computed over an answer's bytes as they come: a hash, a MAC."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


NewDigest: TypeAlias = Callable[[], Digest]


class PrivateFile:
    """An unlinked file of mode 0600. Its calls block: use it outside the event loop."""

    def __init__(self, directory: Path | None) -> None:
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            self._fd = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._fd)
        self.size = 0

    def append(self, data: bytes | bytearray) -> None:
        """Write at the end. Raises OSError, when the disk is full for example."""
        left = memoryview(data)
        while left:
            written = os.pwrite(self._fd, left, self.size)
            self.size += written
            left = left[written:]

    def read(self, at: int, size: int) -> bytes:
        return os.pread(self._fd, size, at)


class Body:
    """The bytes of one answer, hashed as they come; in memory (`content`) or in a private file."""

    def __init__(self, new_digest: NewDigest, file: PrivateFile | None) -> None:
        self._file = file
        self._content = b""
        self._digests = (hashlib.sha256(), new_digest())
        self.size = 0

    @classmethod
    def of(cls, content: bytes, new_digest: NewDigest = hashlib.sha256) -> "Body":
        """Return a short answer that came whole."""
        body = cls(new_digest, None)
        body._content = content
        body._count(content)
        return body

    @property
    def sha256(self) -> str:
        return self._digests[0].hexdigest()

    @property
    def digest(self) -> str:
        """Return what was asked for of all bytes that came, in hex."""
        return self._digests[1].hexdigest()

    def write(self, part: bytes) -> None:
        """Add bytes to the file. Blocks; raises OSError when they cannot be kept."""
        if self._file is None:
            raise ValueError("an answer in memory is whole")
        self._file.append(part)
        self._count(part)

    def read(self, at: int, size: int) -> bytes:
        """Return at most `size` bytes from `at` on. Blocks where they are in a file."""
        return self._content[at : at + size] if self._file is None else self._file.read(at, size)

    def blocks(self) -> Iterator[bytes]:
        """Yield all bytes in order, some at a time."""
        return (self.read(at, BLOCK_BYTES) for at in range(0, self.size, BLOCK_BYTES))

    def _count(self, part: bytes) -> None:
        self.size += len(part)
        for digest in self._digests:
            digest.update(part)


class LineWriter:
    """Takes a statement's lines one by one: a few stay in memory, many go to a private file."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._few: list[StatementLine] = []
        self._file: PrivateFile | None = None
        self._begins = array("Q")
        self._count = 0
        self._waiting = bytearray()

    def add(self, lines: Iterable[StatementLine]) -> None:
        """Take lines. Blocks when there are many; raises OSError when they cannot be kept."""
        for line in lines:
            self._few.append(line)
            if len(self._few) > LINES_IN_MEMORY or self._file is not None:
                self._spill()

    def lines(self) -> Sequence[StatementLine]:
        """Return all lines, read again when they are looked at."""
        if self._file is None:
            return tuple(self._few)
        self._flush(self._file)
        return Lines(self._file, self._begins, self._count)

    def _spill(self) -> None:
        if self._file is None:
            self._file = PrivateFile(self._directory)
        for line in self._few:
            if self._count % GROUP == 0:
                self._begins.append(self._file.size + len(self._waiting))
            self._count += 1
            self._waiting += _encoded(line)
        self._few.clear()
        if len(self._waiting) >= BLOCK_BYTES:
            self._flush(self._file)

    def _flush(self, file: PrivateFile) -> None:
        file.append(self._waiting)
        self._waiting.clear()


class Lines(Sequence[StatementLine]):
    """A statement's lines in a private file, equal to any sequence of the same lines."""

    def __init__(self, file: PrivateFile, begins: "array[int]", count: int) -> None:
        self._file = file
        self._begins = begins
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> StatementLine: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[StatementLine]: ...

    def __getitem__(self, place: int | slice) -> StatementLine | Sequence[StatementLine]:
        if isinstance(place, int):
            at = range(len(self))[place]
            return self._read(at, at + 1)[0]
        start, stop, step = place.indices(len(self))
        if step == 1:
            return self._read(start, stop)
        return tuple(self[at] for at in range(start, stop, step))

    def __iter__(self) -> Iterator[StatementLine]:
        for start in range(0, len(self), LINES_AT_ONCE):
            yield from self[start : start + LINES_AT_ONCE]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(mine == its for mine, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def _read(self, start: int, stop: int) -> tuple[StatementLine, ...]:
        if stop <= start:
            return ()
        first, after = start // GROUP, (stop - 1) // GROUP + 1
        begins = self._begins[first]
        ends = self._begins[after] if after < len(self._begins) else self._file.size
        rows = self._file.read(begins, ends - begins).splitlines()
        return tuple(map(_decoded, rows[start - first * GROUP : stop - first * GROUP]))


def _encoded(line: StatementLine) -> bytes:
    return orjson.dumps(
        (
            *(line.bank_id, line.direction, line.amount.amount, line.booked_at, line.value_date),
            *(line.reference, line.counterparty, line.is_return, line.text),
        ),
        option=orjson.OPT_APPEND_NEWLINE,
    )


def _decoded(row: bytes) -> StatementLine:
    fields: list[Any] = orjson.loads(row)
    bank_id, direction, amount, booked_at, value_date, reference, counterparty, is_return, text = (
        fields
    )
    return StatementLine(
        bank_id=bank_id,
        direction=Direction(direction),
        amount=Yen(amount),
        booked_at=datetime.fromisoformat(booked_at),
        value_date=date.fromisoformat(value_date),
        reference=reference,
        counterparty=counterparty,
        is_return=is_return,
        text=text,
    )
