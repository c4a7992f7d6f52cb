"""PayPay's adapter on prepared answers, without a socket; its MAC, written a second time."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import respx

from gateway.adapters.line import Parts
from gateway.adapters.paypay.bank import PayPay
from gateway.adapters.paypay.opening import open_paypay
from gateway.config import load_settings
from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.bank import CollectionOrder
from gateway.domain.money import Yen
from gateway.profiles import bank_profiles
from tests.adapters.stand_ins import ORDER, REFERENCE, FreeLanes, Tally, nothing_happens
from tests.manual_clock import START, ManualClock

URL = "http://127.0.0.1:8103"
BASE = f"{URL}/paypay/link"
SECRET = b"sandbox-paypay-mac-secret"
NONCE = "0123456789abcdef"  # under which the recordings answer
RECORDINGS = Path(__file__).parents[1] / "recordings" / "paypay"
ANSWERS = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(RECORDINGS.glob("*.json"))
}
PAYEE = BankAccount(BankCode.PAYPAY, "002", AccountType.ORDINARY, "1234567", "ﾔﾏﾀﾞ ﾀﾛｳ")
PAYOUT = replace(ORDER, creditor=PAYEE)
COLLECTION = CollectionOrder(
    reference=REFERENCE,
    amount=Yen(10_000),
    description="ﾌﾟﾛﾐｽ ﾍﾝｻｲ",
    return_url="https://lender.example/return?id=7",
    callback_url="https://lender.example/callbacks/paypay",
    expires_at=START.replace(minute=15, microsecond=999_999),
)
ENVELOPE = {"REQ_NONCE": NONCE, "DATETIME": "20261125100000", "NONCE": "fedcba9876543210"}


def mac(text: str) -> str:
    return hmac.new(SECRET, text.encode("shift_jis"), hashlib.sha256).hexdigest()


def sealed(fields: Mapping[str, str]) -> dict[str, str]:
    return {**fields, "MAC": mac("&".join(f"{key}={fields[key]}" for key in sorted(fields)))}


def lines(fields: Mapping[str, str]) -> bytes:
    return "".join(f"{key}={value}\r\n" for key, value in fields.items()).encode("shift_jis")


def says(**fields: str) -> httpx.Response:
    """Return an authentic answer of these fields, in the envelope that they do not change."""
    return text(lines(sealed({"TRAN_ID": REFERENCE, **ENVELOPE, **fields})))


def text(body: bytes, content_type: str = "text/plain; charset=Shift_JIS") -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": content_type}, content=body)


def csv(written: str, signature: str | None = None) -> httpx.Response:
    headers = {
        "Content-Type": "text/csv; charset=Shift_JIS",
        "X-MAC": mac(written) if signature is None else signature,
    }
    return httpx.Response(200, headers=headers, content=written.encode("shift_jis"))


def recorded(name: str) -> httpx.Response:
    answer = ANSWERS[name]
    return httpx.Response(
        answer["status"], headers=answer["headers"], content=answer["body"].encode("shift_jis")
    )


@dataclass(frozen=True, slots=True)
class Mocked:
    bank: PayPay
    route: respx.Route

    def answers(self, answer: httpx.Response) -> None:
        self.route.mock(return_value=answer)

    def asked(self) -> dict[str, str]:
        """Return what the bank was last asked, refusing a field that comes twice."""
        body = self.route.calls.last.request.content.decode("ascii")
        assert "+" not in body
        pairs = parse_qsl(body, keep_blank_values=True, strict_parsing=True, encoding="shift_jis")
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)


@asynccontextmanager
async def mocked_paypay(
    clock: ManualClock | None = None, nonce: str = NONCE
) -> AsyncIterator[Mocked]:
    """Yield the bank, which asks under one nonce, and the route of everything that it asks."""
    code = BankCode.PAYPAY
    parts = Parts(
        clock or ManualClock(), Tally(), FreeLanes(), nothing_happens, time.monotonic, 1.0
    )
    settings = await asyncio.to_thread(load_settings, paypay_base_url=URL)
    with respx.mock(using="httpx", assert_all_called=False) as router:
        route = router.route(url__startswith=f"{BASE}/")
        opened = open_paypay(settings, bank_profiles()[code], parts, nonces=lambda: nonce)
        async with opened as bank:
            yield Mocked(bank, route)
