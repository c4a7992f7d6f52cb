"""Collections at the emulated みずほ: a link, a page, and the 口座振替 record of every end."""

from itertools import pairwise
from urllib.parse import urlencode

import pytest

from tests.manual_clock import ManualClock
from tests.sandbox.charsets import CHARSETS
from tests.sandbox.mizuho.lender import Lender, record
from tests.sandbox.mizuho.receiver import Receiver

PAID, CANCELLED, OTHER = "0081125", "3000000", "9000000"


async def test_a_link_leads_to_the_approval_page(lender: Lender):
    answer = await lender.link(lender.form())

    assert (answer.status, answer.body) == (303, b"")
    assert answer.headers["Location"].startswith(f"{lender.url}/approve/")
    async with lender.session.get(answer.headers["Location"]) as page:
        text = await page.text()
        assert page.status == 200
    assert "ﾌﾟﾛﾐｽ" in text
    assert "10,000" in text


async def test_a_collection_that_is_paid_is_one_record(lender: Lender, receiver: Receiver):
    reference = await lender.linked()
    early = await lender.collection(reference)

    decided = await lender.approve(reference)
    answer = await lender.collection(reference)
    delivered = await receiver.next()

    assert (early.status, early.body) == (204, b"")
    assert decided == {"reference": reference, "status": "paid"}
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.body == record(
        (0, "2"),
        (1, "0001"),
        (5, "ﾐｽﾞﾎ"),
        (20, "001"),
        (42, "1"),
        (43, "1234567"),
        (50, "ﾔﾏﾀﾞ ﾀﾛｳ"),
        (80, "0000010000"),
        (90, "0"),
        (91, reference),
        (111, "0"),
        (112, "081125"),
    )
    assert (delivered.body, delivered.is_authentic) == (answer.body, True)
    assert delivered.content_type == "application/octet-stream"
    ledger = await lender.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 100_010_000
    assert [(m["kind"], m["reference"]) for m in ledger["movements"]] == [("collection", reference)]


async def test_the_payer_approves_on_the_page_and_goes_back(lender: Lender, receiver: Receiver):
    form = lender.form()
    page = (await lender.link(form)).headers["Location"]
    filled = {"branch": "001", "number": "1234567", "password": "demo1234", "action": "approve"}

    async with lender.session.post(page, data=filled, allow_redirects=False) as answer:
        back = answer.headers["Location"]

    assert answer.status == 303
    assert back == f"{form['MODORI_URL']}&okyaku={form['OKYAKU']}&result=paid"
    assert (await receiver.next()).result == PAID


async def test_who_declines_before_logging_in_is_nobody(lender: Lender, receiver: Receiver):
    form = lender.form()
    page = (await lender.link(form)).headers["Location"]

    async with lender.session.post(page, data={"action": "decline"}, allow_redirects=False):
        pass
    delivered = await receiver.next()

    assert delivered.result == CANCELLED
    assert (
        delivered.record[20:91]
        == record((0, "000"), (22, "1"), (23, "0000000"), (60, "0000010000"), (70, "0")).decode()[
            :71
        ]
    )


async def test_the_third_wrong_password_ends_the_collection(lender: Lender, receiver: Receiver):
    form = lender.form()
    page = (await lender.link(form)).headers["Location"]
    filled = {"branch": "001", "number": "1234567", "password": "guess", "action": "approve"}

    statuses = []
    for _ in range(3):
        async with lender.session.post(page, data=filled, allow_redirects=False) as answer:
            statuses.append(answer.status)

    assert statuses == [200, 200, 303]
    assert (await receiver.next()).result == OTHER


PAYERS = [
    pytest.param("0000004", "1", id="magic: funds short"),
    pytest.param("2000001", "1", id="funds short"),
    pytest.param("2000002", "9", id="frozen"),
]


@pytest.mark.parametrize(("number", "result"), PAYERS)
async def test_an_account_that_cannot_pay_has_its_own_result(
    lender: Lender, receiver: Receiver, number, result
):
    account = {"branch": "001", "type": "1", "holder": "ﾀﾆﾝ"}
    poor = account | {"number": "2000001", "balance": 9_999}
    frozen = account | {"number": "2000002", "balance": 10_000, "status": "frozen"}
    await lender.told("POST", "accounts", [poor, frozen])
    reference = await lender.linked()

    await lender.approve(reference, payer={"branch": "001", "type": "1", "number": number})

    delivered = await receiver.next()
    assert delivered.result == f"{result}000000"
    assert delivered.record[43:50] == number
    assert (await lender.collection(reference)).body == delivered.body


