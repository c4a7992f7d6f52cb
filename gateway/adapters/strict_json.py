"""JSON from a bank, read so that it can mean one thing only.

RFC 8259 in UTF-8 without a mark, no key twice, no number but whole ones, no NaN, not deep.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

DEPTH_MAX = 16
_BRACKETS = re.compile(rb"[\[\]{}]")


class NotStrict(ValueError):
    """The bytes are no JSON, or could be read in two ways."""


def loads(document: bytes) -> Any:
    """Return the value of a document, or raise NotStrict."""
    _refuse_depth(document)
    try:
        return _DECODER.decode(document.decode("utf-8", "strict"))
    except (ValueError, RecursionError) as error:
        raise NotStrict(str(error)[:100]) from error


def _refuse_depth(document: bytes) -> None:
    """Raise before the parser recurses. Brackets in strings count too."""
    depth = 0
    for bracket in _BRACKETS.findall(document):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEPTH_MAX:
            raise NotStrict("nested too deeply")


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrict("a key comes twice")
    return found


def _refuse_number(text: str) -> NoReturn:
    raise NotStrict(f"not a whole number: {text[:20]}")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_refuse_number, parse_constant=_refuse_number
)
