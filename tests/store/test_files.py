"""The steps of a file: each is done by one, once, and a late one finds that it is too late."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from gateway.domain.account import BankCode
from gateway.domain.bank_file import BankFile, FileItem, FileState, at_rest
from gateway.domain.identifier import uuid7
from gateway.domain.reason import Reason
from gateway.domain.transfer import State, Transfer
from gateway.services.accept_transfer import accept_transfer
from gateway.store.database import Database, open_database
from gateway.store.files import (
    Gathering,
    claim_item,
    find_file,
    item_rows,
    left_by,
    move_file,
    open_files,
    read_file,
    release_file,
    store_file,
    take_file,
    void_unsent,
)
from gateway.store.queues import due_rows
from gateway.store.transfers import Move, find_transfer, move
from tests.manual_clock import START, ManualClock
from tests.services.conftest import request
from tests.services.file_bank import FileBankDouble
from tests.services.file_world import FileWorld

MIZUHO = BankCode.MIZUHO
LATER = START + timedelta(hours=1)
FILE = BankFile(
    bank=MIZUHO,
    file_id="F" * 20,
    items=(FileItem(UUID(int=1), UUID(int=2), "A" * 20, 1),),
    content=b"the bytes",
    state=FileState.STORED,
    stored_at=START,
)
GATHERING = Gathering(FILE.file_id, "a", 12.0)
STOP = "INSERT INTO bank_stops VALUES (gen_random_uuid(), $1, 'maintenance', 'somebody', now())"


async def found_open(database: Database, *, now: datetime, limit: int) -> list[BankFile]:
    return [read_file(row) for row in await open_files(database, now=now, limit=limit)]


async def found_left(database: Database, owner: str) -> list[BankFile]:
    return [read_file(row) for row in await left_by(database, owner)]


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """Another process's way to the database."""
    async with open_database(database_url, wait_s=60) as other:
        yield other


@pytest.fixture
def world(database: Database, owner, clock: ManualClock) -> FileWorld:
    return FileWorld(database, owner, clock, FileBankDouble(clock))


@pytest.fixture
async def due(world: FileWorld) -> Transfer:
    """A transfer that is due at the bank that takes files."""
    return (await accept_transfer(world.desk, request(await world.member()))).transfer


def step() -> UUID:
    return uuid7(START, os.urandom(10))


async def stored(db: Database, file: BankFile = FILE) -> str:
    result, _ = await store_file(db, file, lease_s=12.0, owner="a")
    return result


async def lease_ends(owner) -> None:
    await owner.execute("UPDATE bank_files SET lease_until = now() - interval '1 second'")


async def taken(db: Database, file: BankFile, *, now: datetime = LATER) -> BankFile | None:
    return await take_file(db, file, now=now, lease_s=12.0, owner="b")


async def test_a_claimed_item_names_its_file(database: Database, due: Transfer) -> None:
    result, claimed = await claim_item(database, due, GATHERING, now=START, step=step())

    assert (result, claimed.state, claimed.attempt) == ("claimed", State.SUBMITTING, 1)
    assert claimed.file_id == FILE.file_id


async def test_a_claim_that_is_repeated_after_a_lost_commit_is_one_claim(
    database: Database, due: Transfer
) -> None:
    once = step()

    results = [await claim_item(database, due, GATHERING, now=START, step=once) for _ in range(2)]

    assert [(result, row.attempt) for result, row in results] == [("claimed", 1)] * 2


async def test_an_item_is_claimed_into_one_file_only(
    database: Database, other: Database, due: Transfer
) -> None:
    elsewhere = replace(GATHERING, file_id="G" * 20)

    results = await asyncio.gather(
        claim_item(database, due, GATHERING, now=START, step=step()),
        claim_item(other, due, elsewhere, now=START, step=step()),
    )

    assert sorted(result for result, _ in results) == ["claimed", "stale"]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("UPDATE members SET status = 'suspended'", "suspended", id="suspended"),
        pytest.param("UPDATE loans SET advances_stopped = TRUE", "overdue", id="overdue"),
        pytest.param(STOP.replace("$1", "'mizuho'"), "stopped", id="bank held"),
        pytest.param(STOP.replace("$1", "'*'"), "stopped", id="all banks held"),
    ],
)
async def test_a_claim_tests_stop_member_and_credit_again(
    database: Database, owner, due: Transfer, sql: str, expected: str
) -> None:
    await owner.execute(sql)

    result, row = await claim_item(database, due, GATHERING, now=START, step=step())

    assert (result, row.state, row.file_id) == (expected, State.SCHEDULED, None)


