"""SMBC's envelope: headers and signatures of what we send, authenticity of what comes back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.adapters.failure import BankError, OutcomeUnknown, refusal
from gateway.adapters.jws import (
    BadSignature,
    KeyRing,
    PublicKeys,
    Signer,
    read_keys,
    read_kid,
    split,
    verify,
)
from gateway.adapters.line import NothingLeft
from gateway.adapters.smbc.codes import BY_STATUS, OK, Codes
from gateway.adapters.smbc.messages import ErrorAnswer, parse
from gateway.adapters.strict_json import NotStrict, loads
from gateway.domain.ports import Clock

BASE_PATH = "/smbc/api/v1"
TRANSFERS = "/transfers"
VERIFICATION = "/accounts/verification"
PAYMENT_ORDERS = "/payment-orders"
SIGNATURE = "X-Jws-Signature"
JSON_UTF8 = re.compile(r'application/json\s*;\s*charset=("utf-8"|utf-8)', re.ASCII | re.IGNORECASE)
# The longest window of this bank is ten hours; what lies further ahead is a mistake, or mischief:
# Retry-After is not under the signature.
WAIT_MAX = timedelta(days=9)


class KeysUnreachable(Exception):
    """The bank's keys cannot be had: no answer can be believed just now."""


@dataclass(frozen=True, slots=True)
class Credentials:
    base_url: str
    api_key: str = field(repr=False)
    client_kid: str
    client_key: ec.EllipticCurvePrivateKey = field(repr=False)


class Channel:
    def __init__(self, client: httpx.AsyncClient, credentials: Credentials, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._base = credentials.base_url + BASE_PATH
        posted = (TRANSFERS, VERIFICATION, PAYMENT_ORDERS)
        self._posts = {path: httpx.URL(self._base + path) for path in posted}
        self._signer = Signer(credentials.client_kid, credentials.client_key)
        self._fixed = [
            (b"Host", httpx.URL(credentials.base_url).netloc),
            (b"Accept-Encoding", b"identity"),
            (b"X-Api-Key", credentials.api_key.encode()),
        ]

    def get(self, path: str) -> httpx.Request:
        """Return a request without a body, and so without a signature."""
        return httpx.Request("GET", self._base + path, headers=[*self._fixed, *self._fresh()])

    def post(self, path: str, body: bytes) -> httpx.Request:
        """Return a signed request to one of the paths named above."""
        headers = [
            *self._fixed,
            *self._fresh(),
            (b"Content-Type", b"application/json; charset=utf-8"),
            (SIGNATURE.encode(), self._signer.sign(body).encode("ascii")),
        ]
        return httpx.Request("POST", self._posts[path], headers=headers, content=body)

    async def fetch_keys(self) -> PublicKeys:
        """Return the bank's published keys; they need no headers and bear no signature."""
        try:
            answer = await self.fetch_jwks()
            if answer.status_code != httpx.codes.OK:
                raise KeysUnreachable(f"status {answer.status_code}")
            keys = read_keys(answer.content)
        except (httpx.TransportError, NotStrict) as error:
            raise KeysUnreachable(type(error).__name__) from error
        if not keys:
            # Whatever it would answer could not be believed; what is kept may still be right.
            raise KeysUnreachable("none of a kind that we read")
        return keys

    async def fetch_jwks(self) -> httpx.Response:
        return await self._client.send(httpx.Request("GET", f"{self._base}/jwks"))

    def _fresh(self) -> list[tuple[bytes, bytes]]:
        timestamp = self._clock.now().isoformat(timespec="milliseconds")
        return [(b"X-Request-Id", str(uuid4()).encode()), (b"X-Timestamp", timestamp.encode())]


class Seal:
    """Tells the bank's messages from everything else."""

    def __init__(self, ring: KeyRing, clock: Clock) -> None:
        self._ring = ring
        self._clock = clock

    async def ready(self) -> None:
        """Make sure that an answer could be believed, before money is sent."""
        try:
            await self._ring.ready()
        except KeysUnreachable as error:
            raise NothingLeft("KEYS_UNREACHABLE") from error

    async def open(self, content: bytes, headers: Mapping[str, str]) -> object:
        """Return the JSON value of an authentic message, or raise OutcomeUnknown.

        `headers` finds names whatever their case.
        """
        try:
            header, raw = split(headers.get(SIGNATURE))
            key = await self._ring.find(read_kid(header))
            if key is None:
                raise OutcomeUnknown("UNKNOWN_KID", integrity=True)
            verify(header, raw, content, key)
        except BadSignature as error:
            raise OutcomeUnknown("BAD_SIGNATURE", integrity=True) from error
        except KeysUnreachable as error:
            raise OutcomeUnknown("KEYS_UNREACHABLE") from error
        if not JSON_UTF8.fullmatch(headers.get("Content-Type", "").strip()):
            raise OutcomeUnknown("BAD_CONTENT_TYPE", integrity=True)
        try:
            return loads(content)
        except NotStrict as error:
            raise OutcomeUnknown("BAD_JSON", integrity=True) from error

    async def read(
        self,
        answer: httpx.Response,
        codes: Codes,
        *,
        success: int = OK,
        not_found: tuple[tuple[int, str], BankError] | None = None,
    ) -> object:
        """Return the message of an authentic success, or raise what an authentic refusal means."""
        message = await self.open(answer.content, answer.headers)
        status = answer.status_code
        if status == success:
            return message
        error = parse(ErrorAnswer, message).error
        if not_found is not None and not_found[0] == (status, error.code):
            raise not_found[1]
        reason = BY_STATUS.get(status) or codes.get((status, error.code))
        if reason is None:
            raise OutcomeUnknown(error.code, integrity=True)
        not_before = error.resumes_at or self._retry_after(answer)
        raise refusal(error.code, reason, not_before=self._believable(not_before))

    def _retry_after(self, answer: httpx.Response) -> datetime | None:
        text = answer.headers.get("Retry-After", "")
        if not re.fullmatch(r"[0-9]{1,6}", text):
            return None
        return self._clock.now() + timedelta(seconds=int(text))

    def _believable(self, not_before: datetime | None) -> datetime | None:
        is_far = not_before is not None and not_before > self._clock.now() + WAIT_MAX
        return None if is_far else not_before
