"""Who may talk to SMBC: API key, signature, freshness, uniqueness, in this order."""

import hmac
import re
from datetime import datetime, timedelta
from uuid import UUID

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.sandbox import jws
from gateway.sandbox.clock import BankClock
from gateway.sandbox.smbc.messages import RFC_3339
from gateway.sandbox.smbc.refusals import Refusal

FRESH_FOR = timedelta(seconds=300)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Gatekeeper:
    """Holds the contract's API key and public keys, and every request id seen since the reset."""

    def __init__(
        self, api_key: str, keys: dict[str, ec.EllipticCurvePublicKey], clock: BankClock
    ) -> None:
        self.keys = keys
        self._api_key = api_key
        self._clock = clock
        self._seen: set[int] = set()

    def admit(self, request: web.Request, body: bytes) -> None:
        """Return if the request is authentic, fresh and new, else raise the `Refusal`.

        A request without a body needs no signature; a POST without one cannot have been signed.
        """
        headers = request.headers
        if not hmac.compare_digest(headers.get("X-Api-Key", "").encode(), self._api_key.encode()):
            raise Refusal("INVALID_API_KEY", "unknown API key")
        needs_signature = bool(body) or request.method == "POST"
        signature = headers.get("X-Jws-Signature", "")
        if needs_signature and not jws.is_signed(body, signature, self.keys):
            raise Refusal("INVALID_SIGNATURE", "the body is not signed by a known key")
        if not self._is_fresh(headers.get("X-Timestamp", "")):
            raise Refusal("INVALID_TIMESTAMP", "X-Timestamp is no RFC 3339 instant within 300 s")
        self._use_up(headers.get("X-Request-Id", ""))

    def _is_fresh(self, stamp: str) -> bool:
        if not RFC_3339.fullmatch(stamp):
            return False
        try:
            instant = datetime.fromisoformat(stamp)
        except ValueError:
            return False
        return self._clock.distance(instant) <= FRESH_FOR

    def _use_up(self, request_id: str) -> None:
        if not _UUID.fullmatch(request_id):
            raise Refusal("INVALID_REQUEST", "X-Request-Id is missing or no UUID")
        number = UUID(request_id).int
        if number in self._seen:
            raise Refusal("INVALID_REQUEST", "X-Request-Id was used before")
        self._seen.add(number)
