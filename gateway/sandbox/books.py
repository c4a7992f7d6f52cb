"""The accounts of one bank and every movement on the lender's settlement account."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from gateway.sandbox.clock import JST


class AccountStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    FROZEN = "frozen"


class AccountKey(NamedTuple):
    """Where an account is kept: branch 3 digits, type 1 digit, number 7 digits."""

    branch: str
    type: str
    number: str

    def __str__(self) -> str:
        return "-".join(self)


@dataclass(frozen=True, slots=True)
class Account:
    """One account; `balance` in yen may go below zero only by a return."""

    key: AccountKey
    holder: str
    balance: int
    status: AccountStatus = AccountStatus.OPEN
    password: str = ""


class MovementKind(StrEnum):
    PAYOUT = "payout"
    COLLECTION = "collection"
    RETURN = "return"
    CREDIT = "credit"
    DEBIT = "debit"


_OUTGOING = frozenset({MovementKind.PAYOUT, MovementKind.DEBIT})
# The other side of a line that was entered by hand: at no account of this bank.
NOBODY = AccountKey("", "", "")


@dataclass(frozen=True, slots=True)
class Booking:
    """What is to be booked between the settlement account and `account`.

    `text` is printed on the statement where its kind does not say what to print.
    """

    kind: MovementKind
    reference: str
    amount: int
    instant: datetime
    bank_id: str
    account: AccountKey
    counterparty: str
    text: str = ""

    @property
    def is_incoming(self) -> bool:
        """Whether the lender's settlement account grows."""
        return self.kind not in _OUTGOING

    @property
    def gain(self) -> int:
        """Return by how many yen the lender's settlement account grows."""
        return self.amount if self.is_incoming else -self.amount

    @property
    def value_date(self) -> date:
        """These banks value every movement on the day they book it."""
        return self.instant.astimezone(JST).date()


@dataclass(frozen=True, slots=True)
class Movement:
    """A booking with its place in the bank's order of booking."""

    seq: int
    booking: Booking


@dataclass(slots=True)
class Books:
    """All accounts and movements; every look-up is by key."""

    settlement: Account
    accounts: dict[AccountKey, Account] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    by_day: dict[date, list[Movement]] = field(default_factory=dict)

    def put(self, accounts: Iterable[Account]) -> None:
        """Add accounts, replacing those of the same key (the settlement account too)."""
        for account in accounts:
            if account.key == self.settlement.key:
                self.settlement = account
            else:
                self.accounts[account.key] = account

    def book(self, booking: Booking) -> Movement:
        """Move the money, and remember it under the JST date of its instant."""
        other = self.accounts[booking.account]
        self.accounts[booking.account] = replace(other, balance=other.balance - booking.gain)
        day = self.by_day.get(booking.value_date, [])
        return self._add(booking, place=len(day))

    def insert(self, booking: Booking) -> Movement:
        """Move money to or from elsewhere, and remember it by its instant within its day."""
        day = self.by_day.get(booking.value_date, [])
        place = bisect_right(day, booking.instant, key=lambda moved: moved.booking.instant)
        return self._add(booking, place=place)

    def _add(self, booking: Booking, *, place: int) -> Movement:
        settlement = self.settlement
        self.settlement = replace(settlement, balance=settlement.balance + booking.gain)
        movement = Movement(len(self.movements) + 1, booking)
        self.movements.append(movement)
        self.by_day.setdefault(booking.value_date, []).insert(place, movement)
        return movement


def account_as_json(account: Account) -> dict[str, object]:
    """Return an account as the control API shows it, without its password."""
    return {
        **account.key._asdict(),
        "holder": account.holder,
        "balance": account.balance,
        "status": account.status,
    }


def movement_as_json(movement: Movement) -> dict[str, object]:
    """Return a movement as the control API shows it."""
    booking = movement.booking
    return {
        "seq": movement.seq,
        "kind": booking.kind,
        "direction": "in" if booking.is_incoming else "out",
        "reference": booking.reference,
        "amount": booking.amount,
        "instant": booking.instant.isoformat(),
        "value_date": booking.value_date.isoformat(),
        "bank_id": booking.bank_id,
        "account": booking.account.number,
    }
