"""Names in strict half-width kana, and how two of them compare."""

import sys
import unicodedata
from itertools import pairwise

import jaconv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.kana import (
    ALLOWED,
    KANA,
    LONG_MARKS,
    SPACES,
    TAKE_SEMI_VOICED,
    TAKE_VOICED,
    NameMatch,
    compare,
    compare_strictly,
    cut,
    is_strict,
    normalise,
)

EQUAL, WARNING, MISMATCH = NameMatch

sounds = st.sampled_from(
    [*KANA, *(k + "ﾞ" for k in TAKE_VOICED), *(k + "ﾟ" for k in TAKE_SEMI_VOICED), *"AZ09()-."]
)
words = st.lists(sounds, min_size=1, max_size=8).map("".join)
strict_names = st.lists(words, min_size=1, max_size=4).map(" ".join)
readable = st.text(
    [
        *(chr(code) for code in range(0x3041, 0x3097)),
        *(chr(code) for code in range(0x30A1, 0x30F7)),
        *(chr(code) for code in range(0xFF66, 0xFF9E)),
        *"ａｚＡＺ０９azAZ09（）．(). 　",
        *LONG_MARKS,
    ],
    min_size=1,
    max_size=12,
).filter(str.strip)
typed = st.text(
    st.sampled_from(
        [
            *(chr(code) for code in range(0x3041, 0x3097)),
            *(chr(code) for code in range(0x30A1, 0x3100)),
            *(chr(code) for code in range(0xFF01, 0xFFA0)),
            *(chr(code) for code in range(0x20, 0x7F)),
            *"゛゜\u3099\u309a　東ßİ①",
        ]
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ", id="strict stays as it is"),
        pytest.param("ヤマダ　タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ", id="katakana and a full-width space"),
        pytest.param("やまだ たろう", "ﾔﾏﾀﾞ ﾀﾛｳ", id="hiragana"),
        pytest.param("ミツビシユーエフジェイ", "ﾐﾂﾋﾞｼﾕ-ｴﾌｼﾞｴｲ", id="small kana and long mark"),
        pytest.param("ｯｬｭｮｧｨｩｪｫ", "ﾂﾔﾕﾖｱｲｳｴｵ", id="small half-width kana"),
        pytest.param("ヮヵヶゎゕゖ", "ﾜｶｹﾜｶｹ", id="rare small kana"),
        pytest.param("ㇰㇱㇷㇿ", "ｸｼﾌﾛ", id="small kana of the phonetic extensions"),
        pytest.param("ヴァイオリン", "ｳﾞｱｲｵﾘﾝ", id="vu is u with a mark"),
        pytest.param("ゔ", "ｳﾞ", id="hiragana vu"),
        pytest.param("か\u3099は\u309a", "ｶﾞﾊﾟ", id="combining marks"),
        pytest.param("カ゛ハ゜", "ｶﾞﾊﾟ", id="spacing marks"),
        pytest.param("ヲｦを", "ｵｵｵ", id="wo is sent as o"),
        pytest.param("ヰヱゐゑ", "ｲｴｲｴ", id="wi and we have no half-width form"),
        pytest.param("ａｂｃ１２３（）．－", "ABC123().-", id="full-width ASCII"),
        pytest.param("abc", "ABC", id="upper case"),
        pytest.param("  ﾔﾏﾀﾞ \u00a0 ﾀﾛｳ　", "ﾔﾏﾀﾞ ﾀﾛｳ", id="one space, none at the ends"),
        pytest.param("カ)ヤマダ", "ｶ)ﾔﾏﾀﾞ", id="the short form of a company"),
    ],
)
def test_a_name_is_normalised(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize("mark", [pytest.param(m, id=name) for m, name in LONG_MARKS.items()])
def test_every_long_mark_becomes_a_hyphen(mark: str) -> None:
    assert normalise(f"ス{mark}ザン") == "ｽ-ｻﾞﾝ"


def test_every_dash_of_unicode_is_a_long_mark_unless_it_belongs_to_another_writing() -> None:
    dashes = {chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Pd"}
    armenian_hebrew_canadian_mongolian_yezidi = set("\u058a\u05be\u1400\u1806\U00010ead")
    wavy_or_doubled = set("\u301c\u3030\u30a0\u2e17\u2e1a\u2e40\u2e5d")

    others = dashes - set(LONG_MARKS)

    assert others <= armenian_hebrew_canadian_mongolian_yezidi | wavy_or_doubled


def test_every_space_of_unicode_is_a_space() -> None:
    spaces = {chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Zs"}

    assert set(SPACES) == spaces


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("山田", "山", id="kanji"),
        pytest.param("ヤマダ々", "々", id="mark of repeated kanji"),
        pytest.param("ヤヽ", "ヽ", id="mark of repeated kana"),
        pytest.param("ヤ,マ", ",", id="comma"),
        pytest.param("ヤ，マ", "，", id="full-width comma is named as typed"),
        pytest.param("ジョン・スミス", "・", id="middle dot"),
        pytest.param("ヤ｡", "｡", id="half-width full stop of Japanese"),
        pytest.param("ﾔ\\", "\\\\", id="backslash"),
        pytest.param("ﾔ¥", "¥", id="yen sign"),
        pytest.param("ﾔ/", "/", id="slash"),
        pytest.param("ﾔ｢", "｢", id="bracket"),
        pytest.param("ﾔ\n", "\\n", id="line feed"),
        pytest.param("ﾔ\t", "\\t", id="tab"),
        pytest.param("ﾔ\x00", "\\x00", id="NUL"),
        pytest.param("ﾔ\u200b", "\\u200b", id="zero-width space"),
        pytest.param("ß", "ß", id="a letter that grows in upper case"),
        pytest.param("é", "é", id="accented letter"),
        pytest.param("①", "①", id="a digit that is not one"),
        pytest.param("٣", "٣", id="arabic digit"),
        pytest.param("㌔", "㌔", id="a word in one square"),
        pytest.param("😀", "😀", id="emoji"),
        pytest.param("ﾞｶ", "ﾞ", id="a mark at the beginning"),
        pytest.param("ｱﾞ", "ﾞ", id="a mark on a kana that takes none"),
        pytest.param("ｶﾟ", "ﾟ", id="the wrong mark"),
        pytest.param("ｶﾞﾞ", "ﾞ", id="two marks"),
        pytest.param("ｶ ﾞ", "ﾞ", id="a mark after a space"),
        pytest.param("Aﾞ", "ﾞ", id="a mark on a letter"),
        pytest.param("ﾜﾞ", "ﾞ", id="va in half-width"),
    ],
)
def test_a_character_that_cannot_be_sent_is_named(text: str, named: str) -> None:
    with pytest.raises(ValueError, match="is not allowed") as refusal:
        normalise(text)

    assert str(refusal.value).startswith(f"'{named}' (U+")


def test_the_refusal_does_not_quote_the_whole_name() -> None:
    with pytest.raises(ValueError, match="山") as refusal:
        normalise("ﾔﾏﾀﾞ山")

    assert "ﾔﾏﾀﾞ" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", " ", "　"])
def test_a_name_has_at_least_one_character(text: str) -> None:
    with pytest.raises(ValueError, match="at least one"):
        normalise(text)


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", True, id="kana, mark, space"),
        pytest.param("ｶ)AZ09(-.", True, id="signs, letters, digits"),
        pytest.param("", False, id="nothing"),
        pytest.param(" ﾔ", False, id="space before"),
        pytest.param("ﾔ ", False, id="space after"),
        pytest.param("ﾔ  ﾔ", False, id="two spaces"),
        pytest.param("ｯ", False, id="small kana"),
        pytest.param("ｰ", False, id="long mark"),
        pytest.param("ｦ", False, id="wo"),
        pytest.param("a", False, id="lower case"),
        pytest.param(",", False, id="comma"),
        pytest.param("ヤ", False, id="full-width"),
        pytest.param("ﾔﾞ", False, id="a mark without a kana that takes it"),
    ],
)
def test_strict_is_what_may_be_sent(text: str, strict: bool) -> None:
    assert is_strict(text) is strict


