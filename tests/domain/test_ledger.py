"""What postings sum to."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.account import BankCode
from gateway.domain.ledger import MEMBER_ACCOUNTS, Leg, balances, charge_leg
from gateway.domain.money import Yen

DAY = date(2026, 11, 25)
ACCOUNTS = st.sampled_from(sorted({*MEMBER_ACCOUNTS, "settlement_cash:smbc", "interest_income"}))
LEGS = st.builds(
    Leg,
    ACCOUNTS,
    ACCOUNTS,
    st.integers(1, 10**7).map(Yen),
    st.integers(0, 400).map(lambda days: DAY + timedelta(days)),
)


@given(st.lists(LEGS, max_size=20), st.randoms())
def test_postings_balance_in_whatever_order_they_are_summed(legs, random) -> None:
    shuffled = random.sample(legs, len(legs))

    assert balances(shuffled) == balances(legs)
    assert sum(balances(legs).values()) == 0


def test_a_banks_charge_is_the_lenders_and_billed_later() -> None:
    charged = balances([charge_leg(BankCode.SMBC, Yen(110), DAY)])

    assert charged["fee_expense:smbc"] == 110
    assert charged["bank_charges_payable:smbc"] == -110
