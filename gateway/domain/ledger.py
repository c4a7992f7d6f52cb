"""Double entry: accounts, postings, and what postings sum to.

A posting moves an amount from one account to another and so balances by construction. Accepting
posts nothing: a reservation is not money.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.money import Yen

PRINCIPAL = "principal"
INTEREST = "interest"
LATE_DAMAGES = "late_damages"
FEES = "fees"
SUSPENSE = "suspense"
MEMBER_ACCOUNTS = frozenset({PRINCIPAL, INTEREST, LATE_DAMAGES, FEES, SUSPENSE})
FUNDING = "funding"
SWEEP = "sweep"
OPENING = "opening"
TO_GIVE_BACK = "to_give_back"
INTEREST_INCOME = "interest_income"
LATE_DAMAGES_INCOME = "late_damages_income"
FEE_INCOME = "fee_income"
UNIDENTIFIED = "unidentified"
# Beside them each bank has its own: settlement_cash, fee_expense, bank_charges_payable.
HOUSE_ACCOUNTS = frozenset(
    {
        FUNDING,
        SWEEP,
        OPENING,
        TO_GIVE_BACK,
        INTEREST_INCOME,
        LATE_DAMAGES_INCOME,
        FEE_INCOME,
        UNIDENTIFIED,
    }
)
NIL_MEMBER = UUID(int=0)


def settlement_cash(bank: BankCode) -> str:
    """Return the house account that equals the balance of the lender's account at `bank`."""
    return f"settlement_cash:{bank}"


def bank_of(account: str) -> BankCode | None:
    """Return the bank whose settlement account it is, None for any other account."""
    name, _, bank = account.partition(":")
    return BankCode(bank) if name == "settlement_cash" else None


def fee_expense(bank: BankCode) -> str:
    """Return the house account of what `bank` charges the lender."""
    return f"fee_expense:{bank}"


def bank_charges_payable(bank: BankCode) -> str:
    """Return the house account of what `bank` will bill at the end of the month."""
    return f"bank_charges_payable:{bank}"


@dataclass(frozen=True, slots=True)
class Leg:
    """A posting before it has an id and a journal."""

    debit: str
    credit: str
    amount: Yen
    effective_on: date


@dataclass(frozen=True, slots=True)
class Posting:
    """`amount` moves from `credit` to `debit`, effective on a JST date.

    `source` says what a posting of the house came by: its kind, and the line, item or rule.
    """

    id: UUID
    journal: UUID
    debit: str
    credit: str
    amount: Yen
    effective_on: date
    source: Mapping[str, str] | None = field(default=None, compare=False)


def charge_leg(bank: BankCode, charge: Yen, day: date) -> Leg:
    """Return what a movement posts for the bank's own charge, which it bills monthly."""
    return Leg(fee_expense(bank), bank_charges_payable(bank), charge, day)


def unidentified_in(bank: BankCode, amount: Yen, day: date) -> Leg:
    """Return what money without a known reference posts: house-only, on the statement's date."""
    return Leg(settlement_cash(bank), UNIDENTIFIED, amount, day)


def unidentified_out(bank: BankCode, amount: Yen, day: date) -> Leg:
    """Return what money that left without a known reference posts."""
    return Leg(UNIDENTIFIED, settlement_cash(bank), amount, day)


def balances(legs: Iterable[Leg]) -> Counter[str]:
    """Return debits minus credits of each account, over all dates.

    What a member owes is above 0, what is owed to the member (`suspense`) below. Interest and late
    damages are posted when a payment comes: what has been borne since stands beside the ledger.
    """
    sums: Counter[str] = Counter(dict.fromkeys(MEMBER_ACCOUNTS, 0))
    for leg in legs:
        sums[leg.debit] += leg.amount.amount
        sums[leg.credit] -= leg.amount.amount
    return sums
