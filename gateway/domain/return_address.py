"""Where a member's browser may be sent back to: origins, each with the start of a path."""

import re
from collections.abc import Iterable
from urllib.parse import unquote, unquote_plus, urlencode, urlsplit

from gateway.domain.network import plain_address

LENGTH_MAX = 1_024
NEVER = frozenset(' "<>\\^`{|}')
ADDED = "repayment_id"  # which repayment it was: what a browser is sent back with
DOTS = frozenset({".", ".."})


def is_loopback(url: str) -> bool:
    """Whether the address leads to this machine."""
    host = urlsplit(url).hostname or ""
    address = plain_address(host)
    return host == "localhost" if address is None else address.is_loopback


def is_plain(url: str) -> bool:
    """Whether it is an absolute address without user, fragment or anything that misleads.

    https, or http on this machine; no path that leads upwards, however that is written.
    """
    if not 0 < len(url) <= LENGTH_MAX or not (url.isascii() and url.isprintable()):
        return False
    if NEVER & set(url):
        return False
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    if not has_place or "@" in parts.netloc or "#" in url:
        return False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
    return is_safe and not DOTS & set(unquote(parts.path).replace("\\", "/").split("/"))


def is_allowed(url: str, allowed: Iterable[str]) -> bool:
    """Whether the address has the origin of one of `allowed`, and its path, or lies below it."""
    wanted = urlsplit(url) if is_plain(url) else None
    if wanted is None or _brings_own(wanted.query):
        return False
    for entry in allowed:
        known = urlsplit(entry)
        path = known.path.rstrip("/")
        is_below = wanted.path == path or wanted.path.startswith(f"{path}/")
        if (wanted.scheme, wanted.netloc) == (known.scheme, known.netloc) and is_below:
            return True
    return False


def _brings_own(query: str) -> bool:
    """Return whether a query has a pair that a page could take for the one added at the end.

    However it is written: escaped, in other case, behind `;`, or with the brackets of an array.
    """
    names = (unquote_plus(pair.partition("=")[0]) for pair in re.split("[&;]", query))
    return any(re.split(r"[\[.]", name.strip())[0].lower() == ADDED for name in names)


def with_query(url: str, name: str, value: str) -> str:
    """Return the address with one more pair at the end of its query."""
    joint = "" if url.endswith(("?", "&")) else "&" if "?" in url else "?"
    return f"{url}{joint}{urlencode({name: value})}"
