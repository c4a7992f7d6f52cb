"""Fixed-length records of the 全銀 standard: fields by length, in order."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.sandbox.mizuho import jis

END_OF_RECORD = b"\r\n"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: N is right-aligned and filled with zeros, C left-aligned and with spaces."""

    name: str
    offset: int
    length: int
    is_number: bool

    def text(self, record: bytes) -> str:
        """Return the field as it stands in a record, fill included; ValueError for bad bytes."""
        return jis.decoded(record[self.offset : self.offset + self.length])

    def filled(self, value: str | int) -> bytes:
        """Return a value in the field's full length; ValueError if it does not fit."""
        if value == "":
            return (b"0" if self.is_number else b" ") * self.length
        text = str(value)
        data = jis.encoded(text.rjust(self.length, "0") if self.is_number else text)
        if len(data) > self.length or (self.is_number and not data.isdigit()):
            raise ValueError(f"{self.name}: {text!r} does not fit")
        return data.ljust(self.length)


@dataclass(frozen=True, slots=True)
class Layout:
    """All fields of one kind of record, without a gap."""

    length: int
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """Return the first field of that name."""
        return next(field for field in self.fields if field.name == name)

    def build(self, values: Mapping[str, str | int]) -> bytes:
        """Return a record with its CRLF; fields not named are zeros (N) or spaces (C).

        KeyError for a name that the layout does not have.
        """
        unknown = values.keys() - {field.name for field in self.fields}
        if unknown:
            raise KeyError(*unknown)
        record = b"".join(f.filled(values.get(f.name, "")) for f in self.fields)
        return record + END_OF_RECORD

    def changed(self, record: bytes, values: Mapping[str, str | int]) -> bytes:
        """Return a record, with or without its CRLF, in which some fields have another value."""
        for name, value in values.items():
            field = self.field(name)
            end = field.offset + field.length
            record = record[: field.offset] + field.filled(value) + record[end:]
        return record


def layout(length: int, *fields: str) -> Layout:
    """Return the layout of fields written as `口座 N7`; ValueError unless they fill the record."""
    placed: list[Field] = []
    offset = 0
    for field in fields:
        name, kind = field.split()
        size = int(kind[1:])
        placed.append(Field(name, offset, size, kind.startswith("N")))
        offset += size
    if offset != length:
        raise ValueError(f"fields of {offset} bytes in a record of {length}")
    return Layout(length, tuple(placed))
