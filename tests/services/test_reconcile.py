"""Reconciling a bank's day on a real database: what is booked, set aside, raised, and refused."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.bank import StatementUnavailable
from gateway.domain.breaks import Break, Verdict
from gateway.domain.day_report import DayReport
from gateway.domain.ledger import settlement_cash
from gateway.domain.outcome import NotFound, Rejected, Unknown
from gateway.domain.reason import Reason
from gateway.domain.review import ReviewKind
from gateway.domain.transfer import State, Transfer
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.reconcile import DayNotCome, reconcile_day
from gateway.store.review_items import ReviewItem, list_items
from gateway.store.transfers import find_transfer
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.house_books import typed_funding
from tests.services.stating_bank import BANK, IN, OUT, TODAY, Morning, at_stating_bank
from tests.services.test_transfers import accepted

NO_ONES = "Z" * 20


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


def kinds(report: DayReport) -> list[Break]:
    return [found.kind for found in report.breaks]


async def now(morning: Morning, transfer: Transfer) -> Transfer:
    found = await find_transfer(
        morning.desk.db, member_id=transfer.member_id, transfer_id=transfer.id
    )
    assert found is not None
    return found


async def cash(morning: Morning) -> int:
    """Return the yen on the bank's cash account, once the ledger has proved itself."""
    report = await verify_ledger(morning.desk.db)
    assert report.findings == ()
    return report.balances.get(settlement_cash(BANK), 0)


async def items(morning: Morning) -> list[ReviewItem]:
    return await list_items(morning.desk.db)


async def test_a_day_on_which_both_say_the_same_is_matched_and_raises_nothing(
    morning: Morning, member: Member
) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference)

    report = await morning.reconcile()

    assert report.verdicts == {Verdict.MATCHED: 1}
    assert (report.breaks, report.booked, report.raised) == ((), 0, 0)
    assert await items(morning) == []


async def test_a_lost_success_is_booked_on_the_day_of_the_statement(
    morning: Morning, member: Member
) -> None:
    morning.bank.submits.append(Unknown())
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference, at=START + timedelta(seconds=9))

    report = await morning.reconcile()

    settled = await now(morning, transfer)
    assert kinds(report) == [Break.PAID_LATE]
    assert settled.state is State.SETTLED
    assert settled.settled_at == START + timedelta(seconds=9)
    assert await cash(morning) == -10_000
    assert await items(morning) == []


async def test_a_return_that_nobody_told_of_is_booked(morning: Morning, member: Member) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference)
    morning.bank.state(transfer.reference, IN)

    report = await morning.reconcile()

    assert kinds(report) == [Break.RETURNED_LATE]
    assert (await now(morning, transfer)).state is State.RETURNED
    assert await cash(morning) == 0


async def test_what_was_paid_and_came_back_unheard_is_booked_in_one_go(
    morning: Morning, member: Member
) -> None:
    morning.bank.submits.append(Unknown())
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference)
    morning.bank.state(transfer.reference, IN)

    await morning.reconcile()

    assert (await now(morning, transfer)).state is State.RETURNED
    assert await cash(morning) == 0


async def test_what_was_paid_though_it_was_refused_is_booked_and_people_are_told(
    morning: Morning, member: Member
) -> None:
    morning.bank.submits.append(Rejected(Reason.ACCOUNT_CLOSED))
    transfer = await accepted(morning.desk, member)
    assert (await now(morning, transfer)).state is State.REJECTED
    morning.bank.state(transfer.reference)

    report = await morning.reconcile()

    assert kinds(report) == [Break.PAID_THOUGH_ENDED]
    assert (await now(morning, transfer)).state is State.SETTLED
    assert await cash(morning) == -10_000
    raised = {item.kind for item in await items(morning)}
    assert ReviewKind.PAID_THOUGH_ENDED in raised


async def test_a_transfer_that_is_on_no_statement_is_for_people(
    morning: Morning, member: Member
) -> None:
    transfer = await accepted(morning.desk, member)

    report = await morning.reconcile()

    (item,) = await items(morning)
    assert kinds(report) == [Break.LINE_MISSING]
    assert (item.kind, item.reference, item.transfer_id) == (
        ReviewKind.ONLY_US,
        transfer.reference,
        transfer.id,
    )


async def test_what_is_missing_is_not_asked_for_while_the_day_goes_on(
    morning: Morning, member: Member, owner: Any
) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.submits.append(Unknown())
    late = await accepted(morning.desk, member, key="key-0000000000000002")
    morning.bank.state(late.reference)
    morning.clock.advance(60)

    report = await reconcile_day(morning.desk, BANK, TODAY)

    assert not report.is_over
    assert kinds(report) == [Break.PAID_LATE]
    assert (await now(morning, transfer)).state is State.SETTLED
    assert await items(morning) == []
    assert await owner.fetchval("SELECT count(*) FROM statement_lines") == 1


async def test_a_day_that_has_not_come_is_refused(morning: Morning) -> None:
    with pytest.raises(DayNotCome):
        await reconcile_day(morning.desk, BANK, TODAY + timedelta(days=1))


