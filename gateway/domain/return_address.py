"""Where a member's browser may be sent back to: origins, each with the start of a path."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import unquote, urlencode, urlsplit

LENGTH_MAX = 1_024
NEVER = frozenset(' "<>\\^`{|}')
DOTS = frozenset({".", ".."})


def is_loopback(url: str) -> bool:
    """Whether the address leads to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


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
    if not is_plain(url):
        return False
    wanted = urlsplit(url)
    for entry in allowed:
        known = urlsplit(entry)
        path = known.path.rstrip("/")
        is_below = wanted.path == path or wanted.path.startswith(f"{path}/")
        if (wanted.scheme, wanted.netloc) == (known.scheme, known.netloc) and is_below:
            return True
    return False


def with_query(url: str, name: str, value: str) -> str:
    """Return the address with one more pair at the end of its query."""
    joint = "" if url.endswith(("?", "&")) else "&" if "?" in url else "?"
    return f"{url}{joint}{urlencode({name: value})}"