@given(strict_names)
def test_normalising_leaves_a_strict_name(name: str) -> None:
    assert normalise(name) == name


@given(readable)
def test_what_is_normalised_is_strict_and_stays(text: str) -> None:
    name = normalise(text)

    assert is_strict(name)
    assert normalise(name) == name
    assert set(name) <= ALLOWED


@given(strict_names)
def test_a_name_comes_back_from_full_width_as_jaconv_writes_it(name: str) -> None:
    full_width = jaconv.h2z(name, kana=True, ascii=True, digit=True)

    assert normalise(full_width) == name
    assert normalise(jaconv.kata2hira(full_width)) == name


@given(st.lists(st.sampled_from([chr(c) for c in range(0x30A1, 0x30F5)]), min_size=1).map("".join))
def test_katakana_are_those_of_jaconv_but_for_small_ones_and_wo(text: str) -> None:
    large = jaconv.enlarge_smallkana(text).translate(str.maketrans("ヮヰヱヲヵヶ", "ワイエオカケ"))

    assert normalise(text) == jaconv.z2h(large, kana=True)


@pytest.mark.parametrize(
    ("ours", "banks", "expected"),
    [
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ", EQUAL, id="the same"),
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ　タロウ", EQUAL, id="the same in full width"),
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ      ", EQUAL, id="the same, padded"),
        pytest.param("ｼﾞﾖｳ", "ｼﾞｮｳ", EQUAL, id="small kana are large"),
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀ ﾀﾛｳ", WARNING, id="a mark left out"),
        pytest.param("ﾊﾞﾊﾞ", "ﾊﾟﾊﾟ", WARNING, id="the other mark"),
        pytest.param("ｶｵﾙ", "ｶｦﾙ", WARNING, id="wo for o"),
        pytest.param("ｱﾂﾞﾏ", "ｱｽﾞﾏ", WARNING, id="du for zu"),
        pytest.param("ｱﾂﾞﾏ", "ｱﾂﾏ", WARNING, id="du without its mark"),
        pytest.param("ｲﾁﾞﾏ", "ｲｼﾞﾏ", WARNING, id="di for zi"),
        pytest.param("ｲﾁﾞﾏ", "ｲｼﾏ", WARNING, id="di for zi, its mark left out"),
        pytest.param("ﾁﾞﾂﾞｦﾊﾞ", "ｼﾂｵﾊ", WARNING, id="everything at once"),
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ｼﾞﾛｳ", MISMATCH, id="another name"),
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞﾀﾛｳ", WARNING, id="a space left out"),
        pytest.param("ﾔﾏﾀﾞﾀﾛｳ", "ヤマダ　タロウ", WARNING, id="a space put in"),
        pytest.param("ﾔﾏﾀ ﾀﾛｳ", "ﾔ ﾏﾀﾀﾛｳ", WARNING, id="a space elsewhere"),
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ  ﾀﾛｳ", EQUAL, id="two spaces are one"),
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾀﾛｳ", WARNING, id="neither space nor mark"),
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛ", MISMATCH, id="a cut name"),
        pytest.param("ﾐﾁ", "ﾐｼ", MISMATCH, id="ti is not si"),
        pytest.param("ﾐﾂ", "ﾐｽ", MISMATCH, id="tu is not su"),
        pytest.param("ﾔﾏﾀﾞ", "山田", MISMATCH, id="a name that cannot be read"),
        pytest.param("山田", "山田", MISMATCH, id="a name that cannot be read matches none"),
        pytest.param("", "", MISMATCH, id="no name matches none"),
    ],
)
def test_two_names_compare(ours: str, banks: str, expected: NameMatch) -> None:
    assert compare(ours, banks) is expected


