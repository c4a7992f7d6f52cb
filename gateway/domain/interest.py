"""Interest and late damages by the day, as exact fractions, and the rate in force."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from gateway.domain.loan_rules import LoanRules
from gateway.domain.money import Yen


@dataclass(frozen=True, slots=True)
class Segment:
    """The days `first` to `last`, both inclusive and of one year, on which one amount bears."""

    principal: Yen
    annual_rate: Fraction
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def year_days(self) -> int:
        """Return by what the year's rate is divided: 365, or 366 in a leap year."""
        return 365 + calendar.isleap(self.first.year)

    @property
    def exact(self) -> Fraction:
        """Return what the days bear: principal × rate × days ÷ days of the year."""
        return self.annual_rate * Fraction(self.principal.amount * self.days, self.year_days)


def segments(principal: Yen, annual_rate: Fraction, first: date, last: date) -> tuple[Segment, ...]:
    """Return the days `first` to `last`, both inclusive, year by year; there may be none."""
    return tuple(
        Segment(
            principal,
            annual_rate,
            max(first, date(year, 1, 1)),
            min(last, date(year, 12, 31)),
        )
        for year in range(first.year, last.year + 1)
        if first <= last
    )


def exact_sum(borne: Iterable[Segment]) -> Fraction:
    """Return what all of them bear."""
    return sum((segment.exact for segment in borne), Fraction(0))


def accrued(principal: Yen, annual_rate: Fraction, first: date, last: date) -> Fraction:
    """Return what the days `first` to `last`, both inclusive, bear; 0 where there are none.

    A day of a leap year bears 1/366 of a year's rate, any other 1/365.
    """
    return exact_sum(segments(principal, annual_rate, first, last))


def rate_cap(principal: Yen, rules: LoanRules) -> Fraction:
    """Return the highest rate a year that this principal may bear."""
    caps = [row.annual_rate for row in rules.rate_caps.value if row.principal_from <= principal]
    return caps[-1]


def rate_after_advance(rate: Fraction, principal: Yen, rules: LoanRules) -> Fraction:
    """Return the rate in force after an advance made `principal` of what was owed.

    It falls with the cap and never rises: what it was before is its upper bound
    (最判平成22年4月20日). Only a loan that is repaid begins at the contract's rate again.
    """
    return min(rate, rate_cap(principal, rules))