async def test_a_rule_says_how_a_collection_ended(lender: Lender):
    reference = await lender.linked()
    await lender.rule("inquire_collection", {"kind": "code", "code": "2"})

    told, before = await lender.collection(reference), await lender.collection(reference)

    assert (told.status, told.body[91:118]) == (200, f"{reference}2000000".encode())
    assert before.status == 204


async def test_a_collection_expires_by_itself_and_says_so(
    lender: Lender, receiver: Receiver, clock: ManualClock
):
    reference = await lender.linked()
    clock.advance(15 * 60)

    delivered = await receiver.next()

    assert (delivered.reference, delivered.result) == (reference, OTHER)
    assert (await lender.collection(reference)).body == delivered.body


async def test_another_amount_and_a_second_booking_are_told_as_they_were(
    lender: Lender, receiver: Receiver
):
    reference = await lender.linked()

    await lender.approve(reference, amount=7, again=True)
    told = [await receiver.next(), await receiver.next()]

    assert [delivered.record[80:90] for delivered in told] == ["0000000007"] * 2
    assert [m["amount"] for m in await lender.movements()] == [7, 7]


async def test_the_day_of_the_debit_is_the_days_of_the_booking(lender: Lender, receiver: Receiver):
    reference = await lender.linked()

    await lender.approve(reference, at="2019-04-30T15:00:00+00:00")

    assert (await receiver.next()).result == "0010501"


async def test_the_same_form_again_gives_the_same_way_while_it_is_open(lender: Lender):
    form = lender.form()

    first = await lender.link(form)
    again = await lender.link(form)
    await lender.approve(form["OKYAKU"])
    late = await lender.link(form)

    assert (again.status, again.headers["Location"]) == (303, first.headers["Location"])
    assert late.status == 409
    assert "Location" not in late.headers


async def test_the_same_form_after_its_limit_is_a_used_reference_not_a_wrong_form(
    lender: Lender, clock: ManualClock
):
    form = lender.form()
    await lender.link(form)
    clock.advance(15 * 60)

    assert (await lender.link(form)).status == 409


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"KAKUNIN": "654321"}, id="confirmation"),
        pytest.param({"KINGAKU": "10001"}, id="amount"),
        pytest.param({"KIGEN": "20261125101501"}, id="limit"),
        pytest.param({"MODORI_URL": "http://127.0.0.1:1/"}, id="return address"),
        pytest.param({"TSUCHI_URL": "http://127.0.0.1:1/"}, id="callback address"),
    ],
)
async def test_another_form_under_a_used_reference_is_refused(lender: Lender, change):
    form = lender.form()
    await lender.link(form)

    assert (await lender.link(form | change)).status == 409


FORMS = [
    pytest.param({"SHUNO_KIKAN": "50002"}, "SHUNO_KIKAN", id="another payee"),
    pytest.param({"SHUNO_KIKAN": None}, "SHUNO_KIKAN", id="no payee"),
    pytest.param({"OKYAKU": "A" * 19}, "OKYAKU", id="short reference"),
    pytest.param({"OKYAKU": "a" * 20}, "OKYAKU", id="reference in lower case"),
    pytest.param({"KAKUNIN": "12345"}, "KAKUNIN", id="short confirmation"),
    pytest.param({"KAKUNIN": "１２３４５６"}, "KAKUNIN", id="full-width digits"),
    pytest.param({"KINGAKU": "0"}, "KINGAKU", id="no money"),
    pytest.param({"KINGAKU": "010"}, "KINGAKU", id="leading zero"),
    pytest.param({"KINGAKU": "10000001"}, "KINGAKU", id="above the limit"),
    pytest.param({"KIGEN": "20261125100000"}, "KIGEN", id="now"),
    pytest.param({"KIGEN": "20261125095959"}, "KIGEN", id="past"),
    pytest.param({"KIGEN": "20261131000000"}, "KIGEN", id="no such day"),
    pytest.param({"KIGEN": "2026-11-25"}, "KIGEN", id="another way of writing it"),
    pytest.param({"MODORI_URL": "javascript:alert(1)"}, "MODORI_URL", id="script"),
    pytest.param({"TSUCHI_URL": "/callbacks"}, "TSUCHI_URL", id="relative address"),
    pytest.param({"BIKO": "x"}, "BIKO", id="unknown field"),
]


@pytest.mark.parametrize(("change", "field"), FORMS)
async def test_a_form_with_a_wrong_field_is_refused(lender: Lender, change, field):
    form = lender.form(**change)

    answer = await lender.link(form)

    assert (answer.status, answer.json["field"]) == (400, field)
    assert (await lender.get("/payeasy/" + "Z" * 20)).result == "NOT-FOUND"


