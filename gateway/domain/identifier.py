"""Identifiers: row ids, their public form, and the reference that a bank sees."""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RANDOM_BYTES = 10
REFERENCE_LENGTH = 20


def uuid7(now: datetime, random: bytes) -> UUID:
    """Return a UUIDv7 (RFC 9562 §5.7) of `now` in milliseconds and 10 random bytes."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"{RANDOM_BYTES} random bytes are needed, got {len(random)}")
    milliseconds = (now - EPOCH) // timedelta(milliseconds=1)
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
    is_canonical = head == prefix and re.fullmatch(r"[0-9a-f]{32}", digits)
    return UUID(hex=digits) if is_canonical else None


def reference_for(secret: bytes, *, member_id: UUID, flow: str, idempotency_key: str) -> str:
    """Return the bank reference `[A-Z2-7]{20}` of one request.

    It follows from the request alone: a lost database row cannot be paid again under a new one.
    """
    message = member_id.bytes + flow.encode() + b"\x00" + idempotency_key.encode()
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:REFERENCE_LENGTH]
