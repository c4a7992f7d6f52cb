"""What the money steps test before they write: each condition, bound and lock, one by one."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Paid,
)
from gateway.domain.ports import Point
from gateway.domain.repayment import Repayment, RepaymentKind, State
from gateway.domain.transfer import Transfer
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import accept_transfer
from gateway.services.desk import Senders, TransferDesk
from gateway.services.inquire_repayment import inquire_repayment
from gateway.services.quote_repayment import RepaymentWish
from gateway.store import repayments
from gateway.store.loans import find_loan
from gateway.store.queues import due_rows
from gateway.store.repayments import RepaymentMove, find_repayment
from gateway.store.transfers import claim
from tests.manual_clock import START, ManualClock
from tests.services.collecting import CollectingBank
from tests.services.conftest import Member, kept_waiting, request
from tests.services.restless import restless

BACK = "http://127.0.0.1:8080/back"
A_DAY = timedelta(days=1)
A_MOMENT = timedelta(microseconds=1)


@pytest.fixture
def bank(clock: ManualClock) -> CollectingBank:
    return CollectingBank(clock)


@pytest.fixture
async def waiting(desk: TransferDesk, member: Member) -> Transfer:
    """A transfer that is due, and that nobody has taken."""
    return (await accept_transfer(replace(desk, senders=Senders(0)), request(member))).transfer


@pytest.fixture
async def debtor(desk: TransferDesk, member: Member) -> Member:
    """A member who was paid 50,000 yen a moment ago."""
    await accept_transfer(desk, request(member, amount=50_000))
    await desk.senders.drain(5)
    return member


def asked(member: Member, number: int, amount: int = 1_000, **more: Any) -> RepaymentRequest:
    wish = RepaymentWish(member.id, RepaymentKind.AMOUNT, BankCode.SMBC, Yen(amount))
    return RepaymentRequest(wish, BACK, f"key-of-a-repayment-{number}", "req", **more)


async def claimed(desk: TransferDesk, transfer: Transfer) -> str:
    now = desk.clock.now()
    return (await claim(desk.db, transfer, now=now, lease_s=12.0, owner="test", step=uuid4()))[0]


async def close(owner: Any, begins_at: datetime, ends_at: datetime) -> None:
    await owner.execute(
        "INSERT INTO bank_stops (id, bank, reason, held_by, held_at, begins_at, ends_at)"
        " VALUES (gen_random_uuid(), 'smbc', 'window', 'op', $1, $2, $3)",
        *(START - A_DAY, begins_at, ends_at),
    )


async def test_what_came_to_nothing_does_not_count_against_a_members_day(
    desk: TransferDesk, member: Member, owner: Any
) -> None:
    """One that was returned did: the member could ask for no more that day."""
    capped = replace(desk, settings=desk.settings.model_copy(update={"day_transfers_max": 1}))
    first = (await accept_transfer(capped, request(member))).transfer
    await desk.senders.drain(5)

    for number, state in enumerate(("rejected", "cancelled", "returned"), 2):
        await owner.execute("UPDATE transfers SET state = $1", state)
        taken = await accept_transfer(capped, request(member, key=f"key-{number:016}"))
        assert taken.transfer.id != first.id
        await desk.senders.drain(5)


async def test_a_transfer_is_given_up_after_a_day_of_the_time_in_which_it_could_leave(
    desk: TransferDesk, waiting: Transfer, clock: ManualClock
) -> None:
    assert waiting.due_at is not None
    assert waiting.give_up_at == waiting.due_at + A_DAY

    clock.advance(3_600)
    _, taken = await claim(
        desk.db, waiting, now=clock.now(), lease_s=12.0, owner="test", step=uuid4()
    )

    assert taken.give_up_at == waiting.give_up_at + timedelta(hours=1)


@pytest.mark.parametrize("behind", [-1, 1])
async def test_a_transfer_is_claimed_by_the_fence_that_was_read_alone(
    desk: TransferDesk, waiting: Transfer, behind: int
) -> None:
    assert await claimed(desk, replace(waiting, fence=waiting.fence + behind)) == "stale"
    assert await claimed(desk, waiting) == "claimed"


async def test_two_who_claim_one_transfer_at_once_do_not_both_have_it(
    desk: TransferDesk, waiting: Transfer, owner: Any
) -> None:
    """Both wait for the row; the second one reads it only when the first has moved it."""
    async with owner.transaction():
        await owner.execute("SELECT 1 FROM transfers FOR UPDATE")
        claims = [asyncio.create_task(claimed(desk, waiting)) for _ in range(2)]
        await kept_waiting(owner, 2)

    assert sorted(await asyncio.gather(*claims)) == ["claimed", "stale"]


@pytest.mark.parametrize(
    ("days", "result"),
    [
        pytest.param(-1, "overdue", id="due yesterday"),
        pytest.param(0, "claimed", id="due today"),
        pytest.param(1, "claimed", id="due tomorrow"),
    ],
)
async def test_what_waits_is_sent_on_the_due_date_and_not_after_it(
    desk: TransferDesk, waiting: Transfer, owner: Any, days: int, result: str
) -> None:
    today = desk.clock.now().astimezone(JST).date()
    await owner.execute("UPDATE loans SET due_on = $1", today + timedelta(days=days))

    assert await claimed(desk, waiting) == result


@pytest.mark.parametrize(
    ("begins", "ends", "is_closed"),
    [
        pytest.param(timedelta(0), A_DAY, True, id="it begins now"),
        pytest.param(A_MOMENT, A_DAY, False, id="it begins in a moment"),
        pytest.param(-A_DAY, timedelta(0), False, id="it ends now"),
        pytest.param(-A_DAY, A_MOMENT, True, id="it ends in a moment"),
    ],
)
async def test_a_window_is_closed_from_its_beginning_and_open_from_its_end(
    desk: TransferDesk,
    waiting: Transfer,
    owner: Any,
    begins: timedelta,
    ends: timedelta,
    is_closed: bool,
) -> None:
    now = desk.clock.now()
    await close(owner, now + begins, now + ends)

    due = await due_rows(desk.db, BankCode.SMBC, now=now, limit=10)

    assert [row["id"] for row in due] == ([] if is_closed else [waiting.id])
    assert await claimed(desk, waiting) == ("stopped" if is_closed else "claimed")


FITS = [
    pytest.param({"loan_version": 7}, True, id="the version it was worked out from"),
    pytest.param({"loan_version": 6}, False, id="another version"),
    pytest.param({"at": START + A_MOMENT}, True, id="an advance after the last entry"),
    pytest.param({"at": START}, False, id="at the instant of the last entry: its id decides"),
    pytest.param({"at": START - A_MOMENT}, False, id="before the last entry"),
    pytest.param({"at": START + A_MOMENT, "id": str(UUID(int=9))}, False, id="there already"),
]


@pytest.mark.parametrize(("changes", "fits"), FITS)
async def test_a_booking_fits_the_loan_that_it_was_worked_out_from(
    member: Member, owner: Any, changes: dict[str, Any], fits: bool
) -> None:
    await owner.execute(
        "UPDATE loans SET version = 7, last_effective_on = $1, last_at = $2",
        *(START.date(), START),
    )
    await owner.execute(
        "INSERT INTO loan_entries (member_id, id, kind, amount, effective_on, at, house, journal,"
        " recorded_at) VALUES ($1, $2, 'advance', 1, $3, $4, 'funding', $2, $4)",
        *(member.id, UUID(int=9), START.date(), START),
    )
    booking = {"id": str(uuid4()), "effective_on": START.date(), "loan_version": None, "at": START}
    bookings = json.dumps([booking | changes], default=str)

    assert await owner.fetchval("SELECT loan_fits($1, $2)", member.id, bookings) is fits


async def moved_by(desk: TransferDesk, before: Repayment) -> str:
    """Try to move a repayment from the row that was read, and return what the step answers."""
    after = replace(before, state=State.CANCELLED)
    return await repayments.record(
        desk.db,
        RepaymentMove(before, after, uuid4(), desk.clock.now(), [("repayment.cancelled", {})]),
    )


@pytest.mark.parametrize(
    ("change", "result"),
    [
        pytest.param(lambda row: row, "moved", id="as it was read"),
        pytest.param(lambda row: replace(row, fence=row.fence - 1), "stale", id="another fence"),
        pytest.param(lambda row: replace(row, fence=row.fence + 1), "stale", id="a later fence"),
        pytest.param(lambda row: replace(row, state=State.CREATED), "stale", id="another state"),
        pytest.param(lambda row: replace(row, id=uuid4()), "stale", id="another repayment"),
    ],
)
async def test_a_repayment_moves_only_from_the_state_and_fence_that_were_read(
    desk: TransferDesk,
    debtor: Member,
    owner: Any,
    change: Callable[[Repayment], Repayment],
    result: str,
) -> None:
    read = (await accept_repayment(desk, asked(debtor, 1))).repayment
    events = await owner.fetchval("SELECT count(*) FROM events")

    assert await moved_by(desk, change(read)) == result
    state = await owner.fetchval("SELECT state FROM repayments")
    assert state == ("cancelled" if result == "moved" else "authorizing")
    assert await owner.fetchval("SELECT count(*) FROM events") == events + (result == "moved")


async def test_two_payments_that_are_booked_at_once_are_each_worked_out_from_the_other(
    desk: TransferDesk, debtor: Member, bank: CollectingBank, clock: ManualClock
) -> None:
    """Written as if the loan had not moved, both would pay the same principal."""
    one, other = [
        (await accept_repayment(desk, asked(debtor, n, 50_000, beside_open=True))).repayment
        for n in range(2)
    ]
    bank.ends.extend([Paid(clock.now(), Yen(50_000))] * 2)
    meanwhile = [other]

    async def book_the_other() -> None:
        if meanwhile:
            await inquire_repayment(desk, meanwhile.pop())

    moving, database = restless(desk, after="loan_entries", move=book_the_other)
    await inquire_repayment(moving, one)

    loan = await find_loan(desk.db, debtor.id)
    assert loan is not None
    assert (loan.principal, loan.suspense) == (Yen(0), Yen(50_000))
    assert database.reads == 2


async def test_a_loans_version_counts_every_step_that_writes_on_it(
    desk: TransferDesk, debtor: Member, owner: Any
) -> None:
    """Here: a repayment is accepted, then started."""
    before = await owner.fetchrow("SELECT version, event_no FROM loans")

    await accept_repayment(desk, asked(debtor, 1))

    after = await owner.fetchrow("SELECT version, event_no FROM loans")
    assert [after[name] - before[name] for name in ("version", "event_no")] == [2, 2]


@pytest.mark.parametrize("take", ["start", "inquiry"])
@pytest.mark.parametrize(
    ("change", "is_taken"),
    [
        pytest.param(lambda row: row, True, id="as it was read"),
        pytest.param(lambda row: replace(row, fence=row.fence + 1), False, id="another fence"),
        pytest.param(
            lambda row: replace(row, start_at=START - A_DAY, inquire_at=START - A_DAY),
            False,
            id="another instant",
        ),
        pytest.param(lambda row: replace(row, id=uuid4()), False, id="another repayment"),
        pytest.param(lambda row: replace(row, member_id=uuid4()), False, id="another member"),
    ],
)
async def test_only_the_row_that_was_read_is_taken_to_be_started_or_asked_about(
    desk: TransferDesk,
    debtor: Member,
    owner: Any,
    take: str,
    change: Callable[[Repayment], Repayment],
    is_taken: bool,
) -> None:
    rows = []
    for number in range(2):
        made = (await accept_repayment(desk, asked(debtor, number))).repayment
        found = await find_repayment(desk.db, member_id=debtor.id, repayment_id=made.id)
        assert found is not None
        rows.append(found)
    if take == "start":
        await owner.execute("UPDATE repayments SET state = 'created', start_at = $1", START)
        rows = [replace(row, state=State.CREATED, start_at=START) for row in rows]
    later = START + A_DAY
    column = "start_at" if take == "start" else "inquire_at"

    if take == "start":
        starts = await repayments.take_start(desk.db, change(rows[0]), next_at=later)
        taken = starts is not None
    else:
        taken = await repayments.take_inquiry(desk.db, change(rows[0]), next_at=later)

    moved = await owner.fetch(f"SELECT id FROM repayments WHERE {column} = $1", later)
    assert taken is is_taken
    assert [row["id"] for row in moved] == ([rows[0].id] if is_taken else [])


async def test_the_places_at_which_a_crash_is_tried_are_before_and_after_the_write(
    desk: TransferDesk, debtor: Member
) -> None:
    points: list[Point] = []
    crashing = replace(desk, checkpoint=points.append)

    await accept_transfer(crashing, request(debtor, key="key-0000000000000002"))
    await desk.senders.drain(5)
    await accept_repayment(crashing, asked(debtor, 1))

    accepts = [point for point in points if "accept" in point.value]
    assert accepts == [Point.ACCEPT_BEFORE_WRITE, Point.ACCEPT_AFTER_WRITE] * 2
