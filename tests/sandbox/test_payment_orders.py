"""SMBC's collections: started, decided, expired, asked about, called back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import pytest
from aiohttp import ClientOSError, ServerDisconnectedError

from tests.manual_clock import ManualClock
from tests.sandbox.lender import Lender, is_signed_by
from tests.sandbox.receiver import Receiver, listening

DEMO = {"branch": "001", "type": "1", "number": "1234567"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as receiver:
        yield receiver


async def test_a_collection_is_started_and_waits_for_its_payer(lender: Lender):
    payment = lender.payment()

    answer = await lender.start(payment)

    assert (answer.status, answer.is_signed) == (201, True)
    order = answer.json["orderId"]
    assert answer.json == {
        "orderId": order,
        "redirectUrl": answer.json["redirectUrl"],
        "expiresAt": "2026-11-25T10:15:00.000+09:00",
    }
    assert answer.json["redirectUrl"].startswith(f"{lender.url}/approve/")
    asked = await lender.request("GET", f"/payment-orders/{order}")
    assert (asked.status, asked.is_signed) == (200, True)
    assert asked.json == {
        "orderId": order,
        "clientReference": payment["clientReference"],
        "amount": "10000",
        "status": "CREATED",
        "failureReason": None,
        "paidAt": None,
        "valueDate": None,
        "payerName": None,
    }
    assert await lender.payment_status(payment["clientReference"]) == asked.json
    assert await lender.movements() == []


async def test_an_approved_collection_is_paid_booked_and_on_the_statement(lender: Lender):
    order = await lender.started()
    reference = order["clientReference"]

    told = await lender.told("POST", f"approve/{reference}")

    assert told == {"reference": reference, "status": "paid"}
    assert await lender.payment_status(reference) == {
        "orderId": order["orderId"],
        "clientReference": reference,
        "amount": "10000",
        "status": "PAID",
        "failureReason": None,
        "paidAt": "2026-11-25T10:00:00.000+09:00",
        "valueDate": "2026-11-25",
        "payerName": "ﾔﾏﾀﾞ ﾀﾛｳ",
    }
    ledger = await lender.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 100_010_000
    assert ledger["accounts"][0]["balance"] == 990_000
    assert ledger["movements"] == [
        {
            "seq": 1,
            "kind": "collection",
            "direction": "in",
            "reference": reference,
            "amount": 10_000,
            "instant": "2026-11-25T10:00:00+09:00",
            "value_date": "2026-11-25",
            "bank_id": order["orderId"],
            "account": "1234567",
        }
    ]
    assert (await lender.statement()).json["transactions"] == [
        {
            "transactionId": order["orderId"],
            "type": "CREDIT",
            "amount": "10000",
            "executedAt": "2026-11-25T10:00:00.000+09:00",
            "valueDate": "2026-11-25",
            "clientReference": reference,
            "counterpartyName": "ﾔﾏﾀﾞ ﾀﾛｳ",
            "description": "ﾌﾘｶｴ",
        }
    ]


@pytest.mark.parametrize(
    ("payer", "status", "reason"),
    [
        pytest.param({"number": "0000004"}, "failed", "INSUFFICIENT_FUNDS", id="0000004"),
        pytest.param({"number": "0000003"}, "failed", "ACCOUNT_FROZEN", id="0000003"),
        pytest.param({"branch": "009"}, "failed", "INSUFFICIENT_FUNDS", id="a poor account"),
    ],
)
async def test_a_payer_who_cannot_pay_ends_it_as_failed(lender: Lender, payer, status, reason):
    poor = {"branch": "009", "type": "1", "number": "1234567", "holder": "ｱ", "balance": 9_999}
    await lender.told("POST", "accounts", poor)
    order = await lender.started()

    told = await lender.told("POST", f"approve/{order['clientReference']}", {"payer": DEMO | payer})

    known = await lender.payment_status(order["clientReference"])
    assert told["status"] == status
    assert (known["status"], known["failureReason"]) == ("FAILED", reason)
    assert await lender.movements() == []


async def test_a_declined_collection_is_cancelled(lender: Lender):
    order = await lender.started()

    told = await lender.told("POST", f"decline/{order['clientReference']}", {"payer": DEMO})

    assert told["status"] == "cancelled"
    assert (await lender.payment_status(order["clientReference"]))["status"] == "CANCELLED"


@pytest.mark.parametrize("call", ["approve", "decline"])
async def test_what_is_no_longer_open_cannot_be_decided(lender: Lender, call):
    order = await lender.started()
    await lender.told("POST", f"decline/{order['clientReference']}")

    status, answer = await lender.control("POST", f"{call}/{order['clientReference']}")

    assert (status, answer) == (409, {"error": "it is cancelled"})


@pytest.mark.parametrize(
    "decision",
    [
        pytest.param({"colour": "red"}, id="unknown field"),
        pytest.param({"amount": "10000"}, id="an amount as text"),
        pytest.param({"amount": 0}, id="nothing"),
        pytest.param({"at": "2026-11-25T10:00:00"}, id="an instant without offset"),
        pytest.param({"at": "9999-12-31T23:59:59+00:00"}, id="an instant beyond the calendar"),
        pytest.param({"payer": DEMO | {"number": "7654321"}}, id="an account that is not there"),
        pytest.param({"payer": {"number": "1234567"}}, id="half an account"),
    ],
)
async def test_a_decision_beyond_the_format_is_400_and_decides_nothing(lender: Lender, decision):
    order = await lender.started()

    status, _ = await lender.control("POST", f"approve/{order['clientReference']}", decision)

    assert status == 400
    assert (await lender.payment_status(order["clientReference"]))["status"] == "CREATED"


async def test_a_bank_may_book_another_amount_at_another_instant(lender: Lender):
    order = await lender.started()
    mistake = {"amount": 9_000, "at": "2026-11-24T23:59:59+09:00"}

    await lender.told("POST", f"approve/{order['clientReference']}", mistake)

    known = await lender.payment_status(order["clientReference"])
    rows = (await lender.statement("2026-11-24")).json["transactions"]
    assert (known["amount"], known["paidAt"]) == ("9000", "2026-11-24T23:59:59.000+09:00")
    assert known["valueDate"] == "2026-11-24"
    assert [row["amount"] for row in rows] == ["9000"]


@pytest.mark.parametrize(
    "decisions",
    [
        pytest.param([{"again": True}], id="at once"),
        pytest.param([{}, {"again": True}], id="later"),
    ],
)
async def test_a_bank_may_book_twice(lender: Lender, receiver: Receiver, decisions):
    order = await lender.started(notifyUrl=receiver.url)

    for decision in decisions:
        await lender.told("POST", f"approve/{order['clientReference']}", decision)

    events = [(await receiver.next())[0] for _ in range(2)]
    movements = await lender.movements()
    assert [movement["amount"] for movement in movements] == [10_000, 10_000]
    assert len({movement["bank_id"] for movement in movements}) == 2
    assert {event["status"] for event in events} == {"PAID"}
    assert len({event["eventId"] for event in events}) == 2


async def test_started_again_it_is_the_first_order_while_it_is_open(lender: Lender):
    payment = lender.payment()
    first = await lender.start(payment)

    again = await lender.start(payment)
    other = await lender.start(payment | {"amount": "10001"})

    assert (again.status, again.body) == (201, first.body)
    assert (first.headers.get("X-Duplicate"), again.headers["X-Duplicate"]) == (None, "true")
    assert (other.status, other.code) == (409, "REFERENCE_REUSED")


async def test_started_again_after_its_end_it_is_already_used(lender: Lender):
    payment = lender.payment()
    await lender.start(payment)
    await lender.told("POST", f"approve/{payment['clientReference']}")

    again = await lender.start(payment)

    assert (again.status, again.code, again.is_signed) == (409, "REFERENCE_REUSED", True)
    assert "PAID" in again.json["error"]["message"]
    assert len(await lender.movements()) == 1


async def test_an_open_collection_expires_at_its_limit_by_the_banks_clock(
    lender: Lender, receiver: Receiver, clock: ManualClock
):
    order = await lender.started(notifyUrl=receiver.url)
    clock.advance(15 * 60 - 0.001)
    before = await lender.payment_status(order["clientReference"])
    clock.advance(0.001)

    event, _, _ = await receiver.next()

    assert before["status"] == "CREATED"
    assert (event["status"], event["occurredAt"]) == ("EXPIRED", "2026-11-25T10:15:00.000+09:00")
    assert (await lender.payment_status(order["clientReference"]))["status"] == "EXPIRED"
    status, _ = await lender.control("POST", f"approve/{order['clientReference']}")
    assert status == 409


async def test_a_clock_that_jumps_expires_what_was_open(lender: Lender, receiver: Receiver):
    await lender.started(notifyUrl=receiver.url)

    await lender.told("PUT", "clock", {"shift_s": 3600})

    async with asyncio.timeout(0.5):
        event, _, _ = await receiver.next()
    assert event["status"] == "EXPIRED"


async def test_what_was_decided_does_not_expire(lender: Lender, clock: ManualClock):
    order = await lender.started()
    await lender.told("POST", f"approve/{order['clientReference']}")

    clock.advance(3600)

    assert (await lender.payment_status(order["clientReference"]))["status"] == "PAID"


async def test_every_end_is_called_back_signed(lender: Lender, receiver: Receiver):
    order = await lender.started(notifyUrl=receiver.url)

    await lender.told("POST", f"decline/{order['clientReference']}")
    event, signature, body = await receiver.next()

    assert is_signed_by("smbc-sandbox-1", body, signature)
    assert event == {
        "eventId": event["eventId"],
        "type": "PAYMENT_ORDER_UPDATED",
        "occurredAt": "2026-11-25T10:00:00.000+09:00",
        "orderId": order["orderId"],
        "clientReference": order["clientReference"],
        "status": "CANCELLED",
        "amount": "10000",
    }


async def test_a_callback_is_tried_six_times_under_one_id(lender: Lender, receiver: Receiver):
    receiver.statuses = [500] * 6
    order = await lender.started(notifyUrl=receiver.url)
    await lender.told("POST", f"approve/{order['clientReference']}")

    events = [(await receiver.next())[0] for _ in range(6)]

    assert len({event["eventId"] for event in events}) == 1
    gaps = [later - earlier for earlier, later in pairwise(receiver.times)]
    assert all(gap >= 0.0099 * 2**n for n, gap in enumerate(gaps)), gaps
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.4):
            await receiver.deliveries.get()


async def test_a_rule_on_the_start_plans_the_callback_of_its_end(
    lender: Lender, receiver: Receiver
):
    action = {"kind": "callback", "times": 2, "bad_signature": True, "before_answer": True}
    await lender.rule("start_collection", action)
    order = await lender.started(notifyUrl=receiver.url)

    await lender.told("POST", f"approve/{order['clientReference']}")

    assert receiver.deliveries.qsize() == 2
    deliveries = [await receiver.next() for _ in range(2)]
    assert not any(is_signed_by("smbc-sandbox-1", body, sign) for _, sign, body in deliveries)


async def test_a_rule_on_callbacks_sees_reference_and_payer(lender: Lender, receiver: Receiver):
    lost, told = [await lender.started(notifyUrl=receiver.url) for _ in range(2)]
    lose = {"kind": "callback", "lose": True}
    await lender.rule("callback", lose, reference=lost["clientReference"], account="1234567")

    for order in (lost, told):
        await lender.told("POST", f"approve/{order['clientReference']}")
    event, _, _ = await receiver.next()

    assert event["clientReference"] == told["clientReference"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"amount": "0"}, id="nothing"),
        pytest.param({"amount": 10_000}, id="an amount as number"),
        pytest.param({"clientReference": "a" * 20}, id="lower case"),
        pytest.param({"description": ""}, id="no description"),
        pytest.param({"description": "a\nb"}, id="two lines"),
        pytest.param({"description": "あ" * 101}, id="a long description"),
        pytest.param({"returnUrl": "ftp://lender.example/"}, id="no web address"),
        pytest.param({"returnUrl": "https://user@lender.example/"}, id="a user in the address"),
        pytest.param({"returnUrl": "/relative"}, id="a relative address"),
        pytest.param({"returnUrl": "https://lender.example;x/"}, id="a host with a semicolon"),
        pytest.param({"notifyUrl": "http://lender.example:99999/"}, id="a port beyond all"),
        pytest.param({"notifyUrl": "http://lender.example/\r\n"}, id="a line break"),
        pytest.param({"notifyUrl": None}, id="no address to call"),
        pytest.param({"expiresAt": "2026-11-25T10:00:00+09:00"}, id="not in the future"),
        pytest.param({"expiresAt": "2026-11-25T10:15:00"}, id="no offset"),
        pytest.param({"expiresAt": "9999-12-31T23:59:59Z"}, id="beyond the calendar"),
        pytest.param({"colour": "red"}, id="unknown field"),
    ],
)
async def test_an_order_beyond_the_format_is_400(lender: Lender, change):
    answer = await lender.start(lender.payment(**change))

    assert (answer.status, answer.code, answer.is_signed) == (400, "INVALID_REQUEST", True)


async def test_an_amount_above_the_limit_of_one_item_is_refused(lender: Lender):
    refused = await lender.start(lender.payment(amount="10000001"))
    taken = await lender.start(lender.payment(amount="10000000"))

    assert (refused.status, refused.code, taken.status) == (422, "LIMIT_EXCEEDED", 201)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        pytest.param(f"?clientReference={'A' * 20}", 404, "ORDER_NOT_FOUND", id="reference"),
        pytest.param("/P0000000000000000", 404, "ORDER_NOT_FOUND", id="number"),
        pytest.param("", 400, "INVALID_REQUEST", id="of nothing"),
        pytest.param("/P0000000000000000?page=1", 400, "INVALID_REQUEST", id="a query too much"),
    ],
)
async def test_an_unknown_order_is_a_signed_404(lender: Lender, path, status, code):
    answer = await lender.request("GET", f"/payment-orders{path}")

    assert (answer.status, answer.code, answer.is_signed) == (status, code, True)


async def test_no_collection_is_started_inside_the_window_but_an_open_one_goes_on(lender: Lender):
    order = await lender.started(expiresAt="2026-12-01T00:00:00+09:00")
    await lender.told("PUT", "clock", {"set": "2026-11-29T21:00:00+09:00", "freeze": True})
    payment = lender.payment(expiresAt="2026-12-01T00:00:00+09:00")

    refused = await lender.start(payment)
    malformed = await lender.start(payment | {"amount": "0"})
    told = await lender.told("POST", f"approve/{order['clientReference']}")

    assert (refused.status, refused.code) == (503, "OUT_OF_SERVICE_HOURS")
    assert refused.json["error"]["resumesAt"] == "2026-11-30T07:00:00+09:00"
    assert malformed.code == "INVALID_REQUEST"
    assert told["status"] == "paid"


async def test_starts_count_with_pay_outs_against_the_limit_and_inquiries_apart(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 2}})
    payment = lender.payment()

    taken = [await lender.submit(lender.order()), await lender.start(lender.payment())]
    refused = await lender.start(payment)
    asked = await lender.request("GET", f"/payment-orders?clientReference={'A' * 20}")
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})

    assert [answer.status for answer in taken] == [200, 201]
    assert (refused.status, asked.status) == (429, 404)
    assert "X-Duplicate" not in (await lender.start(payment)).headers


async def test_a_cut_start_is_an_open_order(lender: Lender):
    await lender.rule("start_collection", {"kind": "drop_after"})
    payment = lender.payment()

    with pytest.raises((ServerDisconnectedError, ClientOSError)):
        await lender.start(payment)

    assert (await lender.payment_status(payment["clientReference"]))["status"] == "CREATED"
    assert (await lender.start(payment)).headers["X-Duplicate"] == "true"


@pytest.mark.parametrize("operation", ["start_collection", "inquire_collection"])
async def test_random_faults_of_collections_depend_on_the_seed_alone(lender: Lender, operation):
    orders = [await lender.started() for _ in range(12)]

    async def spoiled(order: dict[str, object]) -> bool:
        if operation == "start_collection":
            asked = {name: value for name, value in order.items() if name in lender.payment()}
            return not (await lender.start(asked | {"expiresAt": order["asked"]})).is_signed
        path = f"/payment-orders?clientReference={order['clientReference']}"
        return not (await lender.request("GET", path)).is_signed

    async def run(seed: int, these: list[dict[str, object]]) -> dict[object, bool]:
        await lender.told("PUT", "seed", seed)
        await lender.rule(operation, {"kind": "bad_signature"}, probability=0.5, times=0)
        return {order["clientReference"]: await spoiled(order) for order in these}

    first = await run(1, [order | {"asked": limit(lender)} for order in orders])
    again = await run(1, [order | {"asked": limit(lender)} for order in reversed(orders)])
    other = await run(2, [order | {"asked": limit(lender)} for order in orders])

    assert first == again
    assert first != other
    assert len(set(first.values())) == 2


def limit(lender: Lender) -> str:
    return str(lender.payment()["expiresAt"])


async def test_many_starts_at_once_under_one_reference_are_one_order(lender: Lender):
    payment = lender.payment()

    answers = await asyncio.gather(*(lender.start(payment) for _ in range(40)))

    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert sum("X-Duplicate" not in answer.headers for answer in answers) == 1


async def test_two_approvals_at_once_take_the_money_once(lender: Lender):
    order = await lender.started()
    call = f"approve/{order['clientReference']}"

    answers = await asyncio.gather(*(lender.control("POST", call) for _ in range(10)))

    assert sorted(status for status, _ in answers) == [200] + [409] * 9
    assert len(await lender.movements()) == 1


async def test_a_limit_may_lie_anywhere_in_the_future(lender: Lender, clock: ManualClock):
    limit_at = (clock.now() + timedelta(seconds=1)).isoformat()

    answer = await lender.start(lender.payment(expiresAt=limit_at))

    assert (answer.status, answer.json["expiresAt"]) == (201, "2026-11-25T10:00:01.000+09:00")


@pytest.mark.parametrize("is_early", [True, False])
async def test_a_rule_on_callbacks_counts_an_event_once(
    lender: Lender, receiver: Receiver, is_early
):
    action = {"kind": "callback", "lose": True, "before_answer": is_early}
    await lender.rule("callback", action, nth=2, times=2)
    orders = [await lender.started(notifyUrl=receiver.url) for _ in range(4)]

    for order in orders:
        await lender.told("POST", f"approve/{order['clientReference']}")
    told = {(await receiver.next())[0]["orderId"] for _ in range(2)}

    assert told <= {order["orderId"] for order in orders}
    if is_early:
        assert told == {orders[0]["orderId"], orders[3]["orderId"]}
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await receiver.deliveries.get()


async def test_a_rule_acts_from_the_nth_start_on(lender: Lender):
    action = {"kind": "code", "code": "OUT_OF_SERVICE_HOURS"}
    await lender.rule("start_collection", action, nth=2, times=2)

    answers = [await lender.start(lender.payment()) for _ in range(4)]

    assert [answer.status for answer in answers] == [201, 503, 503, 201]


async def test_random_callbacks_depend_on_the_seed_alone(lender: Lender, receiver: Receiver):
    async def lost(seed: int) -> set[str]:
        await lender.told("POST", "reset")
        await lender.told("PUT", "seed", seed)
        action = {"kind": "callback", "bad_signature": True}
        await lender.rule("callback", action, probability=0.5, times=0)
        spoiled = set()
        for number in range(12):
            order = await lender.started(clientReference=f"{number:020d}", notifyUrl=receiver.url)
            await lender.told("POST", f"approve/{order['clientReference']}")
            event, signature, body = await receiver.next()
            if not is_signed_by("smbc-sandbox-1", body, signature):
                spoiled.add(event["clientReference"])
        return spoiled

    first, again, other = await lost(1), await lost(1), await lost(2)

    assert first == again != other
    assert 0 < len(first) < 12
