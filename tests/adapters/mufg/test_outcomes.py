"""MUFG's codes, one row each. The answers in `recordings/mufg` are written from the profile."""

from datetime import datetime, timedelta

import httpx
import pytest

from gateway.adapters.mufg import codes
from gateway.domain.bank import NameRefused
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Authorizing,
    NotFound,
    NotSent,
    Paid,
    Pending,
    Redirect,
    Rejected,
    Returned,
    Settled,
    Submitted,
    Unknown,
)
from gateway.domain.reason import Reason
from tests.adapters.mufg.mocked import (
    ANSWERS,
    COLLECTION,
    DEMO,
    ORDER,
    altered,
    document,
    mocked_mufg,
    recorded,
)
from tests.adapters.stand_ins import submit
from tests.manual_clock import START, ManualClock

BOOKED = datetime(2026, 11, 25, 10, 0, 0, 120_000, JST)
BANK_ID = "M1797997D56751F08"
FORGED = Unknown(integrity=True)
CLOSED = NotSent(Reason.OUT_OF_HOURS, START + timedelta(hours=10))
THROTTLED = NotSent(Reason.THROTTLED, START + timedelta(seconds=3))
PAGE = Authorizing(Redirect("http://127.0.0.1:8102/approve/0f1e2d3c4b5a69788796a5b4c3d2e1f0"))

OF_A_SUBMIT = {
    "payment_202_actc": Submitted(),
    "payment_400_ff01": Rejected(Reason.FORMAT_ERROR),
    "payment_400_ff01_of_no_message": Rejected(Reason.FORMAT_ERROR),
    "payment_400_dt01": Rejected(Reason.FORMAT_ERROR),
    "payment_400_tm01": CLOSED,
    "payment_400_ab08": NotSent(Reason.MAINTENANCE),
    "payment_400_am04": NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
    "payment_409_dupl": Unknown(Reason.DUPLICATE),
    "payment_409_seqno": Unknown(Reason.CONTRACT_ERROR),
    "payment_409_seqno_of_no_message": Unknown(Reason.CONTRACT_ERROR),
    "collection_409_seqno_in_a_pain_002": Unknown(Reason.CONTRACT_ERROR),
    "401_invalid_token": Unknown(Reason.CONTRACT_ERROR),
    "429": Unknown(Reason.THROTTLED),
}
OF_AN_INQUIRY = {
    "payment_pdng": Submitted(),
    "payment_acsc": Settled(BOOKED, BANK_ID),
    "payment_rjct_ac01": Rejected(Reason.ACCOUNT_NOT_FOUND),
    "payment_rjct_ac04": Rejected(Reason.ACCOUNT_CLOSED),
    "payment_rjct_ac06": Rejected(Reason.ACCOUNT_FROZEN),
    "payment_rjct_am02": Rejected(Reason.LIMIT_EXCEEDED),
    "payment_rjct_be01": Rejected(Reason.NAME_MISMATCH),
    "payment_rjct_narr": Rejected(Reason.CREDIT_REFUSED),
    "payment_rjct_ab08": Rejected(Reason.MAINTENANCE),
    "payment_returned_ac04": Returned(BOOKED, BOOKED, Reason.ACCOUNT_CLOSED, BANK_ID),
    "payment_returned_for_another_reason": Returned(BOOKED, BOOKED, None, BANK_ID),
    "payment_404_notfound": NotFound(),
    "payment_400_ff01": Unknown(),
    "payment_400_ff01_of_no_message": Unknown(),
    "401_invalid_token": Unknown(Reason.CONTRACT_ERROR),
    "429": Unknown(),
}
OF_A_START = {
    "collection_202_rcvd": PAGE,
    "collection_409_dupl_while_open": PAGE,
    "collection_409_dupl_decided": Unknown(Reason.DUPLICATE),
    "collection_400_am02": Rejected(Reason.LIMIT_EXCEEDED),
    "collection_400_ff01": Rejected(Reason.FORMAT_ERROR),
    "collection_400_ff01_of_no_message": Rejected(Reason.FORMAT_ERROR),
    "collection_400_dt01": Rejected(Reason.FORMAT_ERROR),
    "collection_400_tm01": CLOSED,
    "collection_400_ab08": NotSent(Reason.MAINTENANCE),
    "collection_409_seqno": Unknown(Reason.CONTRACT_ERROR),
    "collection_409_seqno_in_a_pain_002": Unknown(Reason.CONTRACT_ERROR),
    "payment_409_seqno": Unknown(Reason.CONTRACT_ERROR),
    "payment_409_seqno_of_no_message": Unknown(Reason.CONTRACT_ERROR),
    "401_invalid_token": Unknown(Reason.CONTRACT_ERROR),
    "429": Unknown(Reason.THROTTLED),
}
OF_A_COLLECTION = {
    "collection_rcvd": Pending(),
    "collection_pdng": Pending(),
    "collection_acsc": Paid(BOOKED, Yen(5_000), BANK_ID),
    "collection_acsc_of_more": Paid(BOOKED, Yen(6_000), BANK_ID),
    "collection_rjct_am04": Rejected(Reason.INSUFFICIENT_FUNDS),
    "collection_rjct_ac06": Rejected(Reason.ACCOUNT_FROZEN),
    "collection_rjct_cust": Rejected(Reason.PAYER_CANCELLED),
    "collection_rjct_tm01": Rejected(Reason.SESSION_EXPIRED),
    "collection_rjct_narr": Rejected(Reason.AUTHENTICATION_FAILED),
    "collection_rjct_ab08": Rejected(Reason.MAINTENANCE),
    "collection_404_notfound": NotFound(),
    "collection_400_ff01": Unknown(),
    "collection_400_ff01_of_no_message": Unknown(),
    "401_invalid_token": Unknown(Reason.CONTRACT_ERROR),
    "429": Unknown(),
}


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_a_submit_means_one_outcome(name: str) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(recorded(name))

        got = await submit(mocked.bank, ORDER)

    assert got.outcome == OF_A_SUBMIT.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_an_inquiry_means_one_outcome(name: str) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(recorded(name))

        got = await mocked.bank.inquire(ORDER)

    assert got.outcome == OF_AN_INQUIRY.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_the_start_of_a_collection_means_one_outcome(name: str) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(recorded(name))

        got = await mocked.bank.start_collection(COLLECTION)

    assert got.outcome == OF_A_START.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_about_a_collection_means_one_outcome(name: str) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(recorded(name))

        got = await mocked.bank.inquire_collection(COLLECTION)

    assert got.outcome == OF_A_COLLECTION.get(name, FORGED)


