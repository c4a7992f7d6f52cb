"""返済シミュレーション: a member's own loan, or what they type, repaid by so much a month."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

from gateway.domain.booking import LoanBook
from gateway.domain.due_dates import first_nominal
from gateway.domain.errors import NeverPaidOff, NotFoundHere, NothingOwed, required
from gateway.domain.hours import JST
from gateway.domain.interest import rate_cap
from gateway.domain.money import NOTHING, Yen
from gateway.domain.simulation import (
    NeverRepaid,
    Plan,
    Saving,
    Simulation,
    saving,
    simulate,
)
from gateway.services.desk import TransferDesk
from gateway.store.loan_books import read_loan_book


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Of the member's own loan where `principal` is left out."""

    monthly: Yen
    principal: Yen | None = None
    annual_rate: Fraction | None = None
    extra: Yen | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A plan, what comes of it, and what the extra payment saves if one was asked about."""

    plan: Plan
    simulation: Simulation
    saving: Saving | None


async def simulate_loan(desk: TransferDesk, member_id: UUID, question: Question) -> Estimate:
    """Return the estimate. Raises NotFoundHere, NothingOwed or NeverPaidOff."""
    book = required(
        await read_loan_book(desk.db, member_id), NotFoundHere("the member has no loan")
    )
    plan = _plan(book, question, desk.clock.now().astimezone(JST).date())
    if plan.principal == NOTHING:
        raise NothingOwed
    try:
        simulation = simulate(plan)
        saved = None if question.extra is None else saving(plan, question.extra)
    except NeverRepaid as error:
        raise NeverPaidOff(str(error), field="/monthly") from error
    return Estimate(plan, simulation, saved)


def _plan(book: LoanBook, question: Question, today: date) -> Plan:
    position, contract = book.position_on(today), book.agreement.contract
    is_own = question.principal is None
    principal = position.owed.principal if question.principal is None else question.principal
    rate = question.annual_rate
    if rate is None:
        asked = min(contract.annual_rate, rate_cap(principal, contract.rules))
        rate = position.rate if is_own else asked
    due = position.due if is_own else None
    # A due date that is over already would be paid before today.
    is_ahead = due is not None and due.nominal > today
    first = due.nominal if due is not None and is_ahead else first_nominal(today, contract.due_day)
    return Plan(
        principal=principal,
        annual_rate=rate,
        monthly=question.monthly,
        begins_on=today,
        first_due_on=first,
        due_day=contract.due_day,
    )
