"""Characters and names, by the emulators' own rules."""

import pytest

from gateway.sandbox.kana import is_strict, names_agree

STRICT = ["ﾔﾏﾀﾞ ﾀﾛｳ", "ｳﾞｱﾝ", "ﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ", "ABC-1 (ｶ).", "ﾝ"]
NOT_STRICT = [
    pytest.param("", id="nothing"),
    pytest.param("ｦｶﾀﾞ", id="ｦ"),
    pytest.param("ﾁｮｳ", id="small kana"),
    pytest.param("ﾊﾟﾙｾﾝﾀｰ", id="long mark"),
    pytest.param("ﾞｱ", id="a mark at the beginning"),
    pytest.param("ｱﾞ", id="a mark on a kana that takes none"),
    pytest.param("ｶﾟ", id="the other mark"),
    pytest.param("ｶﾞﾞ", id="two marks"),
    pytest.param("ｱ ﾞ", id="a mark behind a space"),
    pytest.param("abc", id="lower case"),
    pytest.param("ｱ,ｲ", id="comma"),
    pytest.param("ｱ。", id="full stop"),
    pytest.param("ヤマダ", id="full width"),
    pytest.param("Ａ", id="full-width letter"),
    pytest.param("ｱ　ｲ", id="full-width space"),
    pytest.param("ｱ\n", id="newline"),
]


@pytest.mark.parametrize("name", STRICT)
def test_a_name_of_the_strict_set_is_well_formed(name):
    assert is_strict(name)


@pytest.mark.parametrize("name", NOT_STRICT)
def test_a_name_beyond_the_strict_set_is_not(name):
    assert not is_strict(name)


@pytest.mark.parametrize(
    ("ours", "theirs", "agree"),
    [
        pytest.param("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ", True, id="equal"),
        pytest.param("ﾔﾏﾀ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ", True, id="a mark left out"),
        pytest.param("ｵｶﾀﾞ", "ｦｶﾀﾞ", True, id="ｦ for ｵ"),
        pytest.param("ﾁﾂﾞﾙ", "ﾁｽﾞﾙ", True, id="ﾂﾞ for ｽﾞ"),
        pytest.param("ﾊﾅﾁﾞ", "ﾊﾅｼﾞ", True, id="ﾁﾞ for ｼﾞ"),
        pytest.param("ﾊﾅﾁ", "ﾊﾅｼ", False, id="ﾁ is not ｼ"),
        pytest.param("ﾔﾏﾀﾞﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ", True, id="a space left out"),
        pytest.param("ﾔﾏﾀﾞ", "ﾔﾏﾀﾞ ﾀﾛｳ", False, id="a part"),
    ],
)
def test_names_agree_when_only_spaces_marks_and_old_spellings_differ(ours, theirs, agree):
    assert names_agree(ours, theirs) is agree