def test_every_code_of_the_tables_has_a_recording() -> None:
    sent = {
        (flow, status, code)
        for flow, table in [("payment", codes.PAYMENT), ("collection", codes.COLLECTION)]
        for status, code in [*table, codes.NOT_FOUND]
    }
    ended = {f"payment_rjct_{code.lower()}" for code in codes.PAYMENT_ENDS}
    ended |= {f"collection_rjct_{code.lower()}" for code in codes.COLLECTION_ENDS}

    for flow, status, code in sent:
        begin = f"{flow}_{status}_{code.lower()}"
        assert any(name.startswith(begin) for name in ANSWERS), begin
    assert ended <= set(ANSWERS)
    named = {*OF_A_SUBMIT, *OF_AN_INQUIRY, *OF_A_START, *OF_A_COLLECTION}
    assert named <= set(ANSWERS)


async def test_the_evidence_names_the_banks_code() -> None:
    async with mocked_mufg() as mocked:
        mocked.says(recorded("payment_rjct_ac04"))

        assert (await mocked.bank.inquire(ORDER)).evidence.code == "AC04"


async def test_no_name_can_be_had_and_nothing_is_asked_for_one() -> None:
    async with mocked_mufg() as mocked:
        got = await mocked.bank.verify_name(DEMO)

        assert got == NameRefused(Reason.NOT_OFFERED)
        assert mocked.asked() == []
        assert mocked.tokens.call_count == 0


