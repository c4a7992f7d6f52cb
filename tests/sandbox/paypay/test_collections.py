"""Collections at the emulated PayPay: started by a browser's form, asked about by the shop."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.paypay.browser import asked, order
from tests.sandbox.paypay.receiver import Receiver
from tests.sandbox.paypay.shop import Shop, encoded, mac


async def test_a_form_posted_by_a_browser_shows_the_approval_page(shop: Shop):
    answer = await shop.post("/start", order(shop, ITEM="ﾃｽﾄ<b>"))

    text = answer.body.decode()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "5,000円" in text
    assert "ﾃｽﾄ&lt;b&gt;" in text
    assert "PayPay銀行" in text


async def test_an_open_collection_and_an_unknown_one_can_be_asked_about(shop: Shop):
    form = order(shop)
    await shop.post("/start", form)

    assert await asked(shop, form["TRAN_ID"]) == {"STATE": "OPEN", "AMOUNT": "5000"}
    assert await asked(shop, "A" * 20) == {"STATE": "NONE"}


async def test_a_form_may_be_posted_again_as_it_is_until_it_is_decided(
    shop: Shop, clock: ManualClock
):
    form = order(shop)
    body = encoded(shop.sealed(form))

    first = await shop.send("/start", body)
    clock.advance(599)
    again = await shop.send("/start", body)
    await shop.told("POST", f"decline/{form['TRAN_ID']}")
    decided = await shop.send("/start", body)

    assert (first.status, again.status, first.body) == (200, 200, again.body)
    assert decided.status == 400
    assert "E07" in decided.body.decode()
    assert "CANCEL" in decided.body.decode()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"AMOUNT": "5001"}, id="amount"),
        pytest.param({"ITEM": "お返し"}, id="item"),
        pytest.param({"RETURN_URL": "https://lender.example/"}, id="return address"),
        pytest.param({"CALLBACK_URL": "https://lender.example/"}, id="callback address"),
        pytest.param({"LIMIT": "20261125101001"}, id="limit"),
    ],
)
async def test_other_fields_under_a_used_reference_are_refused(shop: Shop, change):
    form = order(shop)
    await shop.post("/start", form)

    answer = await shop.post("/start", form | change)

    assert (answer.status, "E07" in answer.body.decode()) == (400, True)
    assert (await asked(shop, form["TRAN_ID"]))["AMOUNT"] == "5000"


REFUSED = [
    pytest.param({"LIMIT": "20261125100000"}, "E01", id="a limit that is now"),
    pytest.param({"LIMIT": "20261125250000"}, "E01", id="a limit that is no instant"),
    pytest.param({"ITEM": ""}, "E01", id="no item"),
    pytest.param({"ITEM": "あ" * 10 + "a"}, "E01", id="21 bytes"),
    pytest.param({"ITEM": "a\tb"}, "E01", id="a tabulator"),
    pytest.param({"RETURN_URL": "javascript:alert(1)"}, "E01", id="no web address"),
    pytest.param({"CALLBACK_URL": ""}, "E01", id="no callback address"),
    pytest.param({"AMOUNT": "0"}, "E01", id="nothing to pay"),
    pytest.param({"AMOUNT": "10000001"}, "E05", id="above the limit of one item"),
    pytest.param({"SHOP_ID": "OTHER"}, "E03", id="another shop"),
    pytest.param({"MAC": "0" * 64}, "E02", id="a wrong MAC"),
    pytest.param({"DATETIME": "x"}, "E01", id="DATETIME that is none"),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
async def test_a_refusal_is_a_page_that_names_the_code(shop: Shop, change, code):
    form = order(shop)

    answer = await shop.post("/start", form | change)

    assert answer.status == 400
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"コード: {code}" in answer.body.decode()
    assert await asked(shop, form["TRAN_ID"]) == {"STATE": "NONE"}


async def test_twenty_bytes_of_item_and_ten_million_yen_are_taken(shop: Shop):
    answer = await shop.post("/start", order(shop, ITEM="あ" * 10, AMOUNT="10000000"))

    assert answer.status == 200


async def test_a_text_that_shift_jis_cannot_hold_is_a_format_error(shop: Shop):
    # This is what browsers put in place of a character that their form's charset does not have.
    replaced = "&#128512;"
    form = order(shop, ITEM=replaced)

    answer = await shop.post("/start", form)

    assert (answer.status, "E01" in answer.body.decode()) == (400, True)


async def test_a_browsers_form_may_be_old_but_its_mac_may_not_be_wrong(
    shop: Shop, clock: ManualClock
):
    sealed = shop.sealed(order(shop, LIMIT=shop.now(86_400)))
    clock.advance(3600)

    late = await shop.send("/start", encoded(sealed))
    forged = await shop.send("/start", encoded(sealed | {"AMOUNT": "1"}))

    assert (late.status, forged.status) == (200, 400)


@pytest.mark.parametrize(
    ("action", "status"),
    [
        pytest.param({"kind": "code", "code": "E04"}, 400, id="a code is a page"),
        pytest.param({"kind": "status", "status": 503, "done": False}, 503, id="a status"),
        pytest.param({"kind": "garbage"}, 200, id="garbage"),
    ],
)
async def test_a_start_can_be_spoiled(shop: Shop, action, status):
    await shop.rule("start_collection", action)
    form = order(shop)

    answer = await shop.post("/start", form)

    assert answer.status == status
    assert ((await asked(shop, form["TRAN_ID"]))["STATE"] == "OPEN") == (status == 200)


async def test_starts_count_with_the_pay_outs(shop: Shop):
    await shop.told("PUT", "settings", {"rate_limits": {"money": 1}})
    await shop.submit(shop.order())

    answer = await shop.post("/start", order(shop))

    assert (answer.status, "E06" in answer.body.decode()) == (400, True)


async def test_a_pay_out_and_a_collection_know_nothing_of_each_others_references(shop: Shop):
    form = order(shop)
    await shop.submit(shop.order(TRAN_ID=form["TRAN_ID"]))

    answer = await shop.post("/start", form)

    assert answer.status == 200


async def test_many_equal_starts_at_once_open_one_collection(shop: Shop, receiver: Receiver):
    await shop.told("PUT", "settings", {"rate_limits": {"money": 0}})
    form = order(shop, receiver)

    answers = await asyncio.gather(*(shop.post("/start", form) for _ in range(30)))
    await shop.told("POST", f"approve/{form['TRAN_ID']}")

    assert {answer.status for answer in answers} == {200}
    assert len(await shop.movements()) == 1


async def test_a_restarted_emulator_knows_its_collections(clock: ManualClock, tmp_path: Path):
    async with ClientSession() as session:
        async with running_sandbox(clock=clock, banks=["paypay"], books_dir=tmp_path) as sandbox:
            shop = Shop(session, sandbox.urls["paypay"], clock)
            paid, still_open = order(shop), order(shop)
            for form in (paid, still_open):
                await shop.post("/start", form)
            await shop.told("POST", f"approve/{paid['TRAN_ID']}")
            before = await shop.told("GET", "ledger")

        async with running_sandbox(clock=clock, banks=["paypay"], books_dir=tmp_path) as sandbox:
            shop.url = sandbox.urls["paypay"]
            states = [(await asked(shop, form["TRAN_ID"]))["STATE"] for form in (paid, still_open)]
            after = await shop.told("GET", "ledger")
            again = await shop.post("/start", still_open)

    assert (states, after, again.status) == (["PAID", "OPEN"], before, 200)


def test_the_mac_is_the_one_of_an_independent_tool():
    """Compared with `openssl dgst -sha256 -hmac sandbox-paypay-mac-secret` over the same bytes."""
    fields = {"TRAN_ID": "A" * 20, "AMOUNT": "1", "NAME": "ﾔﾏﾀﾞ", "EMPTY": ""}

    assert mac(fields) == "0c6edbe456ca5bbb7b44b2b6ae008830873bd459ef074797a4f47c15c23f1edd"
