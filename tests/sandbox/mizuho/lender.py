"""A tiny client of みずほ's profile, building its records from the offsets in the standard."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession
from multidict import CIMultiDictProxy

from tests.manual_clock import ManualClock

BASE = "/mizuho/fb"
JST = timezone(timedelta(hours=9))
AUTH = "Basic " + base64.b64encode(b"lender-sandbox:sandbox-mizuho-password").decode()
CRLF = b"\r\n"
Json = dict[str, Any]


def jis(text: str) -> bytes:
    """Encode by hand: half-width kana lie 0xFEC0 above their byte."""
    return bytes(ord(c) - 0xFEC0 if ord(c) > 0x7F else ord(c) for c in text)


def text_of(data: bytes) -> str:
    return "".join(chr(byte + 0xFEC0 if byte > 0x7F else byte) for byte in data)


def record(*parts: tuple[int, str], length: int = 120) -> bytes:
    """Return a record of spaces with each text at its offset, and CRLF."""
    line = bytearray(b" " * length)
    for offset, text in parts:
        data = jis(text)
        line[offset : offset + len(data)] = data
    assert len(line) == length
    return bytes(line) + CRLF


def digest(body: bytes) -> str:
    mac = hmac.new(b"sandbox-mizuho-digest-secret", body, hashlib.sha256).digest()
    return "sha-256=" + base64.b64encode(mac).decode()


@dataclass(frozen=True, slots=True)
class Payee:
    """One item of a file; the defaults are 10,000 yen to the demo account."""

    reference: str
    amount: int = 10_000
    number: str = "1234567"
    name: str = "ﾔﾏﾀﾞ ﾀﾛｳ"
    branch: str = "001"
    kind: str = "1"

    def record(self) -> bytes:
        return record(
            (0, "2"),
            (1, "0001"),
            (5, "ﾐｽﾞﾎ"),
            (20, self.branch),
            (38, "0000"),
            (42, self.kind),
            (43, self.number),
            (50, self.name),
            (80, f"{self.amount:010d}"),
            (90, "0"),
            (91, self.reference),
            (111, "7"),
            (112, "Y"),
        )


def header(day: str = "1125") -> bytes:
    return record(
        (0, "1"),
        (1, "21"),
        (3, "0"),
        (4, "0000012345"),
        (14, "ﾌﾟﾛﾐｽ"),
        (54, day),
        (58, "0001"),
        (62, "ﾐｽﾞﾎ"),
        (77, "001"),
        (95, "1"),
        (96, "9000001"),
    )


def trailer(payees: Sequence[Payee]) -> bytes:
    total = sum(payee.amount for payee in payees)
    return record((0, "8"), (1, f"{len(payees):06d}"), (7, f"{total:012d}"))


END = record((0, "9"))


def file_of(payees: Sequence[Payee], day: str = "1125") -> bytes:
    data = b"".join(payee.record() for payee in payees)
    return header(day) + data + trailer(payees) + END


def changed(body: bytes, line: int, offset: int, text: str | bytes) -> bytes:
    """Return a file in which one place of one record (from 1) says something else."""
    data = text if isinstance(text, bytes) else jis(text)
    at = (line - 1) * 122 + offset
    return body[:at] + data + body[at + len(data) :]


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer as it came."""

    status: int
    body: bytes
    headers: CIMultiDictProxy[str]

    @property
    def json(self) -> Json:
        answer: Json = json.loads(self.body)
        return answer

    @property
    def fault(self) -> tuple[int, int, str]:
        return self.json["record"], self.json["offset"], self.json["field"]

    @property
    def result(self) -> str | None:
        return self.headers.get("X-Result")

    @property
    def receipt(self) -> str:
        return self.headers["Location"].removeprefix(f"{BASE}/files/")

    @property
    def records(self) -> list[str]:
        assert self.body.endswith(CRLF)
        return [text_of(line) for line in self.body[:-2].split(CRLF)]

    @property
    def results(self) -> list[str]:
        """Return result and date of every data record."""
        return [line[113:120] for line in self.records if line.startswith("2")]


@dataclass(slots=True)
class Lender:
    """Talks to one emulator: the bank's own calls and the control API."""

    session: ClientSession
    url: str
    clock: ManualClock
    notify_url: str = "http://127.0.0.1:1/callbacks/mizuho"
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def reference(self) -> str:
        return f"R{next(self._numbers):019d}"

    def file_id(self) -> str:
        return f"file-{next(self._numbers)}"

    def payee(self, **changes: Any) -> Payee:
        return Payee(**({"reference": self.reference()} | changes))

    async def request(
        self,
        method: str,
        path: str,
        body: bytes | BytesIO | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Seen:
        """Send one request; `headers` replaces some of ours, None leaves one out."""
        wanted: dict[str, str | None] = {"Authorization": AUTH, **(headers or {})}
        sent = {name: value for name, value in wanted.items() if value is not None}
        url = f"{self.url}{BASE}{path}"
        async with self.session.request(
            method, url, data=body, headers=sent, allow_redirects=False
        ) as answer:
            return Seen(answer.status, await answer.read(), answer.headers)

    async def submit(
        self, body: bytes | BytesIO, file_id: str | None = None, **headers: str | None
    ) -> Seen:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        ours: dict[str, str | None] = {
            "X-File-Id": file_id or self.file_id(),
            "Content-Type": "application/octet-stream",
        }
        return await self.request("POST", "/sougou", body, ours | named)

    async def pay(self, *payees: Payee) -> Seen:
        """Hand in a file that must be taken."""
        answer = await self.submit(file_of(payees))
        assert answer.status == 202, answer.body
        return answer

    async def result(self, receipt: str) -> Seen:
        """Ask until the result file is there. Bounded by the test's own limit."""
        while (answer := await self.get(f"/files/{receipt}")).status == 204:
            pass
        return answer

    async def paid(self, *payees: Payee) -> Seen:
        """Hand in a file and return its result file."""
        return await self.result((await self.pay(*payees)).receipt)

    async def get(self, path: str) -> Seen:
        return await self.request("GET", path)

    async def item(self, reference: str) -> Seen:
        return await self.get(f"/items/{reference}")

    def form(self, **changes: str | None) -> dict[str, str]:
        """Return a link form of 10,000 yen; None leaves a field out."""
        form: dict[str, str | None] = {
            "SHUNO_KIKAN": "50001",
            "OKYAKU": self.reference(),
            "KAKUNIN": "123456",
            "KINGAKU": "10000",
            "KIGEN": "20261125101500",
            "MODORI_URL": "http://127.0.0.1:1/back?session=7",
            "TSUCHI_URL": self.notify_url,
        }
        return {name: value for name, value in (form | changes).items() if value is not None}

    async def link(self, form: Mapping[str, str], **headers: str | None) -> Seen:
        body = urlencode(form).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        ours: dict[str, str | None] = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self.request("POST", "/payeasy/link", body, ours | named)

    async def linked(self, **changes: str | None) -> str:
        """Start a collection that must be taken; return its reference."""
        form = self.form(**changes)
        answer = await self.link(form)
        assert answer.status == 303, answer.body
        return form["OKYAKU"]

    async def collection(self, reference: str) -> Seen:
        return await self.get(f"/payeasy/{reference}")

    async def approve(self, reference: str, **mistake: object) -> Json:
        return await self.told("POST", f"approve/{reference}", mistake)

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
