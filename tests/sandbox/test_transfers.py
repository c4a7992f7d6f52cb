"""Pay-outs at the emulated SMBC: booked once, refused by name, repeated safely."""

import asyncio

import pytest
from aiohttp import ClientOSError, ServerDisconnectedError

from tests.manual_clock import ManualClock
from tests.sandbox.lender import Lender


async def test_a_pay_out_is_completed_at_once_and_moves_the_money(lender: Lender):
    order = lender.order()

    answer = await lender.submit(order)

    assert (answer.status, answer.is_signed) == (200, True)
    assert answer.json == {
        "transferId": answer.json["transferId"],
        "clientReference": order["clientReference"],
        "status": "COMPLETED",
        "executedAt": "2026-11-25T10:00:00.000+09:00",
        "valueDate": "2026-11-25",
    }
    ledger = await lender.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 99_990_000
    assert [account["balance"] for account in ledger["accounts"]] == [1_010_000]
    assert ledger["movements"] == [
        {
            "seq": 1,
            "kind": "payout",
            "direction": "out",
            "reference": order["clientReference"],
            "amount": 10_000,
            "instant": "2026-11-25T10:00:00+09:00",
            "value_date": "2026-11-25",
            "bank_id": answer.json["transferId"],
            "account": "1234567",
        }
    ]


async def test_the_same_order_again_gives_the_first_answer_and_no_second_movement(
    lender: Lender, clock: ManualClock
):
    order = lender.order()
    first = await lender.submit(order)
    clock.advance(90)

    again = await lender.submit(order)

    assert (again.status, again.body) == (200, first.body)
    assert (first.headers.get("X-Duplicate"), again.headers.get("X-Duplicate")) == (None, "true")
    assert len(await lender.movements()) == 1


async def test_the_value_date_alone_does_not_make_another_order(lender: Lender, clock: ManualClock):
    order = lender.order()
    first = await lender.submit(order)
    clock.advance(86_400)

    again = await lender.submit(order | {"valueDate": "2026-11-26"})

    assert (again.status, again.body) == (200, first.body)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"amount": "10001"}, id="amount"),
        pytest.param({"remitterName": "ﾊﾟﾙｾﾝﾀ-"}, id="remitter"),
        pytest.param({"to_holderName": "ﾔﾏﾀ ﾀﾛｳ"}, id="payee's name"),
        pytest.param({"to_accountNumber": "0000007"}, id="account"),
    ],
)
async def test_another_order_under_a_used_reference_is_refused(lender: Lender, change):
    order = lender.order()
    await lender.submit(order)

    answer = await lender.submit(lender.order(clientReference=order["clientReference"], **change))

    assert (answer.status, answer.code) == (409, "REFERENCE_REUSED")
    assert len(await lender.movements()) == 1


async def test_two_hundred_equal_requests_at_once_book_one_movement(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})
    order = lender.order()

    answers = await asyncio.gather(*(lender.submit(order) for _ in range(200)))

    assert {answer.body for answer in answers} == {answers[0].body}
    assert len(await lender.movements()) == 1


async def test_after_a_refusal_the_reference_is_as_if_never_used(lender: Lender):
    order = lender.order(to_holderName="ｽｽﾞｷ ｼﾞﾛｳ")

    refused = await lender.submit(order)
    asked = await lender.inquire(order["clientReference"])
    booked = await lender.submit(lender.order(clientReference=order["clientReference"]))

    assert (refused.code, asked.code, booked.status) == ("NAME_MISMATCH", "TRANSFER_NOT_FOUND", 200)


BUSINESS = [
    pytest.param({"to_accountNumber": "7654321"}, "ACCOUNT_NOT_FOUND", id="no such account"),
    pytest.param({"to_branchCode": "002"}, "ACCOUNT_NOT_FOUND", id="another branch"),
    pytest.param({"to_accountType": "2"}, "ACCOUNT_NOT_FOUND", id="another type"),
    pytest.param({"to_accountNumber": "9000001"}, "ACCOUNT_NOT_FOUND", id="settlement account"),
    pytest.param({"to_accountNumber": "2000001"}, "ACCOUNT_CLOSED", id="closed"),
    pytest.param({"to_accountNumber": "2000002"}, "ACCOUNT_FROZEN", id="frozen before name"),
    pytest.param({"to_holderName": "ﾔﾏﾀﾞ ﾊﾅｺ"}, "NAME_MISMATCH", id="name"),
    pytest.param({"to_holderName": "ﾔﾏﾀﾞ", "amount": "10000001"}, "NAME_MISMATCH", id="name first"),
    pytest.param({"amount": "10000001"}, "LIMIT_EXCEEDED", id="limit before balance"),
    pytest.param({"amount": "5001"}, "SETTLEMENT_BALANCE_SHORT", id="balance"),
    pytest.param({"amount": "5000"}, None, id="the whole balance"),
]


@pytest.mark.parametrize(("change", "code"), BUSINESS)
async def test_business_is_checked_in_the_stated_order(lender: Lender, change, code):
    unusable = {"branch": "001", "type": "1", "holder": "ﾀﾆﾝ"}
    await lender.told(
        "POST",
        "accounts",
        [
            unusable | {"number": "2000001", "status": "closed"},
            unusable | {"number": "2000002", "status": "frozen"},
        ],
    )
    await lender.told("PUT", "settings", {"balances": {"settlement": 5000}})

    answer = await lender.submit(lender.order(**change))

    assert answer.is_signed
    assert (answer.code if answer.status == 422 else None) == code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param("0000001", "ACCOUNT_NOT_FOUND", id="1 no such account"),
        pytest.param("0000002", "NAME_MISMATCH", id="2 another name"),
        pytest.param("0000003", "ACCOUNT_FROZEN", id="3 frozen"),
        pytest.param("0000009", "OUT_OF_SERVICE_HOURS", id="9 bank closed"),
    ],
)
async def test_a_magic_number_is_refused_at_every_branch_and_type(lender: Lender, number, code):
    answer = await lender.submit(
        lender.order(to_branchCode="777", to_accountType="4", to_accountNumber=number)
    )

    assert (answer.code, answer.is_signed) == (code, True)
    assert await lender.movements() == []


