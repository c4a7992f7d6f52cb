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
REFERENCE = re.compile(rf"[A-Z2-7]{{{REFERENCE_LENGTH}}}", re.ASCII)
# What a field of that name is shown as, in logs and in what commands print.
ID_PREFIXES = {
    "transfer_id": "tr",
    "repayment_id": "rp",
    "account_id": "ac",
    "quote_id": "qt",
    "token_id": "ot",
    "item_id": "rv",
    "rule": "sr",
}
TYPED_ID = re.compile(
    r"(?:(?P<prefix>[a-z]{2})_)?"
    r"(?P<digits>[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
    re.ASCII,
)


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


def read_id(prefix: str, text: str) -> UUID | None:
    """Return the row id in what a person typed, or None.

    Taken are the public id of that prefix and the bare row id, with dashes or without, in any case.
    """
    match = TYPED_ID.fullmatch(text.strip().lower())
    if match is None or match["prefix"] not in {None, prefix}:
        return None
    return UUID(hex=match["digits"])


def read_reference(text: str) -> str | None:
    """Return the bank reference in what a person typed, in any case, or None."""
    typed = text.strip().upper()
    return typed if REFERENCE.fullmatch(typed) else None


def reference_for(secret: bytes, *, member_id: UUID, flow: str, idempotency_key: str) -> str:
    """Return the bank reference `[A-Z2-7]{20}` of one request.

    It follows from the request alone: a lost database row cannot be paid again under a new one.
    """
    message = member_id.bytes + flow.encode() + b"\x00" + idempotency_key.encode()
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:REFERENCE_LENGTH]
