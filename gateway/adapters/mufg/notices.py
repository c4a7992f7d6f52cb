"""MUFG's callbacks: a camt.054 for money booked, under an HMAC that only the bank can make."""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping

from gateway.adapters.mufg.channel import XML_UTF8
from gateway.adapters.mufg.entries import Entry, read_notice
from gateway.adapters.mufg.values import FRESHNESS
from gateway.adapters.mufg.xml_reading import NotReadable
from gateway.domain.bank import Callback, Direction
from gateway.domain.ports import Clock

SIGNATURE = "x-signature"
PRINTABLE = re.compile(r"[!-~]{1,200}")


class Notices:
    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret.encode()
        self._clock = clock

    def read(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        """Return what happened, None for anything but a genuine, fresh notice of money in."""
        stated = {name.lower(): value for name, value in headers.items()}
        if not self._is_genuine(stated.get(SIGNATURE, ""), body):
            return None
        if not XML_UTF8.fullmatch(stated.get("content-type", "").strip()):
            return None
        try:
            made_at, entry = read_notice(body)
        except NotReadable:
            return None
        is_fresh = abs(self._clock.now() - made_at) <= FRESHNESS
        if not is_fresh or entry.reference is None or entry.direction is not Direction.IN:
            return None
        kind = "TRANSFER_RETURNED" if entry.is_return else "COLLECTION_PAID"
        return Callback(_event_id(entry, kind), entry.reference, kind)

    def _is_genuine(self, stated: str, body: bytes) -> bool:
        made = b64encode(hmac.digest(self._secret, body, hashlib.sha256)).decode()
        # Compared as text, so that a signature has one spelling only.
        return PRINTABLE.fullmatch(stated) is not None and hmac.compare_digest(made, stated)


def _event_id(entry: Entry, kind: str) -> str:
    """Return what every delivery of one booking shares: nothing of the message around it."""
    booked = (entry.booked_at or entry.booked_on).isoformat()
    parts = (kind, entry.reference, entry.bank_id, str(entry.amount), booked)
    return hashlib.sha256("|".join(part or "" for part in parts).encode()).hexdigest()[:40]