IN_TX = "<OrgnlEndToEndId>AAAABBBBCCCCDDDD2345"
IN_GROUP = "<OrgnlMsgId>AAAABBBBCCCCDDDD2345"
AT = "<AccptncDtTm>2026-11-25T10:00:00.120+09:00</AccptncDtTm>"
AMOUNT = '<InstdAmt Ccy="JPY">10000</InstdAmt>'


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param((IN_TX, "<OrgnlEndToEndId>BBBBBBBBBBBBBBBBBBBB"), id="another transaction"),
        pytest.param((IN_GROUP, "<OrgnlMsgId>BBBBBBBBBBBBBBBBBBBB"), id="another message"),
        pytest.param((IN_GROUP, "<OrgnlMsgId>NOTPROVIDED"), id="a message of no name"),
        pytest.param((IN_TX, "<OrgnlEndToEndId>aaaabbbbccccdddd2345"), id="in lower case"),
        pytest.param(("pain.001.001.03", "pain.013.001.07"), id="another kind of message"),
        pytest.param(("<TxSts>ACSC", "<TxSts>ACWC"), id="an unlisted status"),
        pytest.param(("<TxSts>ACSC", "<TxSts>acsc"), id="a status in lower case"),
        pytest.param(("<TxSts>ACSC", "<TxSts> ACSC"), id="a status with a space"),
        pytest.param(("<TxSts>ACSC</TxSts>", ""), id="no status"),
        pytest.param(
            ("<TxSts>ACSC</TxSts>", "<TxSts>ACSC</TxSts><TxSts>RJCT</TxSts>"), id="two statuses"
        ),
        pytest.param((">10000<", ">10001<"), id="another amount"),
        pytest.param((">10000<", ">10000.00<"), id="a decimal amount"),
        pytest.param((">10000<", ">010000<"), id="a leading zero"),
        pytest.param((">10000<", ">１００００<"), id="full-width digits"),
        pytest.param((">10000<", ">-10000<"), id="a negative amount"),
        pytest.param((">10000<", "> 10000<"), id="an amount with a space"),
        pytest.param(('"JPY"', '"USD"'), id="dollars"),
        pytest.param((' Ccy="JPY"', ""), id="no currency"),
        pytest.param((AMOUNT, ""), id="no amount"),
        pytest.param((AMOUNT, AMOUNT + AMOUNT), id="the amount twice"),
        pytest.param((AT, ""), id="booked, nobody knows when"),
        pytest.param((AT, AT.replace("+09:00", "")), id="an instant without an offset"),
        pytest.param((AT, AT.replace("2026-11-25", "2026-02-30")), id="a day that is not"),
        pytest.param(("<AcctSvcrRef>M", "<AcctSvcrRef>\n"), id="a line break in the number"),
        pytest.param(
            ("</TxSts>", "</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>"),
            id="booked and refused",
        ),
        pytest.param(
            ("</TxSts>", "</TxSts><StsRsnInf><AddtlInf>RETURNED</AddtlInf></StsRsnInf>"),
            id="booked and returned at once",
        ),
        pytest.param(("<MsgId>R20261125000001</MsgId>", ""), id="no header"),
        pytest.param(("<TxInfAndSts>", "<TxInfAndSts>text"), id="text between elements"),
    ],
)
async def test_a_report_that_does_not_fit_is_unknown_with_an_alert(
    changes: tuple[str, str],
) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(altered("payment_acsc", changes))

        assert (await mocked.bank.inquire(ORDER)).outcome == FORGED


RETURN_DAY = "<ReqdExctnDt>2026-11-25</ReqdExctnDt>"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param((AT, ""), id="nobody knows when it was booked"),
        pytest.param((RETURN_DAY, ""), id="nobody knows on which day it came back"),
        pytest.param((RETURN_DAY, RETURN_DAY.replace("25", "24")), id="before it was booked"),
        pytest.param((RETURN_DAY, RETURN_DAY.replace("-25", "-31")), id="on a day that is not"),
        pytest.param(("<AddtlInf>RETURNED", "<AddtlInf>Returned"), id="in other letters: MS03"),
        pytest.param(("<TxSts>RJCT", "<TxSts>PDNG"), id="pending and returned"),
    ],
)
async def test_a_return_that_cannot_be_is_unknown_with_an_alert(changes: tuple[str, str]) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(altered("payment_returned_for_another_reason", changes))

        assert (await mocked.bank.inquire(ORDER)).outcome == FORGED


