"""全銀 records: laws of the codecs, and rows typed from the formats, not from the code."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters.mizuho.zengin import characters, debits, movements, transfers
from gateway.adapters.mizuho.zengin.days import from_mmdd, from_wareki, to_mmdd, to_wareki
from gateway.adapters.mizuho.zengin.records import Field, Kind, Layout, Malformed, dissect
from gateway.adapters.mizuho.zengin.transfers import (
    Batch,
    Item,
    Sender,
    decode_batch,
    decode_results,
    encode_batch,
)
from gateway.adapters.spool import Body
from gateway.domain.kana import MARKS, is_strict, normalise
from tests.adapters.mocked_mizuho import (
    ANSWERS,
    END_21,
    data_21,
    data_91,
    header_21,
    jis,
    trailer_21,
)
from tests.adapters.stand_ins import REFERENCE

laws = settings(deadline=None)
DAY = date(2026, 11, 25)
SENDER = Sender("0000012345", "ﾌﾟﾛﾐｽ", "001", "1", "9000001")
ITEM = Item(REFERENCE, "001", "1", "1234567", "ﾔﾏﾀﾞ ﾀﾛｳ", 10_000)
FILE = jis(header_21(), data_21(), trailer_21(1, 10_000), END_21)

JIS = "".join(
    bytes([code]).decode("shift_jis") for code in (*range(0x20, 0x7F), *range(0xA1, 0xE0))
)
JIS_HERE = JIS.replace("\\", "\u00a5").replace("~", "\u203e")  # as JIS X 0201 itself has them
LAYOUTS = [
    transfers.HEADER,
    transfers.ITEM,
    transfers.RESULT,
    transfers.TRAILER,
    transfers.RESULT_TRAILER,
    transfers.END,
    debits.DEBIT,
    movements.HEADER,
    movements.MOVEMENT,
    movements.TRAILER,
    movements.END,
]
# Offset, length and kind of each field, as the formats give them; fillers are left out.
ROWS = {
    "総合振込 ヘッダ": (
        "データ区分 0 1 N, 種別コード 1 2 N, コード区分 3 1 N, 委託者コード 4 10 N, "
        "委託者名 14 40 C, 取組日 54 4 N, 仕向銀行 58 4 N, 銀行名 62 15 C, 支店 77 3 N, "
        "支店名 80 15 C, 種目 95 1 N, 口座 96 7 N"
    ),
    "総合振込 データ": (
        "データ区分 0 1 N, 銀行 1 4 N, 銀行名 5 15 C, 支店 20 3 N, 支店名 23 15 C, "
        "手形交換所 38 4 N, 種目 42 1 N, 口座 43 7 N, 受取人名 50 30 C, 金額 80 10 N, "
        "新規コード 90 1 N, 顧客コード 91 20 C, 振込指定区分 111 1 N, 識別表示 112 1 C"
    ),
    "総合振込 結果": ("金額 80 10 N, 顧客コード 91 20 C, 結果 113 1 C, 勘定日 114 6 C"),
    "総合振込 トレーラ": ("データ区分 0 1 N, 件数 1 6 N, 金額 7 12 N"),
    "総合振込 結果トレーラ": (
        "件数 1 6 N, 金額 7 12 N, 済件数 19 6 N, 済金額 25 12 N, 不能件数 37 6 N, 不能金額 43 12 N"
    ),
    "口座振替 データ": (
        "データ区分 0 1 N, 引落銀行 1 4 N, 銀行名 5 15 C, 支店 20 3 N, 支店名 23 15 C, "
        "種目 42 1 N, 口座 43 7 N, 預金者名 50 30 C, 金額 80 10 N, 新規コード 90 1 C, "
        "顧客番号 91 20 C, 振替結果コード 111 1 N, 引落日 112 6 C"
    ),
    "入出金取引明細 ヘッダ": (
        "データ区分 0 1 N, 種別コード 1 2 N, コード区分 3 1 N, 作成日 4 6 N, 自 10 6 N, "
        "至 16 6 N, 銀行 22 4 N, 銀行名 26 15 C, 支店 41 3 N, 支店名 44 15 C, 種目 62 1 N, "
        "口座 63 10 N, 口座名 73 40 C, 貸越 113 1 N, 通帳区分 114 1 N, 取引前残高 115 14 N"
    ),
    "入出金取引明細 データ": (
        "照会番号 1 8 N, 勘定日 9 6 N, 起算日 15 6 N, 入払 21 1 N, 取引区分 22 2 N, "
        "金額 24 12 N, 他店券 36 12 N, 依頼人コード 71 10 N, 依頼人名 81 48 C, "
        "仕向銀行 129 15 C, 仕向店 144 15 C, 摘要 159 20 C, EDI 179 20 C"
    ),
    "入出金取引明細 トレーラ": (
        "入金件数 1 6 N, 入金合計 7 13 N, 出金件数 20 6 N, 出金合計 26 13 N, 貸越 39 1 N, "
        "取引後残高 40 14 N, 件数 54 7 N"
    ),
    "入出金取引明細 エンド": ("総件数 1 10 N, 口座数 11 5 N"),
}
LENGTHS = {"入出金取引明細": 200, "総合振込": 120, "口座振替": 120, "エンド": 120}


def value_of(field: Field) -> st.SearchStrategy[str]:
    """Return texts as a field gives them back: digits in full, no blanks at the end."""
    if field.always is not None:
        return st.just(field.always)
    if field.kind is Kind.N:
        return st.text("0123456789", min_size=field.length, max_size=field.length)
    return st.text(JIS_HERE, max_size=field.length).map(lambda text: text.rstrip(" "))


def values_of(layout: Layout) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({field.name: value_of(field) for field in layout.fields})


references = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=20, max_size=20)
names = st.text("アガッパラヤンabcABZ09 .()-ー", min_size=1, max_size=15).filter(
    lambda text: bool(text.strip()) and len(normalise(text)) <= 30
)
items = st.builds(
    Item,
    reference=references,
    branch=st.text("0123456789", min_size=3, max_size=3),
    type=st.sampled_from("124"),
    number=st.text("0123456789", min_size=7, max_size=7),
    holder=names.map(normalise),
    amount=st.integers(1, 10_000_000),
)
batches = st.builds(
    Batch,
    sender=st.just(SENDER),
    day=st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    items=st.lists(items, min_size=1, max_size=8).map(tuple),
)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_what_is_decoded_is_what_was_encoded(layout: Layout) -> None:
    @given(values_of(layout))
    @laws
    def law(values: dict[str, str]) -> None:
        record = layout.encode(values)

        assert layout.decode(record) == values
        assert layout.encode(layout.decode(record)) == record
        assert len(record) == layout.length

    law()


@pytest.mark.parametrize(
    ("layout", "row"),
    [
        pytest.param(layout, row.split(" "), id=f"{layout.name} {row.split(' ')[0]}")
        for layout in LAYOUTS
        for row in ROWS.get(layout.name, "").split(", ")
        if row
    ],
)
def test_every_field_stands_at_its_offset(layout: Layout, row: list[str]) -> None:
    name, offset, length, kind = row

    [field] = [field for field in layout.fields if field.name == name]

    assert (field.offset, field.length, field.kind.value) == (int(offset), int(length), kind)
    assert layout.length == LENGTHS[layout.name.split(" ")[0]]


@given(st.text(JIS_HERE))
@laws
def test_a_character_is_one_byte_and_comes_back(text: str) -> None:
    data = characters.encode(text)

    assert len(data) == len(text)
    assert characters.decode(data) == text


@given(st.text("アイウカ゛ﾞﾟｱｲｳ ABC"))
@laws
def test_half_width_kana_are_the_single_bytes_of_shift_jis(text: str) -> None:
    half = "".join(character for character in text if character in JIS_HERE)

    assert characters.encode(half) == half.encode("shift_jis")


@pytest.mark.parametrize("text", ["ア", "漢", "\n", "é", "\\", "~", "\uff5e", "\x00", "＀"])
def test_a_character_of_another_set_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="JIS X 0201"):
        characters.encode(text)


@pytest.mark.parametrize("byte", [0x00, 0x0A, 0x1F, 0x7F, 0x80, 0xA0, 0xE0, 0xFF])
def test_a_byte_without_a_character_is_read_as_one_mark(byte: int) -> None:
    assert characters.decode(bytes([0xD4, byte, 0xCF])) == "ﾔ\ufffdﾏ"


@given(batches)
@laws
def test_a_file_says_what_it_was_made_of(batch: Batch) -> None:
    content = encode_batch(batch)

    assert decode_batch(content, near=batch.day) == batch
    assert encode_batch(batch) == content
    assert len(content) == 122 * (len(batch.items) + 3)


def test_a_file_is_the_bytes_that_were_typed_by_hand() -> None:
    assert encode_batch(Batch(SENDER, DAY, (ITEM,))) == FILE


@given(st.text("アガッパラヤン", min_size=1, max_size=60))
@laws
def test_a_name_that_is_cut_keeps_every_kana_with_its_mark(text: str) -> None:
    name = normalise(text)
    content = encode_batch(Batch(replace(SENDER, name=name), DAY, (ITEM,)))

    written = decode_batch(content, near=DAY).sender.name

    assert name.startswith(written)
    assert is_strict(written)
    assert not name[len(written) :].startswith(tuple(MARKS))
    assert len(written) >= min(len(name), 39)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"holder": "ｱ" * 31}, "受取人名", id="a payee's name is not cut"),
        pytest.param({"holder": "山田"}, "受取人名", id="kanji"),
        pytest.param({"amount": 10**10}, "金額", id="eleven digits"),
        pytest.param({"amount": -1}, "金額", id="less than nothing"),
        pytest.param({"number": "１２３４５６７"}, "口座", id="full-width digits"),
        pytest.param({"number": ""}, "口座", id="no number"),
        pytest.param({"branch": "0001"}, "支店", id="a branch of four digits"),
        pytest.param({"reference": "A" * 21}, "顧客コード", id="a long reference"),
    ],
)
def test_what_does_not_fit_is_refused(changed: dict[str, object], field: str) -> None:
    item = Item(**{**{name: getattr(ITEM, name) for name in Item.__slots__}, **changed})

    with pytest.raises(Malformed) as refused:
        encode_batch(Batch(SENDER, DAY, (item,)))

    assert refused.value.field == field


def test_a_field_that_a_layout_does_not_have_is_refused() -> None:
    with pytest.raises(Malformed, match="no such field"):
        transfers.END.encode({"終": "1"})


def test_what_stands_there_always_is_not_written_over() -> None:
    with pytest.raises(Malformed, match="always"):
        transfers.HEADER.encode({"コード区分": "1"})


def with_byte(at: int, text: str, content: bytes = FILE) -> bytes:
    raw = text.encode("shift_jis")
    return content[:at] + raw + content[at + len(raw) :]


LINE = 122


@pytest.mark.parametrize(
    ("content", "field"),
    [
        pytest.param(b"", "レコード長", id="nothing"),
        pytest.param(FILE[:-1], "レコード長", id="a byte short"),
        pytest.param(FILE + b"\x1a", "レコード長", id="a mark behind the end"),
        pytest.param(FILE.replace(b"\r\n", b"\n\r"), "レコード長", id="LF CR"),
        pytest.param(FILE[:LINE], "データ区分", id="a header only"),
        pytest.param(FILE[:-LINE], "データ区分", id="no end"),
        pytest.param(FILE + FILE, "データ区分", id="two files in one"),
        pytest.param(FILE[LINE:], "データ区分", id="no header"),
        pytest.param(with_byte(LINE, "3"), "データ区分", id="a record kind that is none"),
        pytest.param(with_byte(1, "11"), "種別コード", id="another kind of file"),
        pytest.param(with_byte(3, "1"), "コード区分", id="EBCDIC"),
        pytest.param(with_byte(54, "1301"), "取組日", id="a thirteenth month"),
        pytest.param(with_byte(58, "0009"), "仕向銀行", id="from another bank"),
        pytest.param(with_byte(LINE + 1, "0009"), "銀行", id="to another bank"),
        pytest.param(with_byte(LINE + 43, "123 567"), "口座", id="a blank among digits"),
        pytest.param(with_byte(LINE + 80, "0000010001"), "金額", id="another amount"),
        pytest.param(with_byte(LINE + 112, " "), "識別表示", id="no reference"),
        pytest.param(with_byte(2 * LINE + 1, "000002"), "件数", id="a wrong count"),
        pytest.param(with_byte(2 * LINE + 7, "000000010001"), "金額", id="a wrong sum"),
    ],
)
def test_a_file_that_is_not_whole_and_right_is_refused(content: bytes, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        decode_batch(content, near=DAY)

    assert refused.value.field == field


@given(st.binary(max_size=500))
@laws
def test_random_bytes_are_refused_and_nothing_else_happens(content: bytes) -> None:
    with pytest.raises(Malformed):
        dissect(content, 120)


@given(st.integers(0, len(FILE) - 1), st.integers(0, 255))
@laws
def test_a_result_of_which_a_byte_was_changed_is_another_verdict_or_none(
    at: int, byte: int
) -> None:
    result = jis(header_21(), data_21("0081125"), trailer_21(1, 10_000, done=(1, 10_000)), END_21)
    changed = result[:at] + bytes([byte]) + result[at + 1 :]
    in_verdict = LINE + 113 <= at < LINE + 120
    try:
        verdicts = decode_results(changed, FILE, near=DAY)
    except Malformed:
        return

    assert [verdict.item for verdict in verdicts] == [ITEM]
    # The filler of the trailer says nothing; the date is any that can be.
    assert changed == result or (in_verdict and at > LINE + 113) or at >= 2 * LINE + 55


def test_a_layout_with_a_gap_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="stands at 2, not 1"):
        Layout("x", (Field("a", 0, 1, Kind.N), Field("b", 2, 1, Kind.N)))


def test_a_layout_with_two_fields_of_one_name_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="one name"):
        Layout("x", (Field("a", 0, 1, Kind.N), Field("a", 1, 1, Kind.N)))


def test_a_record_of_another_length_is_refused() -> None:
    with pytest.raises(Malformed, match="120 bytes"):
        transfers.END.decode(b"9")


@pytest.mark.parametrize(
    ("day", "text"),
    [
        pytest.param(date(2019, 5, 1), "010501", id="the first day of 令和"),
        pytest.param(date(2019, 4, 30), "310430", id="the last day of 平成"),
        pytest.param(date(1989, 1, 8), "010108", id="the first day of 平成"),
        pytest.param(date(2026, 11, 25), "081125", id="令和8"),
        pytest.param(date(2024, 2, 29), "060229", id="a leap day"),
        pytest.param(date(2117, 12, 31), "991231", id="the last day that fits"),
    ],
)
def test_wareki_is_read_as_it_is_written(day: date, text: str) -> None:
    assert to_wareki(day) == text
    assert from_wareki(text, near=day) == day


@given(st.dates(date(1989, 1, 8), date(2117, 12, 31)), st.integers(-3650, 3650))
@laws
def test_wareki_near_its_day_is_that_day(day: date, away: int) -> None:
    assert from_wareki(to_wareki(day), near=day + timedelta(away)) == day


@pytest.mark.parametrize("day", [date(1989, 1, 7), date(2118, 1, 1)])
def test_a_day_outside_the_eras_is_not_written(day: date) -> None:
    with pytest.raises(ValueError, match="eras"):
        to_wareki(day)


@pytest.mark.parametrize(
    "text", ["000101", "081301", "080230", "8 1125", "      ", "０８１１２５", "0811255", "310229"]
)
def test_what_is_no_wareki_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no"):
        from_wareki(text, near=DAY)


@pytest.mark.parametrize(
    ("text", "near", "day"),
    [
        pytest.param("1231", date(2027, 1, 2), date(2026, 12, 31), id="last year's"),
        pytest.param("0101", date(2026, 12, 31), date(2027, 1, 1), id="next year's"),
        pytest.param("1125", date(2026, 11, 25), date(2026, 11, 25), id="today"),
        pytest.param("0229", date(2026, 3, 1), date(2028, 2, 29), id="a leap day to come"),
        pytest.param("0229", date(2026, 2, 27), date(2024, 2, 29), id="a leap day of the past"),
        pytest.param("0229", date(2100, 2, 28), date(2096, 2, 29), id="no leap day in 2100"),
    ],
)
def test_mmdd_is_the_nearest_such_date(text: str, near: date, day: date) -> None:
    assert from_mmdd(text, near=near) == day


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.integers(-180, 180))
@laws
def test_mmdd_within_half_a_year_is_that_day(day: date, away: int) -> None:
    if (day.month, day.day) != (2, 29):
        assert from_mmdd(to_mmdd(day), near=day + timedelta(away)) == day


def test_one_record_is_one_record() -> None:
    with pytest.raises(Malformed, match="not one record"):
        debits.decode_debit(jis(data_91("0", day=to_wareki(DAY)), data_91("1")), near=DAY)
    with pytest.raises(Malformed, match="not one record"):
        transfers.decode_verdict(jis(data_21("0081125"), data_21("0081125")), near=DAY)


def test_a_debit_that_is_done_has_a_day() -> None:
    with pytest.raises(Malformed, match="引落日"):
        debits.decode_debit(jis(data_91("0")), near=DAY)


BOOK = ANSWERS["statement"]["body"].encode("shift_jis")
RECORD = 202


@pytest.mark.parametrize(
    ("at", "text", "field"),
    [
        pytest.param(1, "02", "種別コード", id="another kind of file"),
        pytest.param(3, "1", "コード区分", id="EBCDIC"),
        pytest.param(4, "081301", "作成日", id="a thirteenth month"),
        pytest.param(10, "000000", "自", id="no first day"),
        pytest.param(16, "      ", "至", id="no last day"),
        pytest.param(113, "3", "貸越", id="neither positive nor overdrawn"),
        pytest.param(113, "2", "取引後残高", id="overdrawn before, positive after"),
        pytest.param(115, "00000100000001", "取引後残高", id="another balance before"),
        pytest.param(RECORD + 9, "081131", "勘定日", id="a day that is not"),
        pytest.param(RECORD + 15, "000000", "起算日", id="no value date"),
        pytest.param(RECORD + 21, "3", "入払", id="neither in nor out"),
        pytest.param(RECORD + 21, "1", "入金件数", id="in for out"),
        pytest.param(RECORD + 24, "000000010001", "出金合計", id="another amount out"),
        pytest.param(2 * RECORD + 24, "000000010001", "入金合計", id="another amount in"),
        pytest.param(5 * RECORD + 20, "000002", "出金件数", id="another number out"),
        pytest.param(5 * RECORD + 54, "0000005", "件数", id="another number of lines"),
        pytest.param(6 * RECORD + 1, "0000000004", "総件数", id="another number of records"),
        pytest.param(6 * RECORD + 11, "00002", "口座数", id="two accounts"),
        pytest.param(6 * RECORD, "8", "データ区分", id="no end"),
    ],
)
def test_a_statement_that_does_not_add_up_is_refused(at: int, text: str, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        decode(with_byte(at, text, BOOK))

    assert refused.value.field == field


def decode(content: bytes) -> movements.Book:
    return movements.decode_book(Body.of(content), near=DAY, each=lambda _: None)


@pytest.mark.parametrize("content", [BOOK[:-1], b""], ids=["a byte less", "nothing"])
def test_a_statement_in_records_of_another_length_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed, match="200 bytes"):
        decode(content)


@pytest.mark.parametrize(
    "kept",
    [slice(RECORD), slice(2 * RECORD), slice(RECORD, None), slice(-RECORD)],
    ids=["the header", "two records", "no header", "no end"],
)
def test_a_statement_that_lacks_a_part_is_refused(kept: slice) -> None:
    with pytest.raises(Malformed) as refused:
        decode(BOOK[kept])

    assert refused.value.field == "データ区分"
