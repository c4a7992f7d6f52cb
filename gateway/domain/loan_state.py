"""A loan at the end of a day, exact to the fraction, and how a day or an entry changes it."""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from gateway.domain.allocation import Allocation, Owed, allocate, owed_after
from gateway.domain.due_dates import DueDate, IsBusinessDay, days_after, first_due, next_due
from gateway.domain.interest import Segment, exact_sum, rate_after_advance, segments
from gateway.domain.loan_rules import Contract
from gateway.domain.minimum import minimum_payment
from gateway.domain.money import NOTHING, Yen

NO_YEN = Fraction(0)
OWES_NOTHING = Owed()


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the fold goes by: the contract, and which days are business days."""

    contract: Contract
    is_business_day: IsBusinessDay


@dataclass(frozen=True, slots=True)
class OpenDue:
    """The oldest unmet due date. Payments from `counts_from` on count for it; `paid` is theirs."""

    due: DueDate
    counts_from: date
    paid: Yen = NOTHING


@dataclass(frozen=True, slots=True)
class LoanState:
    """A loan at the end of the JST date `as_of`.

    `owed` is what stands in the ledger; `interest` and `late_damages` are the exact fractions that
    the days since the last payment have borne beside it. Principal without a due date bears
    nothing: it is 無利息残高.
    """

    as_of: date
    rate: Fraction
    owed: Owed = OWES_NOTHING
    suspense: Yen = NOTHING
    interest: Fraction = NO_YEN
    late_damages: Fraction = NO_YEN
    minimum: Yen = NOTHING
    due: OpenDue | None = None
    was_used: bool = False
    free_until: date | None = None

    @property
    def owed_now(self) -> Owed:
        """Return what is owed in whole yen, what the days have borne included."""
        return replace(
            self.owed,
            late_damages=self.owed.late_damages + whole(self.late_damages),
            interest=self.owed.interest + whole(self.interest),
        )

    @property
    def late_since(self) -> date | None:
        """Return the first day that bore late damages, or None while no due date is missed."""
        if self.due is None or self.due.due.on >= self.as_of:
            return None
        return days_after(self.due.due.on, 1)


def whole(exact: Fraction) -> Yen:
    """Return the whole yen of an exact amount; the fraction is the lender's loss."""
    return Yen(exact.numerator // exact.denominator)


def unused(day: date, contract: Contract) -> LoanState:
    """Return a loan before its first entry."""
    return LoanState(as_of=day, rate=contract.annual_rate)


@dataclass(frozen=True, slots=True)
class Borne:
    """What some days have borne, segment by segment."""

    interest: tuple[Segment, ...] = ()
    late_damages: tuple[Segment, ...] = ()


def borne_until(state: LoanState, day: date, contract: Contract) -> Borne:
    """Return what the days after `state.as_of` bear until the end of `day`, if nothing happens."""
    if state.due is None:
        return Borne()
    due_on, principal = state.due.due.on, state.owed.principal
    first, free_until = days_after(state.as_of, 1), state.free_until
    bears_from = first if free_until is None else max(first, days_after(free_until, 1))
    late_from = max(first, days_after(due_on, 1))
    return Borne(
        interest=segments(principal, state.rate, bears_from, min(day, due_on)),
        late_damages=segments(principal, contract.rules.late_rate.value, late_from, day),
    )


def until(state: LoanState, day: date, contract: Contract) -> LoanState:
    """Return the loan at the end of a later `day` on which nothing else has happened yet."""
    if day < state.as_of:
        raise ValueError(f"a loan of {state.as_of} is no loan of {day}: fold its history again")
    if state.due is None:
        return replace(state, as_of=day)
    borne = borne_until(state, day, contract)
    due_on, free_until = state.due.due.on, state.free_until
    if free_until is not None and day > due_on:
        free_until = min(free_until, due_on)  # a missed due date ends the days without interest
    return replace(
        state,
        as_of=day,
        interest=state.interest + exact_sum(borne.interest),
        late_damages=state.late_damages + exact_sum(borne.late_damages),
        free_until=free_until,
    )


def advance(state: LoanState, amount: Yen, agreement: Agreement) -> LoanState:
    """Return the loan after an advance credited on `state.as_of`; it bears from the day after."""
    contract, on = agreement.contract, state.as_of
    principal = state.owed.principal + amount
    due, free_until = state.due, state.free_until
    if due is None:
        first = first_due(on, contract.due_day, agreement.is_business_day)
        due = OpenDue(first, counts_from=on)
    if contract.has_free_days and not state.was_used:
        free_until = days_after(on, contract.rules.free_days.value)
    advanced = replace(
        state,
        owed=replace(state.owed, principal=principal),
        rate=rate_after_advance(state.rate, principal, contract.rules),
        minimum=minimum_payment(principal, contract.rules),
        due=due,
        was_used=True,
        free_until=free_until,
    )
    # A new minimum may be lower than the old: what was paid already can meet it.
    return _met(advanced, due, agreement)


def settle_accrued(state: LoanState) -> LoanState:
    """Return the loan with what the days have borne owed in whole yen, the fraction forgiven."""
    return replace(state, owed=state.owed_now, interest=NO_YEN, late_damages=NO_YEN)


def pay(state: LoanState, amount: Yen, agreement: Agreement) -> tuple[LoanState, Allocation]:
    """Return the loan after a payment on `state.as_of`, and how the payment was split."""
    settled = settle_accrued(state)
    split = allocate(amount, settled.owed)
    paid = replace(
        settled,
        owed=owed_after(settled.owed, split),
        suspense=settled.suspense + split.suspense,
    )
    if paid.due is not None and paid.as_of >= paid.due.counts_from:
        counted = replace(paid.due, paid=paid.due.paid + amount)
        paid = _met(replace(paid, due=counted), counted, agreement)
    return _rested(paid, agreement.contract), split


def _met(state: LoanState, due: OpenDue, agreement: Agreement) -> LoanState:
    """Return the loan, one cycle on where what was paid meets the minimum."""
    if due.paid < state.minimum:
        return state
    # Met early, the rest of the cycle counts for nothing; met late, what follows counts at once.
    counts_from = days_after(max(due.due.on, state.as_of), 1)
    following = next_due(due.due, agreement.contract.due_day, agreement.is_business_day)
    return replace(state, due=OpenDue(following, counts_from))


def _rested(state: LoanState, contract: Contract) -> LoanState:
    """Return the loan without a due date where a repayment left next to nothing, or nothing."""
    owed = state.owed
    if owed.late_damages + owed.interest + owed.principal >= contract.rules.rest_below.value:
        return state
    rested = replace(state, due=None, minimum=NOTHING)
    return rested if owed.principal > NOTHING else replace(rested, rate=contract.annual_rate)
