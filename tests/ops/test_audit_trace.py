"""The change log of a real database, held to the state tables."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import asyncpg
import pytest

from gateway.domain.errors import NotReady
from gateway.ops.commands.audit_trace import Trace, watch_trace
from gateway.store.change_log import Kind, Snapshot, read_lines, read_row, what_is_missing
from tests.flows.serving import until

MEMBER, ONE = "00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-000000000001"
TRANSFER = f"""
INSERT INTO transfers (member_id, id, account_id, bank, reference, amount, branch, type, number,
    holder, remitter, request_id, accepted_at, state, attempt, fence, step, give_up_at)
VALUES ('{MEMBER}', '{ONE}', gen_random_uuid(), 'smbc', 'ABCDEFGHIJKLMNOPQRST', 1000, '001', '1',
    '1234567', 'O''NEIL [text]:null', 'x', 'r', now(), 'submitting', 1, 0, gen_random_uuid(), now())
"""
LOST = "UPDATE transfers SET state = 'unknown', unclear = TRUE, fence = fence + 1"
SETTLED = "UPDATE transfers SET state = 'settled', settled_at = now(), fence = fence + 1"
AGAIN = "UPDATE transfers SET state = 'submitting', attempt = attempt + 1, fence = fence + 1"
POSTING = f"""
INSERT INTO postings (member_id, id, journal, debit, credit, amount, effective_on, recorded_at)
VALUES ('{MEMBER}', '{ONE}', '{ONE}', 'principal', 'funding', 1000, '2026-11-25', now())
"""
FILE = """
INSERT INTO bank_files (bank, file_id, content, items, state, stored_at)
VALUES ('mizuho', 'F1', decode(repeat('0a1b2c', 20000), 'hex'), '[]', 'stored', now())
"""
BY_HAND = "SELECT pg_logical_emit_message(TRUE, 'gateway.by_hand', 'ticket 7')"


@pytest.fixture
async def seen(owner_url: str) -> AsyncIterator[Trace]:
    """A watch that began before anything was written."""
    async with watch_trace(owner_url, every_s=None) as seen:
        yield seen


async def _has_seen(seen: Trace) -> bool:
    return seen.changes > 0


async def problems(seen: Trace) -> list[str]:
    return [f"{finding.table}: {finding.problem}" for finding in await seen.findings()]


async def test_a_life_along_the_table_is_no_finding(seen: Trace, owner: Any) -> None:
    for statement in (TRANSFER, LOST, SETTLED, POSTING, FILE):
        await owner.execute(statement)

    assert await problems(seen) == []
    assert seen.changes == 5
    assert dict(seen.edges) == {
        ("transfers", "submitting", "unknown unclear"): 1,
        ("transfers", "unknown unclear", "settled unclear"): 1,
    }


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        pytest.param(
            (TRANSFER, SETTLED, AGAIN),
            ["transfers: settled → submitting is no edge"],
            id="a final row is sent",
        ),
        pytest.param(
            (TRANSFER, "UPDATE transfers SET state = 'rejected'"),
            ["transfers: state changed, and not the fence"],
            id="moved without the fence",
        ),
        pytest.param(
            (TRANSFER, "DELETE FROM transfers"), ["transfers: a row is gone"], id="deleted"
        ),
        pytest.param((TRANSFER, "TRUNCATE transfers"), ["transfers: a row is gone"], id="emptied"),
        pytest.param(
            (TRANSFER, "UPDATE transfers SET id = gen_random_uuid()"),
            ["transfers: its key changed"],
            id="another key",
        ),
        pytest.param(
            (POSTING, "UPDATE postings SET amount = 1"),
            ["postings: UPDATE of what is written once"],
            id="a posting rewritten",
        ),
        pytest.param(
            (POSTING, "DELETE FROM postings"),
            ["postings: DELETE of what is written once"],
            id="a posting deleted",
        ),
        pytest.param(
            (POSTING, "TRUNCATE postings, events"),
            [f"{table}: TRUNCATE of what is written once" for table in ("postings", "events")],
            id="the books emptied",
        ),
        pytest.param(
            (FILE, "UPDATE bank_files SET state = 'done', fence = 1"),
            ["bank_files: stored → done is no edge"],
            id="a file done unsent",
        ),
        pytest.param(
            (FILE, "UPDATE bank_files SET content = 'x'"),
            ["bank_files: content changed, and not the fence"],
            id="a file's bytes change",
        ),
        pytest.param(
            (FILE, "UPDATE bank_files SET tries = 1, fence = 1"),
            [],
            id="long bytes stay as they are",
        ),
        pytest.param(("CREATE TABLE other (a text)", "DROP TABLE other"), [], id="nothing of ours"),
    ],
)
async def test_what_no_table_allows_is_found(
    seen: Trace, owner: Any, statements: tuple[str, ...], found: list[str]
) -> None:
    for statement in statements:
        await owner.execute(statement)

    assert sorted(await problems(seen)) == sorted(found)
    assert sorted(await problems(seen)) == sorted(found)  # and it stays found


async def test_what_was_rolled_back_never_was(seen: Trace, owner: Any) -> None:
    await owner.execute(TRANSFER)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await owner.execute("BEGIN; DELETE FROM transfers; SELECT 1/0")
    await owner.execute("ROLLBACK")

    assert await problems(seen) == []


async def test_a_row_from_before_the_watch_is_held_to_what_it_was(
    owner_url: str, owner: Any
) -> None:
    await owner.execute(TRANSFER)
    await owner.execute(SETTLED)
    async with watch_trace(owner_url, every_s=None) as seen:
        await owner.execute("UPDATE transfers SET inquire_at = now()")
        assert await problems(seen) == []

        await owner.execute(AGAIN)

        assert await problems(seen) == ["transfers: settled → submitting is no edge"]


async def test_what_people_say_that_they_did_by_hand_is_not_held_to_the_tables(
    seen: Trace, owner: Any
) -> None:
    await owner.execute(TRANSFER)
    await owner.execute(f"{BY_HAND}; UPDATE transfers SET state = 'cancelled'")

    assert await problems(seen) == []
    assert (seen.changes, seen.by_hand) == (1, 1)

    await owner.execute("UPDATE transfers SET state = 'settled', fence = 1")
    assert await problems(seen) == ["transfers: cancelled → settled is no edge"]


async def test_a_reading_that_breaks_off_begins_anew_and_says_so(seen: Trace, owner: Any) -> None:
    await owner.execute(TRANSFER)
    assert await problems(seen) == []
    await owner.execute(
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
        " WHERE database = current_database()"
    )
    await owner.execute(LOST)

    assert await problems(seen) == []
    assert seen.gaps == 1
    await owner.execute("UPDATE transfers SET unclear = FALSE, state = 'scheduled', fence = 2")
    assert await problems(seen) == ["transfers: unknown unclear → scheduled is no edge"]


async def test_the_log_is_read_meanwhile_and_nothing_is_left_on_the_server(
    owner_url: str, owner: Any
) -> None:
    async with watch_trace(owner_url, every_s=0.01) as seen:
        await owner.execute(TRANSFER)
        await until(partial(_has_seen, seen), 10)

    slots = "SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"
    assert await owner.fetchval(slots) == 0


async def test_a_login_that_may_not_read_the_log_is_told_what_is_missing(database_url: str) -> None:
    with pytest.raises(NotReady, match="ALTER ROLE gateway_app REPLICATION"):
        async with watch_trace(database_url):
            pass


def test_a_database_that_is_not_there_is_said() -> None:
    async def watch() -> None:
        async with watch_trace("postgresql://nobody@127.0.0.1:1/none"):
            pass

    with pytest.raises(NotReady, match="cannot be reached"):
        asyncio.run(watch())


ABLE = {
    "login": "auditor",
    "wal_level": "logical",
    "keeps": "4GB",
    "may_replicate": True,
    "unreadable": [],
}


@pytest.mark.parametrize(
    ("lack", "mend"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"wal_level": "replica"}, "set it to logical", id="no logical log"),
        pytest.param({"may_replicate": False}, "ALTER ROLE auditor REPLICATION", id="no right"),
        pytest.param({"keeps": "-1"}, "max_slot_wal_keep_size", id="no limit"),
        pytest.param(
            {"unreadable": ["transfers"]}, "GRANT gateway_app TO auditor", id="a table unread"
        ),
    ],
)
def test_each_lack_is_named_with_how_to_mend_it(lack: dict[str, Any], mend: str | None) -> None:
    missing = what_is_missing({**ABLE, **lack})

    assert len(missing) == (mend is not None)
    assert mend is None or mend in missing[0]


def test_a_snapshot_shows_what_was_over_when_it_was_taken() -> None:
    snapshot = Snapshot.read("4294967300:4294967310:4294967302,4294967305")

    shown = [xid for xid in (2**32 - 1, 3, 5, 6, 9, 13, 14, 20) if snapshot.shows(xid)]

    assert shown == [2**32 - 1, 3, 5, 13]


def test_a_line_of_the_log_is_read_as_it_was_written() -> None:
    row = read_row(
        "id[uuid]:'a' \"no\"[bigint]:7 name[text]:'it''s [text]:null'"
        " at[timestamp with time zone]:null"
        " tags[text[]]:'{a,b}' is_on[boolean]:true content[bytea]:unchanged-toast-datum"
    )

    assert row == {
        "id": "a",
        "no": "7",
        "name": "it's [text]:null",
        "at": None,
        "tags": "{a,b}",
        "is_on": "true",
    }


def test_only_the_tables_of_the_application_are_read() -> None:
    lines = [
        ("7", "0/1", "BEGIN 7"),
        ("7", "0/1", "table other.transfers: INSERT: id[uuid]:'a'"),
        ("7", "0/1", "table public.\"transfers\": INSERT: id[uuid]:'a'"),
        ("7", "0/1", "message: transactional: 1 prefix: another, sz: 1 content:x"),
        ("7", "0/2", "COMMIT 7"),
    ]

    (change,) = read_lines(lines)

    assert (change.table, change.kind, change.by_hand) == ("transfers", Kind.INSERT, False)
