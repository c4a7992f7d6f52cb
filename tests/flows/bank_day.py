"""A day at all banks that goes wrong in every way the emulators know, repeatable by its seed."""

import asyncio
import secrets
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from gateway.app import Gateway
from gateway.conformance.emulator import Emulator
from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.bank import Bank, CollectionOrder, FileBank, TransferOrder
from gateway.domain.errors import Busy, CommitUnknown, NothingOwed
from gateway.domain.money import Yen
from gateway.domain.outcome import Authorizing, FileOutcome, NotSent, Redirect, SubmitOutcome
from gateway.domain.ports import Slot
from gateway.domain.reason import Reason
from gateway.domain.repayment import Repayment, RepaymentKind
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import TransferRequest, accept_transfer
from gateway.services.quote_repayment import RepaymentWish
from tests.flows.chaos import rule
from tests.flows.world import World, request
from tests.services.conftest import HOLDER, Member

BACK = "https://member.example/repaid"
AT_A_TIME = 20
BORROWED = 50_000
QUIET_FOR = timedelta(seconds=2)
WITHIN_S = 180
PAID_TWICE = 2
NO_LIMITS = {"rate_limits": {"money": 0, "inquiry": 0}}
# Nobody answers a question any more: what is not clear stays so until the statement says it.
DEAF = [
    rule("inquire", 1, "status", status=503, done=False),
    rule("inquire_collection", 1, "status", status=503, done=False),
]
FAULTS = [
    rule("submit", 0.10, "drop_after"),
    rule("submit", 0.05, "drop_before"),
    rule("submit", 0.05, "status", status=500, done=True),
    rule("submit", 0.10, "return_after", seconds=4),
    *DEAF,
]


@dataclass(frozen=True, slots=True)
class Borrower:
    """A member who owes 50,000 yen to the lender, and the bank that it went through."""

    member: Member
    bank: BankCode


