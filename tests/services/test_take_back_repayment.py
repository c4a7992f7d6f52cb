"""The day that two people gave of a repayment has a way back; the bank's word is never denied."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from gateway.domain.booking import payment_id
from gateway.domain.money import Yen
from gateway.domain.outcome import NotFound, Paid, Rejected
from gateway.domain.reason import Reason
from gateway.domain.repayment import Repayment, State
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.review import Resolution, ReviewKind
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.desk import TransferDesk
from gateway.services.inquire_repayment import inquire_repayment
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.services.take_back import confirm_taking_back, propose_taking_back
from gateway.services.withdraw_entry import confirm_withdrawal, propose_withdrawal
from gateway.store.review_items import Confirmation, Proposal, ReviewItem, list_items
from gateway.store.way_back import DOUBTED
from tests.manual_clock import ManualClock
from tests.services.collecting import CollectingBank
from tests.services.conftest import Member
from tests.services.restless import restless
from tests.services.test_repayments import ask, debtor, now_is, owed, told_long_ago, wish

__all__ = ["debtor"]

R = Resolution
LINE = """
INSERT INTO statement_lines (bank, day, line_no, bank_id, direction, amount, booked_at, value_date,
    reference, is_return, read_at)
VALUES ('smbc', $1::date, 1, 'T1', 'in', 10000, $2, $1::date, $3, FALSE, $2)
"""
Withdraw: TypeAlias = Callable[[TransferDesk, Repayment, ReviewItem], Awaitable[None]]


@pytest.fixture
def bank(clock: ManualClock) -> CollectingBank:
    return CollectingBank(clock)


async def resolve(desk: TransferDesk, item: ReviewItem, word: Resolution, **said: str) -> None:
    now = desk.clock.now()
    await propose_resolution(desk.db, item.id, Proposal(word, "x", "sato", said), now=now)
    given = Confirmation(word, "suzuki", "x", said)
    await confirm_resolution(desk.db, item.id, given, now=now)
    assert await act_on_reviews(desk) == 1


async def paid_by_people(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> tuple[Repayment, ReviewItem]:
    repayment, item = await told_long_ago(desk, bank, debtor)
    await resolve(desk, item, R.PAID, booked_at=desk.clock.now().isoformat())
    assert await owed(desk, debtor) == (40_000, 0)
    return await now_is(desk, repayment), item


async def by_item(desk: TransferDesk, repayment: Repayment, item: ReviewItem) -> None:
    del repayment
    now = desk.clock.now()
    await propose_taking_back(desk.db, item.id, by="sato", note="ticket 9", now=now)
    await confirm_taking_back(desk.db, item.id, by="suzuki", note="checked", now=now)
    assert await act_on_reviews(desk) == 1


async def by_entry(desk: TransferDesk, repayment: Repayment, item: ReviewItem) -> None:
    del item
    now, entry = desk.clock.now(), payment_id(repayment.id, 1)
    await propose_withdrawal(desk.db, entry, by="sato", note="ticket 9", now=now)
    await confirm_withdrawal(desk.db, entry, by="suzuki", note="checked", now=now)
    assert await act_on_reviews(desk) == 1


@pytest.mark.parametrize("withdraw", [by_item, by_entry])
async def test_a_day_that_two_people_gave_wrongly_is_taken_back_and_given_anew(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, withdraw: Withdraw
) -> None:
    repayment, item = await paid_by_people(desk, bank, debtor)

    await withdraw(desk, repayment, item)

    row = await now_is(desk, repayment)
    assert (row.state, row.reason) == (State.EXPIRED, Reason.DATE_NOT_BELIEVED)
    assert (row.settled_at, row.paid_amount, row.decided_by) == (None, None, None)
    assert (row.start_at, row.inquire_at) == (None, desk.clock.now())
    assert await owed(desk, debtor) == (50_000, 0)
    assert (await verify_ledger(desk.db)).findings == ()
    (again,) = await list_items(desk.db)
    assert (again.kind, again.details) == (ReviewKind.DATE_NOT_BELIEVED, item.details)
    await resolve(desk, again, R.PAID, booked_at=desk.clock.now().isoformat())
    assert await owed(desk, debtor) == (40_000, 0)
    assert (await verify_ledger(desk.db)).findings == ()


async def test_the_bank_may_mend_the_day_that_was_taken_back(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    repayment, item = await paid_by_people(desk, bank, debtor)
    await by_item(desk, repayment, item)
    told = Paid(desk.clock.now(), Yen(10_000))
    bank.ends.append(told)

    row = await inquire_repayment(desk, await now_is(desk, repayment))

    assert (row.state, row.decided_by) == (State.SETTLED, None)
    assert await owed(desk, debtor) == (40_000, 0)
    with pytest.raises(ResolutionRefused, match="it is settled, and not because two people"):
        await by_item(desk, repayment, item)


@pytest.mark.parametrize("outcome", [Rejected(Reason.PAYER_CANCELLED), NotFound()], ids=repr)
async def test_what_the_bank_then_denies_was_never_paid_and_its_item_is_noted(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, clock: ManualClock, outcome: Any
) -> None:
    repayment, item = await paid_by_people(desk, bank, debtor)
    await by_item(desk, repayment, item)
    (again,) = await list_items(desk.db)
    with pytest.raises(ResolutionRefused, match="not settled yet, and the bank is asked"):
        await resolve(desk, again, R.NOTED)
    clock.advance(3_600)
    bank.ends.append(outcome)
    await inquire_repayment(desk, await now_is(desk, repayment))

    await resolve(desk, again, R.NOTED)

    row = await now_is(desk, repayment)
    assert (row.state, row.inquire_at) == (State.EXPIRED, None)
    assert await owed(desk, debtor) == (50_000, 0)


async def test_what_the_statement_has_is_not_taken_back(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, owner: Any
) -> None:
    """Neither when it is proposed, nor when the line comes before the gateway acts."""
    repayment, item = await paid_by_people(desk, bank, debtor)
    now = desk.clock.now()
    await propose_taking_back(desk.db, item.id, by="sato", note="x", now=now)
    await confirm_taking_back(desk.db, item.id, by="suzuki", note="x", now=now)

    async def read_statement() -> None:
        await owner.execute(LINE, now.date(), now, repayment.reference)

    moving, database = restless(desk, after=DOUBTED, move=read_statement)
    assert await act_on_reviews(moving) == 1

    assert database.reads == 1
    with pytest.raises(ResolutionRefused, match=r"has it \(line T1\)"):
        await by_item(desk, repayment, item)

    row = await now_is(desk, repayment)
    assert row.state is State.SETTLED
    moved = await owner.fetchval(
        "SELECT result FROM record_repayment($1, $2, $3, $4, $5, now(),"
        " '{\"state\": \"expired\"}', '[]', '[]', '[]', NULL)",
        *(row.member_id, row.id, row.state, row.fence, UUID(int=5)),
    )
    assert moved == "stale"


async def test_what_the_bank_booked_is_not_withdrawn(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    bank.ends.append(Paid(desk.clock.now() + timedelta(seconds=1), Yen(10_000)))
    settled = await inquire_repayment(desk, asked)

    with pytest.raises(ResolutionRefused, match="it is settled, and not because two people"):
        await propose_withdrawal(
            *(desk.db, payment_id(settled.id, 1)), by="sato", note="x", now=desk.clock.now()
        )
