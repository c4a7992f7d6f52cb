"""A tiny client of PayPay's profile, with its own few lines of MAC and Shift_JIS."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, quote

from aiohttp import ClientSession
from multidict import CIMultiDictProxy

from tests.manual_clock import ManualClock

BASE = "/paypay/link"
FORM = "application/x-www-form-urlencoded"
SECRET = b"sandbox-paypay-mac-secret"
JST = timezone(timedelta(hours=9))
Json = dict[str, Any]


def mac(fields: Mapping[str, str], secret: bytes = SECRET) -> str:
    pairs = sorted(fields.items(), key=lambda pair: pair[0].encode())
    text = "&".join(f"{key}={value}" for key, value in pairs if key != "MAC")
    return hmac.new(secret, text.encode("shift_jis"), hashlib.sha256).hexdigest()


def encoded(fields: Mapping[str, str]) -> bytes:
    pairs = (f"{key}={quote(value.encode('shift_jis'), safe='')}" for key, value in fields.items())
    return "&".join(pairs).encode()


def read_form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, encoding="shift_jis"))


def is_sealed(fields: Mapping[str, str]) -> bool:
    return fields.get("MAC") == mac(fields)


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer as it came."""

    status: int
    body: bytes
    headers: CIMultiDictProxy[str]

    @property
    def text(self) -> str:
        return self.body.decode("shift_jis")

    @property
    def fields(self) -> dict[str, str]:
        assert self.body.endswith(b"\r\n")
        lines = self.text.split("\r\n")[:-1]
        pairs = [line.partition("=")[::2] for line in lines]
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    @property
    def said(self) -> dict[str, str]:
        """What is said, without what every message carries."""
        carried = {"DATETIME", "NONCE", "REQ_NONCE", "MAC"}
        return {key: value for key, value in self.fields.items() if key not in carried}

    @property
    def code(self) -> str | None:
        return self.fields.get("CODE")

    @property
    def is_sealed(self) -> bool:
        return is_sealed(self.fields)


@dataclass(slots=True)
class Shop:
    """Talks to one emulator: the bank's own calls, sealed, and the control API."""

    session: ClientSession
    url: str
    clock: ManualClock
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def reference(self) -> str:
        return f"{next(self._numbers):020d}"

    def now(self, seconds: float = 0) -> str:
        moved = self.clock.now().astimezone(JST) + timedelta(seconds=seconds)
        return moved.strftime("%Y%m%d%H%M%S")

    def order(self, **changes: str) -> dict[str, str]:
        """Return a pay-out of 10,000 yen to the demo account."""
        return {
            "SHOP_ID": "SHOP0001",
            "TRAN_ID": self.reference(),
            "AMOUNT": "10000",
            "BRANCH": "002",
            "KIND": "1",
            "ACCOUNT": "1234567",
            "NAME": "ﾔﾏﾀﾞ ﾀﾛｳ",
        } | changes

    def sealed(self, fields: Mapping[str, str | None]) -> dict[str, str]:
        """Return the fields with what every message carries; None leaves one out."""
        nonce = f"{next(self._numbers):016x}"
        wanted = {"DATETIME": self.now(), "NONCE": nonce, **fields}
        present = {key: value for key, value in wanted.items() if value is not None}
        return {**present, "MAC": mac(present)} if "MAC" not in wanted else present

    async def send(
        self, path: str, body: bytes, method: str = "POST", content_type: str = FORM
    ) -> Seen:
        headers = {"Content-Type": content_type}
        url = f"{self.url}{BASE}{path}"
        async with self.session.request(
            method, url, data=BytesIO(body), headers=headers, allow_redirects=False
        ) as answer:
            return Seen(answer.status, await answer.read(), answer.headers)

    async def post(self, path: str, fields: Mapping[str, str | None]) -> Seen:
        """Post a sealed form; the answer must be bound to it."""
        sealed = self.sealed(fields)
        answer = await self.send(path, encoded(sealed))
        if answer.headers.get("Content-Type", "").startswith("text/plain"):
            assert answer.fields["REQ_NONCE"] == sealed.get("NONCE", "")
            assert answer.fields.get("TRAN_ID") == sealed.get("TRAN_ID")
        return answer

    async def submit(self, order: Mapping[str, str | None]) -> Seen:
        return await self.post("/payout", order)

    async def inquire(self, reference: str, **changes: str | None) -> Seen:
        return await self.post(
            "/payout/inquiry", {"SHOP_ID": "SHOP0001", "TRAN_ID": reference, **changes}
        )

    async def verify(self, account: str = "1234567", branch: str = "002") -> Seen:
        question = {"SHOP_ID": "SHOP0001", "BRANCH": branch, "KIND": "1", "ACCOUNT": account}
        return await self.post("/name", question)

    async def statement(self, day: str = "20261125") -> Seen:
        return await self.post("/meisai", {"SHOP_ID": "SHOP0001", "DATE": day})

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
