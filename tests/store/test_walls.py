"""Row level security behind every condition on a member: without the condition it still holds."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from gateway.store.connections import PoolRole
from gateway.store.database import open_database
from gateway.store.sql import SQL, sql_directory

ONE, OTHER = UUID(int=0xA), UUID(int=0xB)
# Every id, text and instant of the other member's rows, so that whatever is asked for is there.
ID, WORD, AT = UUID(int=0xBBBBBB), "other", datetime(2026, 11, 25, tzinfo=UTC)
OTHERS = {
    "uuid": f"'{ID}'",
    "text": f"'{WORD}'",
    "timestamp with time zone": f"'{AT}'",
    "date": "'2026-11-25'",
    "bigint": "777",
    "integer": "0",
    "boolean": "FALSE",
    "bytea": "'\\x01'",
    "jsonb": "'{}'",
    "numeric": "0.1",
}
OF_COLUMN = {
    "member_id": f"'{OTHER}'",
    "status": "'active'",
    "reference": "'BBBBBBBBBBBBBBBBBBBB'",
    "number": "'7654321'",
    "branch": "'001'",
    "type": "'1'",
    "state": "'submitted'",
    "operation": "'submit'",
    "credit": "'others credit'",
    "fence": "0",
    "attempt": "1",
    "annual_rate": "0.1",
    "repayments.state": "'created'",
    "repayments.kind": "'amount'",
    "loan_entries.kind": "'payment'",
    "review_items.state": "'open'",
    "refused_sign_ins.reason": "'wrong_pin'",
} | dict.fromkeys(
    ("removed_at", "closed_at", "compared_at", "pin_locked_at", "confirmed_by", "confirmed_at"),
    "DEFAULT",
)
# No such setting yet in this session, or an empty one again.
NOBODY_NAMED = (asyncpg.UndefinedObjectError, asyncpg.InvalidTextRepresentationError)
MEMBERS_OWN = """
SELECT c.relname AS name FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
WHERE x.indisprimary AND a.attname = 'member_id' AND c.relnamespace = 'public'::regnamespace
ORDER BY 1
"""
POLICIES = """
SELECT c.relname AS table, c.relrowsecurity AS is_on, array_agg(p.polname::text ORDER BY p.polname)
    FILTER (WHERE p.polname IS NOT NULL) AS policies
FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
GROUP BY c.relname, c.relrowsecurity
"""


@pytest.fixture
async def members_own(owner: Any) -> list[str]:
    """The tables whose rows are a member's own."""
    return [row["name"] for row in await owner.fetch(MEMBERS_OWN)]


@pytest.fixture
async def walled(owner: Any, members_own: list[str]) -> Any:
    """A connection to a database with rows of the other member in every table; ONE has none."""
    for table in members_own:
        columns = await owner.fetch(
            "SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute"
            " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
            table,
        )
        values = [
            OF_COLUMN.get(f"{table}.{c['name']}", OF_COLUMN.get(c["name"], OTHERS[c["type"]]))
            for c in columns
        ]
        names = ", ".join(column["name"] for column in columns)
        await owner.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join(values)})")
    return owner


async def others_rows(owner: Any, tables: list[str]) -> list[Any]:
    """Return all that is the other member's."""
    return [
        await owner.fetch(f"SELECT to_jsonb(t)::text FROM {table} t WHERE member_id = $1", OTHER)
        for table in tables
    ]


MARKS = (str(ID), str(OTHER), WORD, "777", "BBBBBBBBBBBBBBBBBBBB")


async def reached(
    owner: Any, tables: list[str], role: PoolRole, change: str, call: str, *arguments: object
) -> bool:
    """Whether a call as that role, after a change of the schema, got at the other member's rows."""
    transaction = owner.transaction()
    await transaction.start()
    try:
        before = await others_rows(owner, tables)
        if change:
            await owner.execute(change)
        await owner.execute(f"SET LOCAL ROLE {role.value}")
        try:
            async with owner.transaction():
                rows = await owner.fetch(call, *arguments)
        except asyncpg.PostgresError as error:
            rows, said = [], f"{error} {error.detail}"  # it may quote a row
        else:
            said = "".join(str(tuple(row)) for row in rows)
        await owner.execute("RESET ROLE")
        # Rows without a mark: of a query that says only that there is one.
        is_seen = any(mark in said for mark in MARKS) or (not change and rows != [])
        return is_seen or before != await others_rows(owner, tables)
    finally:
        await transaction.rollback()


