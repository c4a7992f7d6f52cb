"""Pay-outs at the emulated PayPay: booked once, refused by code, told thinly."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientOSError, ClientSession, ServerDisconnectedError

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.paypay.shop import Shop

LOST = (ServerDisconnectedError, ClientOSError)


async def test_a_pay_out_is_done_at_once_and_moves_the_money(shop: Shop):
    order = shop.order()

    answer = await shop.submit(order)

    assert (answer.status, answer.is_sealed) == (200, True)
    assert answer.headers["Content-Type"] == "text/plain; charset=Shift_JIS"
    assert answer.said == {
        "RESULT": "0",
        "BANK_ID": answer.fields["BANK_ID"],
        "DONE_AT": "20261125100000",
        "TRAN_ID": order["TRAN_ID"],
    }
    ledger = await shop.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 99_990_000
    assert [account["balance"] for account in ledger["accounts"]] == [1_010_000]
    assert ledger["movements"] == [
        {
            "seq": 1,
            "kind": "payout",
            "direction": "out",
            "reference": order["TRAN_ID"],
            "amount": 10_000,
            "instant": "2026-11-25T10:00:00+09:00",
            "value_date": "2026-11-25",
            "bank_id": answer.fields["BANK_ID"],
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
async def test_a_used_reference_is_refused_and_nothing_is_said_of_the_first(shop: Shop, change):
    order = shop.order()
    await shop.submit(order)

    answer = await shop.submit(order | change)

    assert answer.said == {"RESULT": "1", "CODE": "E07", "TRAN_ID": order["TRAN_ID"]}
    assert len(await shop.movements()) == 1


async def test_a_hundred_equal_orders_at_once_book_one_movement(shop: Shop):
    await shop.told("PUT", "settings", {"rate_limits": {"money": 0}})
    order = shop.order()

    answers = await asyncio.gather(*(shop.submit(order) for _ in range(100)))

    codes = [answer.code for answer in answers]
    assert (codes.count(None), codes.count("E07")) == (1, 99)
    assert len(await shop.movements()) == 1


async def test_after_a_refusal_the_reference_is_as_if_never_used(shop: Shop):
    order = shop.order(NAME="ｽｽﾞｷ ｼﾞﾛｳ")

    refused = await shop.submit(order)
    asked = await shop.inquire(order["TRAN_ID"])
    booked = await shop.submit(shop.order(TRAN_ID=order["TRAN_ID"]))

    assert (refused.code, asked.fields["STATE"], booked.code) == ("E12", "NONE", None)


BUSINESS = [
    pytest.param({"ACCOUNT": "7654321"}, "E11", id="no such account"),
    pytest.param({"BRANCH": "001"}, "E11", id="another branch"),
    pytest.param({"KIND": "2"}, "E11", id="another kind"),
    pytest.param({"ACCOUNT": "2000001"}, "E11", id="closed, as if not there"),
    pytest.param({"ACCOUNT": "2000002"}, "E13", id="frozen before name"),
    pytest.param({"NAME": "ﾔﾏﾀﾞ ﾊﾅｺ"}, "E12", id="name"),
    pytest.param({"NAME": "ﾔﾏﾀ ﾀﾛｳ"}, "E12", id="a mark left out is another name here"),
    pytest.param({"NAME": "ﾔﾏﾀﾞ"}, "E12", id="a name cut short"),
    pytest.param({"NAME": "ﾔﾏﾀﾞ", "AMOUNT": "10000001"}, "E12", id="name before limit"),
    pytest.param({"AMOUNT": "10000001"}, "E05", id="limit before balance"),
    pytest.param({"AMOUNT": "5001"}, "E14", id="the lender's account short"),
    pytest.param({"AMOUNT": "5000"}, None, id="the whole balance"),
]


@pytest.mark.parametrize(("change", "code"), BUSINESS)
async def test_business_is_checked_in_the_stated_order(shop: Shop, change, code):
    unusable = {"branch": "002", "type": "1", "holder": "ﾀﾆﾝ"}
    await shop.told(
        "POST",
        "accounts",
        [
            unusable | {"number": "2000001", "status": "closed"},
            unusable | {"number": "2000002", "status": "frozen"},
        ],
    )
    await shop.told("PUT", "settings", {"balances": {"settlement": 5000}})

    answer = await shop.submit(shop.order(**change))

    assert (answer.status, answer.code, answer.is_sealed) == (200, code, True)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param("0000001", "E11", id="1 no such account"),
        pytest.param("0000002", "E12", id="2 another name"),
        pytest.param("0000003", "E13", id="3 frozen"),
        pytest.param("0000009", "E04", id="9 bank closed"),
    ],
)
async def test_a_magic_number_is_refused_at_every_branch_and_kind(shop: Shop, number, code):
    answer = await shop.submit(shop.order(BRANCH="777", KIND="4", ACCOUNT=number))

    assert (answer.code, "RESUMES_AT" in answer.fields) == (code, code == "E04")
    assert await shop.movements() == []


@pytest.mark.parametrize("number", [f"000000{n}" for n in (4, 5, 7)])
async def test_a_magic_number_from_4_on_takes_any_name(shop: Shop, number):
    answer = await shop.submit(shop.order(ACCOUNT=number, NAME="ﾀﾞﾚﾃﾞﾓ"))

    assert answer.fields["RESULT"] == "0"


async def test_a_closed_bank_says_when_it_opens_again(shop: Shop):
    answer = await shop.submit(shop.order(ACCOUNT="0000009"))

    assert answer.fields["RESUMES_AT"] == "20261125100100"


async def test_0000006_is_done_and_only_its_first_answer_is_cut(shop: Shop):
    order = shop.order(ACCOUNT="0000006")

    with pytest.raises(LOST):
        await shop.submit(order)
    again = await shop.submit(order)

    assert again.code == "E07"
    assert (await shop.inquire(order["TRAN_ID"])).fields["STATE"] == "DONE"


async def test_0000007_is_done_at_once_and_answered_later(shop: Shop):
    await shop.told("PUT", "settings", {"time_scale": 0.1})
    order = shop.order(ACCOUNT="0000007")

    waiting = asyncio.create_task(shop.submit(order))
    while not await shop.movements():
        assert not waiting.done()
    asked = await shop.inquire(order["TRAN_ID"])

    assert (asked.fields["STATE"], waiting.done()) == ("DONE", False)
    assert (await waiting).fields["RESULT"] == "0"


async def test_0000008_is_throttled_twice_for_each_reference(shop: Shop):
    order = shop.order(ACCOUNT="0000008")

    codes = [(await shop.submit(order)).code for _ in range(4)]

    assert codes == ["E06", "E06", None, "E07"]


async def test_the_21st_pay_out_within_a_second_is_not_taken(shop: Shop):
    orders = [shop.order() for _ in range(21)]

    answers = [await shop.submit(order) for order in orders]

    assert [answer.code for answer in answers] == [None] * 20 + ["E06"]
    assert (await shop.inquire(orders[20]["TRAN_ID"])).fields["STATE"] == "NONE"


async def test_a_throttled_call_uses_up_no_nonce(shop: Shop):
    await shop.told("PUT", "settings", {"rate_limits": {"money": 1}})
    await shop.submit(shop.order())
    throttled = shop.order(NONCE="00000000000000aa")

    refused = await shop.submit(throttled)
    await shop.told("PUT", "settings", {"rate_limits": {"money": 0}})
    taken = await shop.submit(throttled)

    assert (refused.code, taken.code) == ("E06", None)


async def test_an_inquiry_says_what_became_of_a_pay_out(shop: Shop, clock: ManualClock):
    order = shop.order()
    await shop.submit(order)
    clock.advance(60)

    asked = await shop.inquire(order["TRAN_ID"])

    assert asked.is_sealed
    assert asked.said == {
        "RESULT": "0",
        "STATE": "DONE",
        "AMOUNT": "10000",
        "DONE_AT": "20261125100000",
        "TRAN_ID": order["TRAN_ID"],
    }


async def test_a_reference_never_heard_of_is_none(shop: Shop):
    asked = await shop.inquire("A" * 20)

    assert asked.said == {"RESULT": "0", "STATE": "NONE", "TRAN_ID": "A" * 20}


async def test_a_pay_out_shows_only_after_the_visibility_delay(shop: Shop):
    await shop.told("POST", "reset")
    change = {"time_scale": 0.05, "rate_limits": {"money": 0, "inquiry": 0}}
    settings = await shop.told("PUT", "settings", change)
    order = shop.order()
    await shop.submit(order)

    first = await shop.inquire(order["TRAN_ID"])
    while (await shop.inquire(order["TRAN_ID"])).fields["STATE"] == "NONE":
        assert (await shop.submit(order)).code == "E07"

    assert (settings["visibility_s_min"], settings["visibility_s_max"]) == (1.0, 1.0)
    assert first.fields["STATE"] == "NONE"


async def test_a_restarted_emulator_shows_the_same_books(clock: ManualClock, tmp_path: Path):
    async with ClientSession() as session:
        async with running_sandbox(clock=clock, banks=["paypay"], books_dir=tmp_path) as sandbox:
            shop = Shop(session, sandbox.urls["paypay"], clock)
            order = shop.order()
            first = await shop.submit(order)
            before = await shop.told("GET", "ledger")

        async with running_sandbox(clock=clock, banks=["paypay"], books_dir=tmp_path) as sandbox:
            shop.url = sandbox.urls["paypay"]
            after = await shop.told("GET", "ledger")
            again = await shop.submit(order)
            asked = await shop.inquire(order["TRAN_ID"])

    assert after == before
    assert again.code == "E07"
    assert asked.fields["DONE_AT"] == first.fields["DONE_AT"]
