"""What a movement costs: the table of every bank, at its edges."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.account import AccountType, BankCode
from gateway.domain.fees import Channel, FeeRow, Payer, Tariff
from gateway.domain.money import Yen
from gateway.profiles import bank_profiles

DAY = date(2026, 11, 25)
ORDINARY = AccountType.ORDINARY
TARIFFS = {code: profile.tariff for code, profile in bank_profiles().items()}
every_bank = pytest.mark.parametrize("bank", [pytest.param(code, id=code) for code in TARIFFS])


def row(fee: int, *, since: date = DAY, amount_from: int = 1, **changes: AccountType) -> FeeRow:
    payer, channel = Payer.LENDER, Channel.INTERNET_TRANSFER
    return FeeRow(payer, channel, Yen(amount_from), since, Yen(fee), **changes)


@every_bank
@pytest.mark.parametrize("account_class", list(AccountType))
@pytest.mark.parametrize("amount", [1, 10_000, 10_001, 10_000_000])
def test_a_transfer_and_a_repayment_are_free_to_the_member(
    bank: BankCode, account_class: AccountType, amount: int
) -> None:
    tariff = TARIFFS[bank]

    assert tariff.transfer_fee(account_class, Yen(amount), DAY) == Yen(0)
    assert tariff.fee(
        Payer.MEMBER, Channel.INTERNET_REPAYMENT, account_class, Yen(amount), DAY
    ) == Yen(0)


@every_bank
@pytest.mark.parametrize(
    ("amount", "fee"),
    [
        pytest.param(1, 110, id="the least"),
        pytest.param(10_000, 110, id="up to 10,000"),
        pytest.param(10_001, 220, id="above 10,000"),
        pytest.param(10_000_000, 220, id="the most"),
    ],
)
def test_a_partners_atm_would_cost(bank: BankCode, amount: int, fee: int) -> None:
    assert TARIFFS[bank].partner_atm_fee(ORDINARY, Yen(amount), DAY) == Yen(fee)


@every_bank
@pytest.mark.parametrize(
    ("channel", "least", "most"),
    [
        pytest.param(Channel.INTERNET_TRANSFER, 0, 110, id="transfer"),
        pytest.param(Channel.INTERNET_REPAYMENT, 50, 165, id="collection"),
        pytest.param(Channel.RECALL, 660, 880, id="recall"),
    ],
)
def test_what_the_bank_charges_the_lender_is_of_the_known_size(
    bank: BankCode, channel: Channel, least: int, most: int
) -> None:
    charge = TARIFFS[bank].fee(Payer.LENDER, channel, ORDINARY, Yen(50_000), DAY)

    assert Yen(least) <= charge <= Yen(most)


@every_bank
@given(amounts=st.tuples(st.integers(1, 10**10), st.integers(1, 10**10)))
def test_no_fee_falls_as_the_amount_grows(bank: BankCode, amounts: tuple[int, int]) -> None:
    less, more = sorted(amounts)

    for payer in Payer:
        for channel in Channel:
            fees = [
                TARIFFS[bank].fee(payer, channel, ORDINARY, Yen(amount), DAY)
                for amount in (less, more)
            ]
            assert fees == sorted(fees)


@pytest.mark.parametrize(
    ("day", "amount", "charge"),
    [
        pytest.param(date(2026, 3, 31), 5, 0, id="before the first list"),
        pytest.param(date(2026, 4, 1), 5, 55, id="the first list, from its first day"),
        pytest.param(date(2026, 4, 1), 10_001, 110, id="its second tier"),
        pytest.param(date(2026, 9, 30), 10_001, 110, id="its last day"),
        pytest.param(date(2026, 10, 1), 10_001, 66, id="a later list replaces every tier"),
    ],
)
def test_a_later_price_list_replaces_the_whole_of_an_earlier_one(
    day: date, amount: int, charge: int
) -> None:
    first, second = date(2026, 4, 1), date(2026, 10, 1)
    tariff = Tariff(
        (row(66, since=second), row(55, since=first), row(110, since=first, amount_from=10_001))
    )

    assert tariff.transfer_charge(ORDINARY, Yen(amount), day) == Yen(charge)


def test_a_class_with_rows_of_its_own_looks_at_no_others() -> None:
    tariff = Tariff((row(110), row(55, account_class=AccountType.SAVINGS)))

    assert tariff.transfer_charge(AccountType.SAVINGS, Yen(1), DAY) == Yen(55)
    assert tariff.transfer_charge(AccountType.CURRENT, Yen(1), DAY) == Yen(110)


def test_what_no_row_names_costs_nothing() -> None:
    assert Tariff(()).transfer_fee(ORDINARY, Yen(1), DAY) == Yen(0)