async def test_the_limit_of_an_amount_itself_is_taken(lender: Lender):
    assert (await lender.link(lender.form(KINGAKU="10000000"))).status == 303


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param("OKYAKU=A", "application/json", id="another type"),
        pytest.param("", "application/x-www-form-urlencoded", id="nothing"),
        pytest.param("OKYAKU", "application/x-www-form-urlencoded", id="no pairs"),
        pytest.param("KAKUNIN=%ff", "application/x-www-form-urlencoded", id="no UTF-8"),
        pytest.param("KAKUNIN=%zz", "application/x-www-form-urlencoded", id="bad escape"),
        pytest.param("KAKUNIN=ｱ", "application/x-www-form-urlencoded", id="no ASCII"),
    ],
)
async def test_bytes_that_are_no_form_are_refused(lender: Lender, body, content_type):
    answer = await lender.request(
        "POST", "/payeasy/link", body.encode(), {"Content-Type": content_type}
    )

    assert answer.status == 400


@pytest.mark.parametrize("charset", CHARSETS)
async def test_a_charset_beside_a_form_makes_it_no_other_type(lender: Lender, charset):
    stated = {"Content-Type": f"application/x-www-form-urlencoded{charset}"}

    answer = await lender.request(
        "POST", "/payeasy/link", urlencode(lender.form()).encode(), stated
    )

    assert answer.status == 303


async def test_a_field_that_stands_twice_is_refused(lender: Lender):
    pairs = [*lender.form().items(), ("KINGAKU", "10000")]

    answer = await lender.request(
        "POST",
        "/payeasy/link",
        urlencode(pairs).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert (answer.status, answer.json["field"]) == (400, "form")


async def test_inside_a_window_no_collection_starts_but_an_open_one_goes_on(
    lender: Lender, receiver: Receiver
):
    await lender.told("PUT", "clock", {"set": "2026-11-28T21:59:00+09:00", "freeze": True})
    limit = {"KIGEN": "20261129235959"}
    reference = await lender.linked(**limit)
    await lender.told("PUT", "clock", {"set": "2026-11-28T22:00:00+09:00", "freeze": True})

    refused = await lender.link(lender.form(**limit))
    await lender.approve(reference)

    assert (refused.status, refused.body) == (503, b"")
    assert refused.headers["X-Resumes-At"] == "2026-11-29T08:00:00+09:00"
    assert (await receiver.next()).result == "0081128"


async def test_an_end_is_tried_five_times_with_growing_gaps(lender: Lender, receiver: Receiver):
    receiver.statuses = [500, 204, 302, 404, 503]
    await lender.approve(await lender.linked())

    bodies = {(await receiver.next()).body for _ in range(5)}

    assert len(bodies) == 1
    gaps = [later - earlier for earlier, later in pairwise(receiver.times)]
    assert all(gap >= 0.0099 * 2**n for n, gap in enumerate(gaps)), gaps
    assert await receiver.gets_nothing_for(0.3)


async def test_an_end_that_was_taken_is_not_told_again(lender: Lender, receiver: Receiver):
    await lender.approve(await lender.linked())
    await receiver.next()

    assert await receiver.gets_nothing_for(0.1)


async def test_a_lost_callback_never_comes_but_the_money_does(lender: Lender, receiver: Receiver):
    lost, told = [await lender.linked(), await lender.linked()]
    await lender.rule("callback", {"kind": "callback", "lose": True}, reference=lost)

    for reference in (lost, told):
        await lender.approve(reference)

    assert (await receiver.next()).reference == told
    assert await receiver.gets_nothing_for(0.1)
    assert len(await lender.movements()) == 2


async def test_a_callback_may_come_twice_and_badly_signed(lender: Lender, receiver: Receiver):
    await lender.rule("callback", {"kind": "callback", "times": 2, "bad_signature": True})
    reference = await lender.linked()

    await lender.approve(reference)
    delivered = [await receiver.next(), await receiver.next()]

    assert {one.reference for one in delivered} == {reference}
    assert [one.is_authentic for one in delivered] == [False, False]


async def test_the_address_in_the_form_comes_before_the_contracts(
    lender: Lender, receiver: Receiver
):
    await lender.told("PUT", "settings", {"callback_url": "http://127.0.0.1:1/nobody"})
    reference = await lender.linked(TSUCHI_URL=receiver.url)

    await lender.approve(reference)

    assert (await receiver.next()).reference == reference


async def test_a_callback_may_come_before_the_browser_goes_back(lender: Lender, receiver: Receiver):
    plan = {"kind": "callback", "before_answer": True}
    await lender.rule("start_collection", plan)
    reference = await lender.linked()

    await lender.approve(reference)

    assert receiver.deliveries.qsize() == 1