@pytest.mark.parametrize("number", [f"000000{n}" for n in (4, 5, 7)])
async def test_a_magic_number_from_4_on_takes_any_name(lender: Lender, number):
    order = lender.order(to_accountNumber=number, to_holderName="ﾀﾞﾚﾃﾞﾓ")

    answer = await lender.submit(order)

    assert answer.json["status"] == "COMPLETED"


async def test_0000006_is_done_and_only_its_first_answer_is_cut(lender: Lender):
    order = lender.order(to_accountNumber="0000006")

    with pytest.raises((ServerDisconnectedError, ClientOSError)):
        await lender.submit(order)
    again = await lender.submit(order)

    assert (again.status, again.headers["X-Duplicate"]) == (200, "true")
    assert len(await lender.movements()) == 1


async def test_0000007_is_done_at_once_and_answered_later(lender: Lender):
    await lender.told("PUT", "settings", {"time_scale": 0.1})
    order = lender.order(to_accountNumber="0000007")

    waiting = asyncio.create_task(lender.submit(order))
    while not await lender.movements():
        assert not waiting.done()
    asked = await lender.inquire(order["clientReference"])

    assert (asked.json["status"], waiting.done()) == ("COMPLETED", False)
    assert (await waiting).json["status"] == "COMPLETED"


async def test_0000008_is_throttled_twice_for_each_reference_then_done(lender: Lender):
    order, other = (lender.order(to_accountNumber="0000008") for _ in range(2))

    statuses = [(await lender.submit(order)).status for _ in range(4)]

    assert statuses == [429, 429, 200, 200]
    assert (await lender.submit(other)).headers["Retry-After"] == "1"


async def test_an_inquiry_says_what_the_post_said_and_the_amount(lender: Lender):
    order = lender.order()
    answer = await lender.submit(order)

    asked = await lender.inquire(order["clientReference"])

    assert (asked.status, asked.is_signed) == (200, True)
    assert asked.json == answer.json | {"amount": "10000"}


async def test_an_unknown_reference_is_a_signed_404(lender: Lender):
    asked = await lender.inquire("A" * 20)

    assert (asked.status, asked.code, asked.is_signed) == (404, "TRANSFER_NOT_FOUND", True)


async def test_a_visibility_delay_hides_a_transfer_that_was_done(lender: Lender):
    delays = {"visibility_s_min": 3600, "visibility_s_max": 3600, "time_scale": 1}
    await lender.told("PUT", "settings", delays)
    order = lender.order()

    await lender.submit(order)

    assert (await lender.inquire(order["clientReference"])).status == 404
    assert len(await lender.movements()) == 1


WINDOW = [
    pytest.param("2026-11-29T20:59:59+09:00", 200, id="a second before"),
    pytest.param("2026-11-29T21:00:00+09:00", 503, id="from Sunday 21:00"),
    pytest.param("2026-11-30T06:59:59.999+09:00", 503, id="to the last moment"),
    pytest.param("2026-11-30T07:00:00+09:00", 200, id="Monday 7:00 is open"),
    pytest.param("2026-11-28T21:00:00+09:00", 200, id="Saturday"),
]


@pytest.mark.parametrize(("now", "status"), WINDOW)
async def test_pay_outs_rest_from_sunday_21_to_monday_7_by_the_banks_clock(
    lender: Lender, now, status
):
    await lender.told("PUT", "clock", {"set": now, "freeze": True})

    answer = await lender.submit(lender.order(valueDate=now[:10]))

    assert (answer.status, answer.is_signed) == (status, True)
    if status == 503:
        assert answer.json["error"]["resumesAt"] == "2026-11-30T07:00:00+09:00"


async def test_inquiries_names_and_statements_go_on_inside_the_window(lender: Lender):
    order = lender.order()
    await lender.submit(order)
    await lender.told("PUT", "clock", {"set": "2026-11-29T23:00:00+09:00"})

    answers = [
        await lender.inquire(order["clientReference"]),
        await lender.verify(),
        await lender.statement(),
    ]

    assert [answer.status for answer in answers] == [200, 200, 200]


@pytest.mark.parametrize(
    "day", ["2026-11-24", "2026-11-26", pytest.param("2026-11-31", id="no day at all")]
)
async def test_the_value_date_is_the_day_of_receipt(lender: Lender, day):
    answer = await lender.submit(lender.order(valueDate=day))

    assert (answer.status, answer.code) == (400, "INVALID_REQUEST")


async def test_hours_come_before_duplicates_and_business(lender: Lender):
    order = lender.order()
    await lender.submit(order)
    await lender.told("PUT", "clock", {"set": "2026-11-29T23:00:00+09:00", "freeze": True})

    again = await lender.submit(order | {"valueDate": "2026-11-29"})
    stranger = await lender.submit(lender.order(valueDate="2026-11-29", to_accountNumber="7654321"))

    assert {again.code, stranger.code} == {"OUT_OF_SERVICE_HOURS"}
