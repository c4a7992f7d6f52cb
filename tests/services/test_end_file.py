"""Two operators end a file by the bank's word about its number; a late copy changes nothing."""

import asyncio
from typing import Any

import pytest

from gateway.domain.bank_file import BankFile, FileEnding, FileState, FileWord
from gateway.domain.errors import NotFoundHere
from gateway.domain.file_end import FileEndRefused
from gateway.domain.operator import NameMissing
from gateway.domain.outcome import FileRejected
from gateway.domain.reason import Reason
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.review import Resolution
from gateway.domain.transfer import State, Transfer
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.end_file import confirm_file_end, propose_file_end
from gateway.services.explain import explain, files_of
from gateway.services.gather_file import gather_files
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.store.database import Database
from gateway.store.files import end_file, find_files
from gateway.store.operator_actions import OperatorAction
from gateway.store.review_items import Confirmation, Proposal, list_items
from tests.domain.names import NOBODY, ONE_PERSON
from tests.manual_clock import ManualClock
from tests.services.file_bank import FileBankDouble, receipt_of
from tests.services.file_world import (
    FileWorld,
    eventually,
    finish,
    gather,
    one_round,
    until_at_rest,
)

W = FileWord


@pytest.fixture
def world(database: Database, owner: Any, clock: ManualClock) -> FileWorld:
    return FileWorld(database, owner, clock, FileBankDouble(clock))


async def left_open(world: FileWorld, fault: str = "late") -> tuple[list[Transfer], str]:
    """Leave a file stored whose first copy is late and whose others are lost."""
    transfers = await world.accepted(2)
    world.bank.faults.extend([fault, *["cut before"] * 30])
    await gather(world.desk)
    return transfers, str((await world.now(transfers[0])).file_id)


async def propose(
    world: FileWorld, file_id: str, word: FileWord, receipt: str | None = None, by: str = "sato"
) -> BankFile:
    ending = FileEnding(word, receipt, by, world.clock.now(), "asked Mr Ito")
    return await propose_file_end(world.db, file_id, ending, now=world.clock.now())


async def confirm(
    world: FileWorld, file_id: str, word: FileWord, receipt: str | None = None, by: str = "suzuki"
) -> BankFile:
    now = world.clock.now()
    return await confirm_file_end(world.db, file_id, word, receipt, by=by, now=now)


async def end(
    world: FileWorld, file_id: str, word: FileWord, receipt: str | None = None
) -> BankFile:
    await propose(world, file_id, word, receipt)
    return await confirm(world, file_id, word, receipt)


async def only_file(world: FileWorld, file_id: str) -> BankFile:
    (file,) = await find_files(world.db, file_id)
    return file


async def acts(world: FileWorld) -> list[tuple[str, str, str]]:
    rows = await world.owner.fetch(
        "SELECT operator, action, details ->> 'as' FROM operator_actions ORDER BY at, action DESC"
    )
    return [tuple(row) for row in rows]


async def test_a_barred_files_items_go_into_another_and_its_late_copy_is_refused(
    world: FileWorld,
) -> None:
    transfers, file_id = await left_open(world)
    world.bank.barred.add(file_id)

    ended = await end(world, file_id, W.BARRED)
    world.bank.faults.clear()
    world.bank.deliver_late()

    assert ended.state is FileState.REFUSED
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}
    assert len({file.file_id for file in world.bank.sent}) == 2
    assert await acts(world) == [
        ("sato", "file_end_propose", "barred"),
        ("suzuki", "file_end_confirm", "barred"),
    ]


async def test_an_accepted_file_is_asked_for_its_result_and_its_late_copy_is_known(
    world: FileWorld,
) -> None:
    transfers, file_id = await left_open(world, "cut after")

    await end(world, file_id, W.ACCEPTED, receipt_of(file_id))
    world.bank.faults.clear()

    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}
    assert len(world.bank.sent) == 1


