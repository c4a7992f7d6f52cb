"""Identifiers: row ids, their public form, and the reference that a bank sees."""

import base64
import hashlib
import hmac
from datetime import datetime
from uuid import UUID


def uuid7(now: datetime, random: bytes) -> UUID:
    """Return a UUIDv7 (RFC 9562 §5.7) of `now` in milliseconds and 10 random bytes."""
    milliseconds = int(now.timestamp() * 1000)
    value = int.from_bytes(milliseconds.to_bytes(6, "big") + random, "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def public_id(prefix: str, identifier: UUID) -> str:
    """Return the form that the API shows: `tr_` + 32 hex digits."""
    return f"{prefix}_{identifier.hex}"


def parse_public_id(prefix: str, text: str) -> UUID | None:
    """Return the row id in `text`, or None if it is not a canonical public id of that prefix."""
    head, _, digits = text.partition("_")
    if head != prefix or len(digits) != 32 or not all(c in "0123456789abcdef" for c in digits):
        return None
    return UUID(hex=digits)


def reference_for(secret: bytes, *, member_id: UUID, flow: str, idempotency_key: str) -> str:
    """Return the bank reference `[A-Z2-7]{20}` of one request.

    It follows from the request alone, so that a lost database row cannot be paid again under a new one.
    """
    message = member_id.bytes + flow.encode() + b"\x00" + idempotency_key.encode()
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:20]
