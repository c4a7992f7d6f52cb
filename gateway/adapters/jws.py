"""Detached JWS over exact bytes (RFC 7797 `b64` false), ES256, and a bank's published keys.

Signed and verified with `cryptography` directly: joserfc, which reads the keys here and checks this
module in its tests, leaves a payload of URL-safe characters attached and refuses a long one.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.adapters.breaker import Monotonic
from gateway.adapters.strict_json import NotStrict, loads

PublicKeys: TypeAlias = dict[str, ec.EllipticCurvePublicKey]

HALF = 32  # bytes of r and of s
HEADER_CHARACTERS_MAX = 1000
REFETCH_GAP_S = 1.0
_ES256 = ec.ECDSA(SHA256())


class BadSignature(Exception):
    """Missing, malformed or wrong: the message is not the bank's."""


class Signer:
    def __init__(self, kid: str, key: ec.EllipticCurvePrivateKey) -> None:
        header = {"alg": "ES256", "b64": False, "crit": ["b64"], "kid": kid}
        self._header = _encode(json.dumps(header, separators=(",", ":")).encode())
        self._key = key

    def sign(self, body: bytes) -> str:
        """Return `header..signature` over these very bytes."""
        r, s = decode_dss_signature(self._key.sign(b"%s.%s" % (self._header, body), _ES256))
        signature = _encode(r.to_bytes(HALF, "big") + s.to_bytes(HALF, "big"))
        return (self._header + b".." + signature).decode("ascii")


@lru_cache(maxsize=64)
def read_kid(header: str) -> str:
    """Return the key's name in a protected header that says ES256 over unencoded bytes."""
    try:
        claims = loads(_decode(header))
    except (NotStrict, ValueError) as error:
        raise BadSignature("the protected header cannot be read") from error
    if not isinstance(claims, dict):
        raise BadSignature("the protected header is no object")
    kid, unencoded = claims.get("kid"), claims.get("b64") is False
    if claims.get("alg") != "ES256" or not unencoded or claims.get("crit") != ["b64"]:
        raise BadSignature("only ES256 with b64 false is taken")
    if not isinstance(kid, str):
        raise BadSignature("no kid")
    return kid


def split(signature: str | None) -> tuple[str, bytes]:
    """Return protected header and 64 bytes of a detached signature, or raise BadSignature."""
    header, _, rest = (signature or "").partition(".")
    if not rest.startswith(".") or len(header) > HEADER_CHARACTERS_MAX:
        raise BadSignature("not a detached signature")
    try:
        raw = _decode(rest[1:])
    except ValueError as error:
        raise BadSignature("not base64url") from error
    if len(raw) != 2 * HALF:
        raise BadSignature("not 64 bytes")
    return header, raw


def verify(header: str, raw: bytes, body: bytes, key: ec.EllipticCurvePublicKey) -> None:
    """Raise BadSignature unless `raw` is this key's signature over the header and the body."""
    r, s = int.from_bytes(raw[:HALF], "big"), int.from_bytes(raw[HALF:], "big")
    try:
        key.verify(encode_dss_signature(r, s), b"%s.%s" % (header.encode("ascii"), body), _ES256)
    except InvalidSignature as error:
        raise BadSignature("wrong signature") from error


def read_keys(document: bytes) -> PublicKeys:
    """Return the P-256 keys of a JWK set by kid, or raise NotStrict. Others are left out."""
    jwks = loads(document)
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list):
        raise NotStrict("no JWK set")
    found: PublicKeys = {}
    for jwk in keys:
        if isinstance(jwk, dict) and jwk.get("crv") == "P-256" and isinstance(jwk.get("kid"), str):
            try:
                found[jwk["kid"]] = ECKey.import_key(jwk).public_key
            except (JoseError, ValueError) as error:
                raise NotStrict("a key of the set cannot be read") from error
    return found


class KeyRing:
    """A bank's public keys, fetched when first needed and once more for a kid it does not hold."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[PublicKeys]],
        monotonic: Monotonic,
        *,
        scale: float = 1.0,
    ) -> None:
        self._fetch = fetch
        self._now = monotonic
        # Forged callbacks name kids of their own making; they must not become a load on the bank.
        self._gap_s = REFETCH_GAP_S * scale
        self._keys: PublicKeys = {}
        self._fetched_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Return once there is a key; raises what `fetch` raises."""
        if not self._keys:
            await self._refetch()

    async def find(self, kid: str) -> ec.EllipticCurvePublicKey | None:
        """Return the key, None if the bank has none of that name; raises what `fetch` raises."""
        if kid not in self._keys and self._now() - self._fetched_at >= self._gap_s:
            await self._refetch()
        return self._keys.get(kid)

    async def aclose(self) -> None:
        """End a fetch that nobody waits for any more."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    async def _refetch(self) -> None:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._replace())
            self._fetching.add_done_callback(_retrieve)
        # Many wait for one fetch: a caller that gives up must not end it for the others.
        await asyncio.shield(self._fetching)

    async def _replace(self) -> None:
        self._keys = await self._fetch()
        self._fetched_at = self._now()


def _retrieve(task: asyncio.Task[None]) -> None:
    """Look at the error, so that one which every caller gave up on is not reported as unseen."""
    if not task.cancelled():
        task.exception()


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _decode(text: str) -> bytes:
    """Return the bytes of strict base64url; ValueError for padding, other alphabets, loose bits."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if _encode(data).decode("ascii") != text:
        raise ValueError("not base64url as it must be spelt")
    return data