async def test_another_day_than_we_booked_is_one_item_whichever_day_is_read(
    morning: Morning, member: Member
) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference, at=START + timedelta(days=1))

    first = await morning.reconcile()
    second = await morning.reconcile(TODAY + timedelta(days=1))
    third = await morning.reconcile()

    assert kinds(first) == [Break.LINE_MISSING]
    assert kinds(second) == kinds(third) == [Break.DATE_DIFFERS]
    assert [item.kind for item in await items(morning)] == [
        ReviewKind.ONLY_US,
        ReviewKind.DATE_DIFFERS,
    ]
    assert await cash(morning) == -10_000


async def test_another_amount_is_set_aside_so_that_the_cash_agrees(
    morning: Morning, member: Member
) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference, OUT, 12_000)

    report = await morning.reconcile()

    (item,) = await items(morning)
    assert kinds(report) == [Break.AMOUNT_DIFFERS]
    assert (item.kind, item.amount) == (ReviewKind.AMOUNT_DIFFERS, 2_000)
    assert await cash(morning) == -12_000


async def test_a_second_pay_out_is_set_aside(morning: Morning, member: Member) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference)
    morning.bank.state(transfer.reference)

    report = await morning.reconcile()

    (item,) = await items(morning)
    assert kinds(report) == [Break.MOVED_AGAIN]
    assert (item.kind, item.member_id) == (ReviewKind.DOUBLED, member.id)
    assert await cash(morning) == -20_000


@pytest.mark.parametrize("reference", [None, NO_ONES], ids=["no reference", "one that is not ours"])
async def test_money_that_nobody_knows_of_is_set_aside_once(
    morning: Morning, reference: str | None
) -> None:
    morning.bank.state(reference, IN, 3_000)
    morning.bank.state(reference, OUT, 500)

    report = await morning.reconcile()
    again = await morning.reconcile()

    assert kinds(report) == kinds(again) == [Break.CREDIT_UNKNOWN, Break.DEBIT_UNKNOWN]
    assert (report.set_aside, again.set_aside) == (2, 0)
    assert (report.raised, again.raised) == (2, 0)
    assert await cash(morning) == 2_500


async def test_a_funding_that_was_typed_before_explains_its_credit(morning: Morning) -> None:
    await typed_funding(morning.desk, BANK, 1_000_000)
    morning.bank.state(None, IN, 1_000_000)

    report = await morning.reconcile()

    assert report.verdicts == {Verdict.MATCHED: 1}
    assert await cash(morning) == 1_000_000


async def test_a_ledger_that_posted_otherwise_is_found(
    morning: Morning, member: Member, owner: Any
) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference)
    await owner.execute("UPDATE postings SET amount = 9_999 WHERE debit = 'principal'")

    report = await morning.reconcile()

    assert kinds(report) == [Break.LEDGER_DIFFERS]
    assert [item.kind for item in await items(morning)] == [ReviewKind.LEDGER_DIFFERS]


async def test_lines_stay_as_they_were_read_and_a_changed_statement_is_refused_whole(
    morning: Morning, member: Member, owner: Any
) -> None:
    transfer = await accepted(morning.desk, member)
    line = morning.bank.state(transfer.reference)
    await morning.reconcile()
    morning.bank.lines.remove(line)
    morning.bank.state(NO_ONES)

    report = await morning.reconcile()

    assert report.refused == "changed"
    assert await items(morning) == []
    kept = await owner.fetch("SELECT line_no, reference, amount FROM statement_lines")
    assert [tuple(row) for row in kept] == [(1, transfer.reference, 10_000)]


async def test_a_statement_that_cannot_be_had_changes_nothing(
    morning: Morning, member: Member, owner: Any
) -> None:
    morning.bank.submits.append(Unknown())
    morning.bank.inquiries.append(NotFound())
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference)
    morning.bank.refuses = StatementUnavailable(Reason.OUTCOME_UNKNOWN)

    report = await morning.reconcile()

    assert report.refused == Reason.OUTCOME_UNKNOWN
    assert (await now(morning, transfer)).state is State.UNKNOWN
    for table in ("statement_lines", "loan_entries", "review_items"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0

    morning.bank.refuses = None
    assert kinds(await morning.reconcile()) == [Break.PAID_LATE]


async def test_what_is_booked_leaves_what_people_look_at_beside_it_as_it_is(
    morning: Morning, member: Member
) -> None:
    booked = await accepted(morning.desk, member)
    morning.bank.state(booked.reference, OUT, 12_000)
    morning.bank.submits.append(Unknown())
    lost = await accepted(morning.desk, member, key="key-0000000000000002")
    morning.bank.state(lost.reference)

    report = await morning.reconcile()

    assert report.booked == 1
    assert (await now(morning, lost)).state is State.SETTLED
    (item,) = await items(morning)
    assert (item.kind, item.amount) == (ReviewKind.AMOUNT_DIFFERS, 2_000)
    assert await cash(morning) == -22_000
