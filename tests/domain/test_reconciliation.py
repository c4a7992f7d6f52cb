"""One bank's day, matched three ways: each kind of break is found, and nothing is said twice."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, Statement, StatementLine
from gateway.domain.breaks import BREAKS, Break, Treatment, Verdict
from gateway.domain.day_report import break_report
from gateway.domain.hours import JST
from gateway.domain.ledger import FUNDING, NIL_MEMBER, UNIDENTIFIED, Posting, settlement_cash
from gateway.domain.money import Yen
from gateway.domain.reconciliation import (
    BankDay,
    Finding,
    Flow,
    Known,
    Movement,
    Refusal,
    Standing,
    has_ended,
    match,
    refusal,
    signed,
)
from gateway.domain.review import RESOLUTIONS
from gateway.domain.set_aside import aside_id, asides, fundings, review_of

BANK = BankCode.SMBC
DAY = date(2026, 11, 25)
BEFORE = date(2026, 11, 24)
MEMBER, SOURCE = UUID(int=7), UUID(int=8)
REFERENCE = "A" * 20
OUT, IN = Direction.OUT, Direction.IN


def line(
    direction: Direction = OUT,
    amount: int = 10_000,
    *,
    number: int = 1,
    reference: str | None = REFERENCE,
    day: date = DAY,
) -> StatementLine:
    return StatementLine(
        bank_id=f"line-{number}",
        direction=direction,
        amount=Yen(amount),
        booked_at=datetime(day.year, day.month, day.day, 12, number, tzinfo=JST),
        value_date=day,
        reference=reference,
        counterparty="",
        is_return=False,
    )


def ours(
    direction: Direction = OUT,
    amount: int = 10_000,
    *,
    number: int = 1,
    reference: str | None = REFERENCE,
    day: date = DAY,
    posted: int | None = None,
) -> Movement:
    right = amount if direction is IN else -amount
    return Movement(
        id=UUID(int=100 + number),
        member_id=MEMBER,
        reference=reference,
        direction=direction,
        amount=Yen(amount),
        day=day,
        posted=right if posted is None else posted,
    )


def transfer(standing: Standing = Standing.BOOKED) -> dict[str, Known]:
    return {REFERENCE: Known(REFERENCE, Flow.TRANSFER, MEMBER, SOURCE, Yen(10_000), standing)}


def repayment(standing: Standing = Standing.BOOKED) -> dict[str, Known]:
    return {REFERENCE: Known(REFERENCE, Flow.REPAYMENT, MEMBER, SOURCE, Yen(10_000), standing)}


def day(
    lines: Sequence[StatementLine] = (),
    movements: Sequence[Movement] = (),
    known: dict[str, Known] | None = None,
    elsewhere: Sequence[StatementLine] = (),
) -> BankDay:
    return BankDay(BANK, DAY, lines, elsewhere, movements, known or {})


def kinds(found: Sequence[Finding]) -> list[Break | None]:
    return [one.kind for one in found]


OPEN, ENDED = Standing.OPEN, Standing.ENDED


DAYS = [
    pytest.param(day([line()], [ours()], transfer()), [None], id="a transfer"),
    pytest.param(
        day([line(), line(IN, number=2)], [ours(), ours(IN, number=2)], transfer()),
        [None, None],
        id="a transfer that came back on the same day",
    ),
    pytest.param(
        day([line(IN)], [ours(IN), ours(day=BEFORE, number=2)], transfer(), [line(day=BEFORE)]),
        [None],
        id="a return of what was paid the day before",
    ),
    pytest.param(day([line(IN)], [ours(IN)], repayment()), [None], id="a repayment"),
    pytest.param(
        day(
            [line(IN, number=1), line(IN, number=2)],
            [ours(IN), ours(IN, number=2)],
            repayment(),
        ),
        [None, None],
        id="both credits of a repayment that was paid twice",
    ),
    pytest.param(
        day([line(reference=None)], [ours(reference=None)]),
        [None],
        id="a refund by hand, by amount",
    ),
    pytest.param(day([line()], [], transfer(OPEN)), [Break.PAID_LATE], id="paid, open here"),
    pytest.param(
        day([line()], [], transfer(ENDED)), [Break.PAID_THOUGH_ENDED], id="paid, ended here"
    ),
    pytest.param(
        day([line(), line(IN, number=2)], [ours()], transfer()),
        [None, Break.RETURNED_LATE],
        id="came back, settled here",
    ),
    pytest.param(
        day([line(IN)], [ours(day=BEFORE)], transfer(), [line(day=BEFORE)]),
        [Break.RETURNED_LATE],
        id="came back on a later day",
    ),
    pytest.param(
        day([line(), line(IN, number=2)], [], transfer(OPEN)),
        [Break.PAID_LATE, Break.RETURNED_LATE],
        id="paid and came back, open here",
    ),
    pytest.param(
        day([line(IN)], [], repayment(OPEN)), [Break.CREDITED_LATE], id="a repayment, open here"
    ),
    pytest.param(
        day([line(IN, 7_000)], [], repayment(ENDED)),
        [Break.CREDITED_LATE],
        id="a repayment, over here, of another amount",
    ),
    pytest.param(
        day([line(IN), line(IN, number=2)], [ours(IN)], repayment()),
        [None, Break.CREDITED_AGAIN],
        id="a repayment paid twice",
    ),
    pytest.param(
        day([line(IN), line(IN, number=2)], [], repayment(OPEN)),
        [Break.CREDITED_LATE, Break.CREDITED_AGAIN],
        id="a repayment paid twice, open here",
    ),
    pytest.param(
        day([line(IN)], [ours(IN, day=BEFORE)], repayment(), [line(IN, day=BEFORE)]),
        [Break.CREDITED_AGAIN],
        id="a repayment paid again the day after",
    ),
    pytest.param(
        day([line(), line(number=2)], [ours()], transfer()),
        [None, Break.MOVED_AGAIN],
        id="paid out twice",
    ),
    pytest.param(
        day([line()], [ours(day=BEFORE)], transfer(), [line(day=BEFORE)]),
        [Break.MOVED_AGAIN],
        id="paid out again the day after",
    ),
    pytest.param(
        day(
            [line(), line(IN, number=2), line(IN, number=3)],
            [ours(), ours(IN, number=2)],
            transfer(),
        ),
        [None, None, Break.MOVED_AGAIN],
        id="returned twice",
    ),
    pytest.param(
        day([line(OUT, 12_000)], [ours()], transfer()),
        [Break.AMOUNT_DIFFERS],
        id="paid another amount",
    ),
    pytest.param(
        day([line(OUT, 12_000)], [], transfer(OPEN)),
        [Break.AMOUNT_DIFFERS],
        id="paid another amount, open here",
    ),
    pytest.param(
        day([line(IN, 9_000)], [ours(IN)], repayment()),
        [Break.AMOUNT_DIFFERS],
        id="another amount came in than we booked",
    ),
    pytest.param(
        day([line()], [ours(day=BEFORE)], transfer()),
        [Break.DATE_DIFFERS],
        id="on this day's statement, booked on another",
    ),
    pytest.param(
        day([], [ours()], transfer(), [line(day=BEFORE)]),
        [Break.DATE_DIFFERS],
        id="booked on this day, on another day's statement",
    ),
    pytest.param(
        day([line(IN, reference=None)]),
        [Break.CREDIT_UNKNOWN],
        id="a credit without a reference",
    ),
    pytest.param(
        day([line(IN, reference="B" * 20)]),
        [Break.CREDIT_UNKNOWN],
        id="a credit with a reference that we do not know",
    ),
    pytest.param(
        day([line(IN)], [], transfer(OPEN)),
        [Break.CREDIT_UNKNOWN],
        id="a return of what nobody has seen paid",
    ),
    pytest.param(
        day([line(OUT, reference="B" * 20)]),
        [Break.DEBIT_UNKNOWN],
        id="a transfer that a restored database lacks",
    ),
    pytest.param(
        day([line(OUT)], [], repayment()), [Break.DEBIT_UNKNOWN], id="a repayment that went out"
    ),
    pytest.param(
        day([], [ours()], transfer()), [Break.LINE_MISSING], id="settled, on no statement"
    ),
    pytest.param(
        day([], [ours(reference=None)]), [Break.LINE_MISSING], id="a refund that never left"
    ),
    pytest.param(
        day([line()], [ours(posted=-9_000)], transfer()),
        [Break.LEDGER_DIFFERS],
        id="the ledger posted another amount",
    ),
    pytest.param(
        day([line()], [], transfer(Standing.BOOKED)),
        [Break.LEDGER_DIFFERS],
        id="settled here, and not in the loan's books",
    ),
]


@pytest.mark.parametrize(("given_day", "found"), DAYS)
def test_each_break_is_found(given_day: BankDay, found: list[Break | None]) -> None:
    assert kinds(match(given_day)) == found


def test_every_kind_of_break_is_among_those_that_are_tried() -> None:
    tried = {kind for row in DAYS for kind in cast("list[Break | None]", row.values[1])}

    assert tried - {None} == set(Break)
    assert len(Break) == 12


@pytest.mark.parametrize("kind", list(Break))
def test_a_break_is_booked_or_people_look_at_it(kind: Break) -> None:
    rule = BREAKS[kind]

    assert rule.treatment is Treatment.BOOK or rule.review is not None
    assert rule.verdict is not Verdict.MATCHED
    assert rule.review is None or RESOLUTIONS[rule.review]


LINES = st.lists(
    st.builds(
        line,
        st.sampled_from(Direction),
        st.sampled_from([1_000, 10_000]),
        reference=st.sampled_from([REFERENCE, "B" * 20, None]),
    ),
    max_size=6,
)
MOVEMENTS = st.lists(
    st.builds(
        ours,
        st.sampled_from(Direction),
        st.sampled_from([1_000, 10_000]),
        reference=st.sampled_from([REFERENCE, None]),
        day=st.sampled_from([DAY, BEFORE]),
    ),
    max_size=5,
)


@given(LINES, MOVEMENTS, st.sampled_from(Flow), st.sampled_from(Standing), LINES)
def test_every_line_and_every_movement_of_the_day_gets_exactly_one_verdict(
    lines: list[StatementLine],
    movements: list[Movement],
    flow: Flow,
    standing: Standing,
    elsewhere: list[StatementLine],
) -> None:
    lines = [replace(one, bank_id=f"line-{number}") for number, one in enumerate(lines)]
    others = [
        replace(one, booked_at=one.booked_at - timedelta(days=1), bank_id=f"other-{number}")
        for number, one in enumerate(elsewhere)
    ]
    movements = [replace(one, id=UUID(int=number)) for number, one in enumerate(movements)]
    known = {REFERENCE: Known(REFERENCE, flow, MEMBER, SOURCE, Yen(10_000), standing)}

    found = match(day(lines, movements, known, others))

    assert Counter(one.line.bank_id for one in found if one.line) == dict.fromkeys(
        (one.bank_id for one in lines), 1
    )
    judged = Counter(one.movement.id for one in found if one.movement)
    todays = {one.id for one in movements if one.day == DAY}
    assert max(judged.values(), default=1) == 1
    # A repayment has no pay-out: an entry of that kind cannot be.
    if flow is Flow.TRANSFER:
        assert todays <= set(judged)


@given(LINES, MOVEMENTS, st.sampled_from(Standing))
def test_what_is_set_aside_and_what_is_booked_sum_to_the_statement(
    lines: list[StatementLine], movements: list[Movement], standing: Standing
) -> None:
    """Once the facts are booked, the cash account equals the bank's balance."""
    lines = [replace(one, bank_id=f"line-{number}") for number, one in enumerate(lines)]
    todays = [replace(one, id=UUID(int=n), day=DAY) for n, one in enumerate(movements)]

    found = match(day(lines, todays, transfer(standing)))

    explained = sum(signed(one.movement) for one in found if one.line and one.movement)
    aside = sum(one.set_aside for one in found)
    to_book = sum(
        signed(one.line)
        for one in found
        if one.line and one.kind and BREAKS[one.kind].treatment is Treatment.BOOK
    )
    assert explained + aside + to_book == sum(signed(one) for one in lines)


