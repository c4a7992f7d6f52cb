"""Money that comes back, and how the emulated SMBC insists on telling."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from tests.sandbox.lender import Lender, is_signed_by
from tests.sandbox.receiver import Receiver, listening


@pytest.fixture
async def receiver(lender: Lender) -> AsyncIterator[Receiver]:
    async with listening() as receiver:
        await lender.told("PUT", "settings", {"callback_url": receiver.url})
        yield receiver


async def test_a_return_is_booked_and_called_back(lender: Lender, receiver: Receiver):
    order = lender.order(to_accountNumber="0000005")
    answer = await lender.submit(order)

    event, signature, body = await receiver.next()

    assert is_signed_by("smbc-sandbox-1", body, signature)
    assert event == {
        "eventId": event["eventId"],
        "type": "TRANSFER_RETURNED",
        "occurredAt": "2026-11-25T10:00:00.000+09:00",
        "transferId": answer.json["transferId"],
        "clientReference": order["clientReference"],
        "status": "RETURNED",
        "amount": "10000",
        "returnedAt": "2026-11-25T10:00:00.000+09:00",
    }
    ledger = await lender.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 100_000_000
    assert [(m["kind"], m["direction"]) for m in ledger["movements"]] == [
        ("payout", "out"),
        ("return", "in"),
    ]


async def test_after_a_return_only_the_inquiry_says_so(lender: Lender, receiver: Receiver):
    await lender.rule("submit", {"kind": "return_after", "seconds": 0})
    order = lender.order()
    first = await lender.submit(order)
    await receiver.next()

    again = await lender.submit(order)
    asked = (await lender.inquire(order["clientReference"])).json

    assert again.body == first.body
    assert asked["status"] == "RETURNED"
    assert asked["returnedAt"] == "2026-11-25T10:00:00.000+09:00"
    assert asked["returnReason"] in {"ACCOUNT_CLOSED", "NAME_MISMATCH"}


async def test_a_return_is_a_line_of_its_own_on_the_statement(lender: Lender, receiver: Receiver):
    order = lender.order(to_accountNumber="0000005")
    await lender.submit(order)
    await receiver.next()

    rows = (await lender.statement()).json["transactions"]

    assert [(row["type"], row["amount"], row["description"]) for row in rows] == [
        ("DEBIT", "10000", "ﾌﾘｺﾐ"),
        ("CREDIT", "10000", "ｼｷﾝﾍﾝｷﾔｸ"),
    ]
    assert {row["clientReference"] for row in rows} == {order["clientReference"]}
    assert len({row["transactionId"] for row in rows}) == 2


async def test_an_event_is_tried_six_times_with_growing_gaps_under_one_id(
    lender: Lender, receiver: Receiver
):
    receiver.statuses = [500, 404, 302, 503, 500, 500]
    await lender.submit(lender.order(to_accountNumber="0000005"))

    events = [(await receiver.next())[0] for _ in range(6)]

    assert len({event["eventId"] for event in events}) == 1
    gaps = [later - earlier for earlier, later in pairwise(receiver.times)]
    assert all(gap >= 0.0099 * 2**n for n, gap in enumerate(gaps)), gaps
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.4):
            await receiver.deliveries.get()


async def test_an_event_that_was_taken_is_not_delivered_again(lender: Lender, receiver: Receiver):
    receiver.statuses = [500, 200]
    await lender.submit(lender.order(to_accountNumber="0000005"))

    await receiver.next()
    await receiver.next()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await receiver.deliveries.get()


async def test_a_callback_may_come_twice_late_and_badly_signed(lender: Lender, receiver: Receiver):
    action = {"kind": "callback", "seconds": 1, "times": 2, "bad_signature": True}
    await lender.rule("callback", action)
    await lender.submit(lender.order(to_accountNumber="0000005"))

    first, second = await receiver.next(), await receiver.next()

    assert first[0] == second[0]
    assert not any(is_signed_by("smbc-sandbox-1", body, sig) for _, sig, body in (first, second))


async def test_a_lost_callback_never_comes_but_the_money_does(lender: Lender, receiver: Receiver):
    await lender.rule("callback", {"kind": "callback", "lose": True})
    lost, told = (lender.order(to_accountNumber="0000005") for _ in range(2))
    await lender.submit(lost)
    await lender.submit(told)

    event, _, _ = await receiver.next()

    assert event["clientReference"] == told["clientReference"]
    assert (await lender.inquire(lost["clientReference"])).json["status"] == "RETURNED"


async def test_a_callback_may_come_before_the_answer(lender: Lender, receiver: Receiver):
    await lender.rule("callback", {"kind": "callback", "before_answer": True})

    await lender.submit(lender.order(to_accountNumber="0000005"))

    assert receiver.deliveries.qsize() == 1
    assert [movement["kind"] for movement in await lender.movements()] == ["payout", "return"]


async def test_a_rule_on_the_pay_out_itself_can_plan_its_callback(
    lender: Lender, receiver: Receiver
):
    action = {"kind": "callback", "times": 2}
    await lender.rule("submit", action, account="0000005")

    await lender.submit(lender.order(to_accountNumber="0000005"))

    assert (await receiver.next())[0] == (await receiver.next())[0]


@pytest.mark.parametrize(
    ("action", "is_signed"),
    [
        pytest.param({"kind": "bad_signature"}, False, id="bad signature"),
        pytest.param({"kind": "delay", "seconds": 1}, True, id="late"),
    ],
)
async def test_the_common_actions_hold_for_callbacks_too(
    lender: Lender, receiver: Receiver, action, is_signed
):
    await lender.rule("callback", action)
    await lender.submit(lender.order(to_accountNumber="0000005"))

    _, signature, body = await receiver.next()

    assert is_signed_by("smbc-sandbox-1", body, signature) is is_signed


async def test_nobody_listening_stops_no_return(lender: Lender):
    await lender.told("PUT", "settings", {"callback_url": "http://127.0.0.1:1/"})
    await lender.rule("submit", {"kind": "callback", "before_answer": True})
    order = lender.order(to_accountNumber="0000005")

    await lender.submit(order)

    assert (await lender.inquire(order["clientReference"])).json["status"] == "RETURNED"


async def test_a_reset_drops_the_returns_that_were_to_come(lender: Lender, receiver: Receiver):
    await lender.submit(lender.order(to_accountNumber="0000005"))

    await lender.told("POST", "reset")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await receiver.deliveries.get()
    assert await lender.movements() == []
