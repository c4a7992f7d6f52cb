"""The numbers of a loan that law and trade set, each with its source and the date it holds from.

A loan keeps the rules under which it was made (`Contract.rules`): new numbers are a new
`LoanRules` beside these, never a change of them, so that no past interest changes with them.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Generic, TypeVar

from gateway.domain.due_dates import DueDay
from gateway.domain.money import Yen

Value = TypeVar("Value")


def percent(text: str) -> Fraction:
    """Return the exact fraction of a percentage in decimal notation: "17.8" is 178/1000."""
    return Fraction(text) / 100


@dataclass(frozen=True, slots=True)
class Sourced(Generic[Value]):
    """A number, who says so, and since when."""

    value: Value
    source: str
    valid_from: date


@dataclass(frozen=True, slots=True)
class RateCap:
    """The highest rate a year from this principal on."""

    principal_from: Yen
    annual_rate: Fraction


@dataclass(frozen=True, slots=True)
class MinimumBand:
    """The share of the balance that a minimum payment is, for balances above `balance_above`."""

    balance_above: Yen
    share: Fraction


@dataclass(frozen=True, slots=True)
class LoanRules:
    """Rows of a table go from the lowest to the highest amount."""

    rate_caps: Sourced[tuple[RateCap, ...]]
    late_rate: Sourced[Fraction]
    minimum_bands: Sourced[tuple[MinimumBand, ...]]
    minimum_unit: Sourced[Yen]
    free_days: Sourced[int]
    rest_below: Sourced[Yen]
    repayment_min: Sourced[Yen]


USURY_ACT_SINCE = date(2010, 6, 18)
LOAN_SINCE = USURY_ACT_SINCE  # contracts from before the caps are not in these books
RULES = LoanRules(
    rate_caps=Sourced(
        (
            RateCap(Yen(0), percent("20")),
            RateCap(Yen(100_000), percent("18")),
            RateCap(Yen(1_000_000), percent("15")),
        ),
        "利息制限法1条",
        USURY_ACT_SINCE,
    ),
    late_rate=Sourced(percent("20.0"), "利息制限法7条 (its cap); the contract", USURY_ACT_SINCE),
    minimum_bands=Sourced(
        (
            MinimumBand(Yen(0), percent("3.61")),
            MinimumBand(Yen(300_000), percent("2.53")),
            MinimumBand(Yen(1_000_000), percent("1.99")),
        ),
        "the contract: 残高スライド元利定額返済方式",
        LOAN_SINCE,
    ),
    minimum_unit=Sourced(Yen(1_000), "the contract: rounded up to 1,000 yen", LOAN_SINCE),
    free_days=Sourced(30, "the contract: 30日間無利息", LOAN_SINCE),
    rest_below=Sourced(Yen(1_000), "the contract: 無利息残高", LOAN_SINCE),
    repayment_min=Sourced(Yen(200), "the lender's page on internet repayment", LOAN_SINCE),
)


@dataclass(frozen=True, slots=True)
class Contract:
    """What a member agreed to. `has_free_days`: the first use bears no interest for a while."""

    annual_rate: Fraction
    due_day: DueDay
    has_free_days: bool = False
    rules: LoanRules = RULES