async def test_every_table_of_members_has_the_wall_and_no_other_has(
    owner: Any, members_own: list[str]
) -> None:
    found = {row["table"]: (row["is_on"], row["policies"]) for row in await owner.fetch(POLICIES)}

    assert len(members_own) >= 12
    for table, (is_on, policies) in found.items():
        expected = (True, ["every", "own"]) if table in members_own else (False, None)
        assert (is_on, policies) == expected, table


async def test_a_table_without_a_named_member_raises_and_is_never_empty(
    walled: Any, members_own: list[str], database_url: str
) -> None:
    del walled
    async with open_database(database_url, role=PoolRole.MEMBER) as database:
        for table in members_own:
            with pytest.raises(NOBODY_NAMED):
                await database.fetch(f"SELECT * FROM {table}")
            # Named in the statement before: that is over.
            assert await database.fetch("SELECT as_member($1)", ONE)
            with pytest.raises(NOBODY_NAMED):
                await database.fetch(f"SELECT count(*) FROM {table}")


async def test_a_row_of_another_member_cannot_be_written_either(
    walled: Any, database_url: str
) -> None:
    del walled
    sql = (
        "INSERT INTO bank_attempts (member_id, id, operation, attempt, started_at, ended_at,"
        " outcome, code) SELECT $2, $1, 'submit', 1, now(), now(), '', '' WHERE as_member($1)"
    )
    async with open_database(database_url, role=PoolRole.MEMBER) as database:
        await database.fetch(sql, ONE, ONE)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await database.fetch(sql, ONE, OTHER)


CONDITION = re.compile(r"\b(?:[a-z]\.)?member_id = (?:\$1|p_member)\b")


def without_one(text: str) -> Iterator[str]:
    """Yield the text without each of its conditions on the member in turn."""
    for match in CONDITION.finditer(text):
        yield f"{text[: match.start()]}TRUE{text[match.end() :]}"


QUERIES = {name: text for name, text in SQL.items() if "as_member($1)" in text}
LONG_AGO, LATER = AT - timedelta(days=1), AT + timedelta(days=1)
# Arguments after the member, where those of the column's type do not find the other's row.
ARGUMENTS: dict[str, tuple[object, ...]] = {
    "repayments.list": (None, 10),
    "repayments.take_start": (ID, 0, LATER, AT),
    "repayments.take_inquiry": (ID, 0, LATER, AT, "created"),
    "sessions.find_live": (b"\x01", LONG_AGO, LONG_AGO),
    "sessions.list_live": (LONG_AGO, LONG_AGO),
    "sessions.touch": (ID, LATER),
    "transfers.list": (None, 10),
    "transfers.take_inquiry": (ID, 0, LATER, AT, "submitted"),
    "loan_books.set_due": (777, AT.date()),
}
OF_TYPE: dict[str, object] = {
    "uuid": ID,
    "text": WORD,
    "timestamptz": LONG_AGO,
    "bytea": b"\x01",
    "int8": 777,
    "int4": 0,
    "date": AT.date(),
}


async def test_any_query_without_its_condition_still_gets_at_nothing_of_others(
    walled: Any, members_own: list[str]
) -> None:
    leaks, silent, tried = [], [], 0
    for name, text in QUERIES.items():
        types = [one.name for one in (await walled.prepare(text)).get_parameters()]
        given = (ONE, *ARGUMENTS.get(name, tuple(OF_TYPE[one] for one in types[1:])))
        for query in without_one(text):
            tried += 1
            if await reached(walled, members_own, PoolRole.MEMBER, "", query, *given):
                leaks.append(name)
            if not await reached(walled, members_own, PoolRole.WORK, "", query, *given):
                silent.append(name)

    assert tried >= 29
    assert leaks == []
    # The test tests something: but for the wall each would have got at them. Of one the second
    # condition looks whether the member is suspended, and shows no row.
    assert silent == ["sessions.find_live"]


