"""A loan reckoned again, one day after the other, by somebody who has not seen the gateway's code.

It knows no segments, no fractions and no fold: each day adds its own interest, in units so small
that every day's is a whole number of them. It imports nothing of the gateway.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

import holidays

JAPAN = holidays.country_holidays("JP", years=range(2015, 2036))
UNITS_A_YEN = 10_000 * 365 * 366
LATE = 2_000  # a ten-thousandth of the principal a year, as all rates here


@dataclass(frozen=True)
class Fact:
    """`kind` is advance, payment, fee or refund; `order` puts the facts of one day in order."""

    kind: str
    amount: int
    on: date
    order: int


@dataclass(frozen=True)
class Snapshot:
    """What a member would be shown at the end of a day."""

    principal: int
    interest: int
    late_damages: int
    fees: int
    suspense: int
    rate: int
    minimum: int
    due_on: date | None
    amount_due: int
    is_late: bool
    is_resting: bool

    @property
    def payoff(self) -> int:
        return self.principal + self.interest + self.late_damages + self.fees


@dataclass
class NaiveLoan:
    """The running books of one loan. Call `day` for every date in turn."""

    contract_rate: int
    due_day: int
    has_free_days: bool
    principal: int = 0
    carried_interest: int = 0
    carried_late: int = 0
    fees: int = 0
    suspense: int = 0
    rate: int = 0
    minimum: int = 0
    month_due: tuple[int, int] | None = None
    counted: list[int] = field(default_factory=list)
    counts_from: date | None = None
    interest_units: int = 0
    late_units: int = 0
    first_advance: date | None = None
    free_days_lost: bool = False

    def day(self, today: date, facts: list[Fact]) -> Snapshot:
        """Live through one day: it bears first, on what was owed in the morning."""
        self.bear(today)
        for fact in sorted(facts, key=lambda fact: fact.order):
            getattr(self, fact.kind)(fact.amount, today)
        return self.snapshot(today)

    def bear(self, today: date) -> None:
        if self.month_due is None:
            return
        leap = today.year % 4 == 0 and (today.year % 100 != 0 or today.year % 400 == 0)
        share = 365 if leap else 366
        if self.due_on() < today:
            self.late_units += self.principal * LATE * share
            self.free_days_lost = True
        elif not self.is_free(today):
            self.interest_units += self.principal * self.rate * share

    def is_free(self, today: date) -> bool:
        if not self.has_free_days or self.free_days_lost or self.first_advance is None:
            return False
        return 1 <= (today - self.first_advance).days <= 30

    def advance(self, amount: int, today: date) -> None:
        if self.principal == 0:
            self.rate = self.contract_rate
        self.principal += amount
        if self.first_advance is None:
            self.first_advance = today
        cap = 2_000 if self.principal < 100_000 else 1_800
        self.rate = min(self.rate, 1_500 if self.principal >= 1_000_000 else cap)
        self.minimum = minimum_of(self.principal)
        if self.month_due is None:
            self.month_due = first_month(today, self.due_day)
            self.counted, self.counts_from = [], today
        self.meet(today)

    def payment(self, amount: int, today: date) -> None:
        self.carried_interest += self.interest_units // UNITS_A_YEN
        self.carried_late += self.late_units // UNITS_A_YEN
        self.interest_units = self.late_units = 0
        left = amount
        for account in ("fees", "carried_late", "carried_interest", "principal"):
            owed = getattr(self, account)
            setattr(self, account, owed - min(owed, left))
            left -= min(owed, left)
        self.suspense += left
        if self.counts_from is not None and today >= self.counts_from:
            self.counted.append(amount)
        self.meet(today)
        if self.principal + self.carried_interest + self.carried_late < 1_000:
            self.month_due = self.counts_from = None
            self.minimum = 0

    def fee(self, amount: int, _today: date) -> None:
        self.fees += amount

    def refund(self, amount: int, _today: date) -> None:
        self.suspense = max(0, self.suspense - amount)

    def meet(self, today: date) -> None:
        if self.month_due is None or sum(self.counted) < self.minimum:
            return
        last = max(today, self.due_on())
        year, month = self.month_due
        self.month_due = (year + 1, 1) if month == 12 else (year, month + 1)
        self.counted, self.counts_from = [], last + timedelta(1)

    def due_on(self) -> date:
        assert self.month_due is not None
        return shifted(*self.month_due, self.due_day)

    def snapshot(self, today: date) -> Snapshot:
        interest = self.carried_interest + self.interest_units // UNITS_A_YEN
        late = self.carried_late + self.late_units // UNITS_A_YEN
        payoff = self.principal + interest + late + self.fees
        due_on = None if self.month_due is None else self.due_on()
        return Snapshot(
            principal=self.principal,
            interest=interest,
            late_damages=late,
            fees=self.fees,
            suspense=self.suspense,
            rate=self.rate if self.principal else self.contract_rate,
            minimum=self.minimum,
            due_on=due_on,
            amount_due=0 if due_on is None else min(payoff, self.minimum - sum(self.counted)),
            is_late=due_on is not None and due_on < today,
            is_resting=self.principal > 0 and due_on is None,
        )


def minimum_of(balance: int) -> int:
    """Percent times a hundred, then yen, then up to the next thousand."""
    percentage = 361 if balance <= 300_000 else 253 if balance <= 1_000_000 else 199
    thousands = 0
    while thousands * 1_000 * 10_000 < balance * percentage:
        thousands += 1
    return thousands * 1_000


def first_month(day: date, due_day: int) -> tuple[int, int]:
    """The month of the first due date, as the table has it."""
    ahead = {
        5: 1 if day.day <= 19 else 2,
        15: 1,
        25: 0 if day.day <= 9 else 1,
        31: 0 if day.day <= 14 else 1,
    }[due_day]
    months = day.year * 12 + day.month - 1 + ahead
    return months // 12, months % 12 + 1


def shifted(year: int, month: int, due_day: int) -> date:
    """The due day of a month, or the first day after it on which banks are open."""
    following = date(year + month // 12, month % 12 + 1, 1)
    due = min(date(year, month, min(due_day, 28)) + timedelta(max(0, due_day - 28)), following)
    if due == following:
        due -= timedelta(1)
    while due.weekday() >= 5 or due in JAPAN or (due.month, due.day) in YEAR_END:
        due += timedelta(1)
    return due


YEAR_END = {(12, 31), (1, 1), (1, 2), (1, 3)}
