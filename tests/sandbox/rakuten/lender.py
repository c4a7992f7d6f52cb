"""A tiny client of Rakuten's profile, with its own few lines of forms and CSV."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from itertools import count
from typing import Any
from urllib.parse import quote

from aiohttp import ClientSession
from multidict import CIMultiDictProxy

from tests.manual_clock import ManualClock

BASE = "/rakuten/rt"
FORM = "application/x-www-form-urlencoded"
JST = timezone(timedelta(hours=9))
Json = dict[str, Any]
FIELDS = ("code", "receipt", "datetime", "message", "state", "amount", "refusal")


def encoded(fields: Mapping[str, str]) -> bytes:
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in fields.items()).encode()


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer as it came."""

    status: int
    body: bytes
    headers: CIMultiDictProxy[str]

    @property
    def rows(self) -> list[list[str]]:
        assert self.headers["Content-Type"] == "text/csv; charset=Shift_JIS"
        text = self.body.decode("shift_jis")
        assert text.endswith("\r\n")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        again = io.StringIO(newline="")
        csv.writer(again, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
        assert again.getvalue() == text, "every field is quoted, every line ends in CRLF"
        return rows

    @property
    def row(self) -> list[str]:
        [row] = self.rows
        return row

    @property
    def said(self) -> dict[str, str]:
        """The one line by the profile's names, as many fields as there are."""
        return dict(zip(FIELDS, self.row, strict=False))

    @property
    def code(self) -> str:
        return self.rows[0][0]

    @property
    def state(self) -> str:
        assert len(self.row) == 7
        return self.row[4]


@dataclass(slots=True)
class Lender:
    """Talks to one emulator: the bank's own calls, numbered, and the control API."""

    session: ClientSession
    url: str
    clock: ManualClock
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def reference(self) -> str:
        return f"{next(self._numbers):020d}"

    def order(self, **changes: str) -> dict[str, str]:
        """Return a pay-out of 10,000 yen to the demo account."""
        return {
            "REF": self.reference(),
            "AMOUNT": "10000",
            "BRANCH": "201",
            "KIND": "1",
            "ACCOUNT": "1234567",
            "KANA": "ﾔﾏﾀﾞ ﾀﾛｳ",
            "IRAI_KANA": "ﾌﾟﾛﾐｽ",
        } | changes

    def in_seconds(self, seconds: float) -> str:
        moved = self.clock.now().astimezone(JST) + timedelta(seconds=seconds)
        return moved.strftime("%Y%m%d%H%M%S")

    def collection(self, **changes: str) -> dict[str, str]:
        """Return a collection of 5,000 yen, good for ten minutes."""
        return {
            "REF": self.reference(),
            "AMOUNT": "5000",
            "ITEM": "ご返済 12月分",
            "RETURN_URL": "https://lender.example/back?session=1&step=2",
            "LIMIT": self.in_seconds(600),
        } | changes

    def enveloped(self, fields: Mapping[str, str | None]) -> dict[str, str]:
        """Return the fields with user, password and a new number; None leaves one out."""
        wanted: dict[str, str | None] = {
            "USER_ID": "LENDER01",
            "PASSWORD": "sandbox-rakuten-password",
            "SEQ": f"{next(self._numbers):012d}",
            **fields,
        }
        return {key: value for key, value in wanted.items() if value is not None}

    async def send(
        self, path: str, body: bytes, method: str = "POST", content_type: str = FORM
    ) -> Seen:
        url = f"{self.url}{BASE}{path}"
        headers = {"Content-Type": content_type}
        data = io.BytesIO(body)
        async with self.session.request(method, url, data=data, headers=headers) as answer:
            return Seen(answer.status, await answer.read(), answer.headers)

    async def post(self, path: str, fields: Mapping[str, str | None]) -> Seen:
        return await self.send(path, encoded(self.enveloped(fields)))

    async def submit(self, order: Mapping[str, str | None]) -> Seen:
        return await self.post("/furikomi", order)

    async def inquire(self, reference: str) -> Seen:
        return await self.post("/furikomi/shokai", {"REF": reference})

    async def verify(self, account: str = "1234567", branch: str = "201") -> Seen:
        return await self.post("/meigi", {"BRANCH": branch, "KIND": "1", "ACCOUNT": account})

    async def start(self, collection: Mapping[str, str | None]) -> Seen:
        return await self.post("/kessai/start", collection)

    async def inquire_collection(self, reference: str) -> Seen:
        return await self.post("/kessai/shokai", {"REF": reference})

    async def statement(self, day: str = "20261125", page: str = "1") -> Seen:
        return await self.post("/meisai", {"DATE": day, "PAGE": page})

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
