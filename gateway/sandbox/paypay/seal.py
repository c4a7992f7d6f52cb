"""PayPay's MAC, and the messages that carry it."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from gateway.sandbox.clock import JST, BankClock
from gateway.sandbox.shift_jis import written

NONCE_BYTES = 8


def stamp(instant: datetime) -> str:
    """Return an instant as every message of this bank writes it, in JST."""
    return instant.astimezone(JST).strftime("%Y%m%d%H%M%S")


class Seal:
    """Puts time, nonce and MAC on what the bank says."""

    def __init__(self, secret: str, clock: BankClock) -> None:
        self._secret = secret.encode()
        self._clock = clock

    def mac(self, data: bytes) -> str:
        """Return the MAC over some bytes."""
        return hmac.new(self._secret, data, hashlib.sha256).hexdigest()

    def is_genuine(self, raw: Mapping[bytes, bytes]) -> bool:
        """Whether a form's own MAC is over its other pairs."""
        others = {key: value for key, value in raw.items() if key != b"MAC"}
        expected = self.mac(_under_the_mac(others)).encode()
        return hmac.compare_digest(expected, raw[b"MAC"])

    def sealed(self, fields: Mapping[str, str], *, is_badly_signed: bool) -> dict[str, bytes]:
        """Return a message's pairs with DATETIME, NONCE and MAC; a bad MAC is over other bytes."""
        whole = {
            **fields,
            "DATETIME": stamp(self._clock.now()),
            "NONCE": secrets.token_hex(NONCE_BYTES),
        }
        raw = {key: written(value) for key, value in whole.items()}
        data = _under_the_mac({key.encode(): value for key, value in raw.items()})
        return {**raw, "MAC": self.mac(data + b"&" if is_badly_signed else data).encode()}

    def lines(self, fields: Mapping[str, str], *, is_badly_signed: bool = False) -> bytes:
        """Return an answer: `KEY=value` lines."""
        raw = self.sealed(fields, is_badly_signed=is_badly_signed)
        return b"".join(b"%b=%b\r\n" % (key.encode(), value) for key, value in raw.items())

    def form(self, fields: Mapping[str, str], *, is_badly_signed: bool = False) -> bytes:
        """Return a callback: a form, a space as %20."""
        raw = self.sealed(fields, is_badly_signed=is_badly_signed)
        return "&".join(f"{key}={quote(value, safe='')}" for key, value in raw.items()).encode()


def _under_the_mac(pairs: Mapping[bytes, bytes]) -> bytes:
    return b"&".join(b"%b=%b" % pair for pair in sorted(pairs.items()))