async def test_a_move_writes_the_file_of_a_transfer_and_takes_it_away(
    database: Database, due: Transfer
) -> None:
    _, claimed = await claim_item(database, due, GATHERING, now=START, step=step())
    after = replace(claimed, state=State.SCHEDULED, due_at=START, file_id=None)

    assert await move(database, Move(claimed, after, step(), START, 0, ())) == "moved"

    found = await find_transfer(database, member_id=due.member_id, transfer_id=due.id)
    assert found is not None
    assert found.file_id is None


async def test_a_file_is_kept_as_it_was_stored(database: Database) -> None:
    assert await stored(database) == "stored"

    assert await find_file(database, MIZUHO, FILE.file_id) == replace(FILE, next_at=START)


async def test_storing_again_after_a_lost_commit_is_storing_once(database: Database) -> None:
    assert [await stored(database) for _ in range(2)] == ["stored", "stored"]


async def test_a_file_whose_sender_was_taken_for_dead_cannot_be_stored_any_more(
    database: Database,
) -> None:
    void = await void_unsent(database, MIZUHO, FILE.file_id, now=START)

    assert (void.state, void.items, void.next_at) == (FileState.VOID, (), None)
    assert await stored(database) == "void"


async def test_a_stored_file_is_not_voided(database: Database) -> None:
    await stored(database, replace(FILE, file_id="ANOTHER"))
    await stored(database)

    found = await void_unsent(database, MIZUHO, FILE.file_id, now=START)

    assert (found.file_id, found.state) == (FILE.file_id, FileState.STORED)
    assert found.items == FILE.items


async def test_storing_and_voiding_at_once_agree(database: Database, other: Database) -> None:
    for number in range(20):
        file = replace(FILE, file_id=f"F{number}")

        result, found = await asyncio.gather(
            stored(database, file), void_unsent(other, MIZUHO, file.file_id, now=START)
        )

        assert result == found.state


@pytest.mark.parametrize("bank", ["mizuho", "*"])
async def test_under_a_stop_a_file_is_void_for_good(database: Database, owner, bank: str) -> None:
    await owner.execute(STOP, bank)
    assert await stored(database) == "void"
    await owner.execute("UPDATE bank_stops SET released_at = now()")

    assert await stored(database) == "void"


async def test_a_stop_that_came_after_a_lost_commit_does_not_deny_the_stored_file(
    database: Database, owner
) -> None:
    await stored(database)
    await owner.execute(STOP, "mizuho")

    assert await stored(database) == "stored"


async def test_a_file_is_taken_by_one_and_only_after_its_lease(
    database: Database, other: Database, owner
) -> None:
    await stored(database)
    assert await found_open(database, now=LATER, limit=10) == []
    assert not await taken(database, FILE)
    await lease_ends(owner)
    (open_one,) = await found_open(database, now=LATER, limit=10)

    takers = await asyncio.gather(taken(database, open_one), taken(other, open_one))

    (taker,) = [taker for taker in takers if taker is not None]
    assert taker == replace(open_one, fence=1, sendings=2, tries=1)
    assert taker == await find_file(database, MIZUHO, FILE.file_id)
    assert await stored(database) == "taken"


async def test_a_file_is_not_taken_before_its_time(database: Database, owner) -> None:
    await stored(database)
    await lease_ends(owner)
    early = START - timedelta(seconds=1)

    assert await found_open(database, now=early, limit=10) == []
    assert not await taken(database, FILE, now=early)


async def test_under_a_stop_no_file_is_taken_to_be_sent_again(database: Database, owner) -> None:
    await stored(database)
    await lease_ends(owner)
    await owner.execute(STOP, "mizuho")

    assert await found_open(database, now=LATER, limit=10) == []
    assert not await taken(database, FILE)


