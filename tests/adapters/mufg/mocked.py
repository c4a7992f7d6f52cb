"""MUFG's adapter on prepared answers, without a socket."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import respx

from gateway.adapters.line import Parts
from gateway.adapters.mufg.bank import Mufg
from gateway.adapters.mufg.opening import open_mufg
from gateway.config import load_settings
from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.bank import CollectionOrder, TransferOrder
from gateway.domain.money import Yen
from tests.adapters.stand_ins import (
    REAL_PROFILES,
    REFERENCE,
    FreeLanes,
    Seconds,
    Tally,
    nothing_happens,
)
from tests.manual_clock import START, ManualClock

URL = "http://127.0.0.1:8102"
RECORDINGS = Path(__file__).parents[2] / "recordings" / "mufg"
ANSWERS = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(RECORDINGS.glob("*.json"))
}
DEMO = BankAccount(BankCode.MUFG, "001", AccountType.ORDINARY, "1234567", "ﾔﾏﾀﾞ ﾀﾛｳ")
ORDER = TransferOrder(REFERENCE, DEMO, Yen(10_000), "ﾌﾟﾛﾐｽ")
COLLECTION = CollectionOrder(
    REFERENCE,
    Yen(5_000),
    "ｺﾞﾍﾝｻｲ",
    "https://lender.example/back?to=top&lang=ja",
    "https://gateway.example/callbacks/mufg",
    START + timedelta(minutes=15),
)
XML = "application/xml; charset=utf-8"


def recorded(name: str) -> httpx.Response:
    answer = ANSWERS[name]
    return httpx.Response(
        answer["status"], headers=answer["headers"], content=answer["body"].encode()
    )


def altered(name: str, *changes: tuple[str, str]) -> httpx.Response:
    """Return a recorded answer with parts of its body replaced."""
    answer = ANSWERS[name]
    body: str = answer["body"]
    for old, new in changes:
        assert old in body
        body = body.replace(old, new)
    return httpx.Response(answer["status"], headers=answer["headers"], content=body.encode())


def document(content: bytes, *, status: int = 200, content_type: str = XML) -> httpx.Response:
    return httpx.Response(status, headers={"Content-Type": content_type}, content=content)


@dataclass(slots=True)
class Mocked:
    bank: Mufg
    route: respx.Route
    tokens: respx.Route
    clock: ManualClock
    seconds: Seconds
    lanes: FreeLanes = field(default_factory=FreeLanes)

    def says(self, *answers: httpx.Response) -> None:
        """Let the calls be answered so, in this order; a single answer is for all of them."""
        if len(answers) == 1:
            self.route.mock(return_value=answers[0])
        else:
            self.route.mock(side_effect=list(answers))

    def asked(self) -> list[httpx.Request]:
        """Return what was asked, without the calls for tokens."""
        return [call.request for call in self.route.calls]


@asynccontextmanager
async def mocked_mufg(clock: ManualClock | None = None, **changed: Any) -> AsyncIterator[Mocked]:
    """Yield the bank; `changed` are numbers of its profile."""
    settings = load_settings(mufg_base_url=URL)
    clock, seconds, lanes = clock or ManualClock(), Seconds(), FreeLanes()
    parts = Parts(clock, Tally(), lanes, nothing_happens, seconds, 1.0)
    profile = replace(REAL_PROFILES[BankCode.MUFG], **changed)
    with respx.mock(using="httpx", assert_all_called=False) as router:
        tokens = router.post(f"{URL}/mufg/oauth2/token").mock(return_value=recorded("token"))
        route = router.route(url__startswith=f"{URL}/mufg/")
        async with open_mufg(settings, profile, parts) as bank:
            yield Mocked(bank, route, tokens, clock, seconds, lanes)
