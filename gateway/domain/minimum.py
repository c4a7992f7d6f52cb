"""The minimum payment: a share of the balance right after the last advance, rounded up."""

from gateway.domain.loan_rules import LoanRules
from gateway.domain.money import Yen


def minimum_payment(balance: Yen, rules: LoanRules) -> Yen:
    """Return what a due date asks of a `balance` above 0; it stays until the next advance.

    It falls where a band begins: 11,000 yen of 300,000, 8,000 yen of 300,001.
    """
    shares = [row.share for row in rules.minimum_bands.value if row.balance_above < balance]
    unit = rules.minimum_unit.value.amount
    units_up = -(-(balance.amount * shares[-1]) // unit)
    return Yen(units_up * unit)
