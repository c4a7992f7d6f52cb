"""One bank on the test bench: its adapter, its emulator, and what both write to the log."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

import aiohttp
from structlog.testing import capture_logs

from gateway.adapters.registry import open_banks
from gateway.config import load_settings
from gateway.conformance.emulator import Emulator, Letterbox, letterbox
from gateway.conformance.expectation import Expectation
from gateway.conformance.surroundings import FreeLanes, NoMetrics, StandingClock, nothing_happens
from gateway.domain.account import AccountType, BankAccount
from gateway.domain.bank import Bank, CollectionOrder, FileBank, TransferOrder
from gateway.domain.identifier import reference_for
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Answer,
    FileAccepted,
    FileRejected,
    InquiryOutcome,
    NotFound,
    NotSent,
    Rejected,
    Settled,
    SubmitOutcome,
    Submitted,
    TurnedAway,
    Unknown,
)
from gateway.domain.ports import Slot
from gateway.profiles import bank_profiles
from gateway.sandbox.server import running_sandbox

HOLDER = "ﾔﾏﾀﾞ ﾀﾛｳ"
DEMO_NUMBER = "1234567"
RETURN_URL = "http://127.0.0.1:9/return?visit=1"
REAL_DEADLINE_S = 16.0
END_WITHIN_S = 10.0
ASK_EVERY_S = 0.01
T = TypeVar("T")


@dataclass(slots=True)
class Rig:
    """What a case has in hand. `time_scale` shortens every delay of the bank's."""

    bank: Bank
    emulator: Emulator
    box: Letterbox
    clock: StandingClock
    expected: Expectation
    time_scale: float
    log: list[Any]
    _numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def order(self, number: str = DEMO_NUMBER, amount: int = 10_000) -> TransferOrder:
        """Return a transfer order under a reference of its own."""
        creditor = BankAccount(
            self.bank.code, self.expected.branch, AccountType.ORDINARY, number, HOLDER
        )
        return TransferOrder(self._reference("transfer"), creditor, Yen(amount), "ﾌﾟﾛﾐｽ")

    def collection(self, amount: int = 10_000, *, open_for_s: float = 900) -> CollectionOrder:
        """Return an order to collect, under a reference of its own."""
        return CollectionOrder(
            reference=self._reference("repayment"),
            amount=Yen(amount),
            description="ｺﾞﾍﾝｻｲ",
            return_url=RETURN_URL,
            callback_url=self.box.url,
            expires_at=self.clock.now() + timedelta(seconds=open_for_s),
        )

    async def submit(
        self, order: TransferOrder, *, file_id: str | None = None
    ) -> SubmitOutcome | TurnedAway:
        """Send a transfer; at a batched bank as a file of one, named after it unless told."""
        loop_s = asyncio.get_running_loop().time()
        if not isinstance(self.bank, FileBank):
            return (await self.bank.submit(order, send_before=loop_s + END_WITHIN_S)).outcome
        file = self.bank.encode_file(file_id or order.reference, [order])
        answer = await self.bank.submit_file(
            file, slot=Slot(0.0), send_before=loop_s + END_WITHIN_S
        )
        return _as_one(answer.outcome)

    async def final(self, order: TransferOrder, outcome: SubmitOutcome | TurnedAway) -> object:
        """Return the outcome, or what the inquiry says once it is no longer Submitted."""
        if not isinstance(outcome, Submitted):
            return outcome
        return await self.asked(order, lambda asked: not isinstance(asked, Submitted | NotFound))

    async def became(self, order: TransferOrder) -> object:
        """Send a transfer and return its final outcome."""
        return await self.final(order, await self.submit(order))

    async def asked(
        self, order: TransferOrder, is_it: Callable[[InquiryOutcome], bool]
    ) -> InquiryOutcome:
        """Inquire until the outcome is as wanted; TimeoutError after ten seconds."""
        return await self.until(lambda: self.bank.inquire(order), is_it)

    async def until(
        self,
        ask: Callable[[], Awaitable[Answer[T]]],
        is_it: Callable[[T], bool],
    ) -> T:
        """Ask until the outcome is as wanted; TimeoutError after ten seconds."""
        async with asyncio.timeout(END_WITHIN_S):
            while True:
                outcome = (await ask()).outcome
                if is_it(outcome):
                    return outcome
                await asyncio.sleep(ASK_EVERY_S)

    async def submit_all(self, orders: Sequence[TransferOrder]) -> None:
        """Send many transfers, in files where the bank takes them, and wait until all settled."""
        if isinstance(self.bank, FileBank):
            size = self.bank.items_max
            for begin in range(0, len(orders), size):
                part = orders[begin : begin + size]
                file = self.bank.encode_file(part[0].reference, part)
                send_before = asyncio.get_running_loop().time() + END_WITHIN_S
                await self.bank.submit_file(file, slot=Slot(0.0), send_before=send_before)
        else:
            for order in orders:
                await self.submit(order)
        for order in orders:
            await self.asked(order, lambda asked: isinstance(asked, Settled))

    async def move_to(self, instant: datetime) -> None:
        """Set the clocks of the adapter and of the bank."""
        self.clock.instant = instant
        await self.set_the_banks_clock()

    async def advance(self, seconds: float) -> None:
        """Move both clocks on."""
        await self.move_to(self.clock.instant + timedelta(seconds=seconds))

    async def set_the_banks_clock(self, *, shift_s: float = 0) -> None:
        """Let the bank's clock stand where the adapter's does, or a little off."""
        hands = {"set": self.clock.now().isoformat(), "freeze": True, "shift_s": shift_s}
        await self.emulator.put("clock", hands)

    async def until_visible(self) -> None:
        """Wait as long as the bank may hide what it has taken."""
        await asyncio.sleep(self.expected.visible_after_s * self.time_scale)

    def _reference(self, flow: str) -> str:
        member = UUID(int=self._numbers())
        return reference_for(b"kit", member_id=member, flow=flow, idempotency_key="k")


