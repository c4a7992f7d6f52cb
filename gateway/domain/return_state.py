"""What a payer's browser brings back from a bank's page: which repayment it is about, sealed.

It is no proof of anything, and needs none: all it does is make us ask the bank.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from gateway.domain.identifier import EPOCH

STATE_LENGTH = 72  # base64url of 16 + 16 + 6 + 16 bytes, no padding
SEAL_BYTES = 16
GOOD_AFTER_LIMIT = timedelta(minutes=10)


def seal_return(key: bytes, *, member_id: UUID, repayment_id: UUID, limit: datetime) -> str:
    """Return the state of a repayment whose order the bank ends at `limit`."""
    ends_s = (limit + GOOD_AFTER_LIMIT - EPOCH) // timedelta(seconds=1)
    named = member_id.bytes + repayment_id.bytes + ends_s.to_bytes(6, "big")
    return base64.urlsafe_b64encode(named + _seal(key, named)).decode()


def open_return(key: bytes, state: str, now: datetime) -> tuple[UUID, UUID] | None:
    """Return (member, repayment), or None for what is not ours or too old."""
    if len(state) != STATE_LENGTH or not state.isascii():
        return None
    try:
        raw = base64.b64decode(state, altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    named, seal = raw[:-SEAL_BYTES], raw[-SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(key, named)):
        return None
    ends_at = EPOCH + timedelta(seconds=int.from_bytes(named[32:], "big"))
    return None if now >= ends_at else (UUID(bytes=named[:16]), UUID(bytes=named[16:32]))


def _seal(key: bytes, named: bytes) -> bytes:
    return hmac.digest(key, b"repayment return " + named, hashlib.sha256)[:SEAL_BYTES]
