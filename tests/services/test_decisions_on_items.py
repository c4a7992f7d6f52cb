"""Nobody decides on an item while a file names it that the bank has, or may still get."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.bank_file import FileState
from gateway.domain.reason import Reason
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.review import Resolution
from gateway.domain.transfer import CRASHES_MAX, State, Transfer
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.gather_file import gather_files
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.services.work_transfers import recover_ended
from gateway.store.database import Database
from gateway.store.review_items import Confirmation, Proposal, ReviewItem, list_items
from gateway.store.transfers import Move, move
from tests.manual_clock import ManualClock
from tests.services.file_bank import FileBankDouble
from tests.services.file_world import (
    FileWorld,
    eventually,
    finish,
    gather,
    one_round,
    until_at_rest,
)

R = Resolution
OPEN = [FileState.STORED, FileState.ACCEPTED]
WHY = "the bank says that it does not have it"


@pytest.fixture
def world(database: Database, owner: Any, clock: ManualClock) -> FileWorld:
    return FileWorld(database, owner, clock, FileBankDouble(clock))


async def in_review(world: FileWorld) -> tuple[Transfer, ReviewItem]:
    """Let a file's first copy be late and its others be lost, until people have to look."""
    (transfer,) = await world.accepted(1)
    world.bank.faults.extend(["late", *["cut before"] * 30])
    await gather(world.desk)
    for _ in range(8):
        world.clock.advance(20)
        await one_round(world, world.desk)
    assert await world.states([transfer]) == [State.REVIEW]
    (item,) = await list_items(world.db)
    return await world.now(transfer), item


async def propose(world: FileWorld, item: ReviewItem, resolution: Resolution) -> None:
    proposal = Proposal(resolution, WHY, "sato", {})
    await propose_resolution(world.db, item.id, proposal, now=world.clock.now())


async def confirm(world: FileWorld, item: ReviewItem, resolution: Resolution) -> None:
    given = Confirmation(resolution, "suzuki", WHY, {})
    await confirm_resolution(world.db, item.id, given, now=world.clock.now())


async def set_files(world: FileWorld, state: FileState) -> None:
    await world.owner.execute("UPDATE bank_files SET state = $1", state)


@pytest.mark.parametrize("state", OPEN, ids=str)
@pytest.mark.parametrize("resolution", [R.SEND_AGAIN, R.REJECTED], ids=str)
async def test_while_its_file_is_open_two_people_do_not_decide_on_an_item(
    world: FileWorld, resolution: Resolution, state: FileState
) -> None:
    """It was sent again in another file, and both were paid."""
    transfer, item = await in_review(world)
    await set_files(world, state)

    with pytest.raises(ResolutionRefused, match=f"file {transfer.file_id} .* is {state}") as said:
        await propose(world, item, resolution)
    assert f"file-end {transfer.file_id}" in str(said.value)

    await set_files(world, FileState.REFUSED)
    await propose(world, item, resolution)
    await set_files(world, state)
    with pytest.raises(ResolutionRefused, match="may still get it"):
        await confirm(world, item, resolution)


@pytest.mark.parametrize("state", OPEN, ids=str)
@pytest.mark.parametrize("resolution", [R.SEND_AGAIN, R.REJECTED], ids=str)
async def test_what_was_confirmed_is_refused_in_the_statement_that_moves_the_row(
    world: FileWorld, resolution: Resolution, state: FileState
) -> None:
    transfer, item = await in_review(world)
    await set_files(world, FileState.REFUSED)
    await propose(world, item, resolution)
    await confirm(world, item, resolution)
    await set_files(world, state)

    with capture_logs() as logs:
        assert await act_on_reviews(world.desk) == 0

    assert [line["code"] for line in logs if line["event"] == "alert.raised"] == [
        "resolution_not_workable"
    ]
    assert await world.now(transfer) == transfer

    await set_files(world, FileState.REFUSED)
    world.clock.advance(600)
    assert await act_on_reviews(world.desk) == 1
    expected = State.SCHEDULED if resolution is R.SEND_AGAIN else State.REJECTED
    assert await world.states([transfer]) == [expected]


async def test_a_file_that_names_the_item_counts_though_the_item_names_another(
    world: FileWorld,
) -> None:
    transfer, item = await in_review(world)
    await world.owner.execute("UPDATE transfers SET file_id = 'ANOTHER'")

    with pytest.raises(ResolutionRefused, match=str(transfer.file_id)):
        await propose(world, item, R.SEND_AGAIN)
    row = await world.now(transfer)
    again = replace(row, state=State.SCHEDULED, due_at=world.clock.now(), inquire_at=None)
    step = Move(row, again, world.desk.new_id(), world.clock.now(), 0, ())
    assert await move(world.db, step) == "in_file"
    assert await world.now(transfer) == row


async def test_what_was_sent_again_beside_an_open_file_waits_for_that(world: FileWorld) -> None:
    """As a version left it that let people decide so: no second file takes it."""
    transfer, _ = await in_review(world)
    sent = len(world.bank.sent)
    await world.owner.execute(
        "UPDATE transfers SET state = 'scheduled', due_at = $1, inquire_at = NULL, file_id = NULL",
        world.clock.now(),
    )

    with capture_logs() as logs:
        await gather(world.desk)

    deferred = [line["error"] for line in logs if line["event"] == "transfer.deferred"]
    assert deferred == ["in_open_file"]
    assert await world.states([transfer]) == [State.SCHEDULED]
    assert len(world.bank.sent) == sent


async def test_after_the_third_dead_sender_an_item_waits_for_its_stored_file(
    world: FileWorld,
) -> None:
    """Two senders died before they stored a file; the third did store one."""
    (transfer,) = await world.accepted(1)
    await world.owner.execute("UPDATE transfers SET crashes = $1", CRASHES_MAX - 1)
    world.bank.answers.clear()
    await gather_files(world.desk)
    await eventually(world.is_at_the_bank)
    assert await world.desk.senders.drain(0) == 1
    world.bank.answers.set()

    await world.lease_ends()
    await recover_ended(world.desk)
    await finish(world.desk)

    assert await world.states([transfer]) == [State.UNKNOWN]
    assert await until_at_rest(world, [transfer]) == [State.SETTLED]
    assert set(world.bank.paid.values()) == {1}


async def test_poison_is_refused_in_the_statement_while_a_stored_file_names_the_item(
    world: FileWorld,
) -> None:
    (transfer,) = await world.accepted(1)
    world.bank.answers.clear()
    await gather_files(world.desk)
    await eventually(world.is_at_the_bank)
    row = await world.now(transfer)
    review = replace(row, state=State.REVIEW, reason=Reason.SENDER_CRASHED)
    step = Move(row, review, world.desk.new_id(), world.clock.now(), 0, ())

    assert await move(world.db, step) == "in_file"
    world.bank.answers.set()
    await finish(world.desk)


async def test_an_item_whose_file_was_never_stored_is_poison_after_three(
    world: FileWorld,
) -> None:
    (transfer,) = await world.accepted(1)
    await world.owner.execute(
        "UPDATE transfers SET state = 'submitting', attempt = 1, crashes = $1, due_at = NULL,"
        " file_id = 'NEVER', lease_owner = 'gone', lease_until = now() - interval '1 second'",
        CRASHES_MAX - 1,
    )

    await recover_ended(world.desk)
    await finish(world.desk)

    assert await world.states([transfer]) == [State.REVIEW]
