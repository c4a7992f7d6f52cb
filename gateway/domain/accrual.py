"""Where the interest of a payment came from: a loan's steps with what the days before them bore."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from gateway.domain.allocation import Owed
from gateway.domain.due_dates import ONE_DAY
from gateway.domain.interest import Segment, exact_sum
from gateway.domain.loan_history import History, Step
from gateway.domain.loan_rules import Contract
from gateway.domain.loan_state import Borne, borne_until, whole
from gateway.domain.money import NOTHING, Yen
from gateway.domain.posting_table import Part


@dataclass(frozen=True, slots=True)
class Accrual:
    """What the days since the last payment have borne, and what is still owed from before.

    The exact sum is rounded down to `whole` yen once, when a payment comes; `forgiven` is the
    fraction below. `carried` yen were owed before and bear nothing.
    """

    segments: tuple[Segment, ...]
    carried: Yen

    @property
    def exact(self) -> Fraction:
        return exact_sum(self.segments)

    @property
    def whole(self) -> Yen:
        return whole(self.exact)

    @property
    def forgiven(self) -> Fraction:
        return self.exact - self.whole.amount


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A step of a loan's history, and what the days had borne when it came."""

    step: Step
    borne: Borne
    owed_before: Owed

    @property
    def interest(self) -> Accrual:
        return Accrual(self.borne.interest, self.owed_before.interest)

    @property
    def late_damages(self) -> Accrual:
        return Accrual(self.borne.late_damages, self.owed_before.late_damages)


def reckon(before: Reckoned | None, step: Step, contract: Contract) -> Reckoned:
    """Return a step with what the days had borne, after `before`, the step that precedes it."""
    if before is None:
        return Reckoned(step, Borne(), Owed())
    # A step that amounts to nothing leaves the loan as it was, on the day that it was of.
    return Reckoned(
        step, _since_payment(before, step.after.as_of, contract), before.step.after.owed
    )


def reckon_all(steps: Iterable[Step], contract: Contract) -> Iterator[Reckoned]:
    """Yield all steps of a history, in their order, with what the days had borne."""
    before: Reckoned | None = None
    for step in steps:
        before = reckon(before, step, contract)
        yield before


def accruals_on(known: History, day: date) -> tuple[Accrual, Accrual]:
    """Return interest and late damages that the days until the end of `day` have borne.

    Neither is posted before a payment comes.
    """
    contract = known.agreement.contract
    last: Reckoned | None = None
    for step in known.steps:
        if step.entry.effective_on <= day:
            last = reckon(last, step, contract)
    if last is None:
        return Accrual((), NOTHING), Accrual((), NOTHING)
    borne, owed = _since_payment(last, day, contract), last.step.after.owed
    return Accrual(borne.interest, owed.interest), Accrual(borne.late_damages, owed.late_damages)


def _since_payment(before: Reckoned, day: date, contract: Contract) -> Borne:
    """Return what the days since the last payment bear until `day`; a payment begins anew."""
    more = borne_until(before.step.after, day, contract)
    if Part.INTEREST_ACCRUED in before.step.parts:
        return more
    known = before.borne
    return Borne(
        _joined(known.interest, more.interest),
        _joined(known.late_damages, more.late_damages),
    )


def _joined(known: tuple[Segment, ...], more: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Return the segments in turn; days that bear alike, one after the other, are one segment."""
    if not known or not more:
        return known + more
    last, first = known[-1], more[0]
    is_alike = (last.principal, last.annual_rate) == (first.principal, first.annual_rate)
    is_next = last.last + ONE_DAY == first.first and last.year_days == first.year_days
    if is_alike and is_next:
        return (*known[:-1], replace(last, last=first.last), *more[1:])
    return known + more