def _as_one(outcome: object) -> SubmitOutcome | TurnedAway:
    """Return what a file of one transfer came to as that transfer's outcome."""
    match outcome:
        case FileAccepted(receipt=receipt):
            return Submitted(receipt)
        case FileRejected(reason=reason):
            return Rejected(reason)
        case NotSent() | TurnedAway() | Unknown():
            return outcome
        case _:
            raise TypeError(f"{outcome!r} is no outcome of a file")


@asynccontextmanager
async def open_rig(
    expected: Expectation, *, time_scale: float, base_url: str | None = None
) -> AsyncIterator[Rig]:
    """Yield an emulator on its first day and an adapter that knows nothing yet.

    `base_url` names a running emulator, which is reset; else one is started for the occasion.
    """
    clock, code = StandingClock(), expected.bank
    async with AsyncExitStack() as stack:
        log = stack.enter_context(capture_logs())
        url = base_url or await _started(stack, expected, clock)
        settings = await asyncio.to_thread(load_settings, **{f"{code}_base_url": url})
        profiles = await asyncio.to_thread(bank_profiles)
        quick = replace(profiles[code], deadline_s=REAL_DEADLINE_S * time_scale)
        banks = await stack.enter_async_context(
            open_banks(
                settings,
                clock=clock,
                metrics=NoMetrics(),
                lanes=FreeLanes(),
                checkpoint=nothing_happens,
                profiles={**profiles, code: quick},
            )
        )
        client = await stack.enter_async_context(aiohttp.ClientSession())
        box = await stack.enter_async_context(letterbox())
        emulator = Emulator(url, client)
        rig = Rig(banks[code], emulator, box, clock, expected, time_scale, log)
        await emulator.post("reset", {})
        await emulator.put("settings", {"callback_url": box.url, "time_scale": time_scale})
        await rig.set_the_banks_clock()
        yield rig


async def _started(stack: AsyncExitStack, expected: Expectation, clock: StandingClock) -> str:
    """Return the address of an emulator that runs as long as the stack."""
    sandbox = await stack.enter_async_context(
        running_sandbox(clock=clock, banks=(expected.bank,), port_base=0)
    )
    return sandbox.urls[expected.bank]
