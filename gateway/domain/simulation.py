"""返済シミュレーション: how long a balance takes to repay, what it costs, what paying more saves.

An estimate: due days are not shifted to business days, since calendars end long before loans do.
Each instalment is otherwise reckoned as a payment on that day would be.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from gateway.domain.due_dates import ONE_DAY, DueDay, next_nominal
from gateway.domain.interest import accrued
from gateway.domain.loan_rules import RULES
from gateway.domain.loan_state import whole
from gateway.domain.money import NOTHING, Yen

INSTALMENTS_MAX = 600


class NeverRepaid(ValueError):
    """The monthly amount does not repay the balance within fifty years, or not at all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A balance from `begins_on` on, and `monthly` yen on each due day from `first_due_on` on.

    `first_due_on` is unshifted: of a new loan `first_nominal`, else the open due date's own.
    """

    principal: Yen
    annual_rate: Fraction
    monthly: Yen
    begins_on: date
    first_due_on: date
    due_day: DueDay


@dataclass(frozen=True, slots=True)
class Instalment:
    """One payment of a plan, and what is left of the principal after it."""

    on: date
    amount: Yen
    interest: Yen
    principal: Yen
    left: Yen


@dataclass(frozen=True, slots=True)
class Simulation:
    """The payments until nothing is left."""

    schedule: tuple[Instalment, ...]

    @property
    def months(self) -> int:
        return len(self.schedule)

    @property
    def total_interest(self) -> Yen:
        return sum((each.interest for each in self.schedule), NOTHING)

    @property
    def total(self) -> Yen:
        return sum((each.amount for each in self.schedule), NOTHING)


@dataclass(frozen=True, slots=True)
class Saving:
    """What a payment beside the plan saves."""

    months: int
    interest: Yen


def simulate(plan: Plan) -> Simulation:
    """Return the schedule of a plan. Raises NeverRepaid."""
    schedule = []
    for instalment in _instalments(plan):
        schedule.append(instalment)
        if len(schedule) > INSTALMENTS_MAX:
            raise NeverRepaid(f"{plan.monthly} a month does not repay {plan.principal}")
    return Simulation(tuple(schedule))


def saving(plan: Plan, extra: Yen) -> Saving:
    """Return what paying `extra` on `begins_on` saves over the plan. Raises NeverRepaid."""
    left = Yen(max(0, plan.principal.amount - extra.amount))
    usual, sooner = simulate(plan), simulate(replace(plan, principal=left))
    interest = usual.total_interest.amount - sooner.total_interest.amount
    return Saving(usual.months - sooner.months, Yen(interest))


def _instalments(plan: Plan) -> Iterator[Instalment]:
    left, carried, paid_on, on = plan.principal, NOTHING, plan.begins_on, plan.first_due_on
    while left > NOTHING:
        # What a payment leaves below 1,000 yen rests without interest (無利息残高).
        is_resting = paid_on > plan.begins_on and left + carried < RULES.rest_below.value
        rate = Fraction(0) if is_resting else plan.annual_rate
        interest = carried + whole(accrued(left, rate, paid_on + ONE_DAY, on))
        amount = min(plan.monthly, left + interest)
        interest_paid = min(amount, interest)
        principal = Yen(amount.amount - interest_paid.amount)
        left = Yen(left.amount - principal.amount)
        carried = Yen(interest.amount - interest_paid.amount)
        yield Instalment(on, amount, interest_paid, principal, left)
        paid_on, on = on, next_nominal(on, plan.due_day)
