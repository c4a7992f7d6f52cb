"""Interest and late damages by the day, as exact fractions, and the rate in force."""

import calendar
from datetime import date
from fractions import Fraction

from gateway.domain.loan_rules import LoanRules
from gateway.domain.money import Yen


def accrued(principal: Yen, annual_rate: Fraction, first: date, last: date) -> Fraction:
    """Return what the days `first` to `last`, both inclusive, bear; 0 where there are none.

    A day of a leap year bears 1/366 of a year's rate, any other 1/365.
    """
    if last < first:
        return Fraction(0)
    years = sum(
        (_share_of_year(year, first, last) for year in range(first.year, last.year + 1)),
        Fraction(0),
    )
    return principal.amount * annual_rate * years


def _share_of_year(year: int, first: date, last: date) -> Fraction:
    begins, ends = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
    return Fraction((ends - begins).days + 1, 365 + calendar.isleap(year))


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
