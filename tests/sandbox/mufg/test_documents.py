"""What the emulated MUFG does not read, and how little it takes to say so."""

import asyncio

import pytest

from tests.sandbox.mufg.lender import Lender

REFERENCE = "ABCDEFGHIJ0123456789"
NAMESPACE = 'xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"'
CREDITOR_AGENT = "<CdtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>JPZGN</Cd></ClrSysId><MmbId>"

# Old text, new text: each makes a document that is good but for one thing.
FLAWED = [
    pytest.param("</Document>", "", id="cut off"),
    pytest.param("pain.001.001.03", "pain.001.001.09", id="another version"),
    pytest.param("<Document xmlns", "<document xmlns", id="another root"),
    pytest.param("<PmtMtd>", "<Unknown/><PmtMtd>", id="unknown element"),
    pytest.param("<PmtMtd>", '<PmtMtd xmlns="urn:other">', id="another namespace inside"),
    pytest.param("<PmtMtd>TRF</PmtMtd>", "", id="a mandatory element missing"),
    pytest.param("<BtchBookg>false</BtchBookg>", "", id="BtchBookg missing"),
    pytest.param("<BtchBookg>false</BtchBookg>", "<BtchBookg>true</BtchBookg>", id="batch"),
    pytest.param("TRF", "CHK", id="a cheque"),
    pytest.param("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>TRF</PmtMtd>" * 2, id="doubled"),
    pytest.param("<PmtMtd>TRF</PmtMtd>\n", "<PmtMtd>TRF</PmtMtd>x\n", id="text in between"),
    pytest.param("<NbOfTxs>1<", "<NbOfTxs>2<", id="two announced"),
    pytest.param("<MsgId>A", "<MsgId>B", id="MsgId is another reference"),
    pytest.param("<PmtInfId>A", "<PmtInfId>B", id="PmtInfId is another reference"),
    pytest.param("<EndToEndId>A", "<EndToEndId>B", id="EndToEndId is another reference"),
    pytest.param(REFERENCE, REFERENCE.lower(), id="reference in lower case"),
    pytest.param(REFERENCE, REFERENCE[1:], id="reference of 19"),
    pytest.param('Ccy="JPY"', 'Ccy="USD"', id="dollars"),
    pytest.param(' Ccy="JPY"', "", id="no currency"),
    pytest.param('Ccy="JPY"', 'Ccy="JPY" x="1"', id="unknown attribute"),
    pytest.param(">10000<", ">10000.00<", id="decimal amount"),
    pytest.param(">10000<", "> 10000<", id="space before the amount"),
    pytest.param(">10000<", ">010000<", id="leading zero"),
    pytest.param(">10000<", ">0<", id="nothing"),
    pytest.param(">10000<", ">-1<", id="negative"),
    pytest.param(">10000<", ">１００００<", id="digits that are not ASCII"),
    pytest.param(">10000<", ">12345678901<", id="eleven digits"),
    pytest.param("JPZGN", "GBDSC", id="another clearing system"),
    pytest.param("<Id>19000001<", "<Id>11234567<", id="debtor is not the settlement account"),
    pytest.param("<MmbId>0005001<", "<MmbId>0005002<", id="debtor's agent is another branch"),
    pytest.param(f"{CREDITOR_AGENT}0005", f"{CREDITOR_AGENT}0009", id="another bank's account"),
    pytest.param(f"{CREDITOR_AGENT}0005001", f"{CREDITOR_AGENT}000500", id="six digits"),
    pytest.param("<Id>11234567<", "<Id>1123456<", id="seven digits"),
    pytest.param("<Id>11234567<", "<Id>91234567<", id="unknown account type"),
    pytest.param("<Othr><Id>11234567</Id></Othr>", "", id="no account"),
    pytest.param("<Othr><Id>11234567</Id></Othr>", "<IBAN>GB1</IBAN>", id="IBAN"),
    pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "", id="no payee"),
    pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "山田太郎", id="kanji"),
    pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀ ﾞﾀﾛｳ", id="a mark without its kana"),
    pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔ" * 31, id="a payee of 31 characters"),
    pytest.param("<Dbtr><Nm>ﾌﾟﾛﾐｽ", "<Dbtr><Nm>" + "ﾌ" * 41, id="a remitter of 41 characters"),
    pytest.param("<ReqdExctnDt>2026-11-25", "<ReqdExctnDt>20261125", id="date without hyphens"),
    pytest.param("<ReqdExctnDt>2026-11-25", "<ReqdExctnDt>2026-11-31", id="no such day"),
    pytest.param("<CreDtTm>2026-11-25T", "<CreDtTm>2026-11-25 ", id="no instant"),
    pytest.param("<CreDtTm>2026-11-25T10", "<CreDtTm>2026-11-25T25", id="no such hour"),
]


