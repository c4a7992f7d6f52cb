"""Money that comes back, and how the emulated PayPay insists on telling."""

from pathlib import Path

import pytest
from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.paypay.receiver import Receiver, what_it_says
from tests.sandbox.paypay.shop import Shop, is_sealed


async def test_a_return_is_booked_and_called_back(shop: Shop, receiver: Receiver):
    order = shop.order(ACCOUNT="0000005")
    await shop.submit(order)

    said = what_it_says(await receiver.next())

    assert said == {
        "SHOP_ID": "SHOP0001",
        "TRAN_ID": order["TRAN_ID"],
        "STATE": "RETURNED",
        "AMOUNT": "10000",
    }
    ledger = await shop.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 100_000_000
    assert [movement["kind"] for movement in ledger["movements"]] == ["payout", "return"]


async def test_the_inquiry_says_when_it_was_done_and_when_it_came_back(
    shop: Shop, receiver: Receiver, clock: ManualClock
):
    await shop.rule("submit", {"kind": "return_after", "seconds": 20})
    order = shop.order()
    await shop.submit(order)
    clock.advance(86_400)
    await receiver.next()

    asked = await shop.inquire(order["TRAN_ID"])

    assert asked.said == {
        "RESULT": "0",
        "STATE": "RETURNED",
        "AMOUNT": "10000",
        "DONE_AT": "20261125100000",
        "RETURNED_AT": "20261126100000",
        "TRAN_ID": order["TRAN_ID"],
    }


async def test_a_used_reference_stays_used_after_a_return(shop: Shop, receiver: Receiver):
    order = shop.order(ACCOUNT="0000005")
    await shop.submit(order)
    await receiver.next()

    assert (await shop.submit(order)).code == "E07"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((200, "ok"), id="lower case"),
        pytest.param((200, ""), id="nothing"),
        pytest.param((200, "OK, thank you"), id="more words"),
        pytest.param((204, ""), id="another success"),
        pytest.param((201, "OK"), id="another status"),
        pytest.param((500, "OK"), id="an error that says OK"),
    ],
)
async def test_only_the_word_ok_with_200_stops_the_tries(shop: Shop, receiver: Receiver, answer):
    receiver.answers = [answer]
    await shop.submit(shop.order(ACCOUNT="0000005"))

    first, second = await receiver.next(), await receiver.next()

    assert what_it_says(first) == what_it_says(second)
    assert await receiver.is_quiet_for(0.1)


async def test_a_callback_is_tried_eleven_times_each_sealed_anew(shop: Shop, receiver: Receiver):
    receiver.answers = [(500, "")] * 20
    await shop.submit(shop.order(ACCOUNT="0000005"))

    deliveries = [await receiver.next() for _ in range(11)]

    assert len({delivery["NONCE"] for delivery in deliveries}) == 11
    assert all(is_sealed(delivery) for delivery in deliveries)
    assert await receiver.is_quiet_for(0.2)


async def test_a_callback_may_come_twice_late_and_badly_sealed(shop: Shop, receiver: Receiver):
    action = {"kind": "callback", "seconds": 1, "times": 2, "bad_signature": True}
    await shop.rule("callback", action)
    await shop.submit(shop.order(ACCOUNT="0000005"))

    first, second = await receiver.next(), await receiver.next()

    assert first["TRAN_ID"] == second["TRAN_ID"]
    assert not is_sealed(first)
    assert not is_sealed(second)


async def test_a_return_that_was_still_to_come_comes_after_the_restart(
    clock: ManualClock, tmp_path: Path
):
    async with ClientSession() as session:
        async with running_sandbox(clock=clock, banks=["paypay"], books_dir=tmp_path) as sandbox:
            shop = Shop(session, sandbox.urls["paypay"], clock)
            order = shop.order(ACCOUNT="0000005")
            await shop.submit(order)

        async with running_sandbox(
            clock=clock, banks=["paypay"], books_dir=tmp_path, time_scale=0.001
        ) as sandbox:
            shop.url = sandbox.urls["paypay"]
            await shop.told("PUT", "settings", {"rate_limits": {"inquiry": 0}})
            while (await shop.inquire(order["TRAN_ID"])).fields["STATE"] != "RETURNED":
                pass