async def test_money_that_comes_back_on_a_later_day_is_back_from_its_beginning() -> None:
    """The bank names the day only, and the answer must be the same whenever we ask."""
    day = RETURN_DAY.replace("25", "27")
    async with mocked_mufg(ManualClock(datetime(2026, 11, 27, 15, 0, tzinfo=JST))) as mocked:
        mocked.says(altered("payment_returned_ac04", (RETURN_DAY, day)))

        got = await mocked.bank.inquire(ORDER)

    back = datetime(2026, 11, 27, tzinfo=JST)
    assert got.outcome == Returned(BOOKED, back, Reason.ACCOUNT_CLOSED, BANK_ID)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("payment_202_actc", ("ACTC", "RJCT"), id="taken and refused"),
        pytest.param("payment_202_actc", ("ACTC", "ACCP"), id="another status"),
        pytest.param("payment_202_actc", ("<GrpSts>ACTC</GrpSts>", ""), id="no status"),
        pytest.param("payment_400_am04", ("RJCT", "ACTC"), id="refused and taken"),
        pytest.param("payment_400_am04", ("AAAABBBB", "BBBBAAAA"), id="another message's refusal"),
        pytest.param("payment_400_am04", ("AM04", "AM99"), id="a reason of no meaning here"),
        pytest.param("payment_400_am04", ("<Cd>AM04</Cd>", ""), id="no reason"),
        pytest.param(
            "payment_400_am04",
            ("<Cd>AM04</Cd>", "<Cd>AM04</Cd><Prtry>SEQNO</Prtry>"),
            id="two reasons",
        ),
        pytest.param("payment_409_dupl", ("DUPL", "FF01"), id="the code under another status"),
    ],
)
async def test_a_word_on_a_submit_that_does_not_fit_is_unknown_with_an_alert(
    name: str, changes: tuple[str, str]
) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(altered(name, changes))

        assert (await submit(mocked.bank, ORDER)).outcome == FORGED


STATED = f"<TxInfAndSts>{IN_TX}</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>"
STATED_TOO = (
    "</OrgnlGrpInfAndSts>",
    f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>{STATED}</OrgnlPmtInfAndSts>",
)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(STATED_TOO, id="none, and yet booked"),
        pytest.param(("RJCT", "ACTC"), id="none, and yet taken"),
    ],
)
async def test_a_not_found_that_contradicts_itself_does_not_count(changes: tuple[str, str]) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(altered("payment_404_notfound", changes))
        payment = await mocked.bank.inquire(ORDER)
        mocked.says(altered("collection_404_notfound", changes))
        collected = await mocked.bank.inquire_collection(COLLECTION)

    assert payment.outcome == FORGED
    assert collected.outcome == FORGED


BOOKED_TOO = ("</TxSts>", "</TxSts>" + AT)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("collection_rcvd", (">5000<", ">6000<"), id="open, of another amount"),
        pytest.param("collection_rjct_cust", (">5000<", ">6000<"), id="ended, of another amount"),
        pytest.param("collection_rjct_cust", ("CUST", "ZZZZ"), id="an unlisted end"),
        pytest.param("collection_acsc", (AT, ""), id="paid, nobody knows when"),
        pytest.param(
            "collection_acsc", ('<InstdAmt Ccy="JPY">5000</InstdAmt>', ""), id="nobody knows what"
        ),
        pytest.param("collection_rcvd", BOOKED_TOO, id="open, and yet booked"),
        pytest.param("collection_pdng", BOOKED_TOO, id="not booked, and yet booked"),
        pytest.param("collection_rjct_cust", BOOKED_TOO, id="cancelled, and yet booked"),
    ],
)
async def test_a_word_on_a_collection_that_does_not_fit_is_unknown_with_an_alert(
    name: str, changes: tuple[str, str]
) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(altered(name, changes))

        assert (await mocked.bank.inquire_collection(COLLECTION)).outcome == FORGED


