"""Forms as browsers post them, read strictly and down to their bytes."""

import re

from aiohttp import web

from gateway.sandbox.strict import Unreadable

CONTENT_TYPE = "application/x-www-form-urlencoded"

# A charset beside it makes it no other type, whatever it is: a form is read as its bank reads it.
_TYPE = re.compile(
    rf'{re.escape(CONTENT_TYPE)}([ \t]*;[ \t]*charset=([\w.:-]+|"[\w.:-]+"))?',
    re.ASCII | re.IGNORECASE,
)
# Printable ASCII without "&" and "%", or an escape of two hexadecimal digits.
_ESCAPED = re.compile(rb"(?:[!-$'-~]|%[0-9A-Fa-f]{2})*")
_ESCAPE = re.compile(rb"%(..)", re.DOTALL)

Pair = tuple[bytes, bytes]


async def read_pairs(request: web.Request) -> list[Pair]:
    """Return the posted pairs in their order, or raise `Unreadable`. Bytes, in no charset yet."""
    stated = ",".join(request.headers.getall("Content-Type", []))
    if not _TYPE.fullmatch(stated.strip()):
        raise Unreadable(f"Content-Type: {CONTENT_TYPE}")
    if request.method != "POST" or request.query_string:
        raise Unreadable("a form is posted, without a query")
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise Unreadable("the body is too large") from error
    return [_pair(piece) for piece in body.split(b"&")]


def _pair(piece: bytes) -> Pair:
    key, equals, value = piece.partition(b"=")
    if not equals or not key:
        raise Unreadable("a pair is KEY=value")
    return _unescaped(key), _unescaped(value)


def _unescaped(text: bytes) -> bytes:
    if not _ESCAPED.fullmatch(text):
        raise Unreadable("a bad escape")
    spaced = text.replace(b"+", b" ")
    return _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), spaced)