async def test_what_people_took_for_accepted_may_be_barred_after_all(world: FileWorld) -> None:
    transfers, file_id = await left_open(world, "cut before")
    await end(world, file_id, W.ACCEPTED, "R-OF-ANOTHER")
    world.bank.barred.add(file_id)

    ended = await end(world, file_id, W.BARRED)
    world.bank.faults.clear()

    assert ended.state is FileState.REFUSED
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


async def test_a_refused_files_items_go_into_another(world: FileWorld) -> None:
    transfers = await world.accepted(2)
    world.bank.unreadable.add(transfers[0].reference)
    world.bank.faults.extend(["late", *["cut before"] * 30])
    await gather(world.desk)
    file_id = str((await world.now(transfers[0])).file_id)

    await end(world, file_id, W.REFUSED)
    world.bank.faults.clear()
    world.bank.deliver_late()

    assert await until_at_rest(world, transfers) == [State.REJECTED, State.SETTLED]
    assert sorted(world.bank.paid.values()) == [1]


async def test_a_mistyped_receipt_is_taken_back(world: FileWorld) -> None:
    transfers, file_id = await left_open(world, "cut after")
    await end(world, file_id, W.ACCEPTED, "MISTYPED")
    world.bank.faults.clear()
    for _ in range(3):
        await one_round(world, world.desk)
    assert await world.states(transfers) == [State.SUBMITTED] * 2

    await end(world, file_id, W.ACCEPTED, receipt_of(file_id))

    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


async def test_what_is_in_review_is_sent_again_once_its_file_has_ended(world: FileWorld) -> None:
    transfers, file_id = await left_open(world)
    for _ in range(8):
        world.clock.advance(20)
        await one_round(world, world.desk)
    assert await world.states(transfers) == [State.REVIEW] * 2
    items = await list_items(world.db)
    again, now = Proposal(Resolution.SEND_AGAIN, "barred", "sato", {}), world.clock.now()
    with pytest.raises(ResolutionRefused, match=file_id):
        await propose_resolution(world.db, items[0].id, again, now=now)

    world.bank.barred.add(file_id)
    await end(world, file_id, W.BARRED)
    world.bank.faults.clear()
    await one_round(world, world.desk)
    for item in items:
        await propose_resolution(world.db, item.id, again, now=now)
        word = Confirmation(Resolution.SEND_AGAIN, "suzuki", "barred")
        await confirm_resolution(world.db, item.id, word, now=now)
    assert await act_on_reviews(world.desk) == 2
    world.bank.deliver_late()

    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


async def test_while_a_sender_has_the_file_nobody_says_how_it_ends(world: FileWorld) -> None:
    transfers = await world.accepted(1)
    world.bank.answers.clear()
    await gather_files(world.desk)
    await eventually(world.is_at_the_bank)
    file_id = str((await world.now(transfers[0])).file_id)

    with pytest.raises(FileEndRefused, match=r"a sender has file .* until \d\d:\d\d:\d\d"):
        await propose(world, file_id, W.BARRED)
    await world.lease_ends()
    await propose(world, file_id, W.BARRED)
    await world.owner.execute("UPDATE bank_files SET lease_until = now() + interval '1 minute'")
    with pytest.raises(FileEndRefused, match="a sender has file"):
        await confirm(world, file_id, W.BARRED)

    assert (await only_file(world, file_id)).state is FileState.STORED
    await world.lease_ends()
    world.bank.answers.set()
    await finish(world.desk)


async def test_a_sender_that_wakes_after_its_number_was_barred_frees_nothing_twice(
    world: FileWorld,
) -> None:
    transfers = await world.accepted(2)
    world.bank.answers.clear()
    asleep = world.process(instance="asleep")
    await gather_files(asleep)
    await eventually(world.is_at_the_bank)
    file_id = str((await world.now(transfers[0])).file_id)
    await world.lease_ends()
    world.bank.barred.add(file_id)
    await end(world, file_id, W.BARRED)
    world.bank.answers.set()
    await finish(asleep)

    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2
    assert set(world.bank.paid.values()) == {1}