def test_money_is_set_aside_once_and_taken_back_when_it_is_explained() -> None:
    credit = line(IN, reference=None)
    unknown = match(day([credit]))

    first = list(asides(BANK, DAY, unknown, ()))
    again = list(asides(BANK, DAY, unknown, first))
    explained = match(day([credit], [ours(IN, reference=None)]))
    back = list(asides(BANK, DAY, explained, first))

    cash = settlement_cash(BANK)
    assert [(one.debit, one.credit, one.amount.amount) for one in first] == [
        (cash, UNIDENTIFIED, 10_000)
    ]
    assert again == []
    assert [(one.debit, one.credit, one.amount.amount) for one in back] == [
        (UNIDENTIFIED, cash, 10_000)
    ]
    assert list(asides(BANK, DAY, explained, [*first, *back])) == []
    assert [one.id for one in back] == [aside_id(BANK, DAY, credit.bank_id, 1)]


def test_a_funding_explains_a_credit_and_is_not_missed_where_there_is_none() -> None:
    cash = settlement_cash(BANK)
    funding = Posting(UUID(int=1), UUID(int=2), cash, FUNDING, Yen(5_000), DAY)
    moved = fundings(BANK, [funding])

    assert kinds(match(day([line(IN, 5_000, reference=None)], moved))) == [None]
    assert match(day([], moved)) == ()