@pytest.mark.parametrize(
    ("banks", "expected"),
    [
        pytest.param("ヤマダ", EQUAL, id="equal once normalised"),
        pytest.param("ﾔﾏﾀ", MISMATCH, id="a mark left out"),
        pytest.param("山田", MISMATCH, id="a name that cannot be read"),
    ],
)
def test_a_bank_that_wants_equal_names_gets_no_warning(banks: str, expected: NameMatch) -> None:
    assert compare_strictly("ﾔﾏﾀﾞ", banks) is expected


def test_wo_is_not_o_for_a_bank_that_wants_equal_names() -> None:
    assert compare_strictly("ｶｵﾙ", "ｶｦﾙ") is MISMATCH


@given(strict_names)
def test_a_name_equals_itself(name: str) -> None:
    assert compare(name, name) is EQUAL
    assert compare_strictly(name, name) is EQUAL


@given(typed, typed)
def test_comparing_has_no_direction(one: str, other: str) -> None:
    assert compare(one, other) is compare(other, one)


@given(strict_names)
def test_a_name_without_its_marks_matches_with_a_warning_at_most(name: str) -> None:
    bare = name.replace("ﾞ", "").replace("ﾟ", "")

    assert compare(name, bare) is (EQUAL if bare == name else WARNING)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        pytest.param(9, "ｶﾞｷﾞ ﾊﾟA", id="longer than the text"),
        pytest.param(8, "ｶﾞｷﾞ ﾊﾟA", id="as long as the text"),
        pytest.param(7, "ｶﾞｷﾞ ﾊﾟ", id="after a mark"),
        pytest.param(6, "ｶﾞｷﾞ", id="before a mark: its kana goes too, and the space"),
        pytest.param(5, "ｶﾞｷﾞ", id="no space at the end"),
        pytest.param(4, "ｶﾞｷﾞ", id="after the second mark"),
        pytest.param(3, "ｶﾞ", id="before the second mark"),
        pytest.param(2, "ｶﾞ", id="one kana and its mark"),
    ],
)
def test_a_cut_never_falls_between_a_kana_and_its_mark(length: int, expected: str) -> None:
    assert cut("ｶﾞｷﾞ ﾊﾟA", length) == expected


@pytest.mark.parametrize("length", [1, 0, -1])
def test_a_name_is_not_cut_to_less_than_a_kana_and_its_mark(length: int) -> None:
    with pytest.raises(ValueError, match="not cut below 2"):
        cut("ｶﾞ", length)


@given(strict_names, st.integers(min_value=2, max_value=40))
def test_a_cut_name_is_a_strict_beginning(name: str, length: int) -> None:
    beginning = cut(name, length)

    assert is_strict(beginning)
    assert name.startswith(beginning)
    assert length - 2 <= len(beginning) <= length or beginning == name


def test_the_marks_that_kana_take_are_those_that_unicode_composes() -> None:
    full = {kana: jaconv.h2z(kana) for kana in KANA}

    def takes(kana: str, mark: str) -> bool:
        return len(unicodedata.normalize("NFC", full[kana] + mark)) == 1

    assert {k for k in KANA if takes(k, "\u3099")} == {*TAKE_VOICED, "ﾜ"}
    assert {k for k in KANA if takes(k, "\u309a")} == set(TAKE_SEMI_VOICED)
    assert all(one < other for one, other in pairwise(TAKE_VOICED))