@pytest.mark.parametrize(
    "address",
    ["", "/approve/1", "javascript:alert(1)", "http://", "ftp://127.0.0.1/", "http://a b/"],
)
async def test_a_page_that_no_browser_should_go_to_is_unknown(address: str) -> None:
    answer = recorded("collection_202_rcvd")
    answer.headers["Location"] = address
    async with mocked_mufg() as mocked:
        mocked.says(answer)

        got = await mocked.bank.start_collection(COLLECTION)

    assert got.outcome == FORGED
    assert got.evidence.code == "NO_ADDRESS"


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("text/html; charset=utf-8", id="a page"),
        pytest.param("application/xml", id="no charset"),
        pytest.param("application/xml; charset=shift_jis", id="another charset"),
        pytest.param("text/xml; charset=utf-8", id="another XML"),
        pytest.param("", id="none"),
    ],
)
async def test_another_content_type_is_unknown(content_type: str) -> None:
    body = ANSWERS["payment_acsc"]["body"].encode()
    async with mocked_mufg() as mocked:
        mocked.says(document(body, content_type=content_type))

        got = await mocked.bank.inquire(ORDER)

    assert got.outcome == FORGED
    assert got.evidence.code == "BAD_CONTENT_TYPE"


async def test_optional_elements_that_we_do_not_know_are_passed_over() -> None:
    more = (
        "</TxSts>",
        "</TxSts><ChrgsInf><Nested><Deep>1</Deep></Nested></ChrgsInf><NewOne>2</NewOne>",
    )
    supplementary = (
        "</OrgnlPmtInfAndSts>",
        '</OrgnlPmtInfAndSts><SplmtryData><Envlp><x xmlns="urn:else">1</x></Envlp></SplmtryData>',
    )
    async with mocked_mufg() as mocked:
        mocked.says(altered("payment_acsc", more, supplementary))

        assert (await mocked.bank.inquire(ORDER)).outcome == Settled(BOOKED, BANK_ID)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.Response(429, content=b"slow down"), id="a page"),
        pytest.param(httpx.Response(429), id="no word on when"),
        pytest.param(
            httpx.Response(429, headers={"Retry-After": "3"}, content=b"<html>"), id="both"
        ),
    ],
)
async def test_a_429_that_is_not_the_banks_is_unknown(answer: httpx.Response) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(answer)

        assert (await submit(mocked.bank, ORDER)).outcome == FORGED


@pytest.mark.parametrize("header", ["-1", "1.5", "１", "Wed, 25 Nov 2026 10:00:00 GMT", "999999"])
async def test_a_senseless_retry_after_names_no_instant(header: str) -> None:
    closed = recorded("payment_400_tm01")
    kept = [(name, value) for name, value in closed.headers.raw if name.lower() != b"retry-after"]
    fields = [*kept, (b"Retry-After", header.encode())]
    async with mocked_mufg() as mocked:
        mocked.says(httpx.Response(400, headers=fields, content=closed.content))

        assert (await submit(mocked.bank, ORDER)).outcome == NotSent(Reason.OUT_OF_HOURS)


MIDNIGHT = datetime(2026, 11, 26, 0, 0, tzinfo=JST)
AFTER_IT = NotSent(Reason.BANK_BUSY, MIDNIGHT + timedelta(seconds=300))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(-301, Rejected(Reason.FORMAT_ERROR), id="well before midnight"),
        pytest.param(-300, AFTER_IT, id="our day may be over at the bank"),
        pytest.param(-1, AFTER_IT, id="right before midnight"),
        pytest.param(0, AFTER_IT, id="midnight"),
        pytest.param(299, AFTER_IT, id="the bank may still be in yesterday"),
        pytest.param(300, Rejected(Reason.FORMAT_ERROR), id="well after midnight"),
    ],
)
async def test_a_wrong_date_around_midnight_is_not_the_members_end(
    seconds: float, expected: object
) -> None:
    """ReqdExctnDt must be the bank's date of receipt, and the two clocks may differ."""
    async with mocked_mufg(ManualClock(MIDNIGHT + timedelta(seconds=seconds))) as mocked:
        mocked.says(recorded("payment_400_dt01"))

        assert (await submit(mocked.bank, ORDER)).outcome == expected


@pytest.mark.parametrize(
    "date_header", [None, "yesterday", "2026-11-25T10:00:00Z"], ids=["none", "no date", "ISO"]
)
async def test_a_clock_that_cannot_be_read_has_no_skew(date_header: str | None) -> None:
    headers = {} if date_header is None else {"Date": date_header}
    async with mocked_mufg() as mocked:
        mocked.says(httpx.Response(405, headers=headers))

        assert await mocked.bank.clock_skew_s() is None
        assert mocked.tokens.call_count == 0
