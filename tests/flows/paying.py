"""A member who owes money and pays it back: the gateway, the bank, the browser between them."""

import asyncio
import secrets
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.app import Gateway
from gateway.conformance.emulator import Emulator
from gateway.demo.stage import DEMO_BRANCHES
from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.position import LoanPosition
from gateway.domain.repayment import Repayment, RepaymentKind, State
from gateway.domain.transfer import State as TransferState
from gateway.ops.clock import SystemClock
from gateway.serve import listen
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import accept_transfer
from gateway.services.quote_repayment import RepaymentWish
from gateway.store.loan_books import read_loan_book
from gateway.store.repayments import find_repayment
from tests.flows.serving import until
from tests.flows.world import END_WITHIN_S, World, open_world, request
from tests.services.conftest import Member

BORROWED, PAID = 50_000, 10_000
BACK = "/member/repaid"
# What a repayment may change, without what only says when the bank is asked next.
KEPT = (
    "SELECT count(*)::text FROM events",
    "SELECT count(*)::text FROM postings",
    "SELECT count(*)::text FROM loan_entries",
    "SELECT string_agg(key || state, ' ' ORDER BY key) FROM review_items",
    "SELECT string_agg(event_id, ' ' ORDER BY event_id) FROM callbacks_inbox",
    "SELECT string_agg(id || state || coalesce(reason, ''), ' ' ORDER BY id) FROM repayments",
    "SELECT string_agg(principal || ' ' || suspense, ' ' ORDER BY member_id) FROM loans",
)


@dataclass(frozen=True, slots=True)
class Payer:
    """A member who owes 50,000 yen, with a gateway that the banks and the browser reach."""

    world: World
    gateway: Gateway
    member: Member
    address: str
    bank: BankCode
    home: str

    @property
    def emulator(self) -> Emulator:
        return Emulator(self.world.sandbox.urls[self.bank], self.world.control)

    async def asks(
        self, kind: RepaymentKind = RepaymentKind.AMOUNT, amount: int | None = PAID
    ) -> Repayment:
        """Ask for a repayment; return it as it was accepted."""
        yen = None if amount is None else Yen(amount)
        wish = RepaymentWish(self.member.id, kind, self.bank, yen)
        wanted = RepaymentRequest(wish, self.home, secrets.token_hex(16), "flow")
        return (await accept_repayment(self.gateway.desk, wanted)).repayment

    async def opens(
        self, kind: RepaymentKind = RepaymentKind.AMOUNT, amount: int | None = PAID
    ) -> Repayment:
        """Ask, and wait until the bank has opened it: a busy machine misses answers."""
        return await self.until(await self.asks(kind, amount), State.AUTHORIZING)

    async def approves(self, repayment: Repayment, action: str = "approve") -> str:
        """Decide on the bank's page; return where the bank sends the browser."""
        assert repayment.redirect is not None
        branch = DEMO_BRANCHES.get(self.bank, "001")
        return await self.emulator.decide_on_page(repayment.redirect, branch, action)

    async def is_booked(self, repayment: Repayment, **decision: object) -> None:
        """Let the bank book what has been opened there, by its control API; wait until it did."""
        if repayment.redirect is not None:
            await self.emulator.visit(repayment.redirect)
        await self.emulator.post(f"approve/{repayment.reference}", decision)

        async def is_there() -> bool:
            return bool(await self.emulator.booked(repayment.reference))

        await until(is_there)

    async def comes_back(self, address: str) -> str:
        """Follow the bank's redirect to the gateway; return where that sends the browser."""
        async with self.world.control.get(address, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return answer.headers["Location"]

    async def now(self, repayment: Repayment) -> Repayment:
        found = await find_repayment(
            self.gateway.desk.db, member_id=repayment.member_id, repayment_id=repayment.id
        )
        assert found is not None
        return found

    async def until(self, repayment: Repayment, *states: State) -> Repayment:
        """Return the repayment once it is in one of the states."""
        async with asyncio.timeout(END_WITHIN_S):
            while True:
                found = await self.now(repayment)
                if found.state in states:
                    return found
                await asyncio.sleep(0.01)

    async def position(self) -> LoanPosition:
        """Return what is owed today, by the entries."""
        book = await read_loan_book(self.gateway.desk.db, self.member.id)
        assert book is not None
        return book.position_on(self.world.clock.now().date())

    async def owes(self) -> int:
        """Return the principal, by the entries."""
        return (await self.position()).owed.principal.amount

    async def kept(self) -> list[str | None]:
        """Return what there is, so that a test can say that it did not change."""
        return [await self.world.owner.fetchval(query) for query in KEPT]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def paying(
    url: str,
    owner: Any,
    bank: BankCode,
    *,
    clock: SystemClock | None = None,
    public_url: str | None = None,
    home: str | None = None,
    is_clock_right: bool = True,
) -> AsyncIterator[Payer]:
    """Run a gateway under its public address, and lend a member 50,000 yen through the bank.

    At the end all books have to agree. `public_url`: banks and browsers come by another way.
    `home`: the page of the lender's that the browser is sent to in the end.
    `is_clock_right` False: the bank's days are not compared with ours.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    home = home or address + BACK
    async with (
        open_world(
            url,
            owner,
            banks=(bank,),
            clock=clock,
            port=port,
            public_url=public_url or address,
            repayment_return_urls=(home,),
        ) as world,
        world.process() as gateway,
        AsyncExitStack() as stack,
    ):
        await listen(stack, gateway, world.settings)
        member = await world.member(bank=bank)
        accepted = await accept_transfer(gateway.desk, request(member, amount=BORROWED))
        transfer = await world.until_at_rest(gateway, accepted.transfer)
        assert transfer.state is TransferState.SETTLED
        yield Payer(world, gateway, member, address, bank, home)
        await world.check(gateway)
        if is_clock_right:
            await check_payments(world)


async def check_payments(world: World) -> None:
    """Each credit line of a bank is booked once, with its amount, on the day the bank took it."""
    rows = await world.owner.fetch(
        "SELECT r.bank, r.reference, e.amount, e.effective_on FROM loan_entries e"
        " JOIN repayments r ON r.member_id = e.member_id AND r.id = e.source_id"
        " WHERE e.kind IN ('payment', 'surplus')"
    )
    booked = [(row["bank"], row["reference"], row["amount"], row["effective_on"]) for row in rows]
    taken = [
        (bank, moved["reference"], int(moved["amount"]), _day(moved["instant"]))
        for bank in world.sandbox.urls
        for moved in (await world.books(BankCode(bank)))["movements"]
        if moved["kind"] == "collection"
    ]
    assert Counter(booked) == Counter(taken)


def _day(instant: str) -> Any:
    return datetime.fromisoformat(instant).astimezone(JST).date()
