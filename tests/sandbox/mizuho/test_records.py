"""The emulator's own 全銀 records: where every field lies, and what fits into it."""

from datetime import date

import pytest

from gateway.sandbox.mizuho import jis, layouts
from gateway.sandbox.mizuho.records import Layout, layout
from gateway.sandbox.mizuho.wareki import era_date

PLACES = [
    pytest.param(
        layouts.HEADER_21,
        {
            "種別コード": 1,
            "コード区分": 3,
            "委託者コード": 4,
            "委託者名": 14,
            "取組日": 54,
            "仕向銀行": 58,
        }
        | {"銀行名": 62, "支店": 77, "支店名": 80, "種目": 95, "口座": 96, "ダミー": 103},
        id="21 header",
    ),
    pytest.param(
        layouts.DATA_21,
        {"銀行": 1, "銀行名": 5, "支店": 20, "支店名": 23, "手形交換所": 38, "種目": 42, "口座": 43}
        | {"受取人名": 50, "金額": 80, "新規コード": 90, "顧客コード1": 91, "顧客コード2": 101}
        | {"振込指定区分": 111, "識別表示": 112, "ダミー": 113},
        id="21 data",
    ),
    pytest.param(layouts.RESULT_21, {"処理結果": 113, "処理日": 114}, id="21 result"),
    pytest.param(
        layouts.RESULT_TRAILER_21,
        {"件数": 1, "金額": 7, "済件数": 19, "済金額": 25, "不能件数": 37, "不能金額": 43},
        id="21 result trailer",
    ),
    pytest.param(
        layouts.DATA_91,
        {"引落銀行": 1, "銀行名": 5, "支店": 20, "支店名": 23, "ダミー": 38, "種目": 42, "口座": 43}
        | {"預金者名": 50, "金額": 80, "新規コード": 90, "顧客番号": 91, "振替結果コード": 111}
        | {"振替日": 112},
        id="91 data",
    ),
]


@pytest.mark.parametrize(("kind", "places"), PLACES)
def test_every_field_lies_where_the_standard_says(kind: Layout, places):
    assert {name: kind.field(name).offset for name in places} == places


def test_numbers_are_filled_with_zeros_and_texts_with_spaces():
    kind = layout(10, "数 N4", "名 C6")

    assert kind.build({"数": 42, "名": "ｶﾞ"}) == b"0042\xb6\xde    \r\n"
    assert kind.build({}) == b"0000      \r\n"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"数": 10_000}, id="number too long"),
        pytest.param({"数": -1}, id="negative"),
        pytest.param({"名": "ABCDEFG"}, id="text too long"),
        pytest.param({"名": "ガ"}, id="full width"),
    ],
)
def test_what_does_not_fit_is_never_cut(values):
    with pytest.raises(ValueError, match=r"fit|JIS"):
        layout(10, "数 N4", "名 C6").build(values)


def test_a_field_that_does_not_exist_is_no_field():
    with pytest.raises(KeyError):
        layout(4, "数 N4").build({"名": "A"})


def test_fields_fill_their_record():
    with pytest.raises(ValueError, match="3 bytes in a record of 4"):
        layout(4, "数 N3")


def test_every_character_is_one_byte_and_comes_back():
    text = "".join(map(chr, range(0x20, 0x7F))) + "".join(map(chr, range(0xFF61, 0xFFA0)))

    assert jis.decoded(jis.encoded(text)) == text
    assert jis.encoded("ｱﾝﾞﾟ") == b"\xb1\xdd\xde\xdf"


@pytest.mark.parametrize("byte", [0x00, 0x0A, 0x1F, 0x7F, 0x80, 0xA0, 0xE0, 0xFF])
def test_other_bytes_are_no_characters(byte):
    with pytest.raises(ValueError, match="no character of JIS X 0201"):
        jis.decoded(bytes([byte]))


def test_no_era_is_guessed():
    with pytest.raises(ValueError, match="lies before 平成"):
        era_date(date(1989, 1, 7))
