"""The life of a transfer against a real database, with a bank that does as it is told."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from asyncpg import Record
from structlog.testing import capture_logs

from gateway.domain.account import BankCode
from gateway.domain.bank import TransferOrder
from gateway.domain.decision import Decision
from gateway.domain.errors import (
    AccountNotRegistered,
    AdvancesStopped,
    AmountAboveItemLimit,
    Busy,
    CreditShort,
    DayCapReached,
    IdempotencyKeyReused,
    MemberSuspended,
    NotCancellable,
    NotFoundHere,
    StaleTransfer,
)
from gateway.domain.outcome import (
    Answer,
    NotFound,
    NotSent,
    Rejected,
    Returned,
    Settled,
    SubmitOutcome,
    Unknown,
)
from gateway.domain.ports import Point
from gateway.domain.reason import Reason
from gateway.domain.transfer import State, Transfer
from gateway.ops.metrics import PrometheusMetrics
from gateway.services.accept_transfer import accept_transfer
from gateway.services.cancel_transfer import cancel_transfer
from gateway.services.desk import Senders, TransferDesk
from gateway.services.inquire_transfer import inquire_transfer
from gateway.services.measure_transfers import measure_transfers
from gateway.services.record_decision import record_decision
from gateway.services.recover_transfers import recover_transfer
from gateway.services.send_transfer import send_transfer
from gateway.services.work_transfers import ask_due, recover_ended, recover_own, send_due
from gateway.store.database import Database
from gateway.store.loans import find_loan
from gateway.store.transfers import claim, find_transfer
from tests.manual_clock import ManualClock
from tests.services.conftest import Member, ToldBank, kept_waiting, new_member, request


async def settle_tasks(desk: TransferDesk) -> None:
    assert await desk.senders.drain(10) == 0


async def now(desk: TransferDesk, transfer: Transfer) -> Transfer:
    found = await find_transfer(desk.db, member_id=transfer.member_id, transfer_id=transfer.id)
    assert found is not None
    return found


async def accepted(desk: TransferDesk, member: Member, **changes) -> Transfer:
    """Accept, let the sender end, and return the transfer as it then is."""
    transfer = (await accept_transfer(desk, request(member, **changes))).transfer
    await settle_tasks(desk)
    return await now(desk, transfer)


async def owed(desk: TransferDesk, member: Member) -> tuple[int, int]:
    loan = await find_loan(desk.db, member.id)
    assert loan is not None
    return loan.principal.amount, loan.reserved.amount


async def test_a_transfer_is_written_down_before_the_bank_is_called(
    desk: TransferDesk, member: Member, bank: ToldBank
) -> None:
    bank.answers.clear()

    taken = await accept_transfer(desk, request(member))

    assert taken.transfer.state is State.SUBMITTING
    assert bank.sent == []
    assert await owed(desk, member) == (0, 10_000)
    bank.answers.set()
    await settle_tasks(desk)


async def test_a_settled_transfer_is_owed_booked_and_no_longer_reserved(
    desk: TransferDesk, member: Member, bank: ToldBank, owner
) -> None:
    transfer = await accepted(desk, member)

    assert transfer.state is State.SETTLED
    assert await owed(desk, member) == (10_000, 0)
    assert [order.reference for order in bank.sent] == [transfer.reference]
    postings = await owner.fetch("SELECT debit, credit, amount FROM postings")
    assert [tuple(row) for row in postings] == [("principal", "settlement_cash:smbc", 10_000)]
    events = await owner.fetch("SELECT no, kind FROM events ORDER BY no")
    assert [tuple(row) for row in events] == [(1, "transfer.accepted"), (2, "transfer.settled")]
    calls = await owner.fetch("SELECT operation, attempt, outcome FROM bank_attempts")
    assert [tuple(row) for row in calls] == [("submit", 1, "Settled")]


async def test_a_refusal_releases_the_reservation_once(
    desk: TransferDesk, member: Member, bank: ToldBank
) -> None:
    bank.submits.append(Rejected(Reason.ACCOUNT_CLOSED))

    transfer = await accepted(desk, member)

    assert (transfer.state, transfer.reason) == (State.REJECTED, Reason.ACCOUNT_CLOSED)
    assert await owed(desk, member) == (0, 0)


@pytest.mark.parametrize("outcome", [Settled, NotFound])
async def test_a_lost_answer_is_asked_about_and_never_sent_blindly(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock, outcome: type
) -> None:
    bank.submits.append(Unknown())
    transfer = await accepted(desk, member)
    assert transfer.state is State.UNKNOWN
    assert transfer.unclear
    assert await send_due(desk) == 0

    bank.inquiries.append(Settled(clock.now()) if outcome is Settled else NotFound())
    clock.advance(2)
    assert await ask_due(desk) == 1
    await settle_tasks(desk)

    found = await now(desk, transfer)
    assert found.state is (State.SETTLED if outcome is Settled else State.SCHEDULED)
    assert len(bank.sent) == 1
    if found.state is State.SCHEDULED:
        assert await send_due(desk) == 1
        await settle_tasks(desk)
        assert (await now(desk, transfer)).state is State.SETTLED
        assert len({order.reference for order in bank.sent}) == 1
    assert await owed(desk, member) == (10_000, 0)


async def test_an_inquiry_is_made_by_one_process_only(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock
) -> None:
    bank.submits.append(Unknown())
    await accepted(desk, member)
    bank.inquiries.append(Unknown())
    clock.advance(2)
    other = replace(desk, senders=Senders(10), instance="test-2")

    await asyncio.gather(ask_due(desk), ask_due(other))
    await settle_tasks(desk)
    await settle_tasks(other)

    assert len(bank.asked) == 1


async def test_a_sender_that_died_is_taken_over_by_its_next_run_at_once(
    desk: TransferDesk, member: Member, bank: ToldBank, owner
) -> None:
    transfer = await accepted(desk, member)
    await owner.execute(
        "UPDATE transfers SET state = 'submitting', lease_owner = 'test-1',"
        " lease_until = clock_timestamp() + interval '1 hour'"
    )

    await recover_own(desk)
    await settle_tasks(desk)

    assert (await now(desk, transfer)).state is State.UNKNOWN
    assert len(bank.sent) == 1


async def test_another_process_takes_over_only_when_the_lease_has_ended(
    desk: TransferDesk, member: Member, owner
) -> None:
    transfer = await accepted(desk, member)
    await owner.execute(
        "UPDATE transfers SET state = 'submitting', lease_owner = 'other',"
        " lease_until = clock_timestamp() + interval '1 hour'"
    )
    assert await recover_ended(desk) == 0

    await owner.execute("UPDATE transfers SET lease_until = clock_timestamp() - interval '1 s'")
    assert await recover_ended(desk) == 1
    await settle_tasks(desk)

    assert (await now(desk, transfer)).state is State.UNKNOWN


async def test_an_answer_that_comes_after_the_lease_is_applied_all_the_same(
    desk: TransferDesk, member: Member, owner
) -> None:
    transfer = (await accept_transfer(desk, request(member))).transfer
    await owner.execute("UPDATE transfers SET lease_until = clock_timestamp() - interval '1 s'")
    other = replace(desk, senders=Senders(10), instance="test-2")
    await recover_ended(other)
    await settle_tasks(other)

    await settle_tasks(desk)

    assert (await now(desk, transfer)).state is State.SETTLED
    assert await owed(desk, member) == (10_000, 0)


async def test_an_inquiry_while_a_sender_holds_the_transfer_leaves_its_lease_alone(
    desk: TransferDesk, member: Member, bank: ToldBank, owner
) -> None:
    bank.submits.append(Unknown())
    transfer = await accepted(desk, member)
    await owner.execute(
        "UPDATE transfers SET state = 'submitting', lease_owner = 'other',"
        " lease_until = clock_timestamp() + interval '1 hour', inquire_at = '2026-01-01 00:00+09'"
    )
    held = await now(desk, transfer)
    bank.inquiries.append(Unknown())

    assert await ask_due(desk) == 0
    assert await inquire_transfer(desk, held) == held

    row = await owner.fetchrow("SELECT lease_until, lease_owner FROM transfers")
    assert None not in tuple(row)
    calls = await owner.fetch(
        "SELECT operation, outcome FROM bank_attempts ORDER BY operation DESC"
    )
    assert [tuple(call) for call in calls] == [("submit", "Unknown"), ("inquire", "Unknown")]


async def test_a_return_reverses_the_advance(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock
) -> None:
    transfer = await accepted(desk, member)
    booked_at = clock.now()
    bank.inquiries.append(Returned(booked_at, clock.advance(3600), Reason.ACCOUNT_CLOSED))

    after = await inquire_transfer(desk, transfer)

    assert after.state is State.RETURNED
    assert await owed(desk, member) == (0, 0)
    assert (await inquire_transfer(desk, after)).state is State.RETURNED


@pytest.mark.parametrize("reason", [Reason.CONTRACT_ERROR, Reason.SETTLEMENT_BALANCE_SHORT])
async def test_our_own_trouble_holds_the_banks_queue_at_once_and_refuses_nobody(
    desk: TransferDesk, member: Member, bank: ToldBank, owner, clock: ManualClock, reason: Reason
) -> None:
    bank.submits.append(NotSent(reason))
    first = await accepted(desk, member)
    second = await accepted(desk, member, key="key-0000000000000002")

    assert (first.state, second.state) == (State.SCHEDULED, State.SCHEDULED)
    assert len(bank.sent) == 1
    clock.advance(3600)
    assert await send_due(desk) == 0

    await owner.execute("UPDATE bank_stops SET released_at = now(), released_by = 'test'")
    assert await send_due(desk) == 2
    await settle_tasks(desk)
    assert await owed(desk, member) == (20_000, 0)


async def test_contract_trouble_met_by_an_inquiry_holds_what_is_not_sent_and_nothing_else(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock, owner
) -> None:
    bank.submits.append(Unknown())
    out = await accepted(desk, member)
    bank.inquiries.append(Unknown(Reason.CONTRACT_ERROR))
    clock.advance(2)

    with capture_logs() as logs:
        assert await ask_due(desk) == 1
        await settle_tasks(desk)

    alerts = [line["code"] for line in logs if line["event"] == "alert.raised"]
    assert alerts == ["bank_held_contract_error"]
    assert (await now(desk, out)).state is State.UNKNOWN
    assert (await accepted(desk, member, key="key-0000000000000002")).state is State.SCHEDULED

    # Inquiries go on, and one that is answered does not release the bank: operators do.
    bank.inquiries.append(Settled(clock.now()))
    clock.advance(60)
    assert await ask_due(desk) == 1
    await settle_tasks(desk)
    assert (await now(desk, out)).state is State.SETTLED
    assert await send_due(desk) == 0
    await owner.execute("UPDATE bank_stops SET released_at = now(), released_by = 'test'")
    assert await send_due(desk) == 1
    await settle_tasks(desk)
    assert len(bank.sent) == 2


async def test_a_refusal_for_our_own_sake_that_an_inquiry_brings_holds_the_bank(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock
) -> None:
    bank.submits.append(Unknown())
    out = await accepted(desk, member)
    bank.inquiries.append(Rejected(Reason.SETTLEMENT_BALANCE_SHORT))
    clock.advance(2)

    with capture_logs() as logs:
        assert await ask_due(desk) == 1
        await settle_tasks(desk)

    alerts = [line["code"] for line in logs if line["event"] == "alert.raised"]
    assert alerts == ["bank_held_settlement_balance_short"]
    assert (await now(desk, out)).state is State.REJECTED
    assert (await accepted(desk, member, key="key-0000000000000002")).state is State.SCHEDULED


async def test_an_inquiry_that_only_brought_nothing_holds_nobody(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock
) -> None:
    bank.submits.append(Unknown())
    await accepted(desk, member)
    bank.inquiries.append(Unknown())
    clock.advance(2)
    await ask_due(desk)
    await settle_tasks(desk)

    assert (await accepted(desk, member, key="key-0000000000000002")).state is State.SETTLED


async def test_time_in_which_a_bank_is_held_is_not_the_transfers(
    desk: TransferDesk, member: Member, bank: ToldBank, owner, clock: ManualClock
) -> None:
    bank.submits.append(NotSent(Reason.SETTLEMENT_BALANCE_SHORT))
    transfer = await accepted(desk, member)
    clock.advance(30 * 3600)
    await owner.execute("UPDATE bank_stops SET released_at = now(), released_by = 'test'")

    bank.submits.append(NotSent(Reason.BANK_BUSY))
    assert await send_due(desk) == 1
    await settle_tasks(desk)

    assert (await now(desk, transfer)).state is State.SCHEDULED


async def test_a_stop_that_commits_after_the_list_was_read_still_binds(
    desk: TransferDesk, member: Member, bank: ToldBank, owner, clock: ManualClock
) -> None:
    bank.submits.append(NotSent(Reason.THROTTLED))
    transfer = await accepted(desk, member)
    clock.advance(60)

    assert await send_due(desk) == 1
    await owner.execute(
        "INSERT INTO bank_stops (id, bank, reason, held_by, held_at)"
        " VALUES (gen_random_uuid(), '*', 'drill', 'test', now())"
    )
    await settle_tasks(desk)

    # Either the claim came first or the stop did: what the bank saw and the row agree.
    sent = len(bank.sent) - 1
    assert (await now(desk, transfer)).attempt == 1 + sent


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param("UPDATE members SET status = 'suspended'", MemberSuspended, id="suspended"),
        pytest.param("UPDATE loans SET advances_stopped = TRUE", AdvancesStopped, id="overdue"),
        pytest.param("UPDATE loans SET credit_limit = 9999", CreditShort, id="one yen short"),
        pytest.param("UPDATE accounts SET removed_at = now()", AccountNotRegistered, id="removed"),
    ],
)
async def test_what_is_refused_leaves_nothing_behind(
    desk: TransferDesk, member: Member, owner, change: str, error: type[Exception]
) -> None:
    await owner.execute(change)

    with pytest.raises(error):
        await accept_transfer(desk, request(member))

    for table in ("transfers", "idempotency_keys", "events", "postings"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert await owed(desk, member) == (0, 0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(
            "UPDATE members SET status = 'suspended'", Reason.MEMBER_SUSPENDED, id="suspended"
        ),
        pytest.param("UPDATE loans SET advances_stopped = TRUE", Reason.OVERDUE, id="overdue"),
    ],
)
async def test_the_member_is_looked_at_again_before_sending(
    desk: TransferDesk,
    member: Member,
    bank: ToldBank,
    owner,
    clock: ManualClock,
    change: str,
    reason: Reason,
) -> None:
    bank.submits.append(NotSent(Reason.THROTTLED))
    transfer = await accepted(desk, member)
    await owner.execute(change)
    clock.advance(60)

    await send_due(desk)
    await settle_tasks(desk)

    found = await now(desk, transfer)
    assert (found.state, found.reason) == (State.CANCELLED, reason)
    assert len(bank.sent) == 1
    assert await owed(desk, member) == (0, 0)


async def test_a_request_inside_the_banks_window_is_scheduled_for_its_end(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock
) -> None:
    clock.advance((timedelta(days=4, hours=12)).total_seconds())  # Sunday 22:00

    transfer = await accepted(desk, member)

    assert transfer.state is State.SCHEDULED
    assert transfer.due_at == datetime.fromisoformat("2026-11-30T07:00:00+09:00")
    assert bank.sent == []


async def test_a_scheduled_transfer_is_cancelled_and_its_reservation_released(
    desk: TransferDesk, member: Member, bank: ToldBank
) -> None:
    bank.submits.append(NotSent(Reason.THROTTLED))
    transfer = await accepted(desk, member)

    after = await cancel_transfer(desk, member_id=member.id, transfer_id=transfer.id)

    assert after.state is State.CANCELLED
    assert await owed(desk, member) == (0, 0)


async def test_what_has_left_cannot_be_cancelled_and_another_members_is_not_there(
    desk: TransferDesk, member: Member, owner, clock: ManualClock
) -> None:
    transfer = await accepted(desk, member)
    stranger = await new_member(owner, clock, limit=1)

    with pytest.raises(NotCancellable):
        await cancel_transfer(desk, member_id=member.id, transfer_id=transfer.id)
    with pytest.raises(NotFoundHere):
        await cancel_transfer(desk, member_id=stranger.id, transfer_id=transfer.id)


async def test_a_hundred_requests_against_credit_for_ten_give_exactly_ten(
    desk: TransferDesk, member: Member, bank: ToldBank
) -> None:
    patient = replace(desk, settings=desk.settings)

    async def one(number: int) -> bool:
        try:
            await accept_transfer(patient, request(member, key=f"key-{number:020}"))
        except CreditShort:
            return False
        return True

    results = await asyncio.gather(*(one(number) for number in range(100)))
    await settle_tasks(desk)

    assert sum(results) == 10
    assert len(bank.sent) == 10
    assert await owed(desk, member) == (100_000, 0)


async def test_two_hundred_requests_with_one_key_are_one_transfer_and_199_replays(
    desk: TransferDesk, member: Member, bank: ToldBank
) -> None:
    answers = await asyncio.gather(*(accept_transfer(desk, request(member)) for _ in range(200)))
    await settle_tasks(desk)

    assert len({answer.transfer.id for answer in answers}) == 1
    assert sum(answer.is_replay for answer in answers) == 199
    assert len(bank.sent) == 1


async def test_the_same_key_with_another_amount_is_refused(
    desk: TransferDesk, member: Member
) -> None:
    await accepted(desk, member)

    with pytest.raises(IdempotencyKeyReused):
        await accept_transfer(desk, request(member, amount=10_001))


Change = Callable[[TransferDesk], TransferDesk]


def as_it_was(desk: TransferDesk) -> TransferDesk:
    return desk


def with_a_lower_limit(desk: TransferDesk) -> TransferDesk:
    profile = replace(desk.profiles[BankCode.SMBC], item_limit=9_999)
    return replace(desk, profiles={BankCode.SMBC: profile})


def without_the_bank(desk: TransferDesk) -> TransferDesk:
    return replace(desk, profiles={}, banks={})


def with_a_full_queue(desk: TransferDesk) -> TransferDesk:
    settings = desk.settings.model_copy(update={"scheduled_max": 0})
    return replace(desk, senders=Senders(0), settings=settings)


def with_a_day_cap(desk: TransferDesk) -> TransferDesk:
    settings = desk.settings.model_copy(update={"day_transfers_max": 1})
    return replace(desk, settings=settings)


CHANGED_SINCE = [
    pytest.param(with_a_lower_limit, "SELECT 1", AmountAboveItemLimit, id="a lower item limit"),
    pytest.param(without_the_bank, "SELECT 1", AccountNotRegistered, id="a bank not connected"),
    pytest.param(with_a_full_queue, "SELECT 1", Busy, id="a full queue"),
    pytest.param(with_a_day_cap, "SELECT 1", DayCapReached, id="the day's cap"),
    pytest.param(
        as_it_was,
        "UPDATE accounts SET removed_at = now()",
        AccountNotRegistered,
        id="a removed account",
    ),
    pytest.param(
        as_it_was, "UPDATE members SET status = 'suspended'", MemberSuspended, id="a suspension"
    ),
    pytest.param(
        as_it_was, "UPDATE loans SET advances_stopped = TRUE", AdvancesStopped, id="overdue"
    ),
    pytest.param(as_it_was, "UPDATE loans SET credit_limit = 10000", CreditShort, id="no credit"),
]


@pytest.mark.parametrize(("change", "statement", "error"), CHANGED_SINCE)
async def test_what_was_accepted_is_answered_again_whatever_changed_since(
    desk: TransferDesk,
    member: Member,
    owner,
    change: Change,
    statement: str,
    error: type[Exception],
) -> None:
    """The answer was lost; a 422 would tell the member that no money is on its way."""
    first = await accepted(desk, member)
    await owner.execute(statement)
    later = change(desk)

    again = await accept_transfer(later, request(member))

    assert (again.transfer.id, again.is_replay) == (first.id, True)
    with pytest.raises(IdempotencyKeyReused):
        await accept_transfer(later, request(member, amount=10_001))
    with pytest.raises(error):
        await accept_transfer(later, request(member, key="key-0000000000000002"))


async def test_a_retry_is_not_refused_while_the_first_request_is_about_to_commit(
    desk: TransferDesk, member: Member, owner
) -> None:
    """Told that nothing was done, a page makes a new wish of it, and the member is paid twice."""
    async with owner.transaction():
        await owner.execute("SELECT FROM loans FOR UPDATE")
        first = asyncio.create_task(accept_transfer(desk, request(member)))
        await kept_waiting(owner, 1)
        again = asyncio.create_task(accept_transfer(with_a_lower_limit(desk), request(member)))
        await kept_waiting(owner, 2)

    assert (await again).transfer.id == (await first).transfer.id
    assert (await again).is_replay


async def test_an_outdated_quote_of_a_removed_account_is_not_quoted_anew(
    desk: TransferDesk, member: Member, owner
) -> None:
    await owner.execute("UPDATE accounts SET removed_at = now()")

    with pytest.raises(AccountNotRegistered):
        await accept_transfer(desk, replace(request(member), quote_id=UUID(int=0)))


class Counted(Database):
    """Counts the statements that go through it."""

    statements = 0

    async def fetchrow(self, sql: str, *args: object) -> Record | None:
        self.statements += 1
        return await super().fetchrow(sql, *args)

    async def step(self, sql: str, *args: object) -> Record:
        self.statements += 1
        return await super().step(sql, *args)


async def test_an_accepted_transfer_costs_one_read_and_one_write(
    desk: TransferDesk, member: Member, bank: ToldBank
) -> None:
    bank.answers.clear()
    counted = Counted(desk.db._pool, wait_s=60, lost_s=1)

    await accept_transfer(replace(desk, db=counted), request(member))

    assert counted.statements == 2
    bank.answers.set()
    await settle_tasks(desk)


async def test_the_same_key_of_another_member_is_another_request(
    desk: TransferDesk, member: Member, owner, clock: ManualClock
) -> None:
    stranger = await new_member(owner, clock, limit=100_000)

    first = await accepted(desk, member)
    second = await accepted(desk, stranger)

    assert first.reference != second.reference


async def test_with_hands_full_a_transfer_is_scheduled_and_with_a_full_queue_refused(
    desk: TransferDesk, member: Member
) -> None:
    full = replace(desk, senders=Senders(0))
    transfer = (await accept_transfer(full, request(member))).transfer
    assert transfer.state is State.SCHEDULED

    crowded = replace(full, settings=desk.settings.model_copy(update={"scheduled_max": 1}))
    with pytest.raises(Busy):
        await accept_transfer(crowded, request(member, key="key-0000000000000002"))

    assert await send_due(desk) == 1
    await settle_tasks(desk)
    assert (await now(desk, transfer)).state is State.SETTLED


async def test_a_busy_database_is_no_fault_of_the_transfer_that_met_it(
    desk: TransferDesk, member: Member, owner
) -> None:
    def no_connection(point: Point, /) -> None:
        if point is Point.CLAIM_BEFORE_WRITE:
            raise Busy

    await accept_transfer(replace(desk, senders=Senders(0)), request(member))

    assert await send_due(replace(desk, checkpoint=no_connection)) == 1
    await settle_tasks(desk)
    assert await send_due(desk) == 1
    await settle_tasks(desk)

    row = await owner.fetchrow("SELECT state, crashes FROM transfers")
    assert tuple(row) == ("settled", 0)


async def test_hands_that_are_full_still_take_over_what_others_left(
    desk: TransferDesk, member: Member, owner
) -> None:
    transfer = await accepted(desk, member)
    await owner.execute(
        "UPDATE transfers SET state = 'submitting', lease_owner = 'other',"
        " lease_until = clock_timestamp() - interval '1 s'"
    )
    full = replace(desk, senders=Senders(0))

    assert await recover_ended(full) == 1
    await settle_tasks(full)

    assert (await now(desk, transfer)).state is State.UNKNOWN


async def test_many_that_come_at_once_are_sent_only_as_far_as_there_is_room(
    desk: TransferDesk, member: Member, clock: ManualClock
) -> None:
    released = asyncio.Event()

    class SlowBank(ToldBank):
        async def submit(
            self, order: TransferOrder, *, send_before: float
        ) -> Answer[SubmitOutcome]:
            await released.wait()
            return await super().submit(order, send_before=send_before)

    narrow = replace(desk, senders=Senders(2), banks={BankCode.SMBC: SlowBank(clock)})
    keys = [f"key-{number:016}" for number in range(8)]

    taken = await asyncio.gather(
        *(accept_transfer(narrow, request(member, key=key)) for key in keys)
    )
    released.set()
    await settle_tasks(narrow)

    states = [one.transfer.state for one in taken]
    assert (states.count(State.SUBMITTING), states.count(State.SCHEDULED)) == (2, 6)


async def test_a_row_that_cannot_be_read_stands_aside_and_the_others_go_on(
    desk: TransferDesk, member: Member, owner, clock: ManualClock
) -> None:
    full = replace(desk, senders=Senders(0))
    poison = (await accept_transfer(full, request(member))).transfer
    good = (await accept_transfer(full, request(member, key="key-0000000000000002"))).transfer
    await owner.execute("UPDATE transfers SET holder = '山田' WHERE id = $1", poison.id)

    for _ in range(3):
        await send_due(desk)
        await settle_tasks(desk)

    assert (await now(desk, good)).state is State.SETTLED
    row = await owner.fetchrow(
        "SELECT state, crashes, due_at FROM transfers WHERE id = $1", poison.id
    )
    assert (row["state"], row["crashes"]) == ("scheduled", 1)
    assert row["due_at"] > clock.now()


async def test_the_gateway_cannot_change_or_delete_what_is_append_only(
    desk: TransferDesk, member: Member
) -> None:
    await accepted(desk, member)

    for table in ("postings", "events", "bank_attempts", "idempotency_keys"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET member_id = member_id"):
            with pytest.raises(Exception, match="permission denied"):
                await desk.db.fetch(statement)


async def test_more_than_the_bank_takes_at_once_is_refused_before_it_is_written(
    desk: TransferDesk, owner, clock: ManualClock
) -> None:
    rich = await new_member(owner, clock, limit=20_000_000)

    with pytest.raises(AmountAboveItemLimit):
        await accept_transfer(desk, request(rich, amount=10_000_001))

    assert (await accepted(desk, rich, amount=10_000_000)).state is State.SETTLED


async def test_a_bank_that_is_not_connected_has_no_registered_accounts(
    desk: TransferDesk, member: Member, owner
) -> None:
    await owner.execute("UPDATE accounts SET bank = $1", BankCode.MUFG)

    with pytest.raises(AccountNotRegistered):
        await accept_transfer(desk, request(member))


async def test_operators_see_how_many_transfers_are_open_and_for_how_long_unclear(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock
) -> None:
    metrics = PrometheusMetrics()
    bank.submits.append(Unknown())
    await accepted(desk, member)
    clock.advance(90)

    assert await measure_transfers(replace(desk, metrics=metrics)) == 1

    shown = metrics.render().decode()
    assert 'gateway_transfers_open{state="unknown"} 1.0' in shown
    assert 'gateway_transfers_open{state="scheduled"} 0.0' in shown
    assert "gateway_transfers_unclear_age_s 90.0" in shown

    bank.inquiries.append(Rejected(Reason.ACCOUNT_CLOSED))
    await ask_due(desk)
    await settle_tasks(desk)
    assert await measure_transfers(replace(desk, metrics=metrics)) == 0
    assert "gateway_transfers_unclear_age_s 0.0" in metrics.render().decode()
    assert "gateway_metrics_misnamed_total{" not in shown


class Jammed(Database):
    """Refuses its next steps: no connection was free."""

    refusals = 0

    async def step(self, sql: str, *args: object) -> Record:
        if self.refusals:
            self.refusals -= 1
            raise Busy("jammed")
        return await super().step(sql, *args)


@pytest.mark.parametrize(
    ("refusals", "lease_s", "state"),
    [
        pytest.param(2, 60, State.SETTLED, id="free again within the lease"),
        pytest.param(9, 0, State.SUBMITTING, id="the lease has ended: the inquiry finds it"),
    ],
)
async def test_an_answer_is_recorded_as_soon_as_the_database_has_room(
    desk: TransferDesk, member: Member, refusals: int, lease_s: float, state: State
) -> None:
    waiting = (await accept_transfer(replace(desk, senders=Senders(0)), request(member))).transfer
    result, claimed = await claim(
        desk.db, waiting, now=desk.clock.now(), lease_s=60, owner="test-1", step=desk.new_id()
    )
    assert result == "claimed"
    jammed = Jammed(desk.db._pool, wait_s=60, lost_s=1)
    jammed.refusals = refusals
    lease_ends = asyncio.get_running_loop().time() + lease_s

    await send_transfer(replace(desk, db=jammed), claimed, lease_ends=lease_ends)

    assert (await now(desk, waiting)).state is state


async def test_a_transfer_that_falls_due_in_the_banks_window_waits_for_its_end(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock
) -> None:
    bank.submits.append(NotSent(Reason.THROTTLED))
    transfer = await accepted(desk, member)
    clock.advance((timedelta(days=4, hours=12)).total_seconds())  # Sunday 22:00

    await send_due(desk)
    await settle_tasks(desk)

    found = await now(desk, transfer)
    assert found.due_at == datetime.fromisoformat("2026-11-30T07:00:00+09:00")
    assert (found.state, len(bank.sent)) == (State.SCHEDULED, 1)


async def test_a_transfer_that_is_gone_is_nothing_to_decide_on(
    desk: TransferDesk, member: Member, owner
) -> None:
    transfer = await accepted(desk, member)
    await owner.execute("DELETE FROM transfers")

    with pytest.raises(StaleTransfer, match="gone"):
        await record_decision(desk, transfer, Decision)


async def test_whoever_recovers_what_its_sender_has_ended_meanwhile_changes_nothing(
    desk: TransferDesk, member: Member, bank: ToldBank
) -> None:
    bank.answers.clear()
    seen = (await accept_transfer(desk, request(member))).transfer
    bank.answers.set()
    await settle_tasks(desk)
    settled = await now(desk, seen)

    await recover_transfer(desk, seen)

    assert settled.state is State.SETTLED
    assert await now(desk, seen) == settled
    assert len(bank.sent) == 1
