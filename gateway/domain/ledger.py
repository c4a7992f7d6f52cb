"""Double entry: accounts, postings, and what postings sum to.

A posting moves an amount from one account to another and so balances by construction. Accepting
posts nothing: a reservation is not money.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.money import NOTHING, Yen

PRINCIPAL = "principal"
INTEREST = "interest"
LATE_DAMAGES = "late_damages"
FEES = "fees"
SUSPENSE = "suspense"
MEMBER_ACCOUNTS = frozenset({PRINCIPAL, INTEREST, LATE_DAMAGES, FEES, SUSPENSE})
FUNDING = "funding"
INTEREST_INCOME = "interest_income"
LATE_DAMAGES_INCOME = "late_damages_income"
FEE_INCOME = "fee_income"
UNIDENTIFIED = "unidentified"
# Beside them each bank has its own: settlement_cash, fee_expense, bank_charges_payable.
HOUSE_ACCOUNTS = frozenset(
    {FUNDING, INTEREST_INCOME, LATE_DAMAGES_INCOME, FEE_INCOME, UNIDENTIFIED}
)
NIL_MEMBER = UUID(int=0)


def settlement_cash(bank: BankCode) -> str:
    """Return the house account that equals the balance of the lender's account at `bank`."""
    return f"settlement_cash:{bank}"


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
    """`amount` moves from `credit` to `debit`, effective on a JST date."""

    id: UUID
    journal: UUID
    debit: str
    credit: str
    amount: Yen
    effective_on: date


def one_journal(legs: Iterable[Leg], new_id: Callable[[], UUID]) -> tuple[Posting, ...]:
    """Return the postings of one journal; what amounts to nothing is not posted."""
    journal = new_id()
    return tuple(
        Posting(new_id(), journal, leg.debit, leg.credit, leg.amount, leg.effective_on)
        for leg in legs
        if leg.amount.amount > 0
    )


def charge_leg(bank: BankCode, charge: Yen, day: date) -> Leg:
    """Return what a movement posts for the bank's own charge, which it bills monthly."""
    return Leg(fee_expense(bank), bank_charges_payable(bank), charge, day)


def unidentified_in(bank: BankCode, amount: Yen, day: date) -> Leg:
    """Return what money without a known reference posts: house-only, on the statement's date."""
    return Leg(settlement_cash(bank), UNIDENTIFIED, amount, day)


def unidentified_out(bank: BankCode, amount: Yen, day: date) -> Leg:
    """Return what money that left without a known reference posts."""
    return Leg(UNIDENTIFIED, settlement_cash(bank), amount, day)


@dataclass(frozen=True, slots=True)
class Entry:
    """A posting as it was recorded: what the fold needs of it."""

    debit: str
    credit: str
    amount: Yen
    effective_on: date
    recorded_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Position:
    """Where a member stands in the ledger. What was overpaid is `suspense`: owed to the member.

    Interest and late damages are posted when a payment comes: what has been borne since stands
    beside the ledger (`domain.position`).
    """

    principal: Yen
    suspense: Yen
    interest: Yen = NOTHING
    late_damages: Yen = NOTHING
    fees: Yen = NOTHING


def position(entries: Iterable[Entry]) -> Position:
    """Fold a member's entries, in order of (effective_on, instant, id), into a position."""
    sums = dict.fromkeys(MEMBER_ACCOUNTS, 0)
    for entry in sorted(entries, key=lambda e: (e.effective_on, e.recorded_at, e.id)):
        for account, amount in (
            (entry.debit, entry.amount.amount),
            (entry.credit, -entry.amount.amount),
        ):
            if account in sums:
                sums[account] += amount
    return Position(
        principal=Yen(max(sums[PRINCIPAL], 0)),
        suspense=Yen(max(-sums[SUSPENSE], 0) + max(-sums[PRINCIPAL], 0)),
        interest=Yen(max(sums[INTEREST], 0)),
        late_damages=Yen(max(sums[LATE_DAMAGES], 0)),
        fees=Yen(max(sums[FEES], 0)),
    )