@pytest.mark.parametrize(("good", "bad"), FLAWED)
async def test_a_document_with_one_flaw_is_a_format_error(lender: Lender, good, bad):
    document = lender.payment(reference=REFERENCE)
    assert good in document

    answer = await lender.submit(document.replace(good, bad))

    assert (answer.status, answer.one("GrpSts"), answer.code) == (400, "RJCT", "FF01")
    assert answer.message == "pain.002.001.03"
    assert (await lender.inquire(REFERENCE)).status == 404


async def test_two_transactions_are_a_format_error(lender: Lender):
    document = lender.payment(reference=REFERENCE)
    begin, end = document.index("<CdtTrfTxInf>"), document.index("</PmtInf>")

    answer = await lender.submit(document[:end] + document[begin:end] + document[end:])

    assert (answer.code, answer.one("OrgnlMsgId")) == ("FF01", REFERENCE)


async def test_elements_in_another_order_are_a_format_error(lender: Lender):
    creditor = "<Cdtr><Nm>ﾔﾏﾀﾞ ﾀﾛｳ</Nm></Cdtr>"
    document = lender.payment().replace(creditor, "")

    answer = await lender.submit(document.replace("<CdtrAgt>", f"{creditor}<CdtrAgt>"))

    assert answer.code == "FF01"


@pytest.mark.parametrize(
    ("place", "more"),
    [
        pytest.param("<ReqdExctnDt>", "<CtrlSum>10000.00</CtrlSum>", id="control sum"),
        pytest.param("<PmtId>", "<!-- nothing -->", id="comment"),
        pytest.param("<CdtrAgt><Fin", "<ChrgBr>SLEV</ChrgBr>", id="charge bearer"),
        pytest.param("</CdtTrfTxInf>", "<RmtInf><Ustrd>x</Ustrd></RmtInf>", id="remittance"),
    ],
)
async def test_optional_elements_of_the_standard_are_ignored(lender: Lender, place, more):
    document = lender.payment()
    assert place in document

    answer = await lender.submit(document.replace(place, more + place, 1))

    assert answer.status == 202


async def test_the_place_of_a_schema_is_neither_followed_nor_minded(lender: Lender):
    location = 'xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd"'
    schema_instance = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    document = lender.payment().replace("<Document ", f"<Document {schema_instance} {location} ")

    assert (await lender.submit(b"\xef\xbb\xbf" + document.encode())).status == 202


async def test_prefixes_say_the_same_as_a_default_namespace(lender: Lender):
    document = lender.payment().replace("<?xml", "<!xml").replace("</", "<#")
    document = document.replace("<", "<p:").replace("<p:!xml", "<?xml").replace("<p:#", "</p:")

    answer = await lender.submit(document.replace("xmlns=", "xmlns:p="))

    assert answer.status == 202


@pytest.mark.parametrize("day", ["2026-11-24", "2026-11-26"])
async def test_the_date_asked_for_is_the_day_of_receipt(lender: Lender, day):
    answer = await lender.pay(day=day)

    assert (answer.status, answer.code, answer.one("GrpSts")) == (400, "DT01", "RJCT")


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("application/xml", id="no charset"),
        pytest.param("text/xml; charset=utf-8", id="another type"),
        pytest.param("application/xml; charset=shift_jis", id="another charset"),
        pytest.param("application/json; charset=utf-8", id="JSON"),
    ],
)
async def test_another_content_type_is_a_format_error(lender: Lender, content_type):
    answer = await lender.post("/payments", lender.payment(), Content_Type=content_type)

    assert (answer.status, answer.code) == (400, "FF01")


