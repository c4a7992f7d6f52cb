"""Session tokens: the member's id beside a secret of 256 bits, for a look-up in one shard."""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

SECRET_BYTES = 32
TOKEN_LENGTH = 64  # base64url of 16 + 32 bytes, no padding


@dataclass(frozen=True, slots=True)
class Token:
    """What a member's page holds. Only the hash of the secret is stored."""

    member_id: UUID
    secret: bytes

    @property
    def text(self) -> str:
        return base64.urlsafe_b64encode(self.member_id.bytes + self.secret).decode()

    @property
    def secret_sha256(self) -> bytes:
        return hashlib.sha256(self.secret).digest()

    def __repr__(self) -> str:
        return "Token(…)"


def new_token(member_id: UUID) -> Token:
    return Token(member_id, secrets.token_bytes(SECRET_BYTES))


def parse_token(text: str) -> Token | None:
    """Return the token that `text` spells, or None if it spells none."""
    if len(text) != TOKEN_LENGTH or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    return Token(UUID(bytes=raw[:16]), raw[16:])
