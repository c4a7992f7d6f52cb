"""Every yen that a journal posts follows from the histories before and after it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest

from gateway.domain.accrual import Accrual, accruals_on
from gateway.domain.booking import withdrawal_of
from gateway.domain.correction import Cause, correction
from gateway.domain.ledger import (
    INTEREST,
    INTEREST_INCOME,
    LATE_DAMAGES_INCOME,
    PRINCIPAL,
    Posting,
)
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.loan_history import history
from gateway.domain.loan_state import Agreement
from gateway.domain.retelling import Change, Retelling, Told, WrittenJournal, with_silent
from gateway.domain.why import PartKind, Source, Window, Wish, parts_of
from tests.domain.lives import Life
from tests.domain.loans import advance, agreement, entry, fee, payment
from tests.domain.test_lives import agreement_of, entry_of

MEMBER, LATER = UUID(int=1), datetime(2100, 1, 1, tzinfo=UTC)
NEVER = date(2100, 1, 1)
WISHED = Source(wish=Wish("tr", UUID(int=2), "smbc", "R" * 20))


def written(entries: list[LoanEntry], terms: Agreement) -> list[WrittenJournal]:
    """Return the journals that the gateway writes when it hears of `entries` one by one."""
    journals: list[WrittenJournal] = []
    known = history((), terms)
    for number, one in enumerate(entries):
        told = history((*(step.entry for step in known.steps), one), terms, known.steps)
        change = correction(known, told)
        postings = tuple(
            Posting(
                UUID(int=place),
                UUID(int=number),
                leg.debit,
                leg.credit,
                leg.amount,
                leg.effective_on,
            )
            for place, leg in enumerate(change.legs)
        )
        at = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        journals.append(WrittenJournal(UUID(int=number), at, change.cause, (one,), postings))
        known = told
    return journals


def retold(journals: list[WrittenJournal], terms: Agreement) -> list[Told]:
    return list(Retelling(terms).tell(journals))


def explained(account: str, told: Told, known_at: datetime = LATER):
    sources = {one.id: WISHED for one in told.journal.entries}
    window = Window(account, NEVER, known_at)
    return list(parts_of(window, told, member_id=MEMBER, sources=sources, charge=None))


def plain_interest(accrual: Accrual) -> Fraction:
    """Reckon day by day what the segments say in one go."""
    total = Fraction(0)
    for segment in accrual.segments:
        day = segment.first
        while day <= segment.last:
            is_leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
            total += segment.principal.amount * segment.annual_rate / (366 if is_leap else 365)
            day += timedelta(1)
    return total


@pytest.mark.parametrize("seed", range(2))
def test_each_journal_of_a_life_is_explained_to_the_yen_in_every_account(seed: int) -> None:
    life, terms = Life(seed), agreement_of(Life(seed))
    entries = [entry_of(news) for _, heard, _ in life.live() for news in heard]
    journals = written(entries, terms)
    accounts = {name for one in journals for p in one.postings for name in (p.debit, p.credit)}

    parts = [
        (name, part)
        for told in retold(journals, terms)
        for name in sorted(accounts)
        for part in explained(name, told)
    ]

    sums: Counter[str] = Counter()
    for name, part in parts:
        sums[name] += part.amount
    posted: Counter[str] = Counter()
    for posting in (posting for one in journals for posting in one.postings):
        posted[posting.debit] += posting.amount.amount
        posted[posting.credit] -= posting.amount.amount
    assert +sums == +posted
    assert -sums == -posted
    assert [part for _, part in parts if part.kind is PartKind.UNEXPLAINED] == []
    assert {PartKind.WISH, PartKind.RULE, PartKind.CORRECTION} <= {part.kind for _, part in parts}


@pytest.mark.parametrize("seed", range(2))
def test_each_yen_of_interest_is_what_its_days_bore_rounded_down_once(seed: int) -> None:
    life, terms = Life(seed), agreement_of(Life(seed))
    entries = [entry_of(news) for _, heard, _ in life.live() for news in heard]
    told = retold(written(entries, terms), terms)

    parts = [
        part
        for one in told
        for name in (INTEREST_INCOME, LATE_DAMAGES_INCOME)
        for part in explained(name, one)
    ]

    assert len(parts) > 20
    for part in parts:
        now, was = (
            0 if side is None else int(plain_interest(side.accrual))
            for side in (part.is_now, part.was)
        )
        assert part.amount == was - now


def test_a_payments_interest_is_told_segment_by_segment() -> None:
    terms = agreement("17.8")
    entries = [
        advance(100_000, "2023-12-20"),
        advance(50_000, "2024-01-10"),
        payment(10_000, "2024-01-19"),
    ]

    told = retold(written(entries, terms), terms)

    (part,) = explained(INTEREST_INCOME, told[-1])
    assert part.kind is PartKind.RULE
    assert part.is_now is not None
    accrual = part.is_now.accrual
    assert [
        (s.principal.amount, s.first.isoformat(), s.last.isoformat(), s.days, s.year_days)
        for s in accrual.segments
    ] == [
        (100_000, "2023-12-21", "2023-12-31", 11, 365),
        (100_000, "2024-01-01", "2024-01-10", 10, 366),
        (150_000, "2024-01-11", "2024-01-19", 9, 366),
    ]
    exact = Fraction(178, 1000) * (
        Fraction(1_100_000, 365) + Fraction(1_000_000, 366) + Fraction(1_350_000, 366)
    )
    assert (accrual.exact, accrual.whole.amount) == (exact, 1_679)
    assert (accrual.forgiven, part.amount) == (exact - 1_679, -1_679)


def test_whole_yen_that_were_not_paid_are_carried_and_bear_nothing() -> None:
    terms = agreement("17.8")
    entries = [
        advance(100_000, "2025-06-01"),
        payment(300, "2025-06-11"),
        payment(5_000, "2025-06-21"),
    ]

    told = retold(written(entries, terms), terms)

    (first,), (second,) = (explained(INTEREST_INCOME, one) for one in told[1:])
    assert first.is_now is not None
    assert second.is_now is not None
    assert (first.amount, first.is_now.accrual.carried.amount) == (-487, 0)
    assert (second.amount, second.is_now.accrual.carried.amount) == (-487, 187)
    assert second.is_now.accrual.segments[0].principal.amount == 100_000


def test_what_an_advance_that_came_back_changes_is_a_correction_that_says_what_was() -> None:
    terms = agreement("17.8")
    lent = advance(50_000, "2025-06-10")
    entries = [
        advance(100_000, "2025-06-01"),
        lent,
        payment(5_000, "2025-06-20"),
        entry(Kind.RETURN, 50_000, "2025-06-25", of=lent),
    ]

    told = retold(written(entries, terms), terms)

    (income,) = explained(INTEREST_INCOME, told[-1])
    assert (income.kind, income.cause) == (PartKind.CORRECTION, Cause.RETURNED)
    assert income.entries == (entries[-1].id,)
    assert income.is_now is not None
    assert income.was is not None
    assert (income.was.accrual.whole.amount, income.is_now.accrual.whole.amount) == (1_170, 926)
    assert income.amount == 1_170 - 926
    principal = {
        part.entry.kind: part.amount for part in explained(PRINCIPAL, told[-1]) if part.entry
    }
    assert principal == {Kind.ADVANCE: -50_000, Kind.PAYMENT: -244}


def test_a_payment_that_was_withdrawn_settles_nothing_any_more() -> None:
    terms = agreement("17.8")
    paid = payment(5_000, "2025-06-20")
    gone = withdrawal_of(paid, datetime(2025, 6, 25, 3, tzinfo=UTC))

    told = retold(written([advance(100_000, "2025-06-01"), paid, gone], terms), terms)

    (income,) = explained(INTEREST_INCOME, told[-1])
    assert (income.kind, income.cause) == (PartKind.CORRECTION, Cause.WITHDRAWN)
    assert income.is_now is None
    assert income.was is not None
    assert income.amount == income.was.accrual.whole.amount == 926


def test_what_is_recorded_later_explains_nothing_of_an_earlier_instant() -> None:
    terms = agreement("17.8")
    entries = [advance(100_000, "2025-06-01"), payment(5_000, "2025-06-20")]
    told = retold(written(entries, terms), terms)

    before = told[1].journal.recorded_at - timedelta(seconds=1)

    assert explained(INTEREST_INCOME, told[1], before) == []
    assert [part.amount for part in explained(PRINCIPAL, told[0], before)] == [100_000]


def test_a_yen_that_follows_from_nothing_is_shown_as_unexplained() -> None:
    terms = agreement("17.8")
    lent = written([advance(100_000, "2025-06-01")], terms)[0]
    more = Posting(
        UUID(int=99),
        lent.id,
        PRINCIPAL,
        INTEREST_INCOME,
        fee(47, "2025-06-01").amount,
        date(2025, 6, 1),
    )
    odd = WrittenJournal(
        lent.id, lent.recorded_at, lent.cause, lent.entries, (*lent.postings, more)
    )

    (told,) = retold([odd], terms)

    parts = explained(PRINCIPAL, told)
    assert [(part.kind, part.amount) for part in parts] == [
        (PartKind.WISH, 100_000),
        (PartKind.UNEXPLAINED, 47),
    ]


def test_an_entry_that_came_by_nothing_is_unexplained_though_the_ledger_posted_it_rightly() -> None:
    terms = agreement("17.8")
    (told,) = retold(written([advance(100_000, "2025-06-01")], terms), terms)

    (part,) = parts_of(
        Window(PRINCIPAL, NEVER, LATER), told, member_id=MEMBER, sources={}, charge=None
    )

    assert (part.kind, part.amount) == (PartKind.UNEXPLAINED, 100_000)


def test_what_the_days_have_borne_since_the_last_payment_stands_beside_the_ledger() -> None:
    terms = agreement("17.8")
    known = history([advance(100_000, "2025-06-01"), payment(5_000, "2025-06-11")], terms)

    interest, late = accruals_on(known, date(2025, 6, 13))

    (segment,) = interest.segments
    assert (segment.days, segment.principal.amount) == (2, 95_487)
    assert late.segments == ()
    assert [
        part.amount
        for part in explained(
            INTEREST, retold(written([advance(1, "2025-06-01")], terms), terms)[0]
        )
    ] == []


def test_before_the_first_entry_no_day_has_borne_anything() -> None:
    known = history([advance(100_000, "2025-06-01")], agreement("17.8"))

    interest, late = accruals_on(known, date(2025, 5, 31))

    assert (interest.segments, late.segments) == ((), ())
    assert interest.whole.amount == late.whole.amount == 0


def test_a_change_of_nothing_into_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one of them"):
        _ = Change(None, None).reckoned


def test_a_journal_that_posted_nothing_stands_where_it_was_written() -> None:
    entries = [advance(100_000, "2025-06-01"), payment(5_000, "2025-06-20")]
    first, second = written(entries, agreement("17.8"))
    between = replace(first, id=UUID(int=9), recorded_at=first.recorded_at + timedelta(seconds=1))
    last = replace(between, recorded_at=second.recorded_at + timedelta(seconds=1))

    assert with_silent([first, second], [last, between]) == [first, between, second, last]
