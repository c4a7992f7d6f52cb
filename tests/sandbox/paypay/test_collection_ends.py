"""How collections at the emulated PayPay end, and how the shop is told."""

import pytest

from tests.manual_clock import ManualClock
from tests.sandbox.paypay.browser import DEMO, RETURN_URL, asked, decide, order
from tests.sandbox.paypay.receiver import Receiver, what_it_says
from tests.sandbox.paypay.shop import Shop, is_sealed


async def test_an_approved_collection_is_paid_called_back_and_sent_back(
    shop: Shop, receiver: Receiver
):
    form = order(shop, receiver)
    page = await shop.post("/start", form)

    back = await decide(shop, page, action="approve", **DEMO)

    reference = form["TRAN_ID"]
    paid = {"STATE": "PAID", "AMOUNT": "5000", "PAID_AT": "20261125100000"}
    assert (back.status, back.headers["Location"]) == (
        303,
        f"{RETURN_URL}&TRAN_ID={reference}&STATE=PAID",
    )
    assert what_it_says(await receiver.next()) == {
        "SHOP_ID": "SHOP0001",
        "TRAN_ID": reference,
        **paid,
    }
    assert await asked(shop, reference) == paid
    [movement] = await shop.movements()
    assert (movement["kind"], movement["direction"], movement["amount"]) == (
        "collection",
        "in",
        5000,
    )


ENDS = [
    pytest.param({"action": "decline"}, "CANCEL", id="left"),
    pytest.param({"action": "approve", **DEMO, "number": "0000004"}, "FAIL", id="funds short"),
    pytest.param({"action": "approve", **DEMO, "number": "0000003"}, "FAIL", id="frozen"),
]


@pytest.mark.parametrize(("filled", "state"), ENDS)
async def test_an_end_without_money_has_no_instant(shop: Shop, receiver: Receiver, filled, state):
    form = order(shop, receiver)
    page = await shop.post("/start", form)

    back = await decide(shop, page, **filled)

    ended = {"STATE": state, "AMOUNT": "5000"}
    told = what_it_says(await receiver.next())
    assert back.headers["Location"].endswith(f"&TRAN_ID={form['TRAN_ID']}&STATE={state}")
    assert told == {"SHOP_ID": "SHOP0001", "TRAN_ID": form["TRAN_ID"], **ended}
    assert await asked(shop, form["TRAN_ID"]) == ended
    assert await shop.movements() == []


async def test_the_third_wrong_password_fails_the_collection(shop: Shop, receiver: Receiver):
    form = order(shop, receiver)
    page = await shop.post("/start", form)
    wrong = DEMO | {"password": "wrong"}

    answers = [await decide(shop, page, action="approve", **wrong) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 303]
    assert what_it_says(await receiver.next())["STATE"] == "FAIL"


async def test_an_undecided_collection_expires_by_itself_and_is_called_back(
    shop: Shop, receiver: Receiver, clock: ManualClock
):
    form = order(shop, receiver)
    await shop.post("/start", form)
    clock.advance(600)

    told = what_it_says(await receiver.next())

    assert (told["STATE"], "PAID_AT" in told) == ("EXPIRED", False)
    assert (await asked(shop, form["TRAN_ID"]))["STATE"] == "EXPIRED"


async def test_a_bank_may_book_another_amount_and_say_so(shop: Shop, receiver: Receiver):
    form = order(shop, receiver)
    await shop.post("/start", form)

    await shop.told("POST", f"approve/{form['TRAN_ID']}", {"amount": 4999})

    assert what_it_says(await receiver.next())["AMOUNT"] == "4999"
    assert (await asked(shop, form["TRAN_ID"]))["AMOUNT"] == "4999"


@pytest.mark.parametrize(
    ("plan", "count", "genuine"),
    [
        pytest.param({"times": 2}, 2, True, id="doubled"),
        pytest.param({"seconds": 5}, 1, True, id="late"),
        pytest.param({"bad_signature": True}, 1, False, id="forged"),
    ],
)
async def test_a_callback_can_be_spoiled(shop: Shop, receiver: Receiver, plan, count, genuine):
    await shop.rule("callback", {"kind": "callback", **plan})
    form = order(shop, receiver)
    await shop.post("/start", form)
    await shop.told("POST", f"approve/{form['TRAN_ID']}")

    deliveries = [await receiver.next() for _ in range(count)]

    assert {delivery["STATE"] for delivery in deliveries} == {"PAID"}
    assert {is_sealed(delivery) for delivery in deliveries} == {genuine}
    assert await receiver.is_quiet_for(0.1)


async def test_a_callback_may_never_come(shop: Shop, receiver: Receiver):
    await shop.rule("start_collection", {"kind": "callback", "lose": True})
    form = order(shop, receiver)
    await shop.post("/start", form)

    await shop.told("POST", f"approve/{form['TRAN_ID']}")

    assert await receiver.is_quiet_for(0.1)
    assert (await asked(shop, form["TRAN_ID"]))["STATE"] == "PAID"


async def test_a_callback_may_come_before_the_browser_returns(shop: Shop, receiver: Receiver):
    await shop.rule("callback", {"kind": "callback", "before_answer": True})
    page = await shop.post("/start", order(shop, receiver))

    back = await decide(shop, page, action="approve", **DEMO)

    assert (back.status, receiver.deliveries.qsize()) == (303, 1)
