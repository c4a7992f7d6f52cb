"""A bank as a test sees it: frozen values with the names of the control API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """An account: branch 3 digits, type 1 digit, number 7 digits, balance in yen."""

    branch: str
    type: str
    number: str
    holder: str
    balance: int
    status: str


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement on the lender's settlement account: yen, an instant and a date in JST.

    `account` is the other side's number, `direction` is seen from the settlement account.
    """

    seq: int
    kind: str
    direction: str
    reference: str
    amount: int
    instant: datetime
    value_date: date
    bank_id: str
    account: str


@dataclass(frozen=True, slots=True)
class Books:
    """A bank's own books at one moment; the movements in the order of booking."""

    settlement: Account
    accounts: tuple[Account, ...]
    movements: tuple[Movement, ...]

    def account(self, number: str) -> Account:
        """Return the account of that number; LookupError if the bank has none."""
        for account in self.accounts:
            if account.number == number:
                return account
        raise LookupError(f"no account {number}; there are {[a.number for a in self.accounts]}")

    def of(self, reference: str) -> tuple[Movement, ...]:
        """Return the movements of one reference of the client's."""
        return tuple(moved for moved in self.movements if moved.reference == reference)


@dataclass(frozen=True, slots=True)
class Request:
    """A request under the bank's base path; `status` is None where the connection was cut."""

    number: int
    at: datetime
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str
    status: int | None


def as_movement(shown: Mapping[str, Any]) -> Movement:
    """Return a movement of the control API's as a value."""
    instant = datetime.fromisoformat(shown["instant"])
    day = date.fromisoformat(shown["value_date"])
    return Movement(**{**shown, "instant": instant, "value_date": day, "kind": str(shown["kind"])})


def as_books(ledger: Mapping[str, Any]) -> Books:
    """Return the answer to `GET ledger` as values."""
    return Books(
        settlement=_as_account(ledger["settlement"]),
        accounts=tuple(map(_as_account, ledger["accounts"])),
        movements=tuple(map(as_movement, ledger["movements"])),
    )


def as_requests(heard: Mapping[str, Any]) -> tuple[Request, ...]:
    """Return the answer to `GET requests` as values, the oldest first."""
    return tuple(
        Request(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in heard["requests"]
    )


def _as_account(shown: Mapping[str, Any]) -> Account:
    return Account(**{**shown, "status": str(shown["status"])})
