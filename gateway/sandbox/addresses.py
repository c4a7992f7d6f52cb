"""Addresses that a client hands to a bank: where a browser goes back to, where a bank calls."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

LENGTH_MAX = 2048
# What a host and a port may hold: nothing that means something in a header or in a policy.
_PLACE = re.compile(r"[A-Za-z0-9._:\[\]-]+")
_NEVER = frozenset(' "<>\\^`{|}')


def is_address(text: str) -> bool:
    """Whether it is an absolute http or https address that a browser and a bank can use."""
    if not 0 < len(text) <= LENGTH_MAX or not text.isascii() or not text.isprintable():
        return False
    if _NEVER & set(text):
        return False
    try:
        parts = urlsplit(text)
        has_place = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    is_plain = _PLACE.fullmatch(parts.netloc) is not None
    return parts.scheme in ("http", "https") and has_place and is_plain


def with_query(address: str, pairs: Mapping[str, str]) -> str:
    """Return the address with more pairs at the end of its query, which is kept as it is."""
    place, mark, fragment = address.partition("#")
    joint = "" if place.endswith(("?", "&")) else "&" if "?" in place else "?"
    return f"{place}{joint}{urlencode(pairs)}{mark}{fragment}"
