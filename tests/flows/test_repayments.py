"""Repayments from the member's wish to the loan, at every bank; the payer approves on its page."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from gateway.app import Gateway
from gateway.conformance.emulator import Emulator
from gateway.demo.stage import DEMO_BRANCHES
from gateway.domain.account import BankCode
from gateway.domain.money import Yen
from gateway.domain.repayment import Repayment, RepaymentKind, State
from gateway.domain.transfer import State as TransferState
from gateway.serve import listen
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import accept_transfer
from gateway.services.quote_repayment import RepaymentWish
from gateway.store.loan_books import read_loan_book
from gateway.store.repayments import find_repayment
from tests.flows.world import END_WITHIN_S, World, open_world, request
from tests.services.conftest import Member

BORROWED, PAID = 50_000, 10_000
BACK = "/member/repaid"


@dataclass(frozen=True, slots=True)
class Payer:
    """A member who owes 50,000 yen, with a gateway that the banks and the browser reach."""

    world: World
    gateway: Gateway
    member: Member
    address: str

    async def asks(
        self, bank: BankCode, kind: RepaymentKind = RepaymentKind.AMOUNT, amount: int | None = PAID
    ) -> Repayment:
        """Ask for a repayment; return it as it was accepted."""
        wish = RepaymentWish(self.member.id, kind, bank, None if amount is None else Yen(amount))
        wanted = RepaymentRequest(wish, self.address + BACK, secrets.token_hex(16), "flow")
        return (await accept_repayment(self.gateway.desk, wanted)).repayment

    def at(self, bank: BankCode) -> Emulator:
        return Emulator(self.world.sandbox.urls[bank], self.world.control)

    async def approves(self, repayment: Repayment, action: str = "approve") -> str:
        """Decide on the bank's page; return where the bank sends the browser."""
        assert repayment.redirect is not None
        branch = DEMO_BRANCHES.get(repayment.bank, "001")
        return await self.at(repayment.bank).decide_on_page(repayment.redirect, branch, action)

    async def until(self, repayment: Repayment, *states: State) -> Repayment:
        """Return the repayment once it is in one of the states."""
        async with asyncio.timeout(END_WITHIN_S):
            while True:
                found = await find_repayment(
                    self.gateway.desk.db,
                    member_id=repayment.member_id,
                    repayment_id=repayment.id,
                )
                assert found is not None
                if found.state in states:
                    return found
                await asyncio.sleep(0.01)

    async def owes(self) -> int:
        """Return the principal, by the entries."""
        book = await read_loan_book(self.gateway.desk.db, self.member.id)
        assert book is not None
        today = self.world.clock.now().date()
        return book.position_on(today).owed.principal.amount


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def paying(url: str, owner, bank: BankCode) -> AsyncIterator[Payer]:
    """Run a gateway under its public address, and lend a member 50,000 yen through the bank."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    async with (
        open_world(
            url,
            owner,
            banks=(bank,),
            port=port,
            public_url=address,
            repayment_return_urls=(address + BACK,),
        ) as world,
        world.process() as gateway,
        AsyncExitStack() as stack,
    ):
        await listen(stack, gateway, world.settings)
        member = await world.member(bank=bank)
        accepted = await accept_transfer(gateway.desk, request(member, amount=BORROWED))
        transfer = await world.until_at_rest(gateway, accepted.transfer)
        assert transfer.state is TransferState.SETTLED
        yield Payer(world, gateway, member, address)
        await world.check(gateway)


@pytest.mark.parametrize("bank", list(BankCode))
async def test_what_the_payer_approves_on_the_banks_page_is_booked_on_the_loan(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        asked = await payer.asks(bank)
        assert asked.state is State.AUTHORIZING

        back = await payer.approves(asked)
        settled = await payer.until(asked, State.SETTLED)

        assert settled.paid_amount == Yen(PAID)
        assert await payer.owes() == BORROWED - PAID
        assert await payer.at(bank).booked(asked.reference) == [("collection", PAID)]
        assert back.startswith(f"{payer.address}/returns/{bank}?state=")
