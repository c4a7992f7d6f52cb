"""Double entry: what each transition posts, and the position as a fold over what was posted.

A posting moves an amount from one account to another and so balances by construction. Accepting
posts nothing: a reservation is not money.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.transfer import Event, Transfer

PRINCIPAL = "principal"
SUSPENSE = "suspense"
FUNDING = "funding"
MEMBER_ACCOUNTS = frozenset({PRINCIPAL, "interest", "late_damages", "fees", SUSPENSE})
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
class Posting:
    """`amount` moves from `credit` to `debit`, effective on a JST date."""

    id: UUID
    journal: UUID
    debit: str
    credit: str
    amount: Yen
    effective_on: date


@dataclass(frozen=True, slots=True)
class Movement:
    """What a transition is about: enough to write its postings."""

    bank: BankCode
    amount: Yen
    charge: Yen
    credited_on: date


def movement_of(transfer: Transfer, charge: Yen) -> Movement:
    """Return what the postings of a settled transfer are about; the JST date of booking counts."""
    if transfer.settled_at is None:
        raise ValueError("a movement needs the bank's booking instant")
    credited_on = transfer.settled_at.astimezone(JST).date()
    return Movement(transfer.bank, transfer.amount, charge, credited_on)


def postings_for(
    event: Event, movement: Movement, new_id: Callable[[], UUID]
) -> tuple[Posting, ...]:
    """Return the one journal that `event` makes; most events make none.

    A return is effective on the crediting date of the advance, so that the advance bore no
    interest.
    """
    cash = settlement_cash(movement.bank)
    legs: tuple[tuple[str, str, Yen], ...]
    if event is Event.SETTLE:
        charges = (fee_expense(movement.bank), bank_charges_payable(movement.bank), movement.charge)
        legs = ((PRINCIPAL, cash, movement.amount), charges)
    elif event is Event.RETURN:
        legs = ((cash, PRINCIPAL, movement.amount),)
    else:
        return ()
    journal = new_id()
    return tuple(
        Posting(new_id(), journal, debit, credit, amount, movement.credited_on)
        for debit, credit, amount in legs
        if amount.amount > 0
    )


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
    """Where a member stands. What was overpaid is `suspense`: owed to the member."""

    principal: Yen
    suspense: Yen


def position(entries: Iterable[Entry]) -> Position:
    """Fold a member's entries, in order of (effective_on, instant, id), into a position."""
    principal = suspense = 0
    for entry in sorted(entries, key=lambda e: (e.effective_on, e.recorded_at, e.id)):
        amount = entry.amount.amount
        principal += amount * ((entry.debit == PRINCIPAL) - (entry.credit == PRINCIPAL))
        suspense += amount * ((entry.credit == SUSPENSE) - (entry.debit == SUSPENSE))
    return Position(Yen(max(principal, 0)), Yen(max(suspense, 0) + max(-principal, 0)))
