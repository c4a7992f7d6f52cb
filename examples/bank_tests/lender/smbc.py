"""SMBC: JSON, every body signed with a detached JWS."""

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from lender.posting import Contract, send

Json = dict[str, Any]


class Smbc:
    """Pays out and collects; each call returns the status and what the bank said."""

    def __init__(self, bank: Contract) -> None:
        self._base_url, credentials = bank.base_url, bank.credentials
        self._api_key = credentials["api_key"]
        self._kid = credentials["client_kid"]
        scalar = int.from_bytes(_decoded(credentials["client_private_jwk"]["d"]), "big")
        self._key = ec.derive_private_key(scalar, ec.SECP256R1())
        self._now = bank.now

    def pay(self, reference: str, yen: int, to: Mapping[str, str]) -> tuple[int, Json]:
        """Send money to an account of branch, type, number and holder."""
        order = {
            "clientReference": reference,
            "amount": str(yen),
            "currency": "JPY",
            "valueDate": self._now().date().isoformat(),
            "remitterName": "ﾌﾟﾛﾐｽ",
            "creditorAccount": {
                "bankCode": "0009",
                "branchCode": to["branch"],
                "accountType": to["type"],
                "accountNumber": to["number"],
                "holderName": to["holder"],
            },
        }
        return self._post("/transfers", order)

    def paid(self, reference: str) -> tuple[int, Json]:
        """Ask what became of it."""
        return self._get("/transfers", clientReference=reference)

    def collect(self, reference: str, yen: int, *, within: timedelta) -> tuple[int, Json]:
        """Open an order that a payer approves."""
        order = {
            "clientReference": reference,
            "amount": str(yen),
            "description": "ご返済",
            "returnUrl": "https://lender.example/back",
            "notifyUrl": "http://127.0.0.1:9/notify",
            "expiresAt": (self._now() + within).isoformat(),
        }
        return self._post("/payment-orders", order)

    def collected(self, reference: str) -> tuple[int, Json]:
        """Ask what became of the order."""
        return self._get("/payment-orders", clientReference=reference)

    def _post(self, path: str, message: Json) -> tuple[int, Json]:
        body = json.dumps(message).encode()
        signed = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Jws-Signature": self._signature(body),
        }
        return self._sent("POST", path, body, signed)

    def _get(self, path: str, **query: str) -> tuple[int, Json]:
        return self._sent("GET", f"{path}?{urlencode(query)}", None, {})

    def _sent(
        self, method: str, path: str, body: bytes | None, signed: Mapping[str, str]
    ) -> tuple[int, Json]:
        headers = {
            "X-Api-Key": self._api_key,
            "X-Request-Id": str(uuid.uuid4()),
            "X-Timestamp": self._now().isoformat(),
            **signed,
        }
        answer = send(method, f"{self._base_url}{path}", body, headers)
        return answer.status, json.loads(answer.body)

    def _signature(self, body: bytes) -> str:
        claims = {"alg": "ES256", "b64": False, "crit": ["b64"], "kid": self._kid}
        header = _encoded(json.dumps(claims).encode())
        der = self._key.sign(f"{header}.".encode() + body, ec.ECDSA(SHA256()))
        raw = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))
        return f"{header}..{_encoded(raw)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
