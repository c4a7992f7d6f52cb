"""Repayments from the member's wish to the loan, at every bank; the payer approves on its page."""

import pytest
from structlog.testing import capture_logs

from gateway.domain.account import BankCode
from gateway.domain.identifier import public_id
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from gateway.domain.repayment import RepaymentKind, State
from gateway.services.collection_order import collection_order
from tests.flows.paying import BACK, BORROWED, PAID, paying


@pytest.mark.parametrize("bank", list(BankCode))
async def test_what_the_payer_approves_on_the_banks_page_is_booked_on_the_loan(
    database_url: str, owner, bank: BankCode
) -> None:
    """And the browser that comes back finds it settled, whether or not the bank calls."""
    async with paying(database_url, owner, bank) as payer:
        asked = await payer.asks()
        assert asked.state is State.AUTHORIZING

        back = await payer.comes_back(await payer.approves(asked))
        settled = await payer.now(asked)

        assert back == f"{payer.address}{BACK}?repayment_id={public_id('rp', asked.id)}"
        assert (settled.state, settled.paid_amount) == (State.SETTLED, Yen(PAID))
        assert await payer.owes() == BORROWED - PAID
        assert await payer.emulator.booked(asked.reference) == [("collection", PAID)]


@pytest.mark.parametrize("bank", list(BankCode))
async def test_what_the_payer_declines_is_the_banks_word_and_moves_nothing(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        asked = await payer.asks()

        await payer.comes_back(await payer.approves(asked, "decline"))
        declined = await payer.now(asked)

        assert (declined.state, declined.reason) == (State.REJECTED, Reason.PAYER_CANCELLED)
        assert declined.is_answered_finally
        assert await payer.owes() == BORROWED


async def test_a_browser_that_never_comes_back_changes_nothing(database_url: str, owner) -> None:
    async with paying(database_url, owner, BankCode.SMBC) as payer:
        asked = await payer.asks(RepaymentKind.PAYOFF, None)

        await payer.approves(asked)
        settled = await payer.until(asked, State.SETTLED)

        assert settled.amount == Yen(BORROWED)
        assert await payer.owes() == 0


async def test_a_bank_that_answers_no_start_ends_it_and_is_asked_all_the_same(
    database_url: str, owner
) -> None:
    async with paying(database_url, owner, BankCode.SMBC) as payer:
        await payer.emulator.fault("start_collection", "drop_before", times=0)
        asked = await payer.asks()

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
        asked = await payer.asks()
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
        asked = await payer.asks()
        order = collection_order(payer.gateway.desk, asked)

        await payer.comes_back(f"{order.return_url}&orderId=PO1&result=paid")

        assert (await payer.now(asked)).state is State.AUTHORIZING
        assert await payer.owes() == BORROWED
