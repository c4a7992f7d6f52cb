"""Ten years of members' lives, reckoned twice: by the fold, and day by day by `naive_loan`."""

import os
from collections import Counter
from datetime import date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest

from gateway.domain.calendar import is_business_day
from gateway.domain.correction import correction, postings_of
from gateway.domain.due_dates import DueDay
from gateway.domain.hours import JST
from gateway.domain.ledger import FEE_INCOME, Leg
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.loan_history import History, history
from gateway.domain.loan_rules import Contract
from gateway.domain.loan_state import Agreement
from gateway.domain.money import Yen
from gateway.domain.position import LoanPosition, position_on
from tests.domain.lives import BEGINS, DAYS, Life, News, retold
from tests.domain.loans import CASH
from tests.domain.naive_loan import Snapshot

LIVES = 3
LIVES_LONG = int(os.environ.get("LIVES", "300"))
Balances = Counter[tuple[str, date]]


def entry_of(news: News) -> LoanEntry:
    fact = news.fact
    at = datetime(fact.on.year, fact.on.month, fact.on.day, 9, tzinfo=JST)
    return LoanEntry(
        id=UUID(int=fact.order),
        kind=Kind(fact.kind),
        amount=Yen(fact.amount),
        effective_on=fact.on,
        at=at + timedelta(seconds=fact.order),
        house=FEE_INCOME if fact.kind == "fee" else CASH,
        takes_back=None if news.takes_back is None else UUID(int=news.takes_back),
    )


def agreement_of(life: Life) -> Agreement:
    contract = Contract(Fraction(life.rate, 10_000), DueDay(life.due_day), life.has_free_days)
    return Agreement(contract, is_business_day)


def shown(position: LoanPosition) -> Snapshot:
    owed, due = position.owed, position.due
    return Snapshot(
        principal=owed.principal.amount,
        interest=owed.interest.amount,
        late_damages=owed.late_damages.amount,
        fees=owed.fees.amount,
        suspense=position.suspense.amount,
        rate=int(position.rate * 10_000),
        minimum=position.minimum.amount,
        due_on=due.on if due else None,
        amount_due=due.amount.amount if due else 0,
        is_late=position.late_since is not None,
        is_resting=position.is_resting,
    )


def add(balances: Balances, legs: tuple[Leg, ...]) -> Balances:
    for leg in legs:
        balances[leg.debit, leg.effective_on] += leg.amount.amount
        balances[leg.credit, leg.effective_on] -= leg.amount.amount
    return balances


def total(balances: Balances, account: str) -> int:
    return sum(amount for (name, _), amount in balances.items() if name == account)


def posted_amounts(balances: Balances) -> dict[tuple[str, date], int]:
    return {key: amount for key, amount in balances.items() if amount}


def check_every_day(life: Life) -> tuple[History, Balances]:
    """Compare the two at the end of each day, by what was known then."""
    known: list[LoanEntry] = []
    books = history(known, agreement_of(life))
    ledger: Balances = Counter()
    for today, heard, snapshot in life.live():
        for news in heard:
            known.append(entry_of(news))
            before, books = books, history(known, books.agreement, books.steps)
            add(ledger, correction(before, books).legs)
        if heard:
            check_ledger(ledger, books)
        assert shown(position_on(books, today)) == snapshot, f"life {life.seed} on {today}"
    return books, ledger


def check_ledger(ledger: Balances, books: History) -> None:
    after = books.steps[-1].after
    balances = [
        total(ledger, name)
        for name in ("fees", "late_damages", "interest", "principal", "suspense")
    ]
    owed = after.owed

    assert balances == [
        owed.fees.amount,
        owed.late_damages.amount,
        owed.interest.amount,
        owed.principal.amount,
        -after.suspense.amount,
    ]


def check_in_hindsight(life: Life, books: History) -> None:
    """Compare all days once more, by all that was heard in the end."""
    days = [BEGINS + timedelta(days) for days in range(DAYS)]
    again = retold(life.opened(), life.news, days[-1])

    for day, snapshot in zip(days, again, strict=True):
        assert shown(position_on(books, day)) == snapshot, f"life {life.seed} on {day}, afterwards"


def check(seed: int) -> Life:
    life = Life(seed)
    books, ledger = check_every_day(life)

    check_in_hindsight(life, books)
    assert posted_amounts(ledger) == posted_amounts(add(Counter(), postings_of(books)))
    return life


@pytest.mark.parametrize("seed", range(LIVES))
def test_a_life_of_ten_years_agrees_every_day_to_the_yen(seed: int) -> None:
    check(seed)


def test_lives_are_lively() -> None:
    """What the lives are to try does happen in them."""
    seen: Counter[str] = Counter()
    for seed in range(LIVES):
        life = Life(seed)
        for today, heard, books in life.live():
            seen.update(news.fact.kind for news in heard)
            seen.update(["late news"] * any(news.fact.on < today for news in heard))
            seen.update(["late"] * books.is_late + ["resting"] * books.is_resting)
            seen.update([f"rate {books.rate}"])

    assert {"advance", "payment", "return", "fee", "refund", "late news", "late", "resting"} <= {
        *seen
    }
    assert len([name for name in seen if name.startswith("rate")]) >= 3


@pytest.mark.long
@pytest.mark.parametrize("seed", range(LIVES, LIVES + LIVES_LONG))
def test_many_lives_agree_every_day_to_the_yen(seed: int) -> None:
    check(seed)
