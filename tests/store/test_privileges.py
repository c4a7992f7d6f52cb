"""What each role may do in the database: no more than its work needs, and as the page says."""

import asyncio
import runpy
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.store.connections import PoolRole
from gateway.store.database import Database, open_database

PROJECT = Path(__file__).parents[2]
NOT_OPERATORS = [PoolRole.MEMBER, PoolRole.WORK]


async def test_the_page_is_what_the_catalogue_says(owner: Any) -> None:
    """After a change of grants or tables: `.venv/bin/python scripts/draw_privileges`."""
    script = await asyncio.to_thread(runpy.run_path, str(PROJECT / "scripts" / "draw_privileges"))
    page = await asyncio.to_thread((PROJECT / "docs" / "privileges.md").read_text, "utf-8")

    assert page == await script["drawn"](owner)


@pytest.mark.parametrize("role", PoolRole)
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE loans SET credit_limit = credit_limit + 1", id="a limit"),
        pytest.param("UPDATE loans SET annual_rate = 0", id="a rate"),
        pytest.param("UPDATE loans SET advances_stopped = FALSE", id="a stop of advances"),
        pytest.param("UPDATE members SET status = 'active'", id="a suspension"),
        pytest.param("UPDATE members SET kana = 'ﾍﾞﾂｼﾞﾝ'", id="a name"),
        pytest.param("UPDATE operator_tokens SET ends_at = 'infinity'", id="a token's end"),
        pytest.param("UPDATE operators SET name = 'other'", id="an operator's name"),
        pytest.param("UPDATE operator_actions SET operator = 'other'", id="an act on record"),
        pytest.param("UPDATE postings SET amount = 1", id="a posting"),
        pytest.param("DELETE FROM transfers", id="transfers"),
        pytest.param("DELETE FROM sessions", id="sessions"),
        pytest.param("TRUNCATE request_quotas", id="quotas, all at once"),
        pytest.param("ALTER TABLE transfers DISABLE ROW LEVEL SECURITY", id="the wall"),
        pytest.param("CREATE TABLE own ()", id="a table of its own"),
    ],
)
async def test_nobody_but_the_owner_changes(
    database_url: str, role: PoolRole, statement: str
) -> None:
    async with open_database(database_url, role=role, size=1) as database:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.fetch(statement)


@pytest.mark.parametrize("role", NOT_OPERATORS)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO operators VALUES ('mori', 'approver', now())",
        "UPDATE operators SET role = 'approver'",
        "UPDATE operator_tokens SET revoked_at = NULL",
        "INSERT INTO loans (member_id, credit_limit) VALUES (gen_random_uuid(), 1)",
    ],
)
async def test_what_operators_say_is_written_by_nobody_else(
    database_url: str, role: PoolRole, statement: str
) -> None:
    async with open_database(database_url, role=role, size=1) as database:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.fetch(statement)


async def test_a_request_sees_no_operator_and_stops_no_bank(database_url: str) -> None:
    async with open_database(database_url, role=PoolRole.MEMBER, size=1) as database:
        for statement in (
            "SELECT * FROM operator_tokens",
            "SELECT * FROM operators",
            "UPDATE bank_stops SET released_at = now()",
            "UPDATE standing_rules SET approved_by = 'mori'",
            "UPDATE account_openings SET confirmed_by = 'mori'",
            "INSERT INTO operator_actions DEFAULT VALUES",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await database.fetch(statement)


async def test_only_quotas_may_be_deleted(owner: Any) -> None:
    rows = await owner.fetch(
        "SELECT DISTINCT table_name FROM information_schema.role_table_grants"
        " WHERE privilege_type = 'DELETE' AND grantee LIKE 'gateway\\_%'"
        " AND grantee <> current_user AND table_schema = 'public'"
    )

    assert {row["table_name"] for row in rows} <= {"request_quotas"}


async def test_a_login_has_nothing_of_the_roles_that_it_may_take(database: Database) -> None:
    """Else work over members could say what operators say, without saying that it is one."""
    row = await database.fetchrow(
        "SELECT pg_has_role('gateway_ops', 'USAGE') AS has,"
        " pg_has_role('gateway_ops', 'MEMBER') AS may"
    )

    assert dict(row or {}) == {"has": False, "may": True}


async def test_two_counts_alone_run_as_the_owner(owner: Any) -> None:
    rows = await owner.fetch(
        "SELECT proname, prorettype::regtype::text AS returns, proconfig FROM pg_proc"
        " WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY 1"
    )

    assert [tuple(row) for row in rows] == [
        (name, "bigint", ["search_path=public, pg_temp"])
        for name in ("count_backlog", "count_queue")
    ]