@dataclass(slots=True)
class BadDay:
    """What a test makes of the day: lending, repaying, and what no one here knows of."""

    world: World
    gateway: Gateway
    random: Random
    borrowers: list[Borrower] = field(default_factory=list)

    def at(self, bank: BankCode) -> Emulator:
        return Emulator(self.world.sandbox.urls[bank], self.world.control)

    @property
    def banks(self) -> list[BankCode]:
        return [BankCode(bank) for bank in self.world.sandbox.urls]

    async def begin(self, seed: int) -> None:
        for bank in self.banks:
            await self.at(bank).put("settings", NO_LIMITS)
            await self.at(bank).put("seed", seed)

    async def lend(self, borrowers: int) -> None:
        """Lend to members in turn at each bank, while all is well."""
        for number in range(borrowers):
            bank = self.banks[number % len(self.banks)]
            member = await self.world.member(limit=500_000, bank=bank)
            self.borrowers.append(Borrower(member, bank))
        wanted = [request(one.member, amount=BORROWED) for one in self.borrowers]
        await in_batches(_transfer(self.gateway, one) for one in wanted)
        await self.until_quiet(borrowers)

    async def grow_deaf(self) -> None:
        for bank in self.banks:
            await self.at(bank).put("faults", FAULTS)

    async def lend_badly(self, transfers: int) -> None:
        """Lend while answers are lost and money comes back."""
        wanted = [
            request(self._anyone().member, amount=1_000 + number) for number in range(transfers)
        ]
        await in_batches(_transfer(self.gateway, one) for one in wanted)

    async def repay(self, repayments: int) -> None:
        """Let members approve, once or twice, what they asked for, or another amount, or not."""
        await in_batches(self._repay(self._anyone(), number) for number in range(repayments))

    async def _repay(self, borrower: Borrower, number: int) -> None:
        wish = RepaymentWish(
            borrower.member.id, RepaymentKind.AMOUNT, borrower.bank, Yen(200 + number)
        )
        wanted = RepaymentRequest(wish, BACK, secrets.token_hex(16), "day", beside_open=True)
        try:
            repayment = await _accepted(self.gateway, wanted)
        except NothingOwed:
            return  # on a busy machine nobody has heard of the advance yet
        if repayment.redirect is None:
            return
        bank = self.at(borrower.bank)
        await bank.visit(repayment.redirect)
        how = self.random.choices(({}, {"again": True}, {"amount": 150}, None), (7, 2, 1, 1))[0]
        if how is not None:
            await bank.post(f"approve/{repayment.reference}", how)

    async def strangers(self, bank: BankCode) -> None:
        """Let money come and go under references that this database does not know."""
        await self._pay_out(bank, _reference(self.random))
        reference = _reference(self.random)
        order = CollectionOrder(
            reference=reference,
            amount=Yen(777),
            description="ｺﾞﾍﾝｻｲ",
            return_url=BACK,
            callback_url="http://127.0.0.1:9/callbacks",
            expires_at=(self.world.clock.now() + timedelta(minutes=10)).replace(microsecond=0),
        )
        await self.at(bank).visit(await self._started(bank, order))
        await self.at(bank).post(f"approve/{reference}", {})

    async def _started(self, bank: BankCode, order: CollectionOrder) -> Redirect:
        """Start until the bank answers: a busy machine misses answers, and it is one order."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                outcome = (await self.gateway.desk.banks[bank].start_collection(order)).outcome
                if isinstance(outcome, Authorizing):
                    return outcome.redirect
                await asyncio.sleep(0.05)

    async def pay_out_again(self, reference: str) -> None:
        """Send a reference in one more file: that bank pays it once for each."""
        bank = self.at(BankCode.MIZUHO)
        async with asyncio.timeout(WITHIN_S):
            while len(await bank.booked(reference)) < PAID_TWICE:
                await self._pay_out(BankCode.MIZUHO, reference)
                await asyncio.sleep(0.5)

    async def _pay_out(self, bank: BankCode, reference: str) -> None:
        branch = {BankCode.PAYPAY: "002", BankCode.RAKUTEN: "201"}.get(bank, "001")
        payee = BankAccount(bank, branch, AccountType.ORDINARY, "1234567", HOLDER)
        order = TransferOrder(reference, payee, Yen(555), "ﾌﾟﾛﾐｽ")
        outcome: SubmitOutcome | FileOutcome = NotSent(Reason.BANK_BUSY)
        async with asyncio.timeout(WITHIN_S):
            while isinstance(outcome, NotSent):
                await asyncio.sleep(0.02)
                outcome = await _submitted(self.gateway.desk.banks[bank], order)

    async def until_quiet(self, at_least: int = 1) -> int:
        """Wait until so much has moved, and nothing for a while; return how much has in all."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                instants = [
                    datetime.fromisoformat(moved["instant"])
                    for bank in self.banks
                    for moved in await self.at(bank).movements()
                ]
                is_enough = len(instants) >= at_least
                if is_enough and self.world.clock.now() - max(instants) > QUIET_FOR:
                    return len(instants)
                await asyncio.sleep(0.02)

    async def fill_up(self, movements: int) -> None:
        """Lend on until so much has moved: a busy machine misses answers, and asks less."""
        while (missing := movements - await self.until_quiet()) > 0:
            await self.lend_badly(missing)

    async def lines(self, bank: BankCode, day: date) -> int:
        """Return how many movements the bank's own books have on a day."""
        return sum(
            datetime.fromisoformat(moved["instant"]).date() == day
            for moved in await self.at(bank).movements()
        )

    def _anyone(self) -> Borrower:
        return self.random.choice(self.borrowers)


async def in_batches(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run coroutines, a few at a time."""
    room = asyncio.Semaphore(AT_A_TIME)

    async def one(coroutine: Coroutine[Any, Any, None]) -> None:
        async with room:
            await coroutine

    await asyncio.gather(*(one(coroutine) for coroutine in work))


async def _transfer(gateway: Gateway, wanted: TransferRequest) -> None:
    while True:
        with suppress(Busy, CommitUnknown):
            await accept_transfer(gateway.desk, wanted)
            return
        await asyncio.sleep(0.02)


async def _accepted(gateway: Gateway, wanted: RepaymentRequest) -> Repayment:
    while True:
        with suppress(Busy, CommitUnknown):
            return (await accept_repayment(gateway.desk, wanted)).repayment
        await asyncio.sleep(0.02)


def _reference(random: Random) -> str:
    return "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=20))


async def _submitted(bank: Bank, order: TransferOrder) -> SubmitOutcome | FileOutcome:
    send_before = asyncio.get_running_loop().time() + WITHIN_S
    if isinstance(bank, FileBank):
        file = bank.encode_file(f"X{secrets.token_hex(8)}".upper(), [order])
        answer = await bank.submit_file(file, slot=Slot(0.0), send_before=send_before)
        return answer.outcome
    return (await bank.submit(order, send_before=send_before)).outcome
