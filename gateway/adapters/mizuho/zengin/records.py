"""Records of fixed length: layouts as rows, and files of header 1, data 2, trailer 8, end 9.

N is digits, right-aligned and filled with zeros; C is JIS X 0201, left-aligned and filled with
spaces. Values are text on both sides: an N value read back has all its zeros.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from gateway.adapters.characters import Shown
from gateway.adapters.mizuho.zengin import characters

END_OF_LINE = b"\r\n"
FRAME = 3  # header, trailer and end
RECORDS_AT_ONCE = 1_000
HEADER, DATA, TRAILER, END = b"1", b"2", b"8", b"9"


class Malformed(ValueError):
    """The bytes are no such record. `field` is the layout's name of what does not fit."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


class Kind(Enum):
    N = "N"
    C = "C"


@dataclass(frozen=True, slots=True)
class Field:
    """A row of a layout; `always` is what must stand there, where only one thing may."""

    name: str
    offset: int
    length: int
    kind: Kind
    always: str | None = None

    def encode(self, text: str) -> bytes:
        if self.always not in {None, text}:
            raise Malformed(self.name, "another value than the one that stands here always")
        if len(text) > self.length:
            raise Malformed(self.name, f"longer than {self.length}")
        if self.kind is Kind.C:
            return self._jis(text).ljust(self.length)
        if not re.fullmatch(r"[0-9]+", text):
            raise Malformed(self.name, "not digits")
        return text.zfill(self.length).encode("ascii")

    def decode(self, record: bytes, shown: Shown) -> str:
        raw = record[self.offset : self.offset + self.length]
        if self.kind is Kind.N:
            if not raw.isdigit():
                raise Malformed(self.name, "not digits")
            text = raw.decode("ascii")
        else:
            text = shown.clean(characters.decode(raw)).rstrip(" ")
        if self.always not in {None, text}:
            raise Malformed(self.name, "another value than the one that stands here always")
        return text

    def _jis(self, text: str) -> bytes:
        try:
            return characters.encode(text)
        except ValueError as error:
            raise Malformed(self.name, str(error)) from error


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of record: its fields cover it from the first byte to the last, without a gap."""

    name: str
    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        at = 0
        for field in self.fields:
            if field.offset != at:
                raise ValueError(f"{self.name}: {field.name} stands at {field.offset}, not {at}")
            at += field.length
        if len({field.name for field in self.fields}) != len(self.fields):
            raise ValueError(f"{self.name}: two fields of one name")

    @property
    def length(self) -> int:
        return self.fields[-1].offset + self.fields[-1].length

    def encode(self, values: Mapping[str, str]) -> bytes:
        """Return the record without its CRLF. A C field that is not named is blank."""
        unknown = values.keys() - {field.name for field in self.fields}
        if unknown:
            raise Malformed(min(unknown), "no such field")
        return b"".join(
            field.encode(values.get(field.name, field.always or "")) for field in self.fields
        )

    def decode(self, record: bytes, shown: Shown | None = None) -> dict[str, str]:
        """Return every field's text, blanks at the end of C fields left out.

        A C field may hold anything: `shown` counts what is no character there.
        """
        shown = shown or Shown()
        if len(record) != self.length:
            raise Malformed("レコード長", f"not {self.length} bytes")
        return {field.name: field.decode(record, shown) for field in self.fields}


@dataclass(frozen=True, slots=True)
class File:
    """The records of one file, without their CRLFs."""

    header: bytes
    data: tuple[bytes, ...]
    trailer: bytes
    end: bytes

    def joined(self) -> bytes:
        return join(self.header, *self.data, self.trailer, self.end)


class LongFile(Protocol):
    """The bytes of a file that need not be in memory."""

    @property
    def size(self) -> int: ...

    def read(self, at: int, size: int) -> bytes: ...


class Records:
    """The records of a long file, read from it as they are asked for.

    One header, data records, one trailer, one end, in this order: Malformed for anything else.
    """

    def __init__(self, body: LongFile, length: int) -> None:
        self._body = body
        self._size = length + len(END_OF_LINE)
        self.count = body.size // self._size
        if body.size == 0 or body.size % self._size:
            raise Malformed("レコード長", f"not whole records of {length} bytes and CRLF")
        if self.count < FRAME:
            raise _out_of_order()
        (self.header,) = self._records(HEADER, 0, 1)
        (self.trailer,) = self._records(TRAILER, self.count - 2, 1)
        (self.end,) = self._records(END, self.count - 1, 1)

    def data(self) -> Iterator[bytes]:
        """Yield the data records, without their CRLFs."""
        last = self.count - 2
        for first in range(1, last, RECORDS_AT_ONCE):
            yield from self._records(DATA, first, min(RECORDS_AT_ONCE, last - first))

    def _records(self, kind: bytes, first: int, count: int) -> list[bytes]:
        block = self._body.read(first * self._size, count * self._size)
        lines = split(block, self._size - len(END_OF_LINE))
        if any(line[:1] != kind for line in lines):
            raise _out_of_order()
        return lines


def _out_of_order() -> Malformed:
    return Malformed("データ区分", "not header, data, trailer, end")


def join(*records: bytes) -> bytes:
    return b"".join(record + END_OF_LINE for record in records)


def split(content: bytes, length: int) -> list[bytes]:
    """Return the records of exactly `length` bytes, each of which ends in CRLF."""
    size = length + len(END_OF_LINE)
    if not content or len(content) % size:
        raise Malformed("レコード長", f"not whole records of {length} bytes and CRLF")
    lines = [content[at : at + size] for at in range(0, len(content), size)]
    if any(line[length:] != END_OF_LINE for line in lines):
        raise Malformed("レコード長", "no CRLF where a record ends")
    return [line[:length] for line in lines]


def dissect(content: bytes, length: int) -> File:
    """Return the parts of a file: one header, data records, one trailer, one end, in this order."""
    lines = split(content, length)
    kinds = b"".join(line[:1] for line in lines)
    if not re.fullmatch(HEADER + DATA + b"*" + TRAILER + END, kinds):
        raise _out_of_order()
    header, *data, trailer, end = lines
    return File(header, tuple(data), trailer, end)
