"""Every byte of a file is looked at in its place; the first fault refuses the whole file."""

from io import BytesIO

import pytest

from tests.manual_clock import ManualClock
from tests.sandbox.mizuho.lender import END, Lender, Payee, changed, file_of, header, trailer

ITEM = Payee("A" * 20)
OTHER = Payee("B" * 20, amount=5)
FILE = file_of([ITEM, OTHER])
SPACES = " " * 40

WRONG = [
    pytest.param(1, 0, "3", "データ区分", id="no header"),
    pytest.param(1, 1, "11", "種別コード", id="another kind of file"),
    pytest.param(1, 3, "1", "コード区分", id="EBCDIC"),
    pytest.param(1, 4, "0000012346", "委託者コード", id="another client"),
    pytest.param(1, 14, SPACES, "委託者名", id="no remitter"),
    pytest.param(1, 14, " ﾌﾟﾛﾐｽ", "委託者名", id="remitter not left-aligned"),
    pytest.param(1, 54, "1124", "取組日", id="yesterday"),
    pytest.param(1, 54, "1126", "取組日", id="tomorrow"),
    pytest.param(1, 58, "0009", "仕向銀行", id="another bank"),
    pytest.param(1, 62, "ﾐﾂｲ", "銀行名", id="another bank's name"),
    pytest.param(1, 77, "002", "支店", id="another branch"),
    pytest.param(1, 80, "ｯ", "支店名", id="small kana"),
    pytest.param(1, 95, "2", "種目", id="another account type"),
    pytest.param(1, 96, "9000002", "口座", id="another account"),
    pytest.param(1, 119, "0", "ダミー", id="dummy of the header"),
    pytest.param(2, 0, "7", "データ区分", id="no data record"),
    pytest.param(2, 1, "0005", "銀行", id="payee at another bank"),
    pytest.param(2, 5, "ﾐｽﾞﾎ.", "銀行名", id="payee's bank name"),
    pytest.param(2, 20, "0 1", "支店", id="branch with a space"),
    pytest.param(2, 23, "a", "支店名", id="lower case"),
    pytest.param(2, 38, "0001", "手形交換所", id="clearing house"),
    pytest.param(2, 42, "3", "種目", id="unknown type"),
    pytest.param(2, 43, "12345 6", "口座", id="number with a space"),
    pytest.param(2, 50, " " * 30, "受取人名", id="no payee"),
    pytest.param(2, 50, "ﾞﾔﾏ", "受取人名", id="a mark without its kana"),
    pytest.param(2, 50, "ﾔﾏｰ", "受取人名", id="long mark"),
    pytest.param(2, 50, "ｦ", "受取人名", id="wo"),
    pytest.param(2, 50, b"\x83\x84", "受取人名", id="Shift_JIS of two bytes"),
    pytest.param(2, 50, b"\x00", "受取人名", id="a control character"),
    pytest.param(2, 50, b"\xe3", "受取人名", id="a byte of UTF-8"),
    pytest.param(2, 80, "0000000000", "金額", id="no money"),
    pytest.param(2, 80, "     10000", "金額", id="spaces before the amount"),
    pytest.param(2, 90, "3", "新規コード", id="unknown 新規コード"),
    pytest.param(2, 91, "a", "顧客コード1", id="reference in lower case"),
    pytest.param(2, 101, " ", "顧客コード2", id="reference with a space"),
    pytest.param(2, 111, "8", "振込指定区分", id="not by wire"),
    pytest.param(2, 112, " ", "識別表示", id="no EDI"),
    pytest.param(2, 113, "0", "ダミー", id="dummy of an item"),
    pytest.param(3, 91, "A" * 20, "顧客コード1", id="the same reference twice"),
    pytest.param(4, 0, "9", "データ区分", id="no trailer"),
    pytest.param(4, 1, "000003", "件数", id="count"),
    pytest.param(4, 7, "000000010004", "金額", id="sum"),
    pytest.param(4, 119, "0", "ダミー", id="dummy of the trailer"),
    pytest.param(5, 0, "8", "データ区分", id="no end"),
    pytest.param(5, 1, "0", "ダミー", id="dummy of the end"),
]


@pytest.mark.parametrize(("line", "offset", "text", "field"), WRONG)
async def test_a_fault_is_named_by_record_offset_and_field(
    lender: Lender, line, offset, text, field
):
    answer = await lender.submit(changed(FILE, line, offset, text))

    place = FIELD_STARTS.get((line, field), offset)
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.fault == (line, place, field)
    assert answer.json["message"]
    assert set(answer.json) == {"record", "offset", "field", "message"}
    assert (await lender.item(ITEM.reference)).status == 404


# Where a fault lies inside a field, the field's own offset is told.
FIELD_STARTS = {
    (1, "ダミー"): 103,
    (4, "ダミー"): 19,
}

LENGTH = (120, "レコード長")
MISSING = (0, "データ区分")
SHAPES = [
    pytest.param(b"", (1, *LENGTH), id="nothing"),
    pytest.param(b"\r\n", (1, *LENGTH), id="an empty line"),
    pytest.param(FILE.replace(b"\r\n", b"\n"), (1, *LENGTH), id="LF only"),
    pytest.param(FILE.replace(b"\r\n", b""), (1, *LENGTH), id="no ends of lines"),
    pytest.param(FILE[:-2], (5, *LENGTH), id="no CRLF at the end"),
    pytest.param(FILE[:-1], (5, *LENGTH), id="half a CRLF at the end"),
    pytest.param(FILE + b"\r\n", (6, *MISSING), id="an empty line at the end"),
    pytest.param(FILE + b"\x1a", (6, *MISSING), id="an end of file mark"),
    pytest.param(FILE + END, (6, *MISSING), id="the end twice"),
    pytest.param(changed(FILE, 2, 60, "\r"), (2, *LENGTH), id="CR inside a record"),
    pytest.param(FILE[:122] + b" " + FILE[122:], (2, *LENGTH), id="121 bytes"),
    pytest.param(FILE[:200] + FILE[201:], (2, *LENGTH), id="119 bytes"),
    pytest.param(header() + trailer([]) + END, (2, *MISSING), id="no data records"),
    pytest.param(header(), (2, *MISSING), id="header only"),
    pytest.param(header() + ITEM.record(), (3, *MISSING), id="no trailer"),
    pytest.param(FILE[: 122 * 4], (5, *MISSING), id="no end"),
    pytest.param(FILE[122:], (1, *MISSING), id="no header"),
]


