"""The life of a file, with a bank that pays a reference once for each file it is in."""

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

import pytest
from structlog.testing import capture_logs

from gateway.domain.account import BankCode
from gateway.domain.bank import TransferFile, TransferOrder
from gateway.domain.errors import Busy, CommitUnknown
from gateway.domain.hours import JST
from gateway.domain.outcome import (
    FileRejected,
    FileResult,
    NotSent,
    Rejected,
    Settled,
    TurnedAway,
    Unknown,
)
from gateway.domain.ports import Point
from gateway.domain.reason import Reason
from gateway.domain.transfer import State, Transfer
from gateway.services.cancel_transfer import cancel_transfer
from gateway.services.gather_file import gather_file, gather_files
from gateway.services.hold_bank import hold_bank
from gateway.services.send_transfer import send_transfer
from gateway.services.work_files import work_file, work_files
from gateway.services.work_transfers import ask_due, recover_ended, recover_own, send_due
from gateway.store.database import Database
from gateway.store.files import CLAIM_ITEM, FIND, TAKE, Gathering, claim_item, open_files, read_file
from gateway.store.files import MOVE as MOVE_FILE
from gateway.store.stops import stops_in_force
from gateway.store.transfers import RECORD
from tests.manual_clock import ManualClock
from tests.services.file_bank import PENDING, UNBALANCED, Fault, FileBankDouble, TookItAllTheSame
from tests.services.file_world import (
    OPEN,
    FileWorld,
    eventually,
    finish,
    gather,
    one_round,
    until_at_rest,
)
from tests.services.restless import failing, restless

UNSENT = NotSent(Reason.BANK_UNREACHABLE)
THROTTLED = TurnedAway(Reason.THROTTLED)


@pytest.fixture
def world(database: Database, owner, clock: ManualClock) -> FileWorld:
    return FileWorld(database, owner, clock, FileBankDouble(clock))


async def are_submitting(world: FileWorld, transfers: list[Transfer]) -> bool:
    return set(await world.states(transfers)) == {State.SUBMITTING}


def alerts(logs) -> list[str]:
    return [line["code"] for line in logs if line["event"] == "alert.raised"]


async def test_what_is_accepted_waits_for_its_file_and_is_settled_by_its_result(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)
    assert await world.states(transfers) == [State.SCHEDULED] * 2
    assert await send_due(world.desk) == 0

    await gather(world.desk)

    assert await world.states(transfers) == [State.SUBMITTED] * 2
    (file,) = world.bank.sent
    assert {order.reference for order in file.orders} == {t.reference for t in transfers}
    assert await world.files() == [("accepted", 3, True)]

    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}
    assert world.bank.asked == []
    rows = await world.owner.fetch("SELECT state, content, next_at FROM bank_files")
    assert [tuple(row) for row in rows] == [("done", None, None)]


async def test_a_file_is_written_down_before_it_is_sent(world: FileWorld) -> None:
    transfers = await world.accepted(1)
    world.bank.answers.clear()

    await gather_files(world.desk)
    await eventually(world.is_at_the_bank)

    (row,) = await world.owner.fetch("SELECT * FROM bank_files")
    found = await world.now(transfers[0])
    assert (row["state"], row["file_id"], world.bank.sent) == ("stored", found.file_id, [])
    assert (found.state, found.attempt) == (State.SUBMITTING, 1)
    world.bank.answers.set()
    await finish(world.desk)
    assert world.bank.sent[0].content == row["content"]


async def test_a_file_takes_no_more_than_the_bank_allows(world: FileWorld) -> None:
    transfers = await world.accepted(5)

    assert await until_at_rest(world, transfers) == [State.SETTLED] * 5
    assert sorted(len(file.orders) for file in world.bank.sent) == [2, 3]


