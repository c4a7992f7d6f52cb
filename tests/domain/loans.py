"""Loans for tests: entries by date, and a history of them."""

from datetime import date, datetime, time
from fractions import Fraction
from itertools import count
from uuid import UUID

from gateway.domain.calendar import is_business_day
from gateway.domain.due_dates import DueDay
from gateway.domain.hours import JST
from gateway.domain.ledger import FEE_INCOME
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.loan_history import History, Step, history
from gateway.domain.loan_rules import Contract
from gateway.domain.loan_state import Agreement
from gateway.domain.money import Yen

CASH = "settlement_cash:smbc"
NUMBERS = count(1)


def agreement(
    rate: str = "17.8", due_day: DueDay = DueDay.FIFTH, *, has_free_days: bool = False
) -> Agreement:
    contract = Contract(Fraction(rate) / 100, due_day, has_free_days)
    return Agreement(contract, is_business_day)


def entry(
    kind: Kind,
    amount: int,
    on: str | date,
    *,
    at: str = "12:00",
    house: str = CASH,
    of: LoanEntry | None = None,
) -> LoanEntry:
    day = on if isinstance(on, date) else date.fromisoformat(on)
    instant = datetime.combine(day, time.fromisoformat(at), JST)
    takes_back = of.id if of else None
    number = UUID(int=next(NUMBERS))
    return LoanEntry(number, kind, Yen(amount), day, instant, house, takes_back)


def advance(amount: int, on: str | date, at: str = "12:00") -> LoanEntry:
    return entry(Kind.ADVANCE, amount, on, at=at)


def payment(amount: int, on: str | date, at: str = "12:00") -> LoanEntry:
    return entry(Kind.PAYMENT, amount, on, at=at)


def fee(amount: int, on: str | date) -> LoanEntry:
    return entry(Kind.FEE, amount, on, house=FEE_INCOME)


def refund(amount: int, on: str | date) -> LoanEntry:
    return entry(Kind.REFUND, amount, on)


def returned(advanced: LoanEntry, on: str | date, amount: int | None = None) -> LoanEntry:
    took = advanced.amount.amount if amount is None else amount
    return entry(Kind.RETURN, took, on, of=advanced)


def story(
    *entries: LoanEntry, terms: Agreement | None = None, known: tuple[Step, ...] = ()
) -> History:
    return history(entries, terms or agreement(), known)
