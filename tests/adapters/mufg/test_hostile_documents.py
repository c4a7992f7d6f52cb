"""Documents made to harm their reader, or to be read in two ways, are unknown at once."""

from time import thread_time

import pytest

from gateway.adapters.mufg.entries import CAMT_053, ENTRY_PATH, read_statement
from gateway.adapters.mufg.xml_reading import (
    ELEMENTS_MAX,
    Each,
    Element,
    NotReadable,
    read_document,
    read_long_document,
)
from gateway.adapters.spool import Body
from gateway.domain.bank import StatementUnavailable
from gateway.domain.outcome import Unknown
from gateway.domain.reason import Reason
from tests.adapters.mufg.mocked import ANSWERS, ORDER, document, mocked_mufg
from tests.adapters.stand_ins import submit
from tests.manual_clock import START

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"
GOOD: str = ANSWERS["payment_acsc"]["body"]
DECLARATION, ROOT = GOOD.split("\n", 1)
MEBIBYTE = 1 << 20
ENTITY = '<!ENTITY l{} "{}">'
LAUGHS = ENTITY.format(0, "ha") + "".join(
    ENTITY.format(level, f"&l{level - 1};" * 10) for level in range(1, 12)
)


MANY_ATTRIBUTES = "".join(f" a{number}='x'" for number in range(60_000))
MANY_NAMESPACES = "".join(f" xmlns:a{number}='u{number}'" for number in range(40_000))


def with_doctype(subset: str, use: str = "") -> bytes:
    body = ROOT.replace("<MsgId>R20261125000001", f"<MsgId>{use or 'R20261125000001'}")
    return f"{DECLARATION}<!DOCTYPE Document {subset}>{body}".encode()


def inside(more: str) -> bytes:
    return GOOD.replace("<GrpHdr>", f"<GrpHdr>{more}").encode()


