"""Pay-outs at the emulated Rakuten: one character says what happened."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientOSError, ClientSession, ServerDisconnectedError

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.rakuten.lender import Lender

LOST = (ServerDisconnectedError, ClientOSError)


async def until_settled(lender: Lender, reference: str) -> dict[str, str]:
    """Ask until an item is no longer in process."""
    await lender.told("PUT", "settings", {"rate_limits": {"inquiry": 0}})
    while (asked := await lender.inquire(reference)).state == "2":
        pass
    return asked.said


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


async def test_after_an_unknown_result_the_item_is_in_process_and_then_done(lender: Lender):
    await lender.told("PUT", "settings", {"settle_s_min": 20, "settle_s_max": 20})
    await lender.rule("submit", {"kind": "code", "code": "F0"})
    order = lender.order()

    answer = await lender.submit(order)
    in_process = await lender.inquire(order["REF"])
    again = await lender.submit(order)
    ended = await until_settled(lender, order["REF"])
    at_last = await lender.submit(order)

    assert (answer.code, in_process.state, again.code) == ("F", "2", "F")
    assert (in_process.row[2], in_process.row[5]) == ("", "10000")
    assert (ended["state"], ended["datetime"]) == ("1", "20261125100000")
    assert at_last.row[:3] == ["D", ended["receipt"], ended["datetime"]]
    assert len(await lender.movements()) == 1


@pytest.mark.parametrize(
    ("told", "change", "refusal"),
    [
        pytest.param("FC", {}, "C", id="account"),
        pytest.param("FN", {}, "N", id="name"),
        pytest.param("FG", {}, "G", id="limit"),
        pytest.param("F ", {}, " ", id="lender's account short"),
        pytest.param("F0", {"ACCOUNT": "7654321"}, "C", id="an account that is not there"),
    ],
)
async def test_after_an_unknown_result_the_item_may_end_as_refused(
    lender: Lender, told, change, refusal
):
    await lender.rule("submit", {"kind": "code", "code": told})
    order = lender.order(**change)

    answer = await lender.submit(order)
    ended = await until_settled(lender, order["REF"])
    again = await lender.submit(order)

    assert (answer.code, ended["state"], ended["refusal"]) == ("F", "3", refusal)
    assert (ended["datetime"], again.code) == ("", refusal)
    assert await lender.movements() == []


async def test_the_seed_decides_how_an_unknown_result_ends(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})
    await lender.rule("submit", {"kind": "code", "code": "F"}, times=0)
    orders = [lender.order() for _ in range(16)]
    runs = []
    for seed in (1, 1, 2):
        await lender.told("PUT", "seed", seed)
        answers = [await lender.submit(order) for order in orders]
        states = [(await until_settled(lender, order["REF"]))["state"] for order in orders]
        runs.append((states, {answer.code for answer in answers}))
        await lender.told("POST", "reset")
        settings = {"visibility_s_min": 0, "visibility_s_max": 0, "rate_limits": {"money": 0}}
        await lender.told("PUT", "settings", settings)
        await lender.rule("submit", {"kind": "code", "code": "F"}, times=0)

    assert runs[0] == runs[1] != runs[2]
    assert (set(runs[0][0]), runs[0][1]) == ({"1", "3"}, {"F"})


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        pytest.param("0000005", {"kind": "delay", "seconds": 0}, id="magic number"),
        pytest.param("1234567", {"kind": "return_after", "seconds": 8}, id="rule"),
    ],
)
async def test_a_return_shows_its_own_instant(lender: Lender, clock: ManualClock, number, rule):
    await lender.told("PUT", "settings", {"rate_limits": {"inquiry": 0}})
    await lender.rule("submit", rule)
    order = lender.order(ACCOUNT=number)
    first = await lender.submit(order)
    clock.advance(86_400)

    while (asked := await lender.inquire(order["REF"])).state == "1":
        assert asked.row[2] == "20261125100000"
    again = await lender.submit(order)

    assert asked.said == {
        "code": "0",
        "receipt": first.row[1],
        "datetime": "20261126100000",
        "message": "正常に処理しました",
        "state": "4",
        "amount": "10000",
        "refusal": "",
    }
    assert again.row[:3] == ["D", first.row[1], "20261125100000"]
    ledger = await lender.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 100_000_000


async def test_a_restarted_emulator_shows_the_same_books_and_goes_on_settling(
    clock: ManualClock, tmp_path: Path
):
    async with ClientSession() as session:
        async with running_sandbox(
            clock=clock, banks=["rakuten"], books_dir=tmp_path, time_scale=100
        ) as sandbox:
            lender = Lender(session, sandbox.urls["rakuten"], clock)
            done, unknown = lender.order(), lender.order()
            used = lender.enveloped({"REF": "A" * 20})
            await lender.submit(done)
            await lender.rule("submit", {"kind": "code", "code": "F0"})
            first = await lender.submit(unknown)
            await lender.post("/furikomi/shokai", used)
            before = await lender.told("GET", "ledger")

        async with running_sandbox(
            clock=clock, banks=["rakuten"], books_dir=tmp_path, time_scale=0.01
        ) as sandbox:
            lender.url = sandbox.urls["rakuten"]
            after = await lender.told("GET", "ledger")
            seq_again = await lender.post("/furikomi/shokai", used)
            again = await lender.submit(done)
            ended = await until_settled(lender, unknown["REF"])

    assert after == before
    assert (first.code, again.code, seq_again.code, ended["state"]) == ("F", "D", "Q", "1")
