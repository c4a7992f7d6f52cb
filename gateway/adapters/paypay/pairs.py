"""PayPay's messages as bytes: pairs of a key and a value, and the MAC over them.

Read as bytes and decoded afterwards: the MAC is over the bytes that the bank wrote. No byte of a
Shift_JIS character can be mistaken for `=`, `&`, CR or LF.
"""

import hmac
import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias
from urllib.parse import quote_from_bytes, unquote_to_bytes

from gateway.adapters.characters import Shown, encode
from gateway.adapters.spool import Digest

Pairs: TypeAlias = Mapping[bytes, bytes]

MAC = b"MAC"
_KEY = re.compile(rb"[A-Z_]{1,20}")
_ESCAPED = re.compile(rb"(?:[!-$&-~]|%[0-9A-Fa-f]{2})*")
_BREAKS_A_PAIR = re.compile(rb"[&\r\n]")


class Unsendable(ValueError):
    """A value of ours that the bank's form cannot carry; the value itself is not quoted."""


class Unreadable(ValueError):
    """The bytes are no message of the profile, or could be read in two ways."""


class Seal:
    """The MAC that each side puts on what it says. Knows the secret, shows it to nobody."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def mac_of(self, pairs: Pairs) -> bytes:
        """Return the MAC over all pairs but the MAC itself."""
        return self.mac_of_bytes(
            b"&".join(b"%s=%s" % (key, pairs[key]) for key in sorted(pairs) if key != MAC)
        )

    def mac_of_bytes(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, "sha256").hex().encode()

    def running(self) -> Digest:
        """Return the MAC over bytes that are still to come."""
        return hmac.new(self._secret, digestmod="sha256")

    def is_on(self, pairs: Pairs) -> bool:
        return hmac.compare_digest(pairs.get(MAC, b""), self.mac_of(pairs))

    def is_over(self, computed: str, mac: str) -> bool:
        """Whether the MAC that stands on a body is the one that was computed over it."""
        given = mac.encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, computed.encode())


def encoded(fields: Mapping[str, str]) -> dict[bytes, bytes]:
    """Return fields of ours as pairs, or raise Unsendable."""
    return {key.encode("ascii"): _encoded(key, value) for key, value in fields.items()}


def decoded(pairs: Pairs, shown: Shown) -> dict[str, str]:
    """Return the bank's pairs as text. What is read by a rule of its own fails there."""
    return {key.decode("ascii"): shown.read(value) for key, value in pairs.items()}


def form_of(pairs: Pairs) -> bytes:
    """Return the body of a POST; a space is `%20`."""
    return b"&".join(
        key + b"=" + quote_from_bytes(value, safe="").encode("ascii")
        for key, value in pairs.items()
    )


def read_form(body: bytes) -> dict[bytes, bytes]:
    """Return the pairs of a form, or raise Unreadable. `+` is a space too."""
    if not _ESCAPED.fullmatch(body):
        raise Unreadable("not percent-encoded")
    pairs = {
        key: unquote_to_bytes(value.replace(b"+", b" "))
        for key, value in _unique(body.split(b"&")).items()
    }
    return _unambiguous(pairs)


def read_lines(body: bytes) -> dict[bytes, bytes]:
    """Return the pairs of an answer, each on a line that ends with CRLF, or raise Unreadable."""
    *lines, rest = body.split(b"\r\n")
    if rest or any(b"\r" in line or b"\n" in line for line in lines):
        raise Unreadable("a line that does not end with CRLF")
    return _unambiguous(_unique(lines))


def _unambiguous(pairs: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """Refuse a value that would end its pair: one MAC would stand for several messages."""
    if any(_BREAKS_A_PAIR.search(value) for value in pairs.values()):
        raise Unreadable("a value that would end its pair")
    return pairs


def _unique(written: Iterable[bytes]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for pair in written:
        key, equals, value = pair.partition(b"=")
        if not (equals and _KEY.fullmatch(key)) or key in found:
            raise Unreadable("no pair, or a key twice")
        found[key] = value
    return found


def _encoded(key: str, value: str) -> bytes:
    try:
        written = encode(value)
    except UnicodeEncodeError as error:
        raise Unsendable(f"{key} cannot be written in Shift_JIS") from error
    if _BREAKS_A_PAIR.search(written):
        raise Unsendable(f"{key} holds what would end the pair")
    return written
