"""A tiny client of SMBC's profile, signing with its own few lines of ES256."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone
from itertools import count
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from multidict import CIMultiDictProxy

from tests.manual_clock import ManualClock

BASE = "/smbc/api/v1"
JST = timezone(timedelta(hours=9))
Json = dict[str, Any]


def sandbox_key(kid: str) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(hashlib.sha256(kid.encode()).digest(), "big")
    return ec.derive_private_key(scalar, ec.SECP256R1())


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def sign(body: bytes, key: str = "lender-sandbox-1", **claims: object) -> str:
    header = b64(
        json.dumps({"alg": "ES256", "b64": False, "crit": ["b64"], "kid": key} | claims).encode()
    )
    der = sandbox_key(key).sign(f"{header}.".encode() + body, ec.ECDSA(SHA256()))
    raw = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))
    return f"{header}..{b64(raw)}"


def private_jwk(kid: str) -> Json:
    private = sandbox_key(kid).private_numbers()
    public = private.public_numbers
    numbers = {"x": public.x, "y": public.y, "d": private.private_value}
    encoded = {name: b64(number.to_bytes(32, "big")) for name, number in numbers.items()}
    return {"kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256", "use": "sig"} | encoded


def is_signed_by(kid: str, body: bytes, signature: str | None) -> bool:
    if signature is None:
        return False
    header, between, encoded = signature.split(".")
    padded = header + "=" * (-len(header) % 4)
    claims = json.loads(base64.urlsafe_b64decode(padded))
    raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        sandbox_key(kid).public_key().verify(der, f"{header}.".encode() + body, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    expected = {"alg": "ES256", "b64": False, "crit": ["b64"], "kid": kid}
    return claims == expected and between == ""


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer as it came, and whether the bank's signature holds."""

    status: int
    body: bytes
    headers: CIMultiDictProxy[str]

    @property
    def json(self) -> Json:
        answer: Json = json.loads(self.body)
        return answer

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])

    @property
    def is_signed(self) -> bool:
        return self.is_signed_by("smbc-sandbox-1")

    def is_signed_by(self, kid: str) -> bool:
        return is_signed_by(kid, self.body, self.headers.get("X-Jws-Signature"))


@dataclass(slots=True)
class Lender:
    """Talks to one emulator: the bank's own calls, signed, and the control API."""

    session: ClientSession
    url: str
    clock: ManualClock
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def reference(self) -> str:
        return f"{next(self._numbers):020d}"

    def order(self, **changes: object) -> Json:
        """Return a pay-out of 10,000 yen to the demo account; `to_…` changes the creditor."""
        creditor = {
            "bankCode": "0009",
            "branchCode": "001",
            "accountType": "1",
            "accountNumber": "1234567",
            "holderName": "ﾔﾏﾀﾞ ﾀﾛｳ",
        }
        to = {name.removeprefix("to_"): v for name, v in changes.items() if name.startswith("to_")}
        rest = {name: value for name, value in changes.items() if not name.startswith("to_")}
        return {
            "clientReference": self.reference(),
            "amount": "10000",
            "currency": "JPY",
            "valueDate": self.clock.now().astimezone(JST).date().isoformat(),
            "remitterName": "ﾌﾟﾛﾐｽ",
            "creditorAccount": creditor | to,
        } | rest

    def headers(self, body: bytes = b"") -> dict[str, str]:
        headers = {
            "X-Api-Key": "sandbox-smbc-api-key",
            "X-Request-Id": str(uuid4()),
            "X-Timestamp": self.clock.now().astimezone(UTC).isoformat(),
        }
        if body:
            headers["Content-Type"] = "application/json; charset=utf-8"
            headers["X-Jws-Signature"] = sign(body)
        return headers

    async def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str | None] | None = None,
    ) -> Seen:
        """Send one request; `headers` replaces some of ours, None leaves one out."""
        wanted: dict[str, str | None] = {**self.headers(body), **(headers or {})}
        sent = {name: value for name, value in wanted.items() if value is not None}
        url = f"{self.url}{BASE}{path}"
        async with self.session.request(method, url, data=body or None, headers=sent) as answer:
            return Seen(answer.status, await answer.read(), answer.headers)

    async def post(self, path: str, message: object, **headers: str | None) -> Seen:
        body = json.dumps(message, ensure_ascii=False).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("POST", path, body, named)

    async def submit(self, order: object) -> Seen:
        return await self.post("/transfers", order)

    async def inquire(self, reference: str) -> Seen:
        return await self.request("GET", f"/transfers?clientReference={reference}")

    def payment(self, **changes: object) -> Json:
        """Return a collection of 10,000 yen that is open for 15 minutes."""
        limit = self.clock.now().astimezone(JST) + timedelta(minutes=15)
        return {
            "clientReference": self.reference(),
            "amount": "10000",
            "description": "ご返済",
            "returnUrl": "https://lender.example/repayments/1?lang=ja",
            "notifyUrl": "http://127.0.0.1:1/callbacks/smbc",
            "expiresAt": limit.isoformat(),
        } | changes

    async def start(self, payment: object) -> Seen:
        return await self.post("/payment-orders", payment)

    async def started(self, **changes: object) -> Json:
        """Start a collection; return what was asked for and what the bank answered."""
        payment = self.payment(**changes)
        answer = await self.start(payment)
        assert answer.status == 201, answer.body
        return payment | answer.json

    async def payment_status(self, reference: str) -> Json:
        answer = await self.request("GET", f"/payment-orders?clientReference={reference}")
        assert answer.status == 200, answer.body
        return answer.json

    async def verify(self, number: str = "1234567") -> Seen:
        question = {"branchCode": "001", "accountType": "1", "accountNumber": number}
        return await self.post("/accounts/verification", question)

    async def statement(self, day: str = "2026-11-25", page: int = 1) -> Seen:
        return await self.request("GET", f"/settlement-account/transactions?date={day}&page={page}")

    async def control(self, method: str, call: str, value: object = None) -> tuple[int, Any]:
        """Call the control API; return status and JSON."""
        url = f"{self.url}/_sandbox/{call}"
        async with self.session.request(method, url, json=value) as answer:
            return answer.status, await answer.json()

    async def told(self, method: str, call: str, value: object = None) -> Json:
        """Call the control API where it must agree; return its JSON."""
        status, answer = await self.control(method, call, value)
        assert status == 200, answer
        return dict(answer)

    async def rule(self, operation: str, action: Json, **rest: object) -> None:
        await self.told("PUT", "faults", [{"operation": operation, "action": action, **rest}])

    async def movements(self) -> list[Json]:
        ledger = await self.told("GET", "ledger")
        return list(ledger["movements"])
