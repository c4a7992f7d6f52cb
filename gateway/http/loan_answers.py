"""JSON out: what the API shows of the loan, of its entries and of a simulation."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from uuid import UUID

from gateway.domain.allocation import Allocation, Owed
from gateway.domain.booking import LoanBook
from gateway.domain.hours import JST
from gateway.domain.identifier import public_id
from gateway.domain.loan_entries import Kind
from gateway.domain.loan_history import Step
from gateway.domain.money import Yen
from gateway.domain.position import Due, LoanPosition
from gateway.domain.receipt import receipt_of
from gateway.domain.simulation import Instalment
from gateway.http.answers import TRANSFER, instant
from gateway.http.repayment_answers import REPAYMENT
from gateway.services.simulate_loan import Estimate

ENTRY = "en"
SOURCES = {
    Kind.ADVANCE: TRANSFER,
    Kind.RETURN: TRANSFER,
    Kind.PAYMENT: REPAYMENT,
    Kind.SURPLUS: REPAYMENT,
}


def show_loan(book: LoanBook, today: date) -> dict[str, object]:
    loan, position = book.loan, book.position_on(today)
    return {
        "limit": loan.credit_limit.amount,
        "principal": loan.principal.amount,
        "reserved": loan.reserved.amount,
        "available": loan.available.amount,
        "suspense": loan.suspense.amount,
        "advances_stopped": loan.advances_stopped,
        "as_of": today.isoformat(),
        "interest": position.owed.interest.amount,
        "late_damages": position.owed.late_damages.amount,
        "fees": position.owed.fees.amount,
        "annual_rate": show_rate(position.rate),
        "minimum": position.minimum.amount,
        "next_due": None if position.due is None else _due(position.due),
        "payoff": _payoff(position),
        "late_since": _day(position.late_since),
        "free_until": _day(position.free_until),
        "is_resting": position.is_resting,
    }


def show_entry(step: Step, source: UUID | None) -> dict[str, object]:
    entry, receipt, due = step.entry, receipt_of(step), step.after.due
    prefix = SOURCES.get(receipt.kind)
    about = None if source is None or prefix is None else public_id(prefix, source)
    back = entry.takes_back
    return {
        "id": public_id(ENTRY, receipt.entry_id),
        "kind": receipt.kind.value,
        "date": receipt.effective_on.isoformat(),
        "at": instant(receipt.at),
        "amount": receipt.amount.amount,
        "counted": receipt.counted.amount,
        "split": _split(receipt.split),
        "balance_after": _balance(receipt.owed_after, receipt.suspense_after),
        "due_after": _day(None if due is None else due.due.on),
        "takes_back": None if back is None else public_id(ENTRY, back),
        "transfer_id": about if prefix == TRANSFER else None,
        "repayment_id": about if prefix == REPAYMENT else None,
    }


def show_estimate(estimate: Estimate) -> dict[str, object]:
    plan, simulation, saving = estimate.plan, estimate.simulation, estimate.saving
    return {
        "principal": plan.principal.amount,
        "annual_rate": show_rate(plan.annual_rate),
        "monthly": plan.monthly.amount,
        "months": simulation.months,
        "total_interest": simulation.total_interest.amount,
        "total": simulation.total.amount,
        "schedule": [_instalment(each) for each in simulation.schedule],
        "saving": None
        if saving is None
        else {"months": saving.months, "interest": saving.interest.amount},
    }


def show_rate(rate: Fraction) -> str:
    """Return percent a year in decimal notation, at least one place: 178/1000 is "17.8"."""
    thousandths = round(rate * 100_000)
    whole, places = divmod(thousandths, 1_000)
    return f"{whole}.{f'{places:03}'.rstrip('0') or '0'}"


def _due(due: Due) -> dict[str, object]:
    return {
        "on": due.on.isoformat(),
        "amount": due.amount.amount,
        "counts_from": due.counts_from.isoformat(),
    }


def _payoff(position: LoanPosition) -> dict[str, object]:
    ends_at = datetime.combine(position.day + timedelta(days=1), time(0), JST)
    return {"amount": position.payoff.amount, "valid_until": instant(ends_at)}


def _split(split: Allocation) -> Mapping[str, int]:
    return {
        "fees": split.fees.amount,
        "late_damages": split.late_damages.amount,
        "interest": split.interest.amount,
        "principal": split.principal.amount,
        "suspense": split.suspense.amount,
    }


def _balance(owed: Owed, suspense: Yen) -> Mapping[str, int]:
    return {
        "total": owed.total.amount,
        "fees": owed.fees.amount,
        "late_damages": owed.late_damages.amount,
        "interest": owed.interest.amount,
        "principal": owed.principal.amount,
        "suspense": suspense.amount,
    }


def _instalment(instalment: Instalment) -> dict[str, object]:
    return {
        "on": instalment.on.isoformat(),
        "amount": instalment.amount.amount,
        "interest": instalment.interest.amount,
        "principal": instalment.principal.amount,
        "left": instalment.left.amount,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