async def test_two_processes_put_no_transfer_into_two_files(world: FileWorld) -> None:
    transfers = await world.accepted(7)
    other = world.process(instance="test-2")

    for _ in range(4):
        await asyncio.gather(gather(world.desk), gather(other))
        world.clock.advance(1)

    assert await until_at_rest(world, transfers) == [State.SETTLED] * 7
    assert set(world.bank.paid.values()) == {1}
    assert len(world.bank.paid) == 7


@pytest.mark.parametrize("fault", ["cut before", "cut after", "late"])
async def test_a_lost_answer_is_cleared_by_the_same_bytes_under_the_same_number(
    world: FileWorld, fault: str
) -> None:
    transfers = await world.accepted(3)
    world.bank.faults.append(fault)
    await gather(world.desk)
    assert await world.states(transfers) == [State.UNKNOWN] * 3

    states = await until_at_rest(world, transfers)
    world.bank.deliver_late()

    assert states == [State.SETTLED] * 3
    assert len(world.bank.sent) == 2
    assert world.bank.sent[0] == world.bank.sent[1]
    assert set(world.bank.paid.values()) == {1}


async def test_what_the_first_sending_did_not_send_waits_for_another_file(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)
    world.bank.faults.append(UNSENT)

    await gather(world.desk)

    assert await world.states(transfers) == [State.SCHEDULED] * 2
    assert (await world.now(transfers[0])).file_id is None
    assert await world.files() == [("void", 3, False)]
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert len({file.file_id for file in world.bank.sent}) == 2
    assert set(world.bank.paid.values()) == {1}


@pytest.mark.parametrize(
    "reason",
    [Reason.THROTTLED, Reason.CONTRACT_ERROR, Reason.OUT_OF_HOURS, Reason.MAINTENANCE],
    ids=str,
)
async def test_whoever_turns_the_first_sending_away_may_have_passed_it_on(
    world: FileWorld, reason: Reason
) -> None:
    """A bare 429, 401, 403 or 503 from something in front of the bank, which took the file."""
    transfers = await world.accepted(2)
    world.bank.faults.append(TookItAllTheSame(TurnedAway(reason)))

    await gather(world.desk)

    assert await world.states(transfers) == [State.UNKNOWN] * 2
    assert await world.files() == [("stored", 3, True)]
    await world.owner.execute("UPDATE bank_stops SET released_at = now(), released_by = 'a'")
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert len({file.file_id for file in world.bank.sent}) == 1
    assert set(world.bank.paid.values()) == {1}


async def test_a_file_that_is_voided_while_it_is_about_to_be_taken_is_sent_by_nobody_else(
    world: FileWorld,
) -> None:
    """A process reads it as stored, and waits for its slot; meanwhile its sender comes too late."""
    transfers = await world.accepted(2)
    asleep = world.process(instance="asleep", deadline_s=0.02)
    world.bank.answers.clear()
    await gather_files(asleep)
    await eventually(world.is_at_the_bank)
    await world.lease_ends()
    world.clock.advance(1)
    (row,) = await open_files(world.db, now=world.clock.now(), limit=10)
    read = read_file(row)
    await asyncio.sleep(0.05)  # the sender's deadline does not fit into its lease any more
    world.bank.answers.set()
    await finish(asleep)
    assert await world.files() == [("void", 3, False)]

    await work_file(world.desk, world.bank, read)

    assert world.bank.sent == []
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


async def test_that_a_second_sending_was_not_taken_says_nothing_of_the_first(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)
    world.bank.faults.extend(["late", THROTTLED, THROTTLED])

    await gather(world.desk)
    for _ in range(2):
        await one_round(world, world.desk)

    assert await world.states(transfers) == [State.UNKNOWN] * 2
    world.bank.deliver_late()
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert len({file.file_id for file in world.bank.sent}) == 1
    assert set(world.bank.paid.values()) == {1}


async def test_one_unreadable_item_is_refused_and_the_others_go_again(world: FileWorld) -> None:
    transfers = await world.accepted(3)
    world.bank.unreadable.add(transfers[1].reference)

    states = await until_at_rest(world, transfers)

    assert states == [State.SETTLED, State.REJECTED, State.SETTLED]
    assert (await world.now(transfers[1])).reason is Reason.FORMAT_ERROR
    assert sorted(world.bank.paid.values()) == [1, 1]


