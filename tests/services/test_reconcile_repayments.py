"""Credits on a statement: what members paid and nobody told us, once for each line."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.breaks import Break, Verdict
from gateway.domain.ledger import settlement_cash
from gateway.domain.repayment import Event, Repayment, State
from gateway.domain.repayment_decision import Decision
from gateway.domain.review import ReviewKind
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.record_repayment import record_repayment
from gateway.services.run_mornings import run_day
from gateway.store.loan_books import read_loan_book
from gateway.store.repayments import find_repayment
from gateway.store.review_items import list_items
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.stating_bank import BANK, IN, OUT, TODAY, Morning, at_stating_bank
from tests.services.test_transfers import accepted

BORROWED = 50_000
REFERENCE, ID = "R" * 20, UUID(int=9)


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


@pytest.fixture
async def owes(morning: Morning, member: Member, owner: Any) -> Member:
    """A member who owes 50,000 yen, and has asked to pay 10,000 back."""
    advance = await accepted(morning.desk, member, amount=BORROWED)
    morning.bank.state(advance.reference, OUT, BORROWED)
    await owner.execute(
        "INSERT INTO repayments (member_id, id, bank, reference, kind, amount, description,"
        " return_url, request_id, accepted_at, expires_at, state, step, start_until, watch_until)"
        " VALUES ($1, $2, 'smbc', $3, 'amount', 10000, 'ｺﾞﾍﾝｻｲ', 'https://member.example', 'req',"
        " $4, $4, 'authorizing', $2, $4, $4)",
        *(member.id, ID, REFERENCE, START),
    )
    return member


async def repayment(morning: Morning, member: Member) -> Repayment:
    found = await find_repayment(morning.desk.db, member_id=member.id, repayment_id=ID)
    assert found is not None
    return found


async def principal(morning: Morning, member: Member) -> int:
    """Return what the member owes, once the ledger has proved itself against the bank's lines."""
    report = await verify_ledger(morning.desk.db)
    assert report.findings == ()
    stated = sum(
        line.amount.amount if line.direction is IN else -line.amount.amount
        for line in morning.bank.lines
    )
    assert report.balances[settlement_cash(BANK)] == stated
    book = await read_loan_book(morning.desk.db, member.id)
    assert book is not None
    return book.position_on(TODAY).owed.principal.amount


async def suspense(morning: Morning, member: Member) -> int:
    """Return what is owed to the member."""
    book = await read_loan_book(morning.desk.db, member.id)
    assert book is not None
    return book.loan.suspense.amount


@pytest.mark.parametrize("state", [state for state in State if state is not State.SETTLED])
async def test_money_that_came_is_booked_whatever_was_said_before(
    morning: Morning, owes: Member, owner: Any, state: State
) -> None:
    await owner.execute("UPDATE repayments SET state = $1", state)
    morning.bank.state(REFERENCE, IN)

    report = await morning.reconcile()

    assert [found.kind for found in report.breaks] == [Break.CREDITED_LATE]
    assert (await repayment(morning, owes)).state is State.SETTLED
    assert await principal(morning, owes) == BORROWED - 10_000
    assert (await morning.reconcile()).verdicts == {Verdict.MATCHED: 2}


async def test_another_amount_than_was_asked_for_is_booked_in_full(
    morning: Morning, owes: Member
) -> None:
    morning.bank.state(REFERENCE, IN, 7_000)

    await morning.reconcile()

    assert await principal(morning, owes) == BORROWED - 7_000


async def test_each_credit_line_is_booked_once_and_the_second_is_for_people_too(
    morning: Morning, owes: Member
) -> None:
    morning.bank.state(REFERENCE, IN)
    morning.bank.state(REFERENCE, IN, at=START + timedelta(minutes=1))

    report = await morning.reconcile()
    again = await morning.reconcile()

    assert [found.kind for found in report.breaks] == [Break.CREDITED_LATE, Break.CREDITED_AGAIN]
    assert (again.booked, again.breaks) == (0, ())
    assert await principal(morning, owes) == BORROWED - 10_000
    assert await suspense(morning, owes) == 10_000
    (item,) = await list_items(morning.desk.db)
    assert (item.kind, item.repayment_id) == (ReviewKind.PAID_TWICE, ID)


async def test_a_credit_of_the_next_day_is_the_second_one(morning: Morning, owes: Member) -> None:
    morning.bank.state(REFERENCE, IN)
    await morning.reconcile()
    morning.bank.state(REFERENCE, IN, at=START + timedelta(days=1))

    report = await morning.reconcile(TODAY + timedelta(days=1))

    assert [found.kind for found in report.breaks] == [Break.CREDITED_AGAIN]
    book = await read_loan_book(morning.desk.db, owes.id)
    assert book is not None
    days = [entry.effective_on for entry in book.entries]
    assert days == [TODAY, TODAY, TODAY + timedelta(days=1)]


async def test_a_second_credit_is_booked_though_the_day_of_the_first_is_read_later(
    morning: Morning, owes: Member
) -> None:
    desk, tomorrow = morning.desk, TODAY + timedelta(days=1)
    row = await repayment(morning, owes)
    paid = Decision(
        replace(row, state=State.SETTLED, settled_at=START, paid_amount=row.amount),
        (Event.SETTLE,),
    )
    await record_repayment(desk, row, lambda _: paid)
    morning.bank.state(REFERENCE, IN)
    morning.bank.state(REFERENCE, IN, at=START + timedelta(days=1))
    morning.clock.instant = START + timedelta(days=2)

    for day in (tomorrow, TODAY):
        assert await run_day(desk, BANK, day)
    assert await run_day(desk, BANK, tomorrow)

    book = await read_loan_book(desk.db, owes.id)
    assert book is not None
    assert [entry.effective_on for entry in book.entries] == [TODAY, TODAY, tomorrow]


async def test_two_who_reconcile_at_once_book_a_credit_once(morning: Morning, owes: Member) -> None:
    morning.bank.state(REFERENCE, IN)
    morning.bank.state(REFERENCE, IN)
    morning.clock.instant = START + timedelta(days=1)

    await asyncio.gather(*(morning.reconcile() for _ in range(4)))

    assert await principal(morning, owes) == BORROWED - 10_000
    assert {item.kind for item in await list_items(morning.desk.db)} == {ReviewKind.PAID_TWICE}
