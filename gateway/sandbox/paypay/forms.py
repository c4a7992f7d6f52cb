"""Forms in Shift_JIS: the MAC is over their bytes, not over what these mean."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from gateway.sandbox import urlencoded
from gateway.sandbox.strict import Unreadable
from gateway.sandbox.urlencoded import Pair

# JIS X 0208 and nothing of Windows' extensions; that would be cp932.
CODEC = "shift_jis"

_SEPARATOR = re.compile(rb"[&\r\n]")


@dataclass(frozen=True, slots=True)
class Form:
    """The pairs of a readable form, as bytes for the MAC and as text for everything else."""

    raw: dict[bytes, bytes]
    fields: dict[str, str]


async def read_pairs(request: web.Request) -> list[Pair]:
    """Return all pairs of a request in their order, or raise `Unreadable`."""
    pairs = await urlencoded.read_pairs(request)
    # The text under the MAC is joined by "&", an answer by lines: no value may imitate them.
    if any(_SEPARATOR.search(part) for pair in pairs for part in pair):
        raise Unreadable("no value holds &, CR or LF")
    return pairs


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
