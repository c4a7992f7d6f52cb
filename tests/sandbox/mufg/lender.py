"""A tiny client of MUFG's profile."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from io import BytesIO
from itertools import count
from typing import Any

from aiohttp import ClientSession
from multidict import CIMultiDictProxy

from tests.manual_clock import ManualClock
from tests.sandbox.mufg.documents import PAIN_001, PAIN_013, message_of, read, reasons, texts

BASE = "/mufg"
JST = timezone(timedelta(hours=9))
BASIC = "Basic " + base64.b64encode(b"lender-sandbox:sandbox-mufg-client-secret").decode()
GRANT = b"grant_type=client_credentials"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer as it came."""

    status: int
    body: bytes
    headers: CIMultiDictProxy[str]

    @property
    def message(self) -> str:
        """Which message it is, after it was read by ISO 20022's own schema."""
        assert self.headers["Content-Type"] == "application/xml; charset=utf-8"
        read(self.body)
        return message_of(self.body)

    def one(self, name: str) -> str | None:
        """Return the text of the only element of that name, None if there is none."""
        assert self.message
        found = texts(self.body, name)
        assert len(found) <= 1
        return found[0] if found else None

    @property
    def codes(self) -> list[str]:
        """The code of a refusal, the reason in a status, or both."""
        assert self.message
        return reasons(self.body)

    @property
    def code(self) -> str | None:
        """The only one of them, None if there is none."""
        found = self.codes
        assert len(found) <= 1
        return found[0] if found else None


@dataclass(slots=True)
class Lender:
    """Talks to one emulator: the bank's own calls, and the control API."""

    session: ClientSession
    url: str
    clock: ManualClock
    token: str = ""
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def reference(self) -> str:
        return f"{next(self._numbers):020d}"

    def sequence_no(self) -> str:
        day = self.clock.now().astimezone(JST)
        return f"{day:%Y%m%d}-{next(self._numbers):016d}"

    def payment(self, **changes: str) -> str:
        """Return a pain.001 over 10,000 yen to the demo account."""
        return PAIN_001.format_map(
            {
                "reference": self.reference(),
                "now": self.clock.now().astimezone(JST).isoformat(),
                "day": self.clock.now().astimezone(JST).date().isoformat(),
                "remitter": "ﾌﾟﾛﾐｽ",
                "amount": "10000",
                "branch": "001",
                "kind": "1",
                "number": "1234567",
                "name": "ﾔﾏﾀﾞ ﾀﾛｳ",
            }
            | changes
        )

    def request_to_pay(self, **changes: str) -> str:
        """Return a pain.013 over 30,000 yen, good for ten minutes."""
        now = self.clock.now().astimezone(JST)
        return PAIN_013.format_map(
            {
                "reference": self.reference(),
                "now": now.isoformat(),
                "day": now.date().isoformat(),
                "expires_at": (now + timedelta(minutes=10)).isoformat(),
                "amount": "30000",
                "description": "ご返済",
                "return_url": "http://127.0.0.1:9/back?loan=1",
                "notify_url": "http://127.0.0.1:9/callbacks/mufg",
            }
            | changes
        )

    async def ask_for_token(
        self,
        authorization: str | None = BASIC,
        body: bytes = GRANT,
        content_type: str = "application/x-www-form-urlencoded",
    ) -> Seen:
        headers = {"Content-Type": content_type}
        if authorization is not None:
            headers["Authorization"] = authorization
        url = f"{self.url}{BASE}/oauth2/token"
        async with self.session.post(url, data=body, headers=headers) as answer:
            return Seen(answer.status, await answer.read(), answer.headers)

    async def log_in(self) -> None:
        self.token = json.loads((await self.ask_for_token()).body)["access_token"]

    async def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str | None] | None = None,
    ) -> Seen:
        """Send one request; `headers` replaces some of ours, None leaves one out."""
        if not self.token:
            await self.log_in()
        ours = {"Authorization": f"Bearer {self.token}"}
        if method == "POST":
            ours |= {
                "Content-Type": "application/xml; charset=utf-8",
                "X-Sequence-No": self.sequence_no(),
            }
        wanted: dict[str, str | None] = {**ours, **(headers or {})}
        sent = {name: value for name, value in wanted.items() if value is not None}
        url = f"{self.url}{BASE}{path}"
        data = BytesIO(body) if body else None
        async with self.session.request(method, url, data=data, headers=sent) as answer:
            return Seen(answer.status, await answer.read(), answer.headers)

    async def post(self, path: str, document: str | bytes, **headers: str | None) -> Seen:
        body = document.encode() if isinstance(document, str) else document
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("POST", path, body, named)

    async def submit(self, document: str | bytes) -> Seen:
        return await self.post("/payments", document)

    async def pay(self, **changes: str) -> Seen:
        """Submit a payment with these changes."""
        return await self.submit(self.payment(**changes))

    async def inquire(self, reference: str) -> Seen:
        return await self.request("GET", f"/payments/{reference}")

    async def settled(self, reference: str) -> Seen:
        """Ask until the payment is there and final."""
        while True:
            answer = await self.inquire(reference)
            if answer.status != 404 and answer.one("TxSts") != "PDNG":
                return answer

    async def collect(self, **changes: str) -> Seen:
        """Start a collection with these changes."""
        return await self.post("/collections", self.request_to_pay(**changes))

    async def collection(self, reference: str) -> Seen:
        return await self.request("GET", f"/collections/{reference}")

    async def statement(self, day: str = "2026-11-25") -> Seen:
        return await self.request("GET", f"/statements/{day}")

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
