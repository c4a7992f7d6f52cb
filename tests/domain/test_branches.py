"""The frozen table of branches."""

import pytest
from zengin_code import Bank

from gateway.domain.account import ZENGIN_CODES, BankCode
from gateway.domain.branches import branch_exists, branch_name, read_table


@pytest.mark.parametrize("bank", list(BankCode))
def test_the_frozen_branches_are_those_of_zengin_code(bank: BankCode) -> None:
    source = {code: branch.name for code, branch in Bank.all[ZENGIN_CODES[bank]].branches.items()}
    every_number = [f"{number:03}" for number in range(1000)]

    frozen = {code: branch_name(bank, code) for code in every_number if branch_exists(bank, code)}

    assert frozen == source


@pytest.mark.parametrize(
    ("bank", "branch", "name"),
    [
        pytest.param(BankCode.SMBC, "001", "神保町", id="SMBC 001"),
        pytest.param(BankCode.MUFG, "001", "本店", id="MUFG 001"),
        pytest.param(BankCode.PAYPAY, "002", "すずめ", id="PayPay 002"),
        pytest.param(BankCode.MIZUHO, "001", "東京営業部", id="Mizuho 001"),
        pytest.param(BankCode.RAKUTEN, "201", "ジャズ", id="Rakuten 201"),
    ],
)
def test_a_branch_has_a_name(bank: BankCode, branch: str, name: str) -> None:
    assert branch_exists(bank, branch)
    assert branch_name(bank, branch) == name


@pytest.mark.parametrize(
    "branch",
    [
        pytest.param("000", id="no such number"),
        pytest.param("1", id="not padded"),
        pytest.param("0001", id="four digits"),
        pytest.param("００１", id="full-width digits"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_branch_has_no_name(branch: str) -> None:
    assert not branch_exists(BankCode.SMBC, branch)
    assert branch_name(BankCode.SMBC, branch) is None


def test_a_row_is_bank_branch_and_name() -> None:
    assert read_table(["0009\t001\tA"]) == {("0009", "001"): "A"}
