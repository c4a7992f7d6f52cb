"""What was booked before loans had entries gets them, so that the whole history is there."""

import asyncio
import shutil
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from gateway.domain.loan_entries import Kind
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.work_due_dates import ROWS_MAX
from gateway.store.database import open_database
from gateway.store.loan_books import find_due_unknown, read_loan_book
from gateway.store.migrate import migrate
from gateway.store.sql import sql_directory

BEFORE = """
INSERT INTO loans (member_id, credit_limit, principal) VALUES (md5('m')::uuid, 100000, 20000);
INSERT INTO transfers (
    member_id, id, account_id, bank, reference, amount, branch, type, number, holder, remitter,
    request_id, accepted_at, state, step, give_up_at, settled_at, returned_at)
SELECT md5('m')::uuid, md5(t.state)::uuid, md5('a')::uuid, 'smbc', t.reference, 20000, '001', '1',
    '1234567', 'X', 'X', 'r', t.at, t.state, md5(t.state)::uuid, t.at, t.at, t.back
FROM (VALUES
    ('settled', 'AAAAAAAAAAAAAAAAAAAA', '2026-11-01 15:30+00'::timestamptz, NULL),
    ('returned', 'BBBBBBBBBBBBBBBBBBBB', '2026-11-02 01:00+00', '2026-11-03 01:00+00'::timestamptz)
) AS t (state, reference, at, back);
INSERT INTO postings (
    member_id, id, journal, transfer_id, debit, credit, amount, effective_on, recorded_at)
SELECT md5('m')::uuid, md5(p.state || p.debit)::uuid, md5(p.state || p.debit)::uuid,
    md5(p.state)::uuid, p.debit, p.credit, 20000, '2026-11-02', '2026-11-03 01:00+00'
FROM (VALUES
    ('settled', 'principal', 'settlement_cash:smbc'),
    ('returned', 'principal', 'settlement_cash:smbc'),
    ('returned', 'settlement_cash:smbc', 'principal')
) AS p (state, debit, credit);
"""


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The project's `sql/` as it was before there were entries."""
    (tmp_path / "functions").mkdir()
    (tmp_path / "migrations").mkdir()
    for path in (sql_directory() / "migrations").iterdir():
        if path.name < "0007":
            shutil.copy(path, tmp_path / "migrations")
    return tmp_path


async def test_transfers_that_were_booked_become_entries(
    empty_database_url: str, before: Path
) -> None:
    connection = await asyncpg.connect(empty_database_url)
    await migrate(connection, directory=before)
    await connection.execute(BEFORE)

    await migrate(connection)

    member_id = await connection.fetchval("SELECT md5('m')::uuid")
    await connection.close()
    async with open_database(empty_database_url, wait_s=5) as database:
        book = await read_loan_book(database, member_id)
        assert book is not None
        assert sorted(entry.kind for entry in book.entries) == [
            Kind.ADVANCE,
            Kind.ADVANCE,
            Kind.RETURN,
        ]
        assert {entry.effective_on for entry in book.entries} == {
            date(2026, 11, 2),
            date(2026, 11, 3),
        }
        assert await find_due_unknown(database, limit=ROWS_MAX) == [member_id]
        assert (await verify_ledger(database)).findings == ()


async def test_the_old_step_is_gone_with_the_old_books(
    empty_database_url: str, before: Path
) -> None:
    """A version that knows no entries could still call it, and book without one."""
    step = await asyncio.to_thread(
        (before / "functions" / "move_transfer.sql").write_text,
        "CREATE FUNCTION move_transfer(uuid, uuid, text, bigint, uuid, timestamptz, jsonb, bigint,"
        " jsonb, jsonb, jsonb) RETURNS boolean LANGUAGE sql AS $$ SELECT TRUE $$;",
    )
    assert step > 0
    connection = await asyncpg.connect(empty_database_url)
    await migrate(connection, directory=before)

    await migrate(connection)

    left = await connection.fetch("SELECT 1 FROM pg_proc WHERE proname = 'move_transfer'")
    await connection.close()
    assert left == []
