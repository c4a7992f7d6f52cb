"""A file from before the schema knew how files end still keeps its items from being paid twice."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from gateway.domain.bank_file import FileState
from gateway.domain.transfer import State, Transfer
from gateway.store.database import Database, open_database
from gateway.store.files import Gathering, claim_item
from gateway.store.migrate import migrate
from gateway.store.sql import sql_directory
from gateway.store.transfers import Move, find_transfer, move
from tests.manual_clock import START

LATER = START + timedelta(minutes=1)
MEMBER, TRANSFER = UUID(int=1), UUID(int=2)
REFERENCE = "A" * 20
NEXT = Gathering("G" * 20, "a", 12.0)
BEFORE = """
INSERT INTO members (member_id, member_number, kana, sender_name, pin_hash, created_at)
VALUES ($1, '12345678', 'X', 'X', 'none', $4);
INSERT INTO loans (member_id, credit_limit, reserved) VALUES ($1, 100000, 10000);
INSERT INTO transfers (
    member_id, id, account_id, bank, reference, amount, branch, type, number, holder, remitter,
    request_id, accepted_at, state, unclear, attempt, step, due_at, inquire_at, give_up_at, file_id)
VALUES ($1, $2, $2, 'mizuho', $3, 10000, '001', '1', '1234567', 'X', 'X', 'r', $4, '{state}', TRUE,
    1, $2, {due}, {asked}, $4, {file});
INSERT INTO bank_files (bank, file_id, content, items, state, stored_at, next_at)
VALUES ('mizuho', 'OLD', 'the bytes', jsonb_build_array(jsonb_build_array($1, $2, $3, 1)), '{old}',
    $4, $4);
"""


@pytest.fixture
async def connection(empty_database_url: str, tmp_path: Path) -> AsyncIterator[asyncpg.Connection]:
    """A database as it was before files ended by a word."""
    (tmp_path / "functions").mkdir()
    (tmp_path / "migrations").mkdir()
    for path in (sql_directory() / "migrations").iterdir():
        if path.name < "0011":
            shutil.copy(path, tmp_path / "migrations")
    connection = await asyncpg.connect(empty_database_url)
    await migrate(connection, directory=tmp_path)
    yield connection
    await connection.close()


async def upgraded(connection: asyncpg.Connection, state: State, old: FileState) -> None:
    """Put an item and its file as the version before left them, and bring the schema forward."""
    is_due = state is State.SCHEDULED
    text = BEFORE.format(
        state=state,
        old=old,
        due="$4" if is_due else "NULL",
        asked="NULL" if is_due else "$4",
        file="NULL" if is_due else "'OLD'",
    )
    values = {"$1": f"'{MEMBER}'", "$2": f"'{TRANSFER}'", "$3": f"'{REFERENCE}'"}
    for name, value in (values | {"$4": f"'{START.isoformat()}'::timestamptz"}).items():
        text = text.replace(name, value)
    await connection.execute(text.replace(f"'{MEMBER}', '{TRANSFER}', '{REFERENCE}', 1", ITEM))
    await migrate(connection)


ITEM = f"'{MEMBER.hex}'::text, '{TRANSFER.hex}'::text, '{REFERENCE}'::text, 1"


async def item(database: Database) -> Transfer:
    found = await find_transfer(database, member_id=MEMBER, transfer_id=TRANSFER)
    assert found is not None
    return found


@pytest.mark.parametrize("old", [FileState.STORED, FileState.ACCEPTED], ids=str)
async def test_an_item_that_was_sent_again_before_waits_for_its_old_file(
    connection: asyncpg.Connection, empty_database_url: str, old: FileState
) -> None:
    """The version before let two people send it again beside the old file: paid twice."""
    await upgraded(connection, State.SCHEDULED, old)
    async with open_database(empty_database_url, wait_s=5) as database:
        due = await item(database)
        refused, row = await claim_item(database, due, NEXT, now=START, step=uuid4())
        assert (refused, row.state, row.attempt) == ("in_file", State.SCHEDULED, 1)
        assert (row.due_at, row.give_up_at - due.give_up_at) == (LATER, LATER - START)

        await connection.execute("UPDATE bank_files SET state = 'refused', next_at = NULL")

        claimed, row = await claim_item(database, row, NEXT, now=LATER, step=uuid4())
        assert (claimed, row.state, row.file_id) == ("claimed", State.SUBMITTING, NEXT.file_id)


@pytest.mark.parametrize("to", [State.SCHEDULED, State.REJECTED], ids=str)
@pytest.mark.parametrize("old", [FileState.STORED, FileState.ACCEPTED], ids=str)
async def test_nobody_decides_on_an_item_of_an_old_file(
    connection: asyncpg.Connection, empty_database_url: str, old: FileState, to: State
) -> None:
    await upgraded(connection, State.REVIEW, old)
    async with open_database(empty_database_url, wait_s=5) as database:
        row = await item(database)
        decided = replace(row, state=to, inquire_at=None)

        assert await move(database, Move(row, decided, uuid4(), START, 0, ())) == "in_file"

        assert await item(database) == row
