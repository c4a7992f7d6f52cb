"""Forms in Shift_JIS, read byte by byte: the MAC is over the bytes, not over what they mean."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from gateway.sandbox.strict import Unreadable

# JIS X 0208 and nothing of Windows' extensions; that would be cp932.
CODEC = "shift_jis"
CONTENT_TYPE = "application/x-www-form-urlencoded"

# Printable ASCII without "&" and "%", or an escape of two hexadecimal digits.
_ESCAPED = re.compile(rb"(?:[!-$'-~]|%[0-9A-Fa-f]{2})*")
_ESCAPE = re.compile(rb"%(..)", re.DOTALL)
_SEPARATOR = re.compile(rb"[&\r\n]")

Pair = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Form:
    """The pairs of a readable form, as bytes for the MAC and as text for everything else."""

    raw: dict[bytes, bytes]
    fields: dict[str, str]


def read_pairs(request: web.Request, body: bytes) -> list[Pair]:
    """Return all pairs of a request in their order, or raise `Unreadable`."""
    if request.headers.get("Content-Type", "").strip().lower() != CONTENT_TYPE:
        raise Unreadable(f"Content-Type: {CONTENT_TYPE}")
    if request.method != "POST" or request.query_string:
        raise Unreadable("a form is posted, without a query")
    return [_pair(piece) for piece in body.split(b"&")]


def read_form(pairs: Iterable[Pair]) -> Form:
    """Return the pairs by key, or raise `Unreadable`: a key twice, bytes that are no text."""
    raw: dict[bytes, bytes] = {}
    for key, value in pairs:
        if key in raw:
            raise Unreadable("a key occurs twice")
        raw[key] = value
    try:
        fields = {key.decode(CODEC): value.decode(CODEC) for key, value in raw.items()}
    except UnicodeDecodeError as error:
        raise Unreadable("bytes that are not Shift_JIS") from error
    return Form(raw, fields)


def first_text(pairs: Iterable[Pair], name: bytes) -> str | None:
    """Return what the first pair of that key says, None if there is none or it is no text."""
    value = next((value for key, value in pairs if key == name), None)
    try:
        return None if value is None else value.decode(CODEC)
    except UnicodeDecodeError:
        return None


def _pair(piece: bytes) -> Pair:
    key, equals, value = piece.partition(b"=")
    if not equals or not key:
        raise Unreadable("a pair is KEY=value")
    read = _unescaped(key), _unescaped(value)
    # The text under the MAC is joined by "&", an answer by lines: no value may imitate them.
    if any(_SEPARATOR.search(part) for part in read):
        raise Unreadable("no value holds &, CR or LF")
    return read


def _unescaped(text: bytes) -> bytes:
    if not _ESCAPED.fullmatch(text):
        raise Unreadable("a bad escape")
    spaced = text.replace(b"+", b" ")
    return _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), spaced)
