"""What the schema must keep to, so that it runs unchanged on a cluster distributed by member_id.

Asked of the catalogue of a migrated database, so that no file can be forgotten.
"""

import re

import pytest

# Keyed by what is looked up, or small tables of the house: no money step writes them.
KEYED_LOOK_UPS = {
    "login_names",
    "login_networks",
    "login_sources",
    "callbacks_inbox",
    "request_quotas",
    "name_checks",
}
HOUSE_TABLES = {
    "branches_added",
    "bank_lanes",
    "bank_files",
    "bank_stops",
    "daily_runs",
    "misuse_alarms",
    "misuse_counts",
    "operator_actions",
    "operator_tokens",
    "operators",
    "schema_files",
    "settlement_marks",
    "settlement_days",
    "account_openings",
    "standing_rules",
    "statement_words",
    "statement_lines",
}
APPEND_ONLY = {
    "postings",
    "events",
    "loan_entries",
    "bank_attempts",
    "idempotency_keys",
    "operator_actions",
    "refused_sign_ins",
}

TABLES = """
SELECT c.relname AS name, array_agg(a.attname ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') GROUP BY c.relname
"""
UNIQUE = """
SELECT c.relname AS table, i.relname AS index, x.indisprimary AS is_primary,
       array_agg(a.attname::text ORDER BY k.position) AS columns
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k (number, position)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
WHERE x.indisunique AND c.relnamespace = 'public'::regnamespace
GROUP BY c.relname, i.relname, x.indisprimary
"""
FUNCTIONS = """
SELECT proname AS name, prosrc AS body, coalesce(proargnames, '{}') AS arguments,
       oidvectortypes(proargtypes) AS types
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""
VOLATILE = """
SELECT DISTINCT proname FROM pg_proc WHERE provolatile = 'v'
"""


@pytest.fixture
async def functions(owner):
    """The functions' bodies without comments and without quoted text."""
    return {row["name"]: _bare(row["body"]) for row in await owner.fetch(FUNCTIONS)}


@pytest.fixture
async def member_tables(owner):
    tables = {row["name"] for row in await owner.fetch(TABLES)}
    return tables - KEYED_LOOK_UPS - HOUSE_TABLES


def _bare(body: str) -> str:
    return re.sub(r"--[^\n]*|'(?:[^']|'')*'", " ", body)


def _updates(body: str) -> list[str]:
    """Return the text of every UPDATE, and of every ON CONFLICT … DO UPDATE."""
    starts = r"(?<!FOR )(?<!FOR NO KEY )\bUPDATE\s"
    return [
        statement[match.start() :]
        for statement in body.split(";")
        if (match := re.search(starts, statement))
    ]


async def test_the_primary_key_of_a_member_owned_table_begins_with_the_member(owner, member_tables):
    keys = {row["table"]: row["columns"] for row in await owner.fetch(UNIQUE) if row["is_primary"]}

    wrong = {table for table in member_tables if keys.get(table, [""])[0] != "member_id"}
    assert wrong == set()


async def test_nothing_of_a_member_is_unique_over_all_members(owner, member_tables):
    rows = [row for row in await owner.fetch(UNIQUE) if row["table"] in member_tables]

    assert [row["index"] for row in rows if "member_id" not in row["columns"]] == []


async def test_there_are_no_triggers(owner):
    assert await owner.fetch("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == []


async def test_there_are_no_enum_types(owner):
    assert await owner.fetch("SELECT typname FROM pg_type WHERE typtype = 'e'") == []


async def test_there_are_no_foreign_keys(owner):
    """They would tie tables that lie on different shards, and lock rows behind our back."""
    assert await owner.fetch("SELECT conname FROM pg_constraint WHERE contype = 'f'") == []


async def test_no_update_reads_the_clock_or_anything_else_that_changes(owner, functions):
    names = "|".join(row["proname"] for row in await owner.fetch(VOLATILE))
    call = re.compile(rf"\b({names})\s*\(")

    found = {
        name: call.findall(update) for name, body in functions.items() for update in _updates(body)
    }
    assert {name: calls for name, calls in found.items() if calls} == {}


async def test_no_function_has_a_simple_case_on_a_value(functions):
    simple = re.compile(r"\bCASE\b(?!\s+WHEN\b)", re.IGNORECASE)

    assert [name for name, body in functions.items() if simple.search(body)] == []


async def test_no_function_is_given_two_members(owner):
    for row in await owner.fetch(FUNCTIONS):
        assert sum("member" in name for name in row["arguments"] if name.endswith("member")) <= 1
        assert "uuid[]" not in row["types"], row["name"]


async def test_every_write_to_a_member_owned_table_names_its_member(functions, member_tables):
    write = re.compile(rf"UPDATE\s+({'|'.join(sorted(member_tables))})\b")

    written = [
        (name, update)
        for name, body in functions.items()
        for update in _updates(body)
        if write.match(update)
    ]
    assert written != []
    for name, update in written:
        assert re.search(r"\bWHERE\b.*\bmember_id = p_member\b", update, re.DOTALL), name


async def test_no_function_deletes_or_builds_sql(functions):
    forbidden = re.compile(r"\b(DELETE|TRUNCATE|EXECUTE)\b")

    assert [name for name, body in functions.items() if forbidden.search(body)] == []


async def test_what_is_append_only_cannot_be_changed_by_the_gateway(owner):
    rights = await owner.fetch(
        """SELECT table_name, privilege_type FROM information_schema.role_table_grants
        WHERE grantee = 'gateway_app' AND privilege_type NOT IN ('SELECT', 'INSERT')"""
    )
    changeable = {row["table_name"] for row in rights}

    assert changeable & APPEND_ONLY == set()
    assert {row["privilege_type"] for row in rights} <= {"UPDATE", "DELETE"}


async def test_the_gateway_owns_nothing_and_makes_nothing(database):
    row = await database.fetchrow(
        """SELECT has_schema_privilege('public', 'CREATE') AS may_create,
        (SELECT count(*) FROM pg_class WHERE relowner = 'gateway_app'::regrole) AS owned"""
    )

    assert dict(row) == {"may_create": False, "owned": 0}