async def test_a_file_refused_after_a_lost_answer_was_never_taken(world: FileWorld) -> None:
    transfers = await world.accepted(3)
    world.bank.faults.append("cut before")
    world.bank.unreadable.add(transfers[0].reference)

    states = await until_at_rest(world, transfers)

    assert states == [State.REJECTED, State.SETTLED, State.SETTLED]
    assert sorted(world.bank.paid.values()) == [1, 1]


async def test_around_midnight_a_refusal_of_a_second_sending_is_not_believed_yet(
    world: FileWorld,
) -> None:
    """It may be about the day alone, and the first copy may arrive when it is that day."""
    world.clock.instant = datetime(2026, 11, 26, 0, 0, 10, tzinfo=JST)
    transfers = await world.accepted(1)
    world.bank.faults.extend(["late", FileRejected(Reason.FORMAT_ERROR)])

    await gather(world.desk)
    world.clock.advance(1)
    await work_files(world.desk)
    await finish(world.desk)
    assert await world.states(transfers) == [State.UNKNOWN]
    world.bank.deliver_late()

    assert await until_at_rest(world, transfers) == [State.SETTLED]
    assert set(world.bank.paid.values()) == {1}


async def test_a_file_refused_for_nobodys_sake_is_tried_again_ever_later_and_people_are_called(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(1)
    world.bank.faults.append(FileRejected(Reason.FORMAT_ERROR))

    with capture_logs() as logs:
        await gather(world.desk)

    found = await world.now(transfers[0])
    assert (found.state, found.tries) == (State.SCHEDULED, 1)
    assert alerts(logs) == ["format_error"]
    assert await until_at_rest(world, transfers) == [State.SETTLED]


async def test_not_found_frees_no_item_of_a_stored_file(world: FileWorld) -> None:
    transfers = await world.accepted(1)
    world.bank.faults.extend(["late", *["cut before"] * 8])
    await gather(world.desk)

    for _ in range(8):
        await one_round(world, world.desk)

    assert world.bank.asked != []
    assert await world.states(transfers) == [State.UNKNOWN]
    world.bank.deliver_late()
    assert await until_at_rest(world, transfers) == [State.SETTLED]
    assert set(world.bank.paid.values()) == {1}


async def test_an_inquiry_settles_an_item_whose_file_stays_unclear(world: FileWorld) -> None:
    transfers = await world.accepted(1)
    world.bank.faults.extend(["cut after", *["cut before"] * 4])
    await gather(world.desk)
    world.clock.advance(4)

    await ask_due(world.desk)
    await finish(world.desk)

    assert await world.states(transfers) == [State.SETTLED]
    assert await until_at_rest(world, transfers) == [State.SETTLED]


async def test_a_file_that_stays_unclear_goes_to_people_and_its_result_still_ends_it(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)
    world.bank.faults.extend(["late", *["cut before"] * 30])
    await gather(world.desk)

    for _ in range(8):
        world.clock.advance(20)
        await one_round(world, world.desk)

    assert await world.states(transfers) == [State.REVIEW] * 2
    world.bank.faults.clear()
    world.bank.deliver_late()
    for _ in range(4):
        world.clock.advance(20)
        await one_round(world, world.desk)
    assert await world.states(transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


async def test_what_a_gatherer_starts_while_the_process_drains_is_waited_for(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(1)
    await gather_files(world.desk)

    assert await world.desk.senders.drain(20) == 0

    assert await world.states(transfers) == [State.SUBMITTED]


async def test_a_result_names_who_was_refused(world: FileWorld) -> None:
    transfers = await world.accepted(3)
    world.bank.words[transfers[2].reference] = Rejected(Reason.ACCOUNT_NOT_FOUND)
    world.bank.results.extend([PENDING, PENDING])

    states = await until_at_rest(world, transfers)

    assert states == [State.SETTLED, State.SETTLED, State.REJECTED]
    assert (await world.now(transfers[2])).reason is Reason.ACCOUNT_NOT_FOUND


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(UNBALANCED, id="count or sum"),
        pytest.param(FileResult({"A" * 20: Settled(datetime(2026, 11, 25, tzinfo=JST))}), id="ids"),
    ],
)
async def test_a_result_that_does_not_balance_makes_the_whole_file_unknown(
    world: FileWorld, result
) -> None:
    transfers = await world.accepted(2)
    world.bank.results.append(result)
    await gather(world.desk)
    world.clock.advance(1)

    with capture_logs() as logs:
        await work_files(world.desk)
        await finish(world.desk)

    assert alerts(logs) == ["file_untrusted"]
    assert await world.states(transfers) == [State.UNKNOWN] * 2
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


async def test_other_bytes_under_our_number_leave_every_item_unknown(world: FileWorld) -> None:
    transfers = await world.accepted(2)
    world.bank.faults.extend(["late", UNBALANCED])
    await gather(world.desk)
    world.clock.advance(1)

    with capture_logs() as logs:
        await work_files(world.desk)
        await finish(world.desk)

    assert alerts(logs) == ["file_untrusted"]
    assert await world.states(transfers) == [State.UNKNOWN] * 2


async def test_our_account_being_short_holds_the_bank_and_refuses_nobody(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)
    short = transfers[0].reference
    world.bank.words[short] = NotSent(Reason.SETTLEMENT_BALANCE_SHORT)
    await gather(world.desk)
    world.clock.advance(1)
    await work_files(world.desk)
    await finish(world.desk)

    assert await world.states(transfers) == [State.SCHEDULED, State.SETTLED]
    assert [stop.bank for stop in await stops_in_force(world.db, now=world.clock.now())] == [
        BankCode.MIZUHO
    ]
    del world.bank.words[short]
    await world.owner.execute("UPDATE bank_stops SET released_at = now(), released_by = 'a'")
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


@pytest.mark.parametrize(
    "reason", [Reason.SETTLEMENT_BALANCE_SHORT, Reason.CONTRACT_ERROR], ids=str
)
async def test_trouble_of_our_own_holds_the_bank(world: FileWorld, reason: Reason) -> None:
    transfers = await world.accepted(1)
    world.bank.faults.append(TurnedAway(reason))

    await gather(world.desk)
    world.clock.advance(10)
    await gather(world.desk)

    assert await world.states(transfers) == [State.UNKNOWN]
    assert len(world.bank.sent) == 1


async def test_contract_trouble_met_by_asking_for_a_result_holds_what_is_not_sent(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(1)
    await gather(world.desk)
    world.bank.results.append(Unknown(Reason.CONTRACT_ERROR))
    world.clock.advance(10)

    with capture_logs() as logs:
        await one_round(world, world.desk)
    second = await world.accepted(1)

    assert alerts(logs) == ["bank_held_contract_error"]
    assert await until_at_rest(world, transfers) == [State.SETTLED]
    assert await world.states(second) == [State.SCHEDULED]
    assert len(world.bank.sent) == 1


async def test_under_a_stop_nothing_is_gathered_and_nothing_sent_again(world: FileWorld) -> None:
    first = await world.accepted(1)
    world.bank.faults.append("cut before")
    await gather(world.desk)
    await hold_bank(world.desk, BankCode.MIZUHO, Reason.CONTRACT_ERROR)
    second = await world.accepted(1)

    for _ in range(3):
        await one_round(world, world.desk)

    assert await world.states(first + second) == [State.UNKNOWN, State.SCHEDULED]
    assert len(world.bank.sent) == 1


async def test_outside_the_banks_hours_what_is_due_waits_for_the_opening(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(1)
    world.clock.instant = datetime(2026, 11, 28, 22, 30, tzinfo=JST)

    await gather(world.desk)

    found = await world.now(transfers[0])
    assert found.state is State.SCHEDULED
    assert found.due_at == datetime(2026, 11, 29, 8, 0, tzinfo=JST)
    assert world.bank.sent == []


async def test_what_does_not_fit_into_a_file_waits_and_keeps_nobody_else(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)
    world.bank.misfits.add(transfers[0].reference)

    with capture_logs() as logs:
        await gather(world.desk)

    assert alerts(logs) == ["format_error"]
    found = await world.now(transfers[0])
    assert (found.state, found.tries, found.file_id) == (State.SCHEDULED, 1, None)
    assert (await world.now(transfers[1])).state is State.SUBMITTED


async def test_a_member_who_may_no_longer_borrow_is_in_no_file(world: FileWorld) -> None:
    transfers = await world.accepted(2)
    await world.owner.execute(
        "UPDATE members SET status = 'suspended' WHERE member_id = $1", transfers[0].member_id
    )

    assert await until_at_rest(world, transfers) == [State.CANCELLED, State.SETTLED]


async def test_a_cancelled_transfer_is_in_no_file(world: FileWorld) -> None:
    (transfer,) = await world.accepted(1)
    await cancel_transfer(world.desk, member_id=transfer.member_id, transfer_id=transfer.id)

    await gather(world.desk)

    assert world.bank.sent == []


async def test_files_leave_no_faster_than_the_contract_allows(world: FileWorld) -> None:
    world.desk = world.process(per_second=20.0)
    transfers = await world.accepted(9)
    loop = asyncio.get_running_loop()
    began = loop.time()

    for _ in range(3):
        await gather(world.desk)

    assert len(world.bank.sent) == 3
    assert loop.time() - began >= 2 / 20 * 0.8
    assert await world.states(transfers) == [State.SUBMITTED] * 9


async def test_operators_can_let_no_file_out(world: FileWorld) -> None:
    transfers = await world.accepted(1)
    await gather(world.desk)
    transfers += await world.accepted(1)
    await world.owner.execute("UPDATE bank_lanes SET breaker = 'open'")

    await gather(world.desk)

    assert await world.states(transfers) == [State.SUBMITTED, State.SCHEDULED]


async def test_a_sender_that_was_taken_for_dead_before_it_stored_its_file_sends_nothing(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)
    # Nobody can store a file while the owner holds the table: the sender sleeps just before that.
    async with world.owner.transaction():
        await world.owner.execute("LOCK TABLE bank_files IN SHARE ROW EXCLUSIVE MODE")
        await gather_files(world.desk)
        await eventually(lambda: are_submitting(world, transfers))
        file_id = (await world.now(transfers[0])).file_id
        # What a recovery does first.
        await world.owner.execute(
            "INSERT INTO bank_files (bank, file_id, items, state, stored_at)"
            " VALUES ('mizuho', $1, '[]', 'void', now())",
            file_id,
        )
    await finish(world.desk)

    assert world.bank.sent == []
    assert await world.states(transfers) == [State.SCHEDULED] * 2
    assert not (await world.now(transfers[0])).unclear


async def test_a_sender_that_wakes_after_its_lease_sends_nothing_and_frees_nothing(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)
    asleep = world.process(instance="asleep", deadline_s=0.02)
    world.bank.answers.clear()
    await gather_files(asleep)
    await eventually(world.is_at_the_bank)

    await world.lease_ends()
    world.bank.faults.append("late")
    taking_over = asyncio.create_task(one_round(world, world.desk))
    await eventually(lambda: world.db.fetch("SELECT FROM bank_files WHERE fence = 1"))
    world.bank.answers.set()
    await taking_over
    await finish(asleep)

    assert len(world.bank.sent) == 1
    assert await world.states(transfers) == [State.UNKNOWN] * 2
    world.bank.deliver_late()
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


async def test_a_transfer_claimed_for_a_file_that_does_not_have_it_was_never_sent(
    world: FileWorld,
) -> None:
    """Its claim was committed, and the answer to that was lost."""
    transfers = await world.accepted(2)
    gathering = Gathering("F" * 20, world.desk.instance, 12.0)
    due = await world.now(transfers[0])
    await claim_item(world.db, due, gathering, now=world.clock.now(), step=world.desk.new_id())
    await gather(world.desk)

    await world.lease_ends()
    await recover_ended(world.desk)
    await finish(world.desk)

    found = await world.now(transfers[0])
    assert (found.state, found.unclear, found.crashes) == (State.SCHEDULED, False, 1)
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


async def test_whoever_outlived_two_senders_in_a_row_goes_alone(world: FileWorld) -> None:
    transfers = await world.accepted(3)
    await world.owner.execute("UPDATE transfers SET crashes = 2 WHERE id = $1", transfers[1].id)

    assert await until_at_rest(world, transfers) == [State.SETTLED] * 3
    files = [{order.reference for order in file.orders} for file in world.bank.sent]
    assert {transfers[1].reference} in files
    assert len(files) == 2


async def test_a_run_under_the_same_name_takes_its_files_over_at_once(world: FileWorld) -> None:
    transfers = await world.accepted(1)
    world.bank.answers.clear()
    await gather_files(world.desk)
    await eventually(world.is_at_the_bank)
    assert await world.desk.senders.drain(0) == 1
    world.bank.answers.set()

    again = world.process()
    await recover_own(again)
    await finish(again)

    assert await until_at_rest(world, transfers, again) == [State.SETTLED]
    assert len(world.bank.sent) == 1


async def test_whoever_comes_when_nothing_is_due_any_more_makes_no_file(world: FileWorld) -> None:
    await gather_file(world.desk, world.bank)

    assert (await world.files(), world.bank.sent) == ([], [])


async def test_what_could_not_be_claimed_is_in_no_file_and_goes_with_the_next(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)
    busy = Busy("the database is busy")

    await gather(failing(world.desk, CLAIM_ITEM, busy, busy))

    assert await world.states(transfers) == [State.SCHEDULED] * 2
    assert (await world.files(), world.bank.sent) == ([], [])
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


async def test_a_row_that_cannot_be_read_is_in_no_file_and_keeps_nobody_else(
    world: FileWorld,
) -> None:
    broken, good = await world.accepted(2)
    await world.owner.execute("UPDATE transfers SET holder = '山田' WHERE id = $1", broken.id)

    with capture_logs() as logs:
        await gather(world.desk)

    assert alerts(logs) == ["transfer_not_workable"]
    row = await world.owner.fetchrow("SELECT state, due_at FROM transfers WHERE id=$1", broken.id)
    assert row["state"] == "scheduled"
    assert row["due_at"] > world.clock.now()
    assert await until_at_rest(world, [good]) == [State.SETTLED]


async def test_a_file_that_nobody_fits_into_is_not_sent(world: FileWorld) -> None:
    (transfer,) = await world.accepted(1)
    world.bank.misfits.add(transfer.reference)

    with capture_logs() as logs:
        await gather(world.desk)

    assert alerts(logs) == ["format_error"]
    found = await world.now(transfer)
    assert (found.state, found.tries, found.file_id) == (State.SCHEDULED, 1, None)
    assert world.bank.sent == []


class Alone(FileBankDouble):
    """Writes no two orders into one file, though each of them fits."""

    def encode_file(self, file_id: str, orders: Sequence[TransferOrder]) -> TransferFile:
        if len(orders) > 1:
            raise ValueError("the sum has too many digits")
        return super().encode_file(file_id, orders)


async def test_orders_that_only_together_fit_into_no_file_blame_none_and_call_people(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)
    bank = Alone(world.clock)

    with capture_logs() as logs:
        await gather(replace(world.desk, banks={BankCode.MIZUHO: bank}))

    assert alerts(logs) == ["file_not_workable"]
    assert (bank.sent, await world.files()) == ([], [])
    await world.lease_ends()
    await recover_ended(world.desk)
    await finish(world.desk)
    found = [await world.now(transfer) for transfer in transfers]
    assert [(one.state, one.unclear) for one in found] == [(State.SCHEDULED, False)] * 2


async def test_an_answer_that_the_database_was_too_busy_for_is_written_down_a_moment_later(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(1)

    with capture_logs() as logs:
        await gather(failing(world.desk, MOVE_FILE, Busy("the database is busy")))

    assert alerts(logs) == []
    assert await world.states(transfers) == [State.SUBMITTED]
    assert await world.files() == [("accepted", 2, True)]


async def test_an_answer_that_could_not_be_written_down_calls_people_and_is_asked_for_again(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)

    with capture_logs() as logs:
        await gather(failing(world.desk, MOVE_FILE, CommitUnknown("the connection was lost")))

    assert alerts(logs) == ["answer_not_recorded"]
    assert await world.states(transfers) == [State.SUBMITTING] * 2
    await world.lease_ends()
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


async def test_a_file_that_moves_at_each_look_is_left_to_whoever_moves_it(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(1)
    world.bank.answers.clear()

    async def move() -> None:
        await world.owner.execute("UPDATE bank_files SET fence = fence + 1")

    desk, database = restless(world.desk, after=FIND, move=move)
    await gather_files(desk)
    await eventually(world.is_at_the_bank)
    await move()
    world.bank.answers.set()
    with capture_logs() as logs:
        await finish(desk)

    assert alerts(logs) == ["answer_not_recorded"]
    assert database.reads > 1
    assert await world.states(transfers) == [State.SUBMITTING]
    await world.lease_ends()
    assert await until_at_rest(world, transfers) == [State.SETTLED]
    assert set(world.bank.paid.values()) == {1}


async def test_a_stored_file_is_not_sent_again_while_operators_let_none_out(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(1)
    world.bank.faults.append("cut before")
    await gather(world.desk)
    await world.owner.execute("UPDATE bank_lanes SET breaker = 'open'")

    for _ in range(2):
        world.clock.advance(10)
        await work_files(world.desk)
        await finish(world.desk)

    assert len(world.bank.sent) == 1
    await world.owner.execute("UPDATE bank_lanes SET breaker = 'closed'")
    assert await until_at_rest(world, transfers) == [State.SETTLED]


async def test_a_refused_file_is_open_until_each_of_its_items_knows(world: FileWorld) -> None:
    transfers = await world.accepted(1)
    world.bank.unreadable.add(transfers[0].reference)
    busy = Busy("the database is busy")
    desk = failing(world.desk, RECORD, busy, busy)

    await gather(desk)
    await world.lease_ends()
    world.clock.advance(1)
    await work_files(desk)
    await finish(desk)

    assert await world.files() == [("refused", 2, True)]
    await world.lease_ends()
    assert await until_at_rest(world, transfers) == [State.REJECTED]
    assert await world.files() == [("refused", 2, False)]


async def test_a_result_is_asked_for_again_until_each_item_knows_it(world: FileWorld) -> None:
    transfers = await world.accepted(2)
    await gather(world.desk)
    world.clock.advance(1)
    desk = failing(world.desk, RECORD, Busy("the database is busy"))

    await work_files(desk)
    await finish(desk)

    assert sorted(await world.states(transfers)) == [State.SETTLED, State.SUBMITTED]
    assert await world.files() == [("accepted", 3, True)]
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


async def test_a_busy_database_defers_a_file_and_calls_nobody(world: FileWorld) -> None:
    transfers = await world.accepted(1)
    await gather(world.desk)
    world.clock.advance(1)

    with capture_logs() as logs:
        desk = failing(world.desk, TAKE, Busy("the database is busy"))
        await work_files(desk)
        await finish(desk)

    assert alerts(logs) == []
    assert [line["error"] for line in logs if line["event"] == "file.deferred"] == ["Busy"]
    assert await until_at_rest(world, transfers) == [State.SETTLED]


async def test_an_item_that_cannot_be_read_keeps_its_file_open_and_nobody_else(
    world: FileWorld,
) -> None:
    broken, good = await world.accepted(2)
    await gather(world.desk)
    world.clock.advance(1)
    await world.owner.execute("UPDATE transfers SET holder = '山田' WHERE id = $1", broken.id)

    with capture_logs() as logs:
        await work_files(world.desk)
        await finish(world.desk)

    (call,) = (line for line in logs if line.get("code") == "transfer_not_workable")
    assert call["transfer_id"] == str(broken.id)
    assert (await world.now(good)).state is State.SETTLED
    assert [is_open for *_, is_open in await world.files()] == [True]
    assert len(world.bank.sent) == 1


async def test_a_bank_that_takes_files_gets_no_single_instruction(world: FileWorld) -> None:
    (transfer,) = await world.accepted(1)

    with pytest.raises(TypeError, match="mizuho takes files only"):
        await send_transfer(world.desk, transfer, lease_ends=0.0)

    assert world.bank.asked == []
    assert await world.states([transfer]) == [State.SCHEDULED]


async def test_trouble_that_is_met_twice_holds_the_bank_once(world: FileWorld) -> None:
    with capture_logs() as logs:
        for _ in range(2):
            await hold_bank(world.desk, BankCode.MIZUHO, Reason.CONTRACT_ERROR)

    assert alerts(logs) == ["bank_held_contract_error"]
    assert len(await stops_in_force(world.db, now=world.clock.now())) == 1


FAULTS: dict[str, tuple[list[Fault], int]] = {
    "no fault": ([], 12),
    "cut before": (["cut before"], 12),
    "cut after": (["cut after"], 12),
    "late": (["late"], 12),
    "unsent": ([UNSENT], 12),
    "throttled": ([THROTTLED], 12),
    "throttled, and taken": ([TookItAllTheSame(THROTTLED)], 12),
    "refused": ([FileRejected(Reason.FORMAT_ERROR)], 12),
    "throttled after late": (["late", THROTTLED], 12),
}


class Died(BaseException):
    """The end of a process, as by a power cut: no `except Exception` sees it."""


class DieAt:
    """The checkpoint of a process that dies at its `nth` call; nothing goes on after that."""

    def __init__(self, nth: int) -> None:
        self.left = nth
        self.reached: Point | None = None

    def __call__(self, point: Point, /) -> None:
        self.left -= 1
        if self.left <= 0:
            self.reached = self.reached or point
            raise Died(point)


async def until_dead(world: FileWorld, nth: int, transfers: list[Transfer]) -> Point | None:
    """Run a process until it dies at its nth checkpoint, or has nothing more to do."""
    death = DieAt(nth)
    desk = world.process(checkpoint=death)
    for _ in range(30):
        states = set(await world.states(transfers))
        is_at_rest = not OPEN & states and not any(is_open for *_, is_open in await world.files())
        if is_at_rest or death.reached:
            break
        await one_round(world, desk)
    return death.reached


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_crash_at_any_instant_pays_nothing_twice_and_loses_nothing(
    world: FileWorld, fault: str
) -> None:
    faults, deaths_min = FAULTS[fault]
    reached: set[Point] = set()
    # Nobody is left to hear how the tasks of a dead process ended.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    for nth in count(1):
        transfers = await world.accepted(2)
        world.bank.faults.extend(faults)

        point = await until_dead(world, nth, transfers)
        again = world.process()
        await recover_own(again)
        await finish(again)
        states = await until_at_rest(world, transfers, again)
        world.bank.deliver_late()

        assert states == [State.SETTLED] * 2, point
        assert {world.bank.paid[t.reference] for t in transfers} == {1}, point
        if point is None:
            break
        reached.add(point)
    assert len(reached) >= 6
    assert nth >= deaths_min
    gc.collect()
