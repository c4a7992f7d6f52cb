"""`make mutate` in small: it finds each bank's tables, and the kit misses a row that is gone."""

import runpy
from typing import Any

import pytest

from gateway.adapters.registry import BANKS
from gateway.conformance.suite import EXPECTED, cases_for
from gateway.domain.account import BankCode
from tests.architecture.project import PROJECT

MUTATE: dict[str, Any] = runpy.run_path(str(PROJECT / "scripts" / "mutate"))
# A row of each bank, and the case that is about it.
CHOSEN = {
    BankCode.SMBC: (
        "smbc.codes.TRANSFER[(422, 'ACCOUNT_CLOSED')]",
        "submit 'ACCOUNT_CLOSED' is account_closed",
    ),
    BankCode.MUFG: (
        "mufg.codes.PAYMENT_ENDS['AB08']",
        "a transfer ends 'AB08': maintenance",
    ),
    BankCode.PAYPAY: ("paypay.codes.PAYOUT['E13']", "submit 'E13' is account_frozen"),
    BankCode.MIZUHO: ("mizuho.codes.ITEM_REFUSALS['3']", "each item has its own result"),
    BankCode.RAKUTEN: ("rakuten.codes.TRANSFER['N']", "submit 'N' is name_mismatch"),
}


def test_a_row_is_chosen_for_each_bank() -> None:
    without_one = sorted(set(BANKS) - set(CHOSEN))

    assert without_one == [], (
        "add to CHOSEN a row of the bank's codes.py and the name of the case about it"
        " (gateway conformance --cases): docs/adding_a_bank.md, What the kit expects"
    )


@pytest.mark.parametrize("bank", list(BANKS))
def test_the_tables_of_each_bank_are_found(bank: BankCode) -> None:
    tables = MUTATE["tables"](bank)

    assert tables
    assert all(place.startswith(f"{bank}.") and table for place, table in tables.items())


@pytest.mark.parametrize("bank", list(CHOSEN))
async def test_the_kit_misses_a_row_that_is_gone(bank: BankCode) -> None:
    place, sentence = CHOSEN[bank]
    [row] = [row for row in MUTATE["rows"](bank) if str(row) == place]
    [case] = [case for case in cases_for(EXPECTED[bank]) if case.name == sentence]
    whole = dict(row.table)

    noticed = await MUTATE["noticed_by"](EXPECTED[bank], row, [case])

    assert noticed is case
    assert list(row.table.items()) == list(whole.items())
