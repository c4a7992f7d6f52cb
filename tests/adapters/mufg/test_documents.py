"""What we send, and what the recordings hold, is ISO 20022 by its own schemas."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from defusedxml.ElementTree import fromstring

from gateway.adapters.mufg.instructions import SettlementAccount, collection, payment
from gateway.adapters.mufg.xml_writing import leaf
from gateway.domain.account import AccountType
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from tests.adapters.mufg.mocked import (
    ANSWERS,
    COLLECTION,
    DEMO,
    ORDER,
    mocked_mufg,
    recorded,
)
from tests.adapters.mufg.schema import faults_of
from tests.adapters.stand_ins import REFERENCE, submit
from tests.manual_clock import START, ManualClock

OURS = SettlementAccount("123", "2", "9000001")
LONG_NAME = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎ"
PAYMENTS = {
    "an ordinary one": ORDER,
    "one yen": replace(ORDER, amount=Yen(1)),
    "ten digits": replace(ORDER, amount=Yen(9_999_999_999)),
    "the longest names": replace(
        ORDER, creditor=replace(DEMO, holder=LONG_NAME), remitter=LONG_NAME + "ﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓ"
    ),
    "every sign": replace(ORDER, remitter="A (B)-C. 1 ﾞﾟ"),
    "a savings account": replace(ORDER, creditor=replace(DEMO, type=AccountType.SAVINGS)),
}
ADDRESS = "https://lender.example/back?a=1&b=<\"'>]]>&amp;&#x41;"
REQUESTS = {
    "an ordinary one": COLLECTION,
    "addresses full of markup": replace(COLLECTION, return_url=ADDRESS, callback_url=ADDRESS),
    "twenty characters": replace(COLLECTION, description=LONG_NAME[:20]),
}


def texts_of(content: bytes) -> dict[str, str]:
    """Return the texts of a document by the last two names of their paths."""
    texts: dict[str, str] = {}
    for outer in fromstring(content).iter():
        for inner in outer:
            if len(inner) == 0:
                name = f"{outer.tag.partition('}')[2]}/{inner.tag.partition('}')[2]}"
                texts[name] = inner.text or ""
    return texts


@pytest.mark.parametrize("name", list(PAYMENTS))
def test_a_payment_is_a_pain_001_by_the_schema(name: str) -> None:
    assert faults_of(payment(PAYMENTS[name], OURS, START)) == []


@pytest.mark.parametrize("name", list(REQUESTS))
def test_a_collection_is_a_pain_013_by_the_schema(name: str) -> None:
    assert faults_of(collection(REQUESTS[name], OURS, START)) == []


WITH_DOCUMENT = [name for name, answer in ANSWERS.items() if answer["body"].startswith("<?xml")]


@pytest.mark.parametrize("name", WITH_DOCUMENT)
def test_a_recorded_answer_is_what_the_schema_says(name: str) -> None:
    assert faults_of(ANSWERS[name]["body"].encode()) == []


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param((b"<PmtMtd>TRF</PmtMtd>", b""), id="something missing"),
        pytest.param((b"TRF", b"XYZ"), id="no such method"),
        pytest.param((b"<NbOfTxs>1", b"<NbOfTxs>one"), id="no number"),
        pytest.param((b"JPY", b"yen"), id="no currency"),
        pytest.param((REFERENCE.encode(), b"A" * 36), id="too long"),
        pytest.param((b"<PmtMtd>TRF</PmtMtd>", b"<PmtMtd>TRF</PmtMtd>" * 2), id="twice"),
        pytest.param(
            (
                b"<PmtMtd>TRF</PmtMtd><BtchBookg>false</BtchBookg>",
                b"<BtchBookg>false</BtchBookg><PmtMtd>TRF</PmtMtd>",
            ),
            id="in another order",
        ),
    ],
)
def test_the_schema_would_tell(spoilt: tuple[bytes, bytes]) -> None:
    content = payment(ORDER, OURS, START)
    assert spoilt[0] in content

    try:
        found = faults_of(content.replace(*spoilt))
    except Exception as error:  # noqa: BLE001 - xsdata raises for some faults
        found = [str(error)]

    assert found


def test_a_payment_says_who_pays_whom_and_what() -> None:
    told = texts_of(payment(ORDER, OURS, START))

    assert told == {
        "GrpHdr/MsgId": REFERENCE,
        "GrpHdr/CreDtTm": "2026-11-25T10:00:00+09:00",
        "GrpHdr/NbOfTxs": "1",
        "InitgPty/Nm": "ﾌﾟﾛﾐｽ",
        "PmtInf/PmtInfId": REFERENCE,
        "PmtInf/PmtMtd": "TRF",
        "PmtInf/BtchBookg": "false",
        "PmtInf/ReqdExctnDt": "2026-11-25",
        "Dbtr/Nm": "ﾌﾟﾛﾐｽ",
        "Othr/Id": "11234567",  # the creditor's, the later of the two
        "ClrSysId/Cd": "JPZGN",
        "ClrSysMmbId/MmbId": "0005001",
        "PmtId/EndToEndId": REFERENCE,
        "Amt/InstdAmt": "10000",
        "Cdtr/Nm": "ﾔﾏﾀﾞ ﾀﾛｳ",
    }
    assert b"<DbtrAcct><Id><Othr><Id>29000001</Id>" in payment(ORDER, OURS, START)
    assert b"<MmbId>0005123</MmbId>" in payment(ORDER, OURS, START)


def test_a_collection_says_what_is_asked_and_until_when() -> None:
    told = texts_of(collection(COLLECTION, OURS, START))

    assert told["GrpHdr/MsgId"] == told["PmtId/EndToEndId"] == REFERENCE
    assert told["ReqdExctnDt/Dt"] == "2026-11-25"
    assert told["XpryDt/DtTm"] == "2026-11-25T10:15:00+09:00"
    assert told["CdtTrfTx/ChrgBr"] == "SLEV"
    assert told["RmtInf/Ustrd"] == "ｺﾞﾍﾝｻｲ"
    assert told["Othr/Id"] == "29000001"
    assert told["ClrSysMmbId/MmbId"] == "0005123"
    assert told["Urls/RtrUrl"] == COLLECTION.return_url
    assert told["Urls/NtfyUrl"] == COLLECTION.callback_url


def test_an_address_is_never_taken_for_markup() -> None:
    told = texts_of(collection(REQUESTS["addresses full of markup"], OURS, START))

    assert told["Urls/RtrUrl"] == told["Urls/NtfyUrl"] == ADDRESS


def test_the_same_values_give_the_same_bytes() -> None:
    assert payment(ORDER, OURS, START) == payment(ORDER, OURS, START)
    assert collection(COLLECTION, OURS, START) == collection(COLLECTION, OURS, START)


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\tb", "a\x7fb", "a\ud800b", "a\uffffb"])
def test_a_character_that_would_not_arrive_as_it_is_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a character"):
        leaf("Nm", text)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        pytest.param(datetime(2026, 11, 25, 23, 59, 59, tzinfo=JST), "20261125", id="late"),
        pytest.param(datetime(2026, 11, 26, 0, 0, tzinfo=JST), "20261126", id="midnight"),
    ],
)
async def test_a_post_bears_a_number_of_its_own_and_the_japanese_day(
    instant: datetime, day: str
) -> None:
    async with mocked_mufg(ManualClock(instant)) as mocked:
        mocked.says(recorded("429"))
        await submit(mocked.bank, ORDER)
        await mocked.bank.start_collection(COLLECTION)
        await mocked.bank.inquire(ORDER)
        sent = mocked.asked()

    numbers = [request.headers.get("X-Sequence-No") for request in sent]
    assert numbers == [f"{day}-{1:016d}", f"{day}-{2:016d}", None]
    assert [request.headers.get("Content-Type") for request in sent] == [
        "application/xml; charset=utf-8",
        "application/xml; charset=utf-8",
        None,
    ]
    assert f"<ReqdExctnDt>{day[:4]}-{day[4:6]}-{day[6:]}".encode() in sent[0].content
    assert all(request.headers["Authorization"] == "Bearer sandbox-token-1" for request in sent)


async def test_each_try_dates_its_document_anew() -> None:
    async with mocked_mufg() as mocked:
        mocked.says(recorded("429"))
        await submit(mocked.bank, ORDER)
        mocked.clock.instant += timedelta(days=1)
        await submit(mocked.bank, ORDER)
        first, second = mocked.asked()

    assert b"2026-11-25" in first.content
    assert b"2026-11-25" not in second.content