@pytest.mark.parametrize("other", ONE_PERSON)
async def test_one_person_is_not_two(world: FileWorld, other: str) -> None:
    _, file_id = await left_open(world)
    await propose(world, file_id, W.BARRED)

    with pytest.raises(FileEndRefused, match="another operator"):
        await confirm(world, file_id, W.BARRED, by=other)


async def test_the_statement_itself_holds_two_people_apart(world: FileWorld) -> None:
    _, file_id = await left_open(world)
    await propose(world, file_id, W.BARRED)
    file = await only_file(world, file_id)
    assert file.ending is not None
    said = FileEnding(W.BARRED, None, "sato", file.ending.at, "", confirmed_by=" SATO ")
    after = BankFile(
        **{name: getattr(file, name) for name in BankFile.__slots__} | {"ending": said}
    )
    done = OperatorAction(world.desk.new_id(), world.clock.now(), "sato", "x", None, {})

    assert await end_file(world.db, file, after, done) == ("one_person", None)
    assert await only_file(world, file_id) == file


@pytest.mark.parametrize("name", NOBODY)
async def test_nobody_says_nothing(world: FileWorld, name: str) -> None:
    _, file_id = await left_open(world)
    with pytest.raises(NameMissing):
        await propose(world, file_id, W.BARRED, by=name)
    await propose(world, file_id, W.BARRED)
    with pytest.raises(NameMissing):
        await confirm(world, file_id, W.BARRED, by=name)


async def test_of_two_who_confirm_at_once_one_ends_the_file(world: FileWorld) -> None:
    _, file_id = await left_open(world)
    await propose(world, file_id, W.BARRED)

    results = await asyncio.gather(
        *(confirm(world, file_id, W.BARRED, by=by) for by in ("suzuki", "tanaka")),
        return_exceptions=True,
    )

    assert sum(isinstance(result, BankFile) for result in results) == 1
    assert sum(isinstance(result, FileEndRefused) for result in results) == 1


async def test_what_the_bank_says_in_between_goes_before_what_people_say(
    world: FileWorld,
) -> None:
    transfers, file_id = await left_open(world)
    await propose(world, file_id, W.BARRED)
    world.bank.faults.clear()
    world.clock.advance(1)
    await one_round(world, world.desk)

    with pytest.raises(FileEndRefused, match=r"is (accepted by the bank itself|done)"):
        await confirm(world, file_id, W.BARRED)
    assert await until_at_rest(world, transfers) == [State.SETTLED] * 2


async def test_a_file_that_the_bank_refused_has_ended(world: FileWorld) -> None:
    transfers = await world.accepted(1)
    world.bank.faults.append(FileRejected(Reason.FILE_REFUSED))
    await gather_files(world.desk)
    await finish(world.desk)
    (row,) = await world.owner.fetch("SELECT file_id FROM bank_files")

    with pytest.raises(FileEndRefused, match="is refused"):
        await propose(world, row["file_id"], W.BARRED)
    assert await until_at_rest(world, transfers) == [State.SETTLED]


async def test_no_file_no_end(world: FileWorld) -> None:
    with pytest.raises(NotFoundHere, match="no files have the number 'NONE'"):
        await propose(world, "NONE", W.BARRED)


async def test_operators_see_the_file_its_state_and_its_tries(world: FileWorld) -> None:
    transfers, file_id = await left_open(world)
    world.clock.advance(1)
    await one_round(world, world.desk)
    await propose(world, file_id, W.ACCEPTED, "R1")

    explained = await explain(world.db, transfers[0].reference)

    (step,) = [step for step in explained.steps if step.source == "file"]
    assert step.what == "stored"
    told = {"file": file_id, "sendings": 2, "tries": 1, "said": "accepted by sato"}
    assert told.items() <= step.details.items()
    of_item = await files_of(world.db, transfers[0].member_id, transfers[0].id)
    assert of_item == [step]
    await confirm(world, file_id, W.ACCEPTED, "R1")
    (after,) = await files_of(world.db, transfers[0].member_id, transfers[0].id)
    assert (after.what, after.details["receipt"]) == ("accepted", "R1")
    assert after.details["said"] == "accepted by sato, confirmed by suzuki"
