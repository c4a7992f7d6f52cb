"""The fold: a loan's history from its entries, in order of (effective_on, instant, id).

Within an instant advances come first: banks tell whole seconds.
Where entries are taken out (a return) or put in at a past date (money found late), the fold is run
again; `domain.correction` says what the ledger must post for it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile
from typing import assert_never

from gateway.domain import loan_state
from gateway.domain.loan_entries import Kind, LoanEntry, Standing, standing
from gateway.domain.loan_state import Agreement, LoanState
from gateway.domain.money import NOTHING, Yen
from gateway.domain.posting_table import Part


@dataclass(frozen=True, slots=True)
class Step:
    """An entry, the amounts that it posts, and the loan after it.

    `amount` is what of the entry counts once the returns are known; 0 changes and posts nothing.
    """

    entry: LoanEntry
    amount: Yen
    parts: Mapping[Part, Yen]
    after: LoanState


@dataclass(frozen=True, slots=True)
class History:
    """All that happened to a loan, step by step."""

    agreement: Agreement
    steps: tuple[Step, ...]

    def state_on(self, day: date) -> LoanState:
        """Return the loan at the end of `day`, by the entries effective until then."""
        count = bisect_right(self.steps, day, key=lambda step: step.entry.effective_on)
        contract = self.agreement.contract
        if count == 0:
            return loan_state.unused(day, contract)
        return loan_state.until(self.steps[count - 1].after, day, contract)


def history(
    entries: Iterable[LoanEntry], agreement: Agreement, known: tuple[Step, ...] = ()
) -> History:
    """Fold `entries`, in whatever order they come, into the loan's history.

    `known` are steps of an earlier fold under the same agreement: as far as they begin alike, they
    are taken over and not reckoned again.
    """
    ordered = standing(entries)
    steps = [step for step, _ in takewhile(_is_same, zip(known, ordered, strict=False))]
    for one in ordered[len(steps) :]:
        on = one.entry.effective_on
        before = steps[-1].after if steps else loan_state.unused(on, agreement.contract)
        steps.append(next_step(before, one, agreement))
    return History(agreement, tuple(steps))


def next_step(before: LoanState, one: Standing, agreement: Agreement) -> Step:
    """Return the step that an entry makes which is later than all that led to `before`.

    Who keeps the last state of a loan need not fold its history to book what comes in its turn.
    """
    if one.amount == NOTHING:
        return Step(one.entry, one.amount, {}, before)
    morning = loan_state.until(before, one.entry.effective_on, agreement.contract)
    parts, after = _changed(morning, one, agreement)
    return Step(one.entry, one.amount, parts, after)


def _is_same(pair: tuple[Step, Standing]) -> bool:
    step, one = pair
    return (step.entry, step.amount) == (one.entry, one.amount)


def _changed(
    state: LoanState, one: Standing, agreement: Agreement
) -> tuple[Mapping[Part, Yen], LoanState]:
    amount = one.amount
    match one.entry.kind:
        case Kind.ADVANCE:
            return {Part.ADVANCED: amount}, loan_state.advance(state, amount, agreement)
        case Kind.PAYMENT | Kind.SET_OFF:
            pay = _payment if one.entry.kind is Kind.PAYMENT else _set_off
            return pay(state, amount, agreement)
        case Kind.FEE:
            owed = replace(state.owed, fees=state.owed.fees + amount)
            return {Part.FEE_CHARGED: amount}, replace(state, owed=owed)
        case Kind.REFUND:
            return _refund(state, amount)
        case Kind.SURPLUS:
            return {Part.SUSPENSE: amount}, replace(state, suspense=state.suspense + amount)
        case Kind.RETURN:
            return {Part.UNIDENTIFIED: amount}, state
        case Kind.WITHDRAWAL:
            raise ValueError("a withdrawal amounts to nothing by itself")
        case never:
            assert_never(never)


def _payment(
    state: LoanState, amount: Yen, agreement: Agreement
) -> tuple[Mapping[Part, Yen], LoanState]:
    after, split = loan_state.pay(state, amount, agreement)
    parts = {
        Part.INTEREST_ACCRUED: loan_state.whole(state.interest),
        Part.LATE_DAMAGES_ACCRUED: loan_state.whole(state.late_damages),
        Part.FEES: split.fees,
        Part.LATE_DAMAGES: split.late_damages,
        Part.INTEREST: split.interest,
        Part.PRINCIPAL: split.principal,
        Part.SUSPENSE: split.suspense,
    }
    return parts, after


def _set_off(
    state: LoanState, amount: Yen, agreement: Agreement
) -> tuple[Mapping[Part, Yen], LoanState]:
    """Pay what is owed out of suspense: no more than there is, and no more than is owed."""
    taken = min(amount, state.suspense, state.owed_now.total)
    if taken == NOTHING:
        return {}, state
    left = Yen(state.suspense.amount - taken.amount)
    return _payment(replace(state, suspense=left), taken, agreement)


def _refund(state: LoanState, amount: Yen) -> tuple[Mapping[Part, Yen], LoanState]:
    """Give suspense back. What went out beyond it is nobody's until people have looked at it."""
    given = min(amount, state.suspense)
    parts = {
        Part.REFUNDED: given,
        Part.UNIDENTIFIED: Yen(amount.amount - given.amount),
    }
    suspense = Yen(state.suspense.amount - given.amount)
    return parts, replace(state, suspense=suspense)
