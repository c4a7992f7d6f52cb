"""Who is late borrows no more, from the day after the due date until it is met."""

from datetime import date, datetime, timedelta

import pytest

from gateway.domain.errors import AdvancesStopped
from gateway.domain.hours import JST
from gateway.domain.transfer import State
from gateway.services.accept_transfer import accept_transfer
from gateway.services.desk import TransferDesk
from gateway.services.work_due_dates import work_due_dates
from gateway.store.loan_books import read_loan_book
from gateway.store.loans import find_loan
from tests.manual_clock import ManualClock
from tests.services.conftest import Member, request

DUE_ON = date(2027, 1, 5)  # of an advance of 25 November 2026, due on the 5th
SECOND_KEY = "key-0000000000000002"


async def due_on(desk: TransferDesk, member: Member) -> date | None:
    loan = await find_loan(desk.db, member.id)
    assert loan is not None
    return loan.due_on


@pytest.fixture
async def borrower(desk: TransferDesk, member: Member) -> Member:
    """A member with an advance of 10,000 yen."""
    await accept_transfer(desk, request(member))
    await desk.senders.drain(5)
    return member


async def test_an_advance_in_its_turn_leaves_what_is_due_to_be_worked_out(
    desk: TransferDesk, borrower: Member
) -> None:
    assert await due_on(desk, borrower) is None

    assert await work_due_dates(desk) == 1

    assert await due_on(desk, borrower) == DUE_ON
    assert await work_due_dates(desk) == 0


@pytest.mark.parametrize(
    ("at", "is_refused"),
    [
        pytest.param("2027-01-05T23:59:59+09:00", False, id="the last second of the due date"),
        pytest.param("2027-01-06T00:00:00+09:00", True, id="the first second after it in Japan"),
    ],
)
async def test_who_is_late_is_refused_from_the_day_after(
    desk: TransferDesk, borrower: Member, clock: ManualClock, at: str, *, is_refused: bool
) -> None:
    await work_due_dates(desk)
    clock.advance((datetime.fromisoformat(at) - clock.now()).total_seconds())
    wish = request(borrower, key=SECOND_KEY)

    if is_refused:
        with pytest.raises(AdvancesStopped):
            await accept_transfer(desk, wish)
    else:
        assert (await accept_transfer(desk, wish)).transfer.amount == wish.amount
        await desk.senders.drain(5)


async def test_what_waits_is_not_sent_once_its_member_is_late(
    desk: TransferDesk, borrower: Member, clock: ManualClock, owner
) -> None:
    """Written down while the bank was held, due after the due date had passed."""
    await work_due_dates(desk)
    await owner.execute("UPDATE loans SET due_on = $1", clock.now().astimezone(JST).date())
    await owner.execute(
        "INSERT INTO bank_stops (id, bank, reason, held_by, held_at)"
        " VALUES (gen_random_uuid(), 'smbc', 'held', 'op', $1)",
        clock.now(),
    )
    waiting = (await accept_transfer(desk, request(borrower, key=SECOND_KEY))).transfer
    assert waiting.state is State.SCHEDULED
    clock.advance(timedelta(days=1).total_seconds())
    await owner.execute("UPDATE bank_stops SET released_at = $1", clock.now())

    row = await owner.fetchrow(
        "SELECT * FROM claim_transfer($1, $2, $3, $4, 12, 'test', gen_random_uuid())",
        *(borrower.id, waiting.id, waiting.fence, clock.now() + timedelta(days=30)),
    )

    assert row["result"] == "overdue"


async def test_the_due_date_before_an_unread_advance_stands_until_then(
    desk: TransferDesk, borrower: Member
) -> None:
    await work_due_dates(desk)

    await accept_transfer(desk, request(borrower, key=SECOND_KEY))
    await desk.senders.drain(5)

    assert await due_on(desk, borrower) == DUE_ON
    book = await read_loan_book(desk.db, borrower.id)
    assert book is not None
    assert len(book.entries) == 2
    assert await work_due_dates(desk) == 1
