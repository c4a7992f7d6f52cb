"""Mizuho's adapter on prepared answers, without a socket; its records, written a second time.

Records are put together here from left to right, as a person reads domain rules and not offsets.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import respx

from gateway.adapters.line import Parts
from gateway.adapters.mizuho.bank import Mizuho
from gateway.adapters.mizuho.opening import open_mizuho
from gateway.config import load_settings
from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.bank import CollectionOrder, TransferFile
from gateway.domain.money import Yen
from gateway.domain.outcome import Answer, FileOutcome
from gateway.domain.ports import Slot
from gateway.profiles import bank_profiles
from tests.adapters.stand_ins import (
    ORDER,
    REFERENCE,
    FreeLanes,
    Tally,
    nothing_happens,
    now_s,
)
from tests.manual_clock import START, ManualClock

URL = "http://127.0.0.1:8104"
FILE_ID = "20261125-0000000001"
RECEIPT = "R0000000001"
RECORDINGS = Path(__file__).parents[1] / "recordings" / "mizuho"
ANSWERS = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(RECORDINGS.glob("*.json"))
}
PAYEE = BankAccount(BankCode.MIZUHO, "001", AccountType.ORDINARY, "1234567", "ﾔﾏﾀﾞ ﾀﾛｳ")
PAYOUT = replace(ORDER, creditor=PAYEE)
SECOND = replace(PAYOUT, reference="BBBBCCCCDDDDEEEE3456", amount=Yen(5))
COLLECTION = CollectionOrder(
    reference=REFERENCE,
    amount=Yen(30_000),
    description="ﾌﾟﾛﾐｽ ﾍﾝｻｲ",
    return_url="https://lender.example/return?id=7",
    callback_url="https://lender.example/callbacks/mizuho",
    expires_at=START.replace(minute=15, microsecond=999_999),
)


def jis(*records: str) -> bytes:
    """Return the records as they travel: half-width kana are the single bytes of Shift_JIS."""
    return "".join(f"{record}\r\n" for record in records).encode("shift_jis")


def header_21(day: str = "1125") -> str:
    lender = "1210" + "0000012345" + "ﾌﾟﾛﾐｽ".ljust(40) + day
    return (lender + "0001" + "ﾐｽﾞﾎ".ljust(15) + "001" + " " * 15 + "1" + "9000001").ljust(120)


def data_21(
    result: str = "", *, reference: str = REFERENCE, amount: int = 10_000, number: str = "1234567"
) -> str:
    """Return one item; `result` is what the bank writes behind the 識別表示."""
    payee = "20001" + "ﾐｽﾞﾎ".ljust(15) + "001" + " " * 15 + "0000" + "1" + number
    order = "ﾔﾏﾀﾞ ﾀﾛｳ".ljust(30) + f"{amount:010}" + "0" + reference + "7" + "Y"
    return (payee + order + result).ljust(120)


def trailer_21(
    count: int, total: int, *, done: tuple[int, int] | None = None, failed: tuple[int, int] = (0, 0)
) -> str:
    totals = "" if done is None else "".join(f"{n:06}{yen:012}" for n, yen in (done, failed))
    return f"8{count:06}{total:012}{totals}".ljust(120)


END_21 = "9".ljust(120)


def data_91(code: str, *, day: str = "000000", amount: int = 30_000) -> str:
    payer = "20001" + "ﾐｽﾞﾎ".ljust(15) + "001" + " " * 15 + " " * 4 + "1" + "1234567"
    return (payer + "ﾔﾏﾀﾞ ﾀﾛｳ".ljust(30) + f"{amount:010}0{REFERENCE}{code}{day}").ljust(120)


def recorded(name: str) -> httpx.Response:
    answer = ANSWERS[name]
    return httpx.Response(
        answer["status"], headers=answer["headers"], content=answer["body"].encode("shift_jis")
    )


@dataclass(frozen=True, slots=True)
class Mocked:
    bank: Mizuho
    route: respx.Route

    def says(self, answer: httpx.Response) -> None:
        self.route.mock(return_value=answer)

    def asked(self) -> httpx.Request:
        request: httpx.Request = self.route.calls.last.request
        return request

    def file(self) -> TransferFile:
        """Return a file of one item."""
        return self.bank.encode_file(FILE_ID, [PAYOUT])

    async def sends(self, file: TransferFile | None = None) -> Answer[FileOutcome]:
        sent = self.file() if file is None else file
        return await self.bank.submit_file(sent, slot=Slot(0.0), send_before=now_s() + 60)


@asynccontextmanager
async def mocked_mizuho(clock: ManualClock | None = None, url: str = URL) -> AsyncIterator[Mocked]:
    """Yield the bank and the route of everything that it asks."""
    code = BankCode.MIZUHO
    parts = Parts(
        clock or ManualClock(), Tally(), FreeLanes(), nothing_happens, time.monotonic, 1.0
    )
    settings = await asyncio.to_thread(load_settings, mizuho_base_url=url)
    with respx.mock(using="httpx", assert_all_called=False) as router:
        route = router.route(url__startswith=f"{url}/mizuho/fb/")
        async with open_mizuho(settings, bank_profiles()[code], parts) as bank:
            yield Mocked(bank, route)
