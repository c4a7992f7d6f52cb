"""Migrations: forward only, each once, whole; functions whenever they change."""

import asyncio

import asyncpg
import pytest

from gateway.domain.errors import NotReady
from gateway.store.migrate import check_schema, migrate, schema_files
from gateway.store.sql import sql_directory

TABLE = "CREATE TABLE things (id integer PRIMARY KEY);\nGRANT SELECT ON things TO gateway_app;\n"
FUNCTION = "CREATE OR REPLACE FUNCTION answer() RETURNS integer LANGUAGE sql AS $$ SELECT {} $$;\n"


@pytest.fixture
async def connection(empty_database_url):
    connection = await asyncpg.connect(empty_database_url)
    yield connection
    await connection.close()


@pytest.fixture
def directory(tmp_path):
    """A small `sql/` with one migration and one function."""
    for name in ("migrations", "functions"):
        (tmp_path / name).mkdir()
    (tmp_path / "migrations" / "0001_things.sql").write_text(TABLE)
    (tmp_path / "functions" / "answer.sql").write_text(FUNCTION.format(41))
    return tmp_path


async def test_the_projects_own_files_make_a_schema_that_serves(connection):
    applied = await migrate(connection)

    files = await asyncio.to_thread(schema_files)
    assert applied == [f"{file.kind} {file.name}" for file in files]
    assert await check_schema(connection) == []


async def test_a_second_run_applies_nothing(connection, directory):
    first = await migrate(connection, directory=directory)
    second = await migrate(connection, directory=directory)

    assert first == ["migration 0001_things", "function answer"]
    assert second == []


async def test_runs_at_the_same_time_apply_each_file_once(empty_database_url, directory):
    connections = [await asyncpg.connect(empty_database_url) for _ in range(4)]

    runs = await asyncio.gather(*(migrate(c, directory=directory) for c in connections))
    for connection in connections:
        await connection.close()

    assert sorted(map(len, runs)) == [0, 0, 0, 2]


async def test_a_dry_run_says_what_is_due_and_does_nothing(connection, directory):
    due = await migrate(connection, directory=directory, dry_run=True)

    assert due == ["migration 0001_things", "function answer"]
    assert await connection.fetchval("SELECT to_regclass('things')") is None
    assert await connection.fetchval("SELECT to_regclass('schema_files')") is None


async def test_a_changed_migration_is_refused(connection, directory):
    await migrate(connection, directory=directory)
    (directory / "migrations" / "0001_things.sql").write_text(TABLE + "-- changed\n")

    with pytest.raises(NotReady, match="0001_things was changed"):
        await migrate(connection, directory=directory)


async def test_a_changed_function_is_applied_again(connection, directory):
    await migrate(connection, directory=directory)
    (directory / "functions" / "answer.sql").write_text(FUNCTION.format(42))

    assert await migrate(connection, directory=directory) == ["function answer"]
    assert await connection.fetchval("SELECT answer()") == 42


async def test_a_migration_that_fails_leaves_nothing_of_itself(connection, directory):
    text = "CREATE TABLE half (id integer PRIMARY KEY);\nSELECT 1 / 0;\n"
    (directory / "migrations" / "0002_half.sql").write_text(text)

    with pytest.raises(NotReady, match="0002_half: division by zero"):
        await migrate(connection, directory=directory)

    assert await connection.fetchval("SELECT to_regclass('half')") is None
    assert await connection.fetchval("SELECT to_regclass('things')") is not None


async def test_who_comes_after_a_failed_run_is_not_locked_out(empty_database_url, directory):
    (directory / "migrations" / "0002_half.sql").write_text("SELECT 1 / 0;\n")
    first, second = [await asyncpg.connect(empty_database_url) for _ in range(2)]
    with pytest.raises(NotReady):
        await migrate(first, directory=directory)
    (directory / "migrations" / "0002_half.sql").unlink()

    async with asyncio.timeout(10):
        assert await migrate(second, directory=directory) == ["function answer"]
    await first.close()
    await second.close()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("things.sql", id="no number"),
        pytest.param("0001_other.sql", id="a number twice"),
        pytest.param("0002-Other.sql", id="other letters"),
    ],
)
async def test_a_misnamed_migration_is_refused(name, connection, directory):
    (directory / "migrations" / name).write_text(TABLE)

    with pytest.raises(NotReady):
        await migrate(connection, directory=directory)


async def test_a_schema_that_is_behind_does_not_serve(connection, directory):
    assert await check_schema(connection, directory=directory) != []
    await migrate(connection, directory=directory)
    (directory / "migrations" / "0002_more.sql").write_text("CREATE TABLE more ();\n")

    assert await check_schema(connection, directory=directory) == [
        "the schema is behind: migration 0002_more is not applied (run gateway migrate)"
    ]


@pytest.mark.parametrize(
    ("head", "problems"),
    [
        pytest.param("-- Adds only.\n", 0, id="ahead"),
        pytest.param("-- breaking: drops what older versions read\n", 1, id="ahead and breaking"),
    ],
)
async def test_an_older_version_serves_unless_a_migration_is_breaking(
    head, problems, connection, directory
):
    newer = directory / "migrations" / "0002_more.sql"
    newer.write_text(head + "CREATE TABLE more ();\n")
    await migrate(connection, directory=directory)
    newer.unlink()

    assert len(await check_schema(connection, directory=directory)) == problems


async def test_the_gateways_role_can_tell_whether_the_schema_serves(database):
    async with database._connection() as connection:
        assert await check_schema(connection) == []


def test_the_migrations_are_numbered_without_a_gap():
    numbers = [int(path.name[:4]) for path in sorted((sql_directory() / "migrations").iterdir())]

    assert numbers == list(range(1, len(numbers) + 1))