async def test_under_a_stop_results_are_asked_for_all_the_same(database: Database, owner) -> None:
    await stored(database)
    accepted = replace(FILE, state=FileState.ACCEPTED, receipt="R1", next_at=START)
    moved = await move_file(database, FILE, accepted)
    await owner.execute(STOP, "mizuho")

    (open_one,) = await found_open(database, now=LATER, limit=10)

    assert open_one == moved == replace(accepted, fence=1)
    assert await taken(database, open_one) == replace(open_one, fence=2, tries=1)


async def test_a_file_moves_only_from_what_was_read(database: Database, owner) -> None:
    await stored(database)
    await lease_ends(owner)
    assert await taken(database, FILE)
    void = replace(FILE, state=FileState.VOID, reason=Reason.THROTTLED, next_at=START)

    assert await move_file(database, FILE, void) is None
    moved = await move_file(database, replace(FILE, fence=1), void)
    assert moved == replace(void, fence=2, sendings=2)
    assert await move_file(database, replace(FILE, fence=1), void) is None


async def test_a_file_that_was_voided_between_being_read_and_taken_is_not_taken(
    database: Database, other: Database, owner
) -> None:
    """Its first sender comes too late and voids it, while another process waits for its slot."""
    await stored(database)
    await lease_ends(owner)
    (read,) = await found_open(other, now=LATER, limit=10)
    void = replace(FILE, state=FileState.VOID, reason=Reason.BANK_BUSY, next_at=START)
    assert await move_file(database, FILE, void)

    assert await taken(other, read) is None
    # Nor by its state alone, should the fence ever agree.
    await owner.execute("UPDATE bank_files SET fence = 0")
    assert await taken(other, read) is None


async def test_an_older_version_that_names_no_state_takes_no_file_that_moved(
    database: Database, owner
) -> None:
    await stored(database)
    await lease_ends(owner)
    void = replace(FILE, state=FileState.VOID, reason=Reason.BANK_BUSY, next_at=START)
    await move_file(database, FILE, void)

    results = [
        await owner.fetchval(
            "SELECT result FROM take_file('mizuho', $1, $2, $3, 12, 'b')",
            *(FILE.file_id, fence, LATER),
        )
        for fence in (0, 1)
    ]

    assert results == ["stale", "taken"]


async def test_a_file_at_rest_keeps_no_bytes(database: Database) -> None:
    await stored(database)
    refused = replace(
        FILE,
        state=FileState.REFUSED,
        reason=Reason.FORMAT_ERROR,
        fault="A" * 20,
        not_before=LATER,
        next_at=START,
    )
    moved = await move_file(database, FILE, refused)
    assert moved == replace(refused, fence=1)
    assert await find_file(database, MIZUHO, FILE.file_id) == moved

    await move_file(database, moved, at_rest(moved))

    found = await find_file(database, MIZUHO, FILE.file_id)
    assert found == replace(moved, fence=2, next_at=None, content=b"")
    assert await found_open(database, now=LATER, limit=10) == []


async def test_the_files_of_a_former_run_are_free_at_once(database: Database) -> None:
    await stored(database)

    assert await found_left(database, "somebody else") == []
    assert await found_open(database, now=LATER, limit=10) == []
    (left,) = await found_left(database, "a")
    released = await release_file(database, left)

    assert released == replace(left, fence=1)
    assert await found_open(database, now=LATER, limit=10) == [released]
    assert await found_left(database, "a") == []


async def test_a_former_run_that_only_slept_voids_nothing_any_more(
    database: Database,
) -> None:
    await stored(database)
    (left,) = await found_left(database, "a")
    await release_file(database, left)
    void = replace(FILE, state=FileState.VOID, reason=Reason.BANK_BUSY, next_at=START)

    assert await move_file(database, FILE, void) is None
    assert await stored(database) == "taken"
    assert await release_file(database, left) is None


async def test_the_items_of_a_file_are_found_by_reference(
    database: Database, due: Transfer
) -> None:
    item = FileItem(due.member_id, due.id, due.reference, 1)

    rows = await item_rows(database, replace(FILE, items=(item, *FILE.items)))

    assert [row["id"] for row in rows] == [due.id]


async def test_what_is_due_is_asked_for_by_bank(database: Database, due: Transfer) -> None:
    found = {bank: await due_rows(database, bank, now=START, limit=10) for bank in BankCode}

    assert [(bank, row["id"]) for bank, rows in found.items() for row in rows] == [(MIZUHO, due.id)]