def with_doctype(doctype: str) -> str:
    return f"<!DOCTYPE Document {doctype}><Document {NAMESPACE}>&a;</Document>"


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
HOSTILE = [
    pytest.param(with_doctype("[]"), id="a document type"),
    pytest.param(with_doctype('SYSTEM "http://127.0.0.1:9/x.dtd"'), id="external DTD"),
    pytest.param(with_doctype('[<!ENTITY a "b">]'), id="entity"),
    pytest.param(with_doctype('[<!ENTITY a SYSTEM "file:///etc/passwd">]'), id="external entity"),
    pytest.param(with_doctype(f'[<!ENTITY a0 "ha">{BOMB}]').replace("&a;", "&a11;"), id="bomb"),
    pytest.param(with_doctype('[<!ENTITY % a "b">%a;]'), id="parameter entity"),
    pytest.param(f"<Document {NAMESPACE}>&a;</Document>", id="undeclared entity"),
    pytest.param(f"<?xml-stylesheet href='x'?><Document {NAMESPACE}/>", id="instruction"),
    pytest.param("<a>" * 33 + "</a>" * 33, id="unknown nesting"),
    pytest.param("<a>" * 300_000, id="endless nesting"),
    pytest.param(f"<Document {NAMESPACE}>" + "<a/>" * 200_000, id="a flood of elements"),
    pytest.param(
        f"<Document {NAMESPACE} " + "".join(f' a{n}=""' for n in range(90_000)), id="attributes"
    ),
    pytest.param("<" + "a" * 1_000_000, id="an endless name"),
    pytest.param(f"<Document {NAMESPACE}>" + "&#65;" * 200_000, id="character references"),
    pytest.param(f"<Document {NAMESPACE}>" + "<![CDATA[" * 100_000, id="CDATA"),
    pytest.param('<?xml version="1.1"?><Document/>', id="XML 1.1"),
    pytest.param("", id="nothing"),
    pytest.param("\x00", id="a NUL"),
]


@pytest.mark.parametrize("document", HOSTILE)
async def test_a_document_hostile_to_parsers_is_refused_within_a_second(lender: Lender, document):
    async with asyncio.timeout(1):
        answer = await lender.submit(document)

    assert (answer.status, answer.code) == (400, "FF01")


async def test_a_flood_of_elements_that_may_stand_there_is_refused_within_a_second(lender: Lender):
    document = lender.payment()
    flood = "<RmtInf>" + "<Ustrd/>" * 125_000 + "</RmtInf></CdtTrfTxInf>"

    async with asyncio.timeout(1):
        answer = await lender.submit(document.replace("</CdtTrfTxInf>", flood))

    assert (answer.status, answer.code) == (400, "FF01")


def nested(depth: int) -> str:
    """Return a request to pay whose free part makes the document so many levels deep."""
    outside = len(("Document", "CdtrPmtActvtnReq", "SplmtryData", "Envlp"))
    inside = depth - outside
    return "<SplmtryData><Envlp>" + "<a>" * inside + "</a>" * inside + "</Envlp></SplmtryData>"


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        pytest.param(32, "one SplmtryData is expected", id="32 levels are read"),
        pytest.param(33, "nested too deeply, or too many elements", id="33 are not"),
    ],
)
async def test_a_document_has_32_levels_at_most(lender: Lender, levels, said):
    document = lender.request_to_pay()
    place = "</CdtrPmtActvtnReq>"

    answer = await lender.post("/collections", document.replace(place, nested(levels) + place))

    assert (answer.status, answer.code, answer.one("AddtlInf")) == (400, "FF01", said)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("ﾔ".encode("shift_jis"), id="Shift_JIS"),
        pytest.param("<Document/>".encode("utf-16"), id="UTF-16"),
        pytest.param(b'<?xml version="1.0" encoding="Shift_JIS"?><Document/>', id="declared"),
        pytest.param(b"\xed\xa0\x80", id="a surrogate"),
    ],
)
async def test_what_is_not_utf_8_is_refused(lender: Lender, document):
    answer = await lender.submit(document)

    assert (answer.status, answer.code, answer.one("AddtlInf")) == (400, "FF01", "not UTF-8")


async def test_more_than_a_mebibyte_is_not_read(lender: Lender):
    answer = await lender.submit(lender.payment() + " " * 1024 * 1024)

    assert (answer.status, answer.code) == (413, "FF01")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/payments/short", 400, id="no reference"),
        pytest.param("GET", "/payments/", 400, id="an empty reference"),
        pytest.param("GET", "/collections/short", 400, id="no reference of a collection"),
        pytest.param("GET", f"/payments/{REFERENCE}?x=1", 400, id="a query"),
        pytest.param("GET", "/statements/20261125", 400, id="no date"),
        pytest.param("GET", "/statements/2026-11-31", 400, id="no such day"),
        pytest.param("GET", "/nowhere", 404, id="unknown"),
        pytest.param("DELETE", f"/payments/{REFERENCE}", 404, id="another method"),
        pytest.param("PUT", "/payments", 404, id="another method on payments"),
    ],
)
async def test_other_calls_are_format_errors_and_never_not_found(
    lender: Lender, method, path, status
):
    answer = await lender.request(method, path)

    assert (answer.status, answer.code) == (status, "FF01")


async def test_a_question_has_no_body(lender: Lender):
    answer = await lender.request("GET", f"/payments/{REFERENCE}", b"x")

    assert (answer.status, answer.code) == (400, "FF01")
