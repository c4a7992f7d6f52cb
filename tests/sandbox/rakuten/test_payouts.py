"""Pay-outs at the emulated Rakuten: one character says what happened."""

import asyncio

import pytest
from aiohttp import ClientOSError, ServerDisconnectedError

from tests.manual_clock import ManualClock
from tests.sandbox.rakuten.lender import Lender

LOST = (ServerDisconnectedError, ClientOSError)


async def test_a_pay_out_is_done_at_once_and_moves_the_money(lender: Lender):
    order = lender.order()

    answer = await lender.submit(order)

    receipt = answer.row[1]
    assert answer.status == 200
    assert answer.row == ["0", receipt, "20261125100000", "正常に処理しました"]
    ledger = await lender.told("GET", "ledger")
    assert ledger["settlement"] == {
        "branch": "201",
        "type": "1",
        "number": "9000001",
        "holder": "ﾌﾟﾛﾐｽ",
        "balance": 99_990_000,
        "status": "open",
    }
    assert [account["balance"] for account in ledger["accounts"]] == [1_010_000]
    assert ledger["movements"] == [
        {
            "seq": 1,
            "kind": "payout",
            "direction": "out",
            "reference": order["REF"],
            "amount": 10_000,
            "instant": "2026-11-25T10:00:00+09:00",
            "value_date": "2026-11-25",
            "bank_id": receipt,
            "account": "1234567",
        }
    ]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="the same order"),
        pytest.param({"AMOUNT": "7"}, id="another amount"),
        pytest.param({"ACCOUNT": "7654321"}, id="an account that is not there"),
    ],
)
async def test_d_is_the_success_of_the_first_whatever_the_other_fields_say(
    lender: Lender, clock: ManualClock, change
):
    order = lender.order()
    first = await lender.submit(order)
    clock.advance(90)

    again = await lender.submit(order | change)

    assert again.row[:3] == ["D", first.row[1], "20261125100000"]
    assert len(await lender.movements()) == 1


async def test_a_hundred_equal_orders_at_once_book_one_movement(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})
    order = lender.order()

    answers = await asyncio.gather(*(lender.submit(order) for _ in range(100)))

    codes = [answer.code for answer in answers]
    assert (codes.count("0"), codes.count("D")) == (1, 99)
    assert len(await lender.movements()) == 1


async def test_after_a_refusal_the_reference_is_as_if_never_used(lender: Lender):
    order = lender.order(KANA="ｽｽﾞｷ ｼﾞﾛｳ")

    refused = await lender.submit(order)
    asked = await lender.inquire(order["REF"])
    booked = await lender.submit(lender.order(REF=order["REF"]))

    assert (refused.code, asked.state, booked.code) == ("N", "9", "0")


BUSINESS = [
    pytest.param({"ACCOUNT": "7654321"}, "C", id="no such account"),
    pytest.param({"BRANCH": "202"}, "C", id="another branch"),
    pytest.param({"KIND": "2"}, "C", id="another kind"),
    pytest.param({"ACCOUNT": "2000001"}, "C", id="closed, as if not there"),
    pytest.param({"ACCOUNT": "2000002"}, "C", id="frozen, as if not there"),
    pytest.param({"KANA": "ﾔﾏﾀﾞ ﾊﾅｺ"}, "N", id="name"),
    pytest.param({"KANA": "ﾔﾏﾀﾞ", "AMOUNT": "10000001"}, "N", id="name before limit"),
    pytest.param({"AMOUNT": "10000001"}, "G", id="limit before balance"),
    pytest.param({"AMOUNT": "5001"}, " ", id="the lender's account short"),
    pytest.param({"AMOUNT": "5000", "KANA": "ﾔﾏﾀ ﾀﾛｳ"}, "0", id="a mark left out"),
]


@pytest.mark.parametrize(("change", "code"), BUSINESS)
async def test_business_is_checked_in_the_stated_order(lender: Lender, change, code):
    unusable = {"branch": "201", "type": "1", "holder": "ﾀﾆﾝ"}
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

    assert answer.code == code
    assert (answer.row[1] == "", answer.row[2] == "") == (code != "0", code != "0")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param("0000001", "C", id="1 no such account"),
        pytest.param("0000002", "N", id="2 another name"),
        pytest.param("0000003", "C", id="3 frozen"),
        pytest.param("0000009", "A", id="9 bank closed"),
    ],
)
async def test_a_magic_number_is_refused_at_every_branch_and_kind(lender: Lender, number, code):
    answer = await lender.submit(lender.order(BRANCH="777", KIND="4", ACCOUNT=number))

    assert answer.code == code
    assert await lender.movements() == []


@pytest.mark.parametrize("number", [f"000000{n}" for n in (4, 5, 7)])
async def test_a_magic_number_from_4_on_takes_any_name(lender: Lender, number):
    answer = await lender.submit(lender.order(ACCOUNT=number, KANA="ﾀﾞﾚﾃﾞﾓ"))

    assert answer.code == "0"


async def test_0000006_is_done_and_only_its_first_answer_is_cut(lender: Lender):
    order = lender.order(ACCOUNT="0000006")

    with pytest.raises(LOST):
        await lender.submit(order)
    again = await lender.submit(order)

    assert again.code == "D"
    assert len(await lender.movements()) == 1


async def test_0000007_is_done_at_once_and_answered_later(lender: Lender):
    await lender.told("PUT", "settings", {"time_scale": 0.1})
    order = lender.order(ACCOUNT="0000007")

    waiting = asyncio.create_task(lender.submit(order))
    while not await lender.movements():
        assert not waiting.done()
    asked = await lender.inquire(order["REF"])

    assert (asked.state, waiting.done()) == ("1", False)
    assert (await waiting).code == "0"


async def test_0000008_is_throttled_twice_for_each_reference(lender: Lender):
    order = lender.order(ACCOUNT="0000008")

    codes = [(await lender.submit(order)).code for _ in range(4)]

    assert codes == ["E", "E", "0", "D"]


async def test_the_11th_pay_out_within_a_second_is_not_taken(lender: Lender):
    orders = [lender.order() for _ in range(11)]

    answers = [await lender.submit(order) for order in orders]

    assert [answer.code for answer in answers] == ["0"] * 10 + ["E"]
    assert (await lender.inquire(orders[10]["REF"])).state == "9"


async def test_an_inquiry_tells_the_instant_of_booking_never_its_own(
    lender: Lender, clock: ManualClock
):
    order = lender.order()
    first = await lender.submit(order)
    clock.advance(60)

    asked = await lender.inquire(order["REF"])

    assert asked.said == {
        "code": "0",
        "receipt": first.row[1],
        "datetime": "20261125100000",
        "message": "正常に処理しました",
        "state": "1",
        "amount": "10000",
        "refusal": "",
    }


async def test_a_reference_never_heard_of_has_state_9_and_an_empty_receipt(lender: Lender):
    asked = await lender.inquire("A" * 20)

    assert asked.row == ["0", "", "", "正常に処理しました", "9", "", ""]


async def test_a_pay_out_shows_only_after_the_visibility_delay(lender: Lender):
    await lender.told("POST", "reset")
    change = {"time_scale": 0.05, "rate_limits": {"money": 0, "inquiry": 0}}
    settings = await lender.told("PUT", "settings", change)
    order = lender.order()
    await lender.submit(order)

    first = await lender.inquire(order["REF"])
    while (await lender.inquire(order["REF"])).state == "9":
        assert (await lender.submit(order)).code == "D"

    assert (settings["visibility_s_min"], settings["visibility_s_max"]) == (2.0, 2.0)
    assert first.state == "9"