# A call of each function that is given its member, about what is the other's; $1 is the member who
# asks, $2 a new id. The parts of these functions are tried by the calls that lead to them.
WISH = f"""jsonb_build_object('bank', 'other', 'reference', 'AAAAAAAAAAAAAAAAAAAA',
    'kind', 'amount', 'amount', 1000, 'description', '', 'return_url', '', 'request_id', 'r',
    'expires_at', now(), 'start_until', now(), 'watch_until', now(), 'quote_id', '{ID}')"""
BOOKED = """jsonb_build_array(jsonb_build_object('id', $2::uuid, 'kind', 'advance', 'amount', 1,
    'effective_on', '2026-11-26', 'at', now(), 'house', 'x', 'journal', $2::uuid, 'postings',
    jsonb_build_array(jsonb_build_object('id', $2::uuid, 'debit', 'principal', 'credit', 'x',
    'amount', 1, 'effective_on', '2026-11-26'))))"""
SETTLED = """jsonb_build_object('state', 'settled', 'unclear', FALSE, 'tries', 0, 'crashes', 0,
    'give_up_at', now(), 'inquiries', 0, 'is_answered_finally', FALSE)"""
TOLD = "jsonb_build_array(jsonb_build_object('kind', 'x', 'data', 1))"
LONG_BEFORE = f"'{UUID(int=0)}', '2026-01-01'"
CALLS = {
    "accept_transfer_once": f"""accept_transfer_once($1, $2, 'other', '\\x02', '{ID}',
        'AAAAAAAAAAAAAAAAAAAA', 777, '{AT}', '{AT}', FALSE, 12, 'test', 'r', $2, '{ID}', '{AT}',
        '{AT}', {LONG_BEFORE}, 1, 0, {LONG_BEFORE})""",
    "accept_repayment_once": f"""accept_repayment_once($1, $2, 'other', '\\x02', 777, 1, '{AT}', $2,
        {WISH})""",
    "add_account": f"add_account($1, $2, 'other', '001', '1', '7654321', 'other', '{AT}')",
    "begin_pin_check": f"begin_pin_check($1, '2026-11-25', '{AT}')",
    "claim_item": f"claim_item($1, '{ID}', 0, '{AT}', 12, 'test', $2, 'file')",
    "claim_transfer": f"claim_transfer($1, '{ID}', 0, '{AT}', 12, 'test', $2)",
    "enrol_borrower": f"enrol_borrower($1, '1', '', '', '', 1, 0.1, 5, FALSE, '{AT}')",
    "pass_pin_check": f"pass_pin_check($1, 777, 'new', '{ID}', '\\x02', '{AT}', '{AT}')",
    "record_entry": f"record_entry($1, NULL, NULL, now(), {TOLD}, {BOOKED}, '[]')",
    "record_repayment": f"""record_repayment($1, '{ID}', 'created', 0, $2, now(), {SETTLED},
        {TOLD}, {BOOKED}, '[]', NULL)""",
    "record_transfer": f"""record_transfer($1, '{ID}', 'submitted', 0, $2, now(), {SETTLED}, 1,
        {TOLD}, {BOOKED}, '[]', NULL)""",
}
LED_TO = {
    "loan_fits": "record_entry",
    "book_on_loan": "record_entry",
    "keep_call": "record_transfer",
}


def definition(name: str) -> str:
    return (sql_directory() / "functions" / f"{name}.sql").read_text("utf-8")


def test_every_function_that_is_given_its_member_is_tried() -> None:
    names = {path.stem for path in (sql_directory() / "functions").glob("*.sql")}
    given = {name for name in names if re.search(r"\(\s*p_member uuid", definition(name))}

    assert given == CALLS.keys() | LED_TO.keys() | {"as_member"}


async def test_any_function_without_one_of_its_conditions_still_gets_at_nothing_of_others(
    walled: Any, members_own: list[str]
) -> None:
    leaks, tried, would = [], 0, 0
    for name in (*CALLS, *LED_TO):
        call = CALLS[LED_TO.get(name, name)]
        for changed in without_one(definition(name)):
            tried += 1
            ids = (ONE, UUID(int=0xC)) if "$2" in call else (ONE,)
            given = (changed, f"SELECT * FROM {call}", *ids)
            if await reached(walled, members_own, PoolRole.MEMBER, *given):
                leaks.append(name)
            would += await reached(walled, members_own, PoolRole.WORK, *given)

    assert leaks == []
    # Where two conditions say the same, one of them may be missing without the wall, too.
    assert (tried, would) == (43, 7)