HOSTILE = {
    "a billion laughs": with_doctype(f"[{LAUGHS}]", "&l11;"),
    "one long entity many times": with_doctype(f'[<!ENTITY a "{"a" * 50_000}">]', "&a;" * 10_000),
    "a file of ours": with_doctype('[<!ENTITY f SYSTEM "file:///etc/passwd">]', "&f;"),
    "a request to our network": with_doctype('[<!ENTITY f SYSTEM "http://127.0.0.1:1/">]', "&f;"),
    "a parameter entity": with_doctype('[<!ENTITY % p SYSTEM "http://127.0.0.1:1/x">%p;]'),
    "a DTD elsewhere": with_doctype('SYSTEM "http://127.0.0.1:1/x.dtd"'),
    "a public DTD": with_doctype('PUBLIC "-//X//EN" "http://127.0.0.1:1/x.dtd"'),
    "an empty DTD": with_doctype(""),
    "a default attribute": with_doctype('[<!ATTLIST InstdAmt Ccy CDATA "JPY">]'),
    "an entity without a DTD": inside("<MsgId>&xxe;</MsgId>"),
    "depth": inside("<a>" * 100_000),
    "depth, closed again": inside("<a>" * 40 + "</a>" * 40),
    "depth in an envelope": inside("<Envlp>" + "<a>" * 40 + "</a>" * 40 + "</Envlp>"),
    "a hundred thousand elements": inside("<a/>" * 100_000),
    "more than a mebibyte": inside(f"<a>{'x' * MEBIBYTE}</a>"),
    "a mebibyte of line breaks": ("\n" * (MEBIBYTE - len(GOOD))).encode() + GOOD.encode(),
    "many attributes": inside(f"<a{MANY_ATTRIBUTES}/>"),
    "many names for namespaces": inside(f"<a{MANY_NAMESPACES}/>"),
    "a style sheet": GOOD.replace("<Document", '<?xml-stylesheet href="x"?><Document').encode(),
    "an instruction inside": inside("<?php system('id') ?>"),
    "an inclusion": inside(
        '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'
    ),
    "an element of another namespace": inside('<x xmlns="urn:else"/>'),
    "another namespace": GOOD.replace("pain.002.001.03", "pain.002.001.10").encode(),
    "no namespace": GOOD.replace(f' xmlns="{NAMESPACE}"', "").encode(),
    "another root": GOOD.replace("Document", "Dokument").encode(),
    "UTF-16": GOOD.replace("UTF-8", "UTF-16").encode("utf-16"),
    "Shift_JIS": GOOD.replace("UTF-8", "Shift_JIS").encode("shift_jis"),
    "declared as another code": GOOD.replace("UTF-8", "Shift_JIS").encode(),
    "no UTF-8": GOOD.encode().replace(b"R2026", b"\xff\xfe"),
    "UTF-7": GOOD.replace("UTF-8", "UTF-7").encode(),
    "XML 1.1": GOOD.replace('version="1.0"', 'version="1.1"').encode(),
    "nothing": b"",
    "white space": b" \n",
    "a page": b"<html><body>&nbsp;</body></html>",
    "half of it": GOOD[: len(GOOD) // 2].encode(),
    "two of it": (GOOD + ROOT).encode(),
    "something after it": (GOOD + "x").encode(),
    "a control character": inside("<a>\x00</a>"),
    "a control character, written out": inside("<a>&#0;</a>"),
    "an attribute twice": GOOD.replace('Ccy="JPY"', 'Ccy="JPY" Ccy="USD"').encode(),
}


@pytest.mark.parametrize("name", list(HOSTILE))
async def test_a_hostile_answer_is_unknown_with_an_alert(name: str) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(document(HOSTILE[name]))

        asked = await mocked.bank.inquire(ORDER)
        mocked.says(document(HOSTILE[name], status=202))
        sent = await submit(mocked.bank, ORDER)
        statement = await mocked.bank.statement(START.date())

    assert asked.outcome == sent.outcome == Unknown(integrity=True)
    assert statement == StatementUnavailable(Reason.OUTCOME_UNKNOWN)


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_document_is_refused_within_milliseconds(name: str) -> None:
    begun = thread_time()

    with pytest.raises(NotReadable):
        read_document(HOSTILE[name], NAMESPACE).one("CstmrPmtStsRpt", "GrpHdr", "a")

    assert thread_time() - begun < 0.2


def of_statement(inner: str) -> bytes:
    begin = f'<Document xmlns="{CAMT_053}"><BkToCstmrStmt><Stmt>'
    return f"{begin}{inner}</Stmt></BkToCstmrStmt></Document>".encode()


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param("<Bal/>" * (ELEMENTS_MAX + 1), id="beside the entries"),
        pytest.param(f"<Ntry>{'<Amt/>' * ELEMENTS_MAX}</Ntry>", id="in one entry"),
        pytest.param(f"<Ntry><Amt>{'1' * MEBIBYTE}1</Amt></Ntry>", id="in one text"),
        pytest.param(" " * (MEBIBYTE + 1), id="in white space"),
    ],
)
def test_a_statement_full_of_elements_or_text_is_refused(inner: str) -> None:
    body = Body.of(of_statement(inner))

    with pytest.raises(NotReadable, match="too m"):
        read_statement(body, "1", lambda _: None)


def test_the_entries_of_a_long_statement_are_taken_one_by_one_and_not_kept() -> None:
    seen: list[Element] = []
    body = of_statement("<Acct/>" + "<Ntry><Amt>1</Amt></Ntry>\n" * (2 * ELEMENTS_MAX))

    document = read_long_document(
        [body[:4_000], body[4_000:]], CAMT_053, Each(ENTRY_PATH, seen.append)
    )

    assert [one.text("Amt") for one in seen] == ["1"] * (2 * ELEMENTS_MAX)
    assert [one.name for one in document.one("BkToCstmrStmt", "Stmt").children] == ["Acct"]


def test_the_good_document_among_them_is_read() -> None:
    assert read_document(GOOD.encode(), NAMESPACE).one("CstmrPmtStsRpt", "GrpHdr").children


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), id="a byte order mark"),
        pytest.param(ROOT.encode(), id="no declaration"),
        pytest.param(inside("<!-- made by a machine -->"), id="a comment"),
        pytest.param(
            GOOD.replace("<", "<p:")
            .replace("<p:/", "</p:")
            .replace("<p:?", "<?")
            .replace("xmlns=", "xmlns:p=")
            .encode(),
            id="a prefix",
        ),
        pytest.param(
            GOOD.replace(">AAAABBBB", "><![CDATA[AAAA]]>BBBB").encode(), id="marked sections"
        ),
        pytest.param(GOOD.replace("><", ">\n  <").encode(), id="indented"),
    ],
)
async def test_another_spelling_of_the_same_document_means_the_same(content: bytes) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(document(GOOD.encode()))
        plain = await mocked.bank.inquire(ORDER)
        mocked.says(document(content))

        assert (await mocked.bank.inquire(ORDER)).outcome == plain.outcome
