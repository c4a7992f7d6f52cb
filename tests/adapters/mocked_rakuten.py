"""Rakuten's adapter on prepared answers, without a socket; its lines, written a second time."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import respx

from gateway.adapters.line import Parts
from gateway.adapters.rakuten.bank import Rakuten
from gateway.adapters.rakuten.opening import open_rakuten
from gateway.config import load_settings
from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.bank import CollectionOrder
from gateway.domain.money import Yen
from gateway.domain.ports import Lanes
from gateway.profiles import bank_profiles
from tests.adapters.stand_ins import ORDER, REFERENCE, FreeLanes, Tally, nothing_happens
from tests.manual_clock import START, ManualClock

URL = "http://127.0.0.1:8105"
BASE = f"{URL}/rakuten/rt"
RECORDINGS = Path(__file__).parents[1] / "recordings" / "rakuten"
ANSWERS = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(RECORDINGS.glob("*.json"))
}
PAYEE = BankAccount(BankCode.RAKUTEN, "201", AccountType.ORDINARY, "1234567", "ﾔﾏﾀﾞ ﾀﾛｳ")
PAYOUT = replace(ORDER, creditor=PAYEE)
COLLECTION = CollectionOrder(
    reference=REFERENCE,
    amount=Yen(10_000),
    description="ﾌﾟﾛﾐｽ ﾍﾝｻｲ",
    return_url="https://lender.example/return?id=7&x=1",
    callback_url="https://lender.example/callbacks/rakuten",
    expires_at=START.replace(minute=15, microsecond=999_999),
)
CSV = "text/csv; charset=Shift_JIS"


def row(*fields: str) -> str:
    return ",".join(f'"{field}"' for field in fields) + "\r\n"


def says(written: str | bytes, *, content_type: str = CSV, status: int = 200) -> httpx.Response:
    body = written.encode("shift_jis") if isinstance(written, str) else written
    return httpx.Response(status, headers={"Content-Type": content_type}, content=body)


def recorded(name: str) -> httpx.Response:
    answer = ANSWERS[name]
    return httpx.Response(
        answer["status"], headers=answer["headers"], content=answer["body"].encode("shift_jis")
    )


@dataclass(frozen=True, slots=True)
class Mocked:
    bank: Rakuten
    route: respx.Route

    def answers(self, *answers: httpx.Response | Exception) -> None:
        """Answer so, one after the other; the last one for ever."""
        *first, last = answers
        self.route.mock(side_effect=[*first, *[last] * 10])

    def asked(self) -> list[dict[str, str]]:
        """Return what the bank was asked, refusing a field that comes twice."""
        return [_fields(call.request.content) for call in self.route.calls]


def _fields(body: bytes) -> dict[str, str]:
    pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@asynccontextmanager
async def mocked_rakuten(
    clock: ManualClock | None = None, lanes: Lanes | None = None, **settings: Any
) -> AsyncIterator[Mocked]:
    """Yield the bank and the route of everything that it asks."""
    parts = Parts(
        clock or ManualClock(), Tally(), lanes or FreeLanes(), nothing_happens, time.monotonic, 1.0
    )
    loaded = await asyncio.to_thread(load_settings, rakuten_base_url=URL, **settings)
    with respx.mock(using="httpx", assert_all_called=False) as router:
        route = router.route(url__startswith=f"{BASE}/")
        async with open_rakuten(loaded, bank_profiles()[BankCode.RAKUTEN], parts) as bank:
            yield Mocked(bank, route)