@pytest.mark.parametrize(("body", "fault"), SHAPES)
async def test_the_records_of_a_file_have_one_shape_and_order(lender: Lender, body, fault):
    answer = await lender.submit(body)

    assert (answer.status, answer.fault) == (400, fault)


@pytest.mark.parametrize(
    ("items", "status"),
    [pytest.param(100, 202, id="a hundred"), pytest.param(101, 400, id="one too many")],
)
async def test_a_file_has_a_hundred_data_records_at_most(lender: Lender, items, status):
    payees = [Payee(f"{n:020d}") for n in range(items)]

    answer = await lender.submit(file_of(payees))

    assert answer.status == status
    assert status == 202 or answer.fault == (102, *MISSING)


async def test_the_first_of_several_faults_is_told(lender: Lender):
    body = changed(changed(FILE, 4, 1, "9"), 3, 80, "0000000000")[:-5]

    answer = await lender.submit(body)

    assert answer.fault == (3, 80, "金額")


@pytest.mark.parametrize(
    ("line", "offset", "text"),
    [
        pytest.param(1, 14, "ﾊﾟﾙｾﾝﾀ-", id="another name of the lender"),
        pytest.param(1, 80, "ｼﾝｼﾞﾕｸ", id="name of our branch"),
        pytest.param(2, 23, "ｼﾝｼﾞﾕｸ", id="name of the payee's branch"),
        pytest.param(2, 42, "4", id="savings"),
        pytest.param(2, 50, "A-Z 0.9 (ｶ)", id="all of the strict set"),
        pytest.param(2, 90, "1", id="first transfer"),
    ],
)
async def test_what_is_not_compared_may_say_anything_strict(lender: Lender, line, offset, text):
    answer = await lender.submit(changed(FILE, line, offset, text))

    assert answer.status == 202


async def test_the_day_of_a_file_is_the_banks(lender: Lender, clock: ManualClock):
    clock.advance(14 * 3600)
    at_midnight = file_of([ITEM], "1126")

    await lender.told("PUT", "clock", {"shift_s": -1})
    before = await lender.submit(at_midnight)
    await lender.told("PUT", "clock", {})
    after = await lender.submit(at_midnight)

    assert (before.fault, after.status) == ((1, 54, "取組日"), 202)


HEADERS = [
    pytest.param({"X_File_Id": None}, "X-File-Id", id="no file id"),
    pytest.param({"X_File_Id": ""}, "X-File-Id", id="empty file id"),
    pytest.param({"X_File_Id": "A" * 21}, "X-File-Id", id="long file id"),
    pytest.param({"X_File_Id": "A_B"}, "X-File-Id", id="underscore"),
    pytest.param({"Content_Type": "text/plain"}, "Content-Type", id="another type"),
    pytest.param(
        {"Content_Type": "application/octet-stream; charset=Shift_JIS"},
        "Content-Type",
        id="charset",
    ),
]


@pytest.mark.parametrize(("headers", "field"), HEADERS)
async def test_the_headers_of_a_file_are_checked_too(lender: Lender, headers, field):
    answer = await lender.submit(FILE, **headers)

    assert (answer.status, answer.fault) == (400, (1, 0, field))


async def test_a_file_comes_without_a_query(lender: Lender):
    headers = {"X-File-Id": "A", "Content-Type": "application/octet-stream"}

    answer = await lender.request("POST", "/sougou?x=1", FILE, headers)

    assert (answer.status, answer.fault) == (400, (1, 0, "query"))


QUESTIONS = [
    pytest.param("/files", id="no file id"),
    pytest.param("/files?fileId=", id="empty file id"),
    pytest.param("/files?fileId=A&fileId=A", id="file id twice"),
    pytest.param("/files?fileId=A&x=1", id="unknown parameter"),
    pytest.param("/files/f0123", id="receipt in lower case"),
    pytest.param("/files/F0123?x=1", id="a result with a parameter"),
    pytest.param("/items/ABC", id="short reference"),
    pytest.param("/items/" + "a" * 20, id="reference in lower case"),
    pytest.param("/meisai", id="no date"),
    pytest.param("/meisai?date=2026-11-25", id="date with hyphens"),
    pytest.param("/meisai?date=20260229", id="no such day"),
    pytest.param("/meisai?date=19890107", id="before 平成"),
    pytest.param("/payeasy/ABC", id="short reference of a collection"),
]


@pytest.mark.parametrize("path", QUESTIONS)
async def test_a_question_that_is_none_is_refused_without_saying_not_found(lender: Lender, path):
    answer = await lender.get(path)

    assert (answer.status, answer.result) == (400, None)
    assert answer.json["field"]


async def test_a_file_that_is_far_too_large_is_refused(lender: Lender):
    answer = await lender.submit(BytesIO(b"1" * (1024 * 1024 + 1)))

    assert answer.status == 413
