"""What happened to a loan: the entries that its history is folded from.

An entry is a fact about money, dated by the bank. When we heard of it plays no part, so that the
order of discovery cannot matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from gateway.domain.money import Yen


class Kind(StrEnum):
    """What an entry is about."""

    ADVANCE = "advance"  # the lender paid out
    PAYMENT = "payment"  # money came in from the member
    RETURN = "return"  # the bank gave an advance back: it is taken out at its own date
    SURPLUS = "surplus"  # a second credit for one request: the member's, until people decide
    FEE = "fee"  # the member owes a fee
    REFUND = "refund"  # suspense was paid out to the member


@dataclass(frozen=True, slots=True)
class LoanEntry:
    """One fact. `effective_on` is the JST date of the bank's booking instant, `at`.

    `house` is the ledger account on the other side: `settlement_cash:{bank}`, `unidentified` where
    the money was booked before anybody knew whose it was, `fee_income`. `takes_back` is the id of
    the advance that a return is about.
    """

    id: UUID
    kind: Kind
    amount: Yen
    effective_on: date
    at: datetime
    house: str
    takes_back: UUID | None = None

    def __post_init__(self) -> None:
        if (self.kind is Kind.RETURN) != (self.takes_back is not None):
            raise ValueError(f"a return names its advance, and nothing else does: {self.kind}")

    @property
    def place(self) -> tuple[date, datetime, bool, UUID]:
        """Return where the entry stands in the loan's history.

        Banks tell whole seconds: of one instant, what was lent comes before what pays it back.
        """
        return self.effective_on, self.at, self.kind is not Kind.ADVANCE, self.id


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry with what is left of it once the returns are known.

    Of a return, `amount` is what exceeds the advance, or all of it where no such advance is known.
    """

    entry: LoanEntry
    amount: Yen


def standing(entries: Iterable[LoanEntry]) -> tuple[Standing, ...]:
    """Return the entries in their order, advances less what came back of them."""
    ordered = sorted(entries, key=lambda entry: entry.place)
    left = {entry.id: entry.amount.amount for entry in ordered}
    advances = {entry.id for entry in ordered if entry.kind is Kind.ADVANCE}
    for entry in ordered:
        if entry.takes_back in advances:
            taken = min(entry.amount.amount, left[entry.takes_back])
            left[entry.takes_back] -= taken
            left[entry.id] -= taken
    return tuple(Standing(entry, Yen(left[entry.id])) for entry in ordered)