def test_a_date_that_differs_is_one_item_whichever_day_shows_it() -> None:
    seen_from_here = match(day([line()], [ours(day=BEFORE)], transfer()))
    seen_from_there = match(BankDay(BANK, BEFORE, (), [line()], [ours(day=BEFORE)], transfer()))

    items = [review_of(BANK, DAY, one) for one in (*seen_from_here, *seen_from_there)]
    assert {item.key for item in items if item} == {f"date_differs:{ours().id}"}


def test_an_item_says_what_the_bank_says_and_what_we_say() -> None:
    (found,) = match(day([line(OUT, 12_000)], [ours()], transfer()))

    item = review_of(BANK, DAY, found)

    assert item is not None
    assert (item.kind, item.amount, item.reference) == ("amount_differs", Yen(2_000), REFERENCE)
    assert item.details["line_amount"] == 12_000
    assert item.details["our_amount"] == 10_000
    assert item.details["set_aside"] == -2_000
    report = break_report(found)
    assert (report.line_amount, report.our_amount) == (12_000, 10_000)


def test_what_is_matched_is_no_break_and_raises_nothing() -> None:
    (found,) = match(day([line()], [ours()], transfer()))

    assert found.verdict is Verdict.MATCHED
    assert review_of(BANK, DAY, found) is None
    with pytest.raises(ValueError, match="no break"):
        break_report(found)


