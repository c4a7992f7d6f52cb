"""What a field of a record must say; each check returns what is wrong, or None."""

import re
from collections.abc import Callable, Mapping

from gateway.sandbox.kana import is_strict
from gateway.sandbox.mizuho.records import END_OF_RECORD, Layout

Check = Callable[[str], str | None]
RECORD_LENGTH = 120

_HALF_REFERENCE = re.compile(r"[A-Z0-9]{10}")


class FileFault(Exception):
    """The first fault of a file: record from 1, offset from 0, the field's name in the layout."""

    def __init__(self, record: int, offset: int, field: str, message: str) -> None:
        super().__init__(message)
        self.record = record
        self.offset = offset
        self.field = field

    def as_json(self) -> dict[str, object]:
        """Return it as the bank answers it."""
        return {
            "record": self.record,
            "offset": self.offset,
            "field": self.field,
            "message": str(self),
        }


def says(*wanted: str) -> Check:
    """Check that a field is one of these texts, fill included."""

    def check(text: str) -> str | None:
        return None if text in wanted else f"must be {' or '.join(wanted)}"

    return check


def is_filled(text: str) -> Check:
    """Check that a field is this text and then spaces."""

    def check(found: str) -> str | None:
        return None if found.rstrip(" ") == text else f"must be {text}"

    return check


def blank(text: str) -> str | None:
    """Check that a field has nothing but spaces."""
    return "must be spaces" if text.strip(" ") else None


def digits(text: str) -> str | None:
    """Check that a field has nothing but digits."""
    return None if text.isascii() and text.isdigit() else "must be digits"


def positive(text: str) -> str | None:
    """Check that a field is a number above 0."""
    return digits(text) or ("must not be 0" if int(text) == 0 else None)


def number(wanted: int) -> Check:
    """Check that a field is this number."""

    def check(text: str) -> str | None:
        return digits(text) or (None if int(text) == wanted else f"must be {wanted}")

    return check


def name(text: str) -> str | None:
    """Check that a field is a name of the strict set, left-aligned."""
    written = text.rstrip(" ")
    if not written:
        return "must not be blank"
    if written.startswith(" "):
        return "must be left-aligned"
    return None if is_strict(written) else "must be half-width kana of the strict set"


def name_or_blank(text: str) -> str | None:
    """Check that a field is a name or nothing."""
    return name(text) if text.strip(" ") else None


def half_reference(text: str) -> str | None:
    """Check that a field is one half of a reference."""
    return None if _HALF_REFERENCE.fullmatch(text) else "must be A-Z and 0-9"


def check_length(line: int, record: bytes) -> bytes:
    """Return a record of 120 bytes without its CRLF, or raise the `FileFault`."""
    body = record.removesuffix(END_OF_RECORD)
    if len(body) != RECORD_LENGTH or body == record:
        raise FileFault(line, RECORD_LENGTH, "レコード長", "must be 120 bytes and CRLF")
    return body


def check_record(line: int, record: bytes, layout: Layout, wanted: Mapping[str, Check]) -> None:
    """Check every field in order, or raise the `FileFault` of the first wrong one."""
    for field in layout.fields:
        try:
            fault = wanted[field.name](field.text(record))
        except ValueError as error:
            fault = str(error)
        if fault is not None:
            raise FileFault(line, field.offset, field.name, fault)
