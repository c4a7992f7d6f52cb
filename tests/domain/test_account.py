"""Bank accounts: what cannot be one never exists."""

import dataclasses

import pytest

from gateway.domain.account import ZENGIN_CODES, AccountType, BankAccount, BankCode

YAMADA = BankAccount(BankCode.SMBC, "001", AccountType.ORDINARY, "1234567", "ﾔﾏﾀﾞ ﾀﾛｳ")


@pytest.mark.parametrize(
    "branch",
    [
        pytest.param("", id="nothing"),
        pytest.param("01", id="two digits"),
        pytest.param("0001", id="four digits"),
        pytest.param("00a", id="a letter"),
        pytest.param("００１", id="full-width digits"),
        pytest.param("001\n", id="a line feed after it"),
    ],
)
def test_a_branch_is_three_ascii_digits(branch: str) -> None:
    with pytest.raises(ValueError, match="three ASCII digits"):
        dataclasses.replace(YAMADA, branch=branch)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("", id="nothing"),
        pytest.param("123456", id="six digits"),
        pytest.param("12345678", id="eight digits"),
        pytest.param("123456x", id="a letter"),
        pytest.param("１２３４５６７", id="full-width digits"),
        pytest.param("٣234567", id="an arabic digit"),
        pytest.param("1234567\n", id="a line feed after it"),
    ],
)
def test_a_number_is_seven_ascii_digits(number: str) -> None:
    with pytest.raises(ValueError, match="seven ASCII digits") as refusal:
        dataclasses.replace(YAMADA, number=number)

    assert "1234567" not in str(refusal.value)


@pytest.mark.parametrize("holder", ["ﾔ", "ｱ" * 30])
def test_a_holder_has_one_to_thirty_characters(holder: str) -> None:
    assert dataclasses.replace(YAMADA, holder=holder).holder == holder


@pytest.mark.parametrize(
    "holder",
    [
        pytest.param("", id="nothing"),
        pytest.param("ｱ" * 31, id="31 characters"),
        pytest.param("山田 太郎", id="kanji"),
        pytest.param("ヤマダ タロウ", id="full-width kana"),
        pytest.param(" ﾔﾏﾀﾞ", id="a space before it"),
        pytest.param("ｶｦﾙ", id="wo"),
    ],
)
def test_a_holder_is_strict_kana(holder: str) -> None:
    with pytest.raises(ValueError, match="a holder is 1 to 30") as refusal:
        dataclasses.replace(YAMADA, holder=holder)

    assert not holder or holder not in str(refusal.value)


def test_a_masked_number_shows_its_last_three_digits() -> None:
    assert YAMADA.number_masked == "****567"


def test_every_bank_has_its_own_zengin_code() -> None:
    assert ZENGIN_CODES == {
        BankCode.SMBC: "0009",
        BankCode.MUFG: "0005",
        BankCode.PAYPAY: "0033",
        BankCode.MIZUHO: "0001",
        BankCode.RAKUTEN: "0036",
    }


def test_account_types_are_numbered_as_the_zengin_formats_do() -> None:
    assert [type_.value for type_ in AccountType] == ["1", "2", "4"]
