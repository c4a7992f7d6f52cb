"""Repayments from the member's wish to the loan, at every bank; the payer approves on its page."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from gateway.app import Gateway
from gateway.conformance.emulator import Emulator
from gateway.demo.stage import DEMO_BRANCHES
from gateway.domain.account import BankCode
from gateway.domain.identifier import public_id
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from gateway.domain.repayment import Repayment, RepaymentKind, State
from gateway.domain.transfer import State as TransferState
from gateway.serve import listen
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import accept_transfer
from gateway.services.cancel_repayment import cancel_repayment
from gateway.services.collection_order import collection_order
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
    """And the browser that comes back finds it settled, whether or not the bank calls."""
    async with paying(database_url, owner, bank) as payer:
        asked = await payer.asks(bank)
        assert asked.state is State.AUTHORIZING

        back = await payer.comes_back(await payer.approves(asked))
        settled = await payer.now(asked)

        assert back == f"{payer.address}{BACK}?repayment_id={public_id('rp', asked.id)}"
        assert (settled.state, settled.paid_amount) == (State.SETTLED, Yen(PAID))
        assert await payer.owes() == BORROWED - PAID
        assert await payer.at(bank).booked(asked.reference) == [("collection", PAID)]


@pytest.mark.parametrize("bank", list(BankCode))
async def test_what_the_payer_declines_is_the_banks_word_and_moves_nothing(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        asked = await payer.asks(bank)

        await payer.comes_back(await payer.approves(asked, "decline"))
        declined = await payer.now(asked)

        assert (declined.state, declined.reason) == (State.REJECTED, Reason.PAYER_CANCELLED)
        assert declined.is_answered_finally
        assert await payer.owes() == BORROWED


async def test_a_browser_that_never_comes_back_changes_nothing(database_url: str, owner) -> None:
    async with paying(database_url, owner, BankCode.SMBC) as payer:
        asked = await payer.asks(BankCode.SMBC, RepaymentKind.PAYOFF, None)

        await payer.approves(asked)
        settled = await payer.until(asked, State.SETTLED)

        assert settled.amount == Yen(BORROWED)
        assert await payer.owes() == 0


async def test_money_that_comes_after_the_member_cancelled_is_booked(
    database_url: str, owner
) -> None:
    async with paying(database_url, owner, BankCode.RAKUTEN) as payer:
        asked = await payer.asks(BankCode.RAKUTEN)
        await cancel_repayment(payer.gateway.desk, member_id=payer.member.id, repayment_id=asked.id)
        assert (await payer.now(asked)).state is State.CANCELLED

        await payer.approves(asked)
        settled = await payer.until(asked, State.SETTLED)

        assert settled.reason is None
        assert await payer.owes() == BORROWED - PAID


async def test_a_start_whose_answer_is_lost_is_made_again_and_is_one_order(
    database_url: str, owner
) -> None:
    async with paying(database_url, owner, BankCode.SMBC) as payer:
        await payer.at(BankCode.SMBC).fault("start_collection", "drop_after")
        asked = await payer.asks(BankCode.SMBC)
        opened = await payer.until(asked, State.AUTHORIZING)

        await payer.comes_back(await payer.approves(opened))

        assert (await payer.now(asked)).state is State.SETTLED
        assert await payer.at(BankCode.SMBC).booked(asked.reference) == [("collection", PAID)]


async def test_a_bank_that_answers_no_start_ends_it_and_is_asked_all_the_same(
    database_url: str, owner
) -> None:
    async with paying(database_url, owner, BankCode.SMBC) as payer:
        await payer.at(BankCode.SMBC).fault("start_collection", "drop_before", times=0)
        asked = await payer.asks(BankCode.SMBC)

        ended = await payer.until(asked, State.REJECTED)

        assert ended.reason is Reason.BANK_UNAVAILABLE
        assert ended.inquire_at is not None
        assert ended.starts > 1


FORGED = [
    pytest.param("?state=nonsense", id="nonsense"),
    pytest.param("", id="nothing"),
    pytest.param("?state=" + "A" * 72, id="a seal of nobody"),
]


@pytest.mark.parametrize("query", FORGED)
async def test_a_browser_with_a_forged_state_changes_nothing(
    database_url: str, owner, query: str
) -> None:
    async with paying(database_url, owner, BankCode.SMBC) as payer:
        asked = await payer.asks(BankCode.SMBC)
        url = f"{payer.address}/returns/smbc{query}"
        with capture_logs() as records:
            async with payer.world.control.get(url, headers={"Accept": "text/html"}) as answer:
                page = await answer.text()

        assert (answer.status, answer.content_type) == (400, "text/html")
        assert "会員ページ" in page
        assert [r["bank"] for r in records if r["event"] == "return.refused"] == ["smbc"]
        assert (await payer.now(asked)).state is State.AUTHORIZING


async def test_what_a_browser_says_of_the_result_counts_for_nothing(
    database_url: str, owner
) -> None:
    async with paying(database_url, owner, BankCode.SMBC) as payer:
        asked = await payer.asks(BankCode.SMBC)
        order = collection_order(payer.gateway.desk, asked)

        await payer.comes_back(f"{order.return_url}&orderId=PO1&result=paid")

        assert (await payer.now(asked)).state is State.AUTHORIZING
        assert await payer.owes() == BORROWED
