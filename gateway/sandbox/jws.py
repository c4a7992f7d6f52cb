"""Detached JWS over exact bytes (RFC 7515, RFC 7797), ES256, with keys made from their own names.

A sandbox key's private scalar is SHA-256 of its `kid`: everybody can compute it, nobody has to
keep it in a repository, and it protects nothing.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

COORDINATE_BYTES = 32
_ES256 = ec.ECDSA(SHA256())


def private_key(kid: str) -> ec.EllipticCurvePrivateKey:
    """Return the sandbox's P-256 key of that name."""
    scalar = int.from_bytes(hashlib.sha256(kid.encode()).digest(), "big")
    return ec.derive_private_key(scalar, ec.SECP256R1())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    if "=" in text:
        raise ValueError("base64url in a JWS carries no padding")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def public_jwk(kid: str, key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return a public key as RFC 7517 writes it."""
    numbers = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "kid": kid,
        "alg": "ES256",
        "use": "sig",
        "x": _encoded(numbers.x.to_bytes(COORDINATE_BYTES, "big")),
        "y": _encoded(numbers.y.to_bytes(COORDINATE_BYTES, "big")),
    }


def private_jwk(kid: str) -> dict[str, str]:
    """Return a sandbox key with its private part, for a client that wants to be handed one."""
    key = private_key(kid)
    scalar = key.private_numbers().private_value.to_bytes(COORDINATE_BYTES, "big")
    return public_jwk(kid, key.public_key()) | {"d": _encoded(scalar)}


def public_key(jwk: Mapping[str, str]) -> ec.EllipticCurvePublicKey:
    """Return the key a JWK describes; ValueError when it is no point of P-256."""
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise ValueError("a client's key is EC, P-256")
    x, y = (int.from_bytes(_decoded(jwk[name]), "big") for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


class Signer:
    """Signs the bank's messages with one key."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self._key = private_key(kid)
        header = {"alg": "ES256", "b64": False, "crit": ["b64"], "kid": kid}
        self._header = _encoded(orjson.dumps(header))

    def sign(self, body: bytes) -> str:
        """Return the detached signature `header..signature` over a body."""
        r, s = decode_dss_signature(self._key.sign(f"{self._header}.".encode() + body, _ES256))
        raw = r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")
        return f"{self._header}..{_encoded(raw)}"

    def jwk(self) -> dict[str, str]:
        """Return the public half."""
        return public_jwk(self.kid, self._key.public_key())


def _kid_of(header: bytes) -> str | None:
    claims = orjson.loads(header)
    if not isinstance(claims, dict):
        return None
    is_ours = claims.get("alg") == "ES256" and claims.get("b64") is False
    kid = claims.get("kid")
    return kid if is_ours and claims.get("crit") == ["b64"] and isinstance(kid, str) else None


def is_signed(body: bytes, signature: str, keys: Mapping[str, ec.EllipticCurvePublicKey]) -> bool:
    """Whether `signature` is a detached JWS over `body` by one of the known keys."""
    try:
        header, between, raw = signature.split(".")
        key = keys.get(_kid_of(_decoded(header)) or "")
        rs = _decoded(raw)
    except (ValueError, binascii.Error):
        return False
    if key is None or between or len(rs) != 2 * COORDINATE_BYTES:
        return False
    r, s = (int.from_bytes(half, "big") for half in (rs[:COORDINATE_BYTES], rs[COORDINATE_BYTES:]))
    try:
        key.verify(encode_dss_signature(r, s), f"{header}.".encode() + body, _ES256)
    except InvalidSignature:
        return False
    return True