KEPT = (line(number=1), line(number=2))


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        pytest.param(Statement(BANK, DAY, KEPT), None, id="as it was"),
        pytest.param(Statement(BANK, DAY, (*KEPT, line(number=3))), None, id="with a line more"),
        pytest.param(
            Statement(
                BANK,
                DAY,
                tuple(replace(one, booked_at=one.booked_at.replace(hour=13)) for one in KEPT),
            ),
            None,
            id="read again at another hour, where a bank states dates only",
        ),
        pytest.param(
            Statement(BankCode.MUFG, DAY, KEPT), Refusal.OTHER_STATEMENT, id="of another bank"
        ),
        pytest.param(Statement(BANK, BEFORE, KEPT), Refusal.OTHER_STATEMENT, id="of another day"),
        pytest.param(
            Statement(BANK, DAY, (*KEPT, line(number=3, day=BEFORE))),
            Refusal.OTHER_DAY,
            id="with a line of another day",
        ),
        pytest.param(
            Statement(BANK, DAY, (*KEPT, KEPT[0])), Refusal.LINE_TWICE, id="with a line twice"
        ),
        pytest.param(Statement(BANK, DAY, KEPT[:1]), Refusal.CHANGED, id="with a line less"),
        pytest.param(
            Statement(BANK, DAY, (line(OUT, 1), KEPT[1])), Refusal.CHANGED, id="with other money"
        ),
        pytest.param(Statement(BANK, DAY, KEPT[::-1]), Refusal.CHANGED, id="in another order"),
    ],
)
def test_a_statement_is_believed_whole_or_not_at_all(
    statement: Statement, why: Refusal | None
) -> None:
    assert refusal(statement, BANK, DAY, KEPT) is why


def test_a_day_is_over_when_the_next_has_begun_in_japan() -> None:
    midnight = datetime(2026, 11, 26, tzinfo=JST)

    assert has_ended(DAY, midnight)
    assert not has_ended(DAY, midnight - timedelta(microseconds=1))


def test_a_movement_without_a_line_sets_nothing_aside() -> None:
    (found,) = match(day([], [ours()], transfer()))

    assert list(asides(BANK, DAY, [found], ())) == []


def test_an_item_about_the_houses_own_movement_names_no_members_entry() -> None:
    of_member = match(day([], [ours(IN, reference=None)]))
    of_house = match(day([], [replace(ours(IN, reference=None), member_id=NIL_MEMBER)]))

    named, nameless = (review_of(BANK, DAY, one) for one in (*of_member, *of_house))

    assert named is not None
    assert nameless is not None
    assert named.details["entry"] == str(ours().id)
    assert "entry" not in nameless.details
