"""Requests to pay at the emulated MUFG: started, approved, booked later, asked about."""

import pytest
from aiohttp import FormData

from tests.manual_clock import ManualClock
from tests.sandbox.mufg.lender import Lender, Seen
from tests.sandbox.mufg.receiver import Receiver

REFERENCE = "ABCDEFGHIJ0123456789"
DEMO = {"branch": "001", "number": "1234567", "password": "demo1234", "action": "approve"}


async def ended(lender: Lender, reference: str = REFERENCE) -> Seen:
    """Ask until nothing is open or pending any more."""
    while (answer := await lender.collection(reference)).one("TxSts") in ("RCVD", "PDNG"):
        pass
    return answer


async def decide(lender: Lender, page: str, **changes: str) -> tuple[int, str | None]:
    """Fill in the approval page; return the status and where the browser is sent."""
    form = FormData(DEMO | changes)
    async with lender.session.post(page, data=form, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location")


async def test_a_request_to_pay_is_taken_with_the_way_to_its_page(lender: Lender):
    started = await lender.collect(reference=REFERENCE)
    asked = await lender.collection(REFERENCE)

    assert (started.status, started.message) == (202, "pain.014.001.07")
    assert (started.one("OrgnlMsgId"), started.one("GrpSts")) == (REFERENCE, "ACTC")
    assert started.one("OrgnlMsgNmId") == "pain.013.001.07"
    async with lender.session.get(started.headers["Location"]) as page:
        assert (page.status, page.content_type) == (200, "text/html")
        assert "30,000" in await page.text()
    assert (asked.status, asked.one("TxSts"), asked.one("InstdAmt")) == (200, "RCVD", "30000")
    assert (asked.one("OrgnlEndToEndId"), asked.one("AccptncDtTm")) == (REFERENCE, None)


async def test_an_approved_request_is_pending_then_booked_and_called_back(
    lender: Lender, receiver: Receiver
):
    await lender.told("PUT", "settings", {"settle_s_min": 20, "settle_s_max": 20})
    started = await lender.collect(reference=REFERENCE, notify_url=f"{receiver.url}?x=1")

    sent_to = await decide(lender, started.headers["Location"])
    pending = await lender.collection(REFERENCE)
    paid = await ended(lender)
    delivered = await receiver.next()

    back = f"http://127.0.0.1:9/back?loan=1&reference={REFERENCE}&result=paid"
    assert sent_to == (303, back)
    assert (pending.one("TxSts"), pending.one("AccptncDtTm")) == ("PDNG", None)
    assert (paid.one("TxSts"), paid.code) == ("ACSC", None)
    assert paid.one("AccptncDtTm") == "2026-11-25T10:00:00.000+09:00"
    assert delivered.is_signed
    assert (delivered.reference, int(delivered.entry.amt.value)) == (REFERENCE, 30_000)
    assert (delivered.entry.cdt_dbt_ind.value, delivered.entry.rvsl_ind) == ("CRDT", None)
    assert str(delivered.entry.bookg_dt.dt_tm) == "2026-11-25T10:00:00+09:00"
    movement = (await lender.movements())[0]
    assert (movement["kind"], movement["direction"]) == ("collection", "in")
    assert movement["bank_id"] == delivered.entry.ntry_ref
    assert delivered.entry.ntry_ref in (await lender.statement()).body.decode()


@pytest.mark.parametrize(
    ("form", "reason", "result"),
    [
        pytest.param({"action": "decline"}, "CUST", "cancelled", id="cancelled by the payer"),
        pytest.param({"number": "0000004"}, "AM04", "failed", id="funds short"),
        pytest.param({"number": "0000003"}, "AC06", "failed", id="frozen"),
    ],
)
async def test_an_end_without_money_is_found_by_asking_only(
    lender: Lender, receiver: Receiver, form, reason, result
):
    started = await lender.collect(reference=REFERENCE, notify_url=receiver.url)

    _, location = await decide(lender, started.headers["Location"], **form)
    refused = await ended(lender)
    await lender.collect(reference=REFERENCE[::-1], notify_url=receiver.url)
    await lender.told("POST", f"approve/{REFERENCE[::-1]}")
    first_event = await receiver.next()

    assert location is not None
    assert location.endswith(f"&result={result}")
    assert (refused.one("TxSts"), refused.code) == ("RJCT", reason)
    assert refused.one("AccptncDtTm") is None
    assert first_event.reference == REFERENCE[::-1]


async def test_the_third_wrong_password_fails_the_request_for_another_reason(lender: Lender):
    page = (await lender.collect(reference=REFERENCE)).headers["Location"]

    answers = [await decide(lender, page, password="wrong") for _ in range(3)]
    refused = await ended(lender)

    assert [status for status, _ in answers] == [200, 200, 303]
    assert (refused.one("TxSts"), refused.code) == ("RJCT", "NARR")


async def test_a_request_that_nobody_approved_expires(lender: Lender, clock: ManualClock):
    started = await lender.collect(reference=REFERENCE)
    clock.advance(600)
    await lender.log_in()

    refused = await ended(lender)
    async with lender.session.get(started.headers["Location"], allow_redirects=False) as page:
        location = page.headers["Location"]

    assert (refused.one("TxSts"), refused.code) == ("RJCT", "TM01")
    assert location.endswith("result=expired")


async def test_the_same_request_again_repeats_the_way_to_the_page_while_it_is_open(lender: Lender):
    document = lender.request_to_pay(reference=REFERENCE)
    first = await lender.post("/collections", document)

    again = await lender.post("/collections", document)
    other = await lender.collect(reference=REFERENCE, amount="5")
    await lender.told("POST", f"decline/{REFERENCE}")
    over = await lender.post("/collections", document)

    for answer, status in ((again, "RCVD"), (other, "RCVD"), (over, "RJCT")):
        assert (answer.status, answer.message) == (409, "pain.014.001.07")
        assert (answer.one("GrpSts"), answer.one("TxSts")) == ("RJCT", status)
        assert answer.codes[0] == "DUPL"
    assert again.headers["Location"] == first.headers["Location"]
    assert "Location" not in other.headers
    assert "Location" not in over.headers
    assert over.codes == ["DUPL", "CUST"]


async def test_a_mistaken_bank_books_another_amount_and_twice(lender: Lender, receiver: Receiver):
    await lender.collect(reference=REFERENCE, notify_url=receiver.url)

    await lender.told("POST", f"approve/{REFERENCE}", {"amount": 29_999, "again": True})
    events = [await receiver.next() for _ in range(2)]
    paid = await ended(lender)

    assert paid.one("InstdAmt") == "29999"
    assert [movement["amount"] for movement in await lender.movements()] == [29_999, 29_999]
    numbers = {movement["bank_id"] for movement in await lender.movements()}
    assert {event.entry.ntry_ref for event in events} == numbers
    assert len(numbers) == 2


async def test_a_request_nobody_ever_made_is_not_found(lender: Lender):
    answer = await lender.collection(REFERENCE)

    assert (answer.status, answer.one("Prtry")) == (404, "NOTFOUND")
    assert (answer.message, answer.one("OrgnlMsgId")) == ("pain.014.001.07", REFERENCE)


@pytest.mark.parametrize(
    "expires_at",
    [
        pytest.param("2026-11-25T10:00:00+09:00", id="now"),
        pytest.param("2026-11-25T01:00:00Z", id="now, said otherwise"),
        pytest.param("2026-11-24T10:00:00+09:00", id="yesterday"),
    ],
)
async def test_a_limit_that_is_not_in_the_future_is_a_wrong_date(lender: Lender, expires_at):
    answer = await lender.collect(expires_at=expires_at)

    assert (answer.status, answer.code, answer.message) == (400, "DT01", "pain.014.001.07")


async def test_above_the_limit_of_one_item_is_refused_at_once(lender: Lender):
    above = await lender.collect(reference=REFERENCE, amount="10000001")
    at_limit = await lender.collect(reference=REFERENCE, amount="10000000")

    assert (above.status, above.code, at_limit.status) == (400, "AM02", 202)


FLAWED = [
    pytest.param("pain.013.001.07", "pain.013.001.03", id="another version"),
    pytest.param("<ChrgBr>SLEV", "<ChrgBr>DEBT", id="another charge bearer"),
    pytest.param("<ChrgBr>SLEV</ChrgBr>", "", id="no charge bearer"),
    pytest.param("<Id>19000001<", "<Id>11234567<", id="creditor is not the settlement account"),
    pytest.param("<DtTm>", "<Dt>2026-11-26</Dt><DtTm>", id="two limits"),
    pytest.param("+09:00</DtTm>", "</DtTm>", id="a limit without its offset"),
    pytest.param("<Ustrd>ご返済</Ustrd>", "<Ustrd>ご返済</Ustrd>" * 2, id="two texts"),
    pytest.param("ご返済", "", id="no text"),
    pytest.param("ご返済", "あ" * 141, id="too long a text"),
    pytest.param(">30000<", ">30000.0<", id="decimal amount"),
    pytest.param("urn:sandbox:collection-urls", "urn:other", id="addresses of another kind"),
    pytest.param("<RtrUrl>http://", "<RtrUrl>ftp://", id="no address for the browser"),
    pytest.param("<NtfyUrl>http://", "<NtfyUrl>", id="no address for callbacks"),
    pytest.param("</Urls>", "<More/></Urls>", id="a third address"),
    pytest.param("<DbtrAgt>", "<DbtrAcct><Id><IBAN>X</IBAN></Id></DbtrAcct><DbtrAgt>", id="IBAN"),
]


@pytest.mark.parametrize(("good", "bad"), FLAWED)
async def test_a_request_with_one_flaw_is_a_format_error(lender: Lender, good, bad):
    document = lender.request_to_pay(reference=REFERENCE)
    assert good in document

    answer = await lender.post("/collections", document.replace(good, bad))

    assert (answer.status, answer.code, answer.message) == (400, "FF01", "pain.014.001.07")
    assert (await lender.collection(REFERENCE)).status == 404


async def test_the_payers_account_may_be_named(lender: Lender):
    account = "<DbtrAcct><Id><Othr><Id>11234567</Id></Othr></Id></DbtrAcct>"
    document = lender.request_to_pay().replace("<DbtrAgt>", f"{account}<DbtrAgt>")

    assert (await lender.post("/collections", document)).status == 202


async def test_the_name_of_the_instruction_may_be_left_out_of_a_request(lender: Lender):
    name = f"<PmtInfId>{REFERENCE}</PmtInfId>"
    document = lender.request_to_pay(reference=REFERENCE)
    assert name in document

    assert (await lender.post("/collections", document.replace(name, ""))).status == 202


AGENT = (
    "<FinInstnId><ClrSysMmbId><ClrSysId><Cd>JPZGN</Cd></ClrSysId><MmbId>0005001</MmbId>"
    "</ClrSysMmbId></FinInstnId>"
)


@pytest.mark.parametrize(
    ("full", "empty"),
    [
        pytest.param("<Dbtr/>", "<Dbtr/>", id="the payer"),
        pytest.param(
            f"<DbtrAgt>{AGENT}</DbtrAgt>", "<DbtrAgt><FinInstnId/></DbtrAgt>", id="its bank"
        ),
        pytest.param("<Cdtr><Nm>ﾌﾟﾛﾐｽ</Nm></Cdtr>", "<Cdtr/>", id="the payee"),
    ],
)
async def test_a_party_of_a_request_may_be_empty(lender: Lender, full, empty):
    document = lender.request_to_pay()
    assert full in document

    assert (await lender.post("/collections", document.replace(full, empty))).status == 202


@pytest.mark.parametrize("length", [1, 140])
async def test_the_text_for_the_payer_has_up_to_140_characters(lender: Lender, length):
    document = lender.request_to_pay().replace("ご返済", "あ" * length)

    assert (await lender.post("/collections", document)).status == 202


async def test_the_text_for_the_payer_must_be_there(lender: Lender):
    document = lender.request_to_pay().replace("<RmtInf><Ustrd>ご返済</Ustrd></RmtInf>", "")

    answer = await lender.post("/collections", document)

    assert (answer.status, answer.code) == (400, "FF01")
