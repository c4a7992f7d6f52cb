"""What every test may use: a database of its own, a clock, and a watch on blocking calls.

Each test process runs one PostgreSQL, or uses the server that TEST_DATABASE_URL names (its
login must be allowed to make databases and to take the role gateway_app).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import structlog
from blockbuster import blockbuster_ctx

from gateway.domain.branches import check_table
from gateway.domain.calendar import calendar_table
from gateway.store.cluster import OWNER, SUPERUSER, Cluster
from gateway.store.connections import PoolRole
from gateway.store.database import Database, open_database
from gateway.store.migrate import migrate
from gateway.store.postgres import Postgres, made_cluster, running_postgres
from tests.manual_clock import ManualClock

# A test's database need not survive the machine.
# An autovacuum worker, which nobody but a superuser may end, would keep a test from dropping it.
FAST = ("fsync=off", "full_page_writes=off", "autovacuum=off")
# The change log can be read (tests/traced.py); what a forgotten reader keeps has a limit.
TRACED = ("wal_level=logical", "max_slot_wal_keep_size=4GB")
CONNECT_FUNCTIONS = {"_connect", "_parse_connect_dsn_and_args", "_parse_connect_arguments"}


@dataclass(frozen=True, slots=True)
class Server:
    """The PostgreSQL of this test process: its addresses, and a way to run SQL between tests."""

    postgres: Postgres
    runner: asyncio.Runner
    admin: "asyncpg.Connection[asyncpg.Record]"
    prefix: str
    is_ours: bool

    def execute(self, sql: str) -> None:
        self.runner.run(self.admin.execute(sql))


def with_database(url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@pytest.fixture(autouse=True, scope="session")
def tables_are_read() -> None:
    """Read the release's tables, as the gateway does before it serves: later it would block."""
    calendar_table()
    check_table()


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Iterator[None]:
    """Fail a test in which our code blocks the event loop."""
    with blockbuster_ctx("gateway") as watch:
        for function in watch.functions.values():
            # Looks for password and certificate files before it connects.
            function.can_block_in("asyncpg/connect_utils.py", CONNECT_FUNCTIONS)
            # Measuring coverage is none of our code; its lock is held for microseconds.
            function.can_block_in("coverage/collector.py", {"lock_data"})
        yield


@pytest.fixture(autouse=True)
def plain_log() -> None:
    """Print records as they are: structlog's own rendering of a traceback reads files."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a migrated template database."""
    external = os.environ.get("TEST_DATABASE_URL")
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        stack = AsyncExitStack()
        postgres = (
            Postgres(external, external)
            if external
            else runner.run(_run(stack, tmp_path_factory.mktemp("pg")))
        )
        try:
            admin = runner.run(asyncpg.connect(postgres.owner_url))
            server = Server(postgres, runner, admin, f"gateway_test_{os.getpid()}", not external)
            server.execute(f"CREATE DATABASE {server.prefix}_template")
            runner.run(_migrate(with_database(postgres.owner_url, f"{server.prefix}_template")))
            yield server
            server.execute(f"DROP DATABASE {server.prefix}_template WITH (FORCE)")
            runner.run(admin.close())
        finally:
            runner.run(stack.aclose())


async def _run(stack: AsyncExitStack, directory: Path) -> Postgres:
    options = (*FAST, *TRACED)
    postgres = await stack.enter_async_context(running_postgres(directory, options=options))
    await let_replicate(made_cluster(directory))
    return postgres


async def let_replicate(cluster: Cluster) -> None:
    """Let the owner read the change log, as an auditor's login may elsewhere."""
    connection = await asyncpg.connect(cluster.url(SUPERUSER, "postgres"))
    try:
        await connection.execute(f"ALTER ROLE {OWNER} REPLICATION")
    finally:
        await connection.close()


async def _migrate(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await migrate(connection)
    finally:
        await connection.close()


_numbers = count(1)


@pytest.fixture
def empty_database_url(server: Server) -> Iterator[str]:
    """The owner's address of a new database in which nothing is."""
    yield from _new_database(server, server.postgres.owner_url, "template0")


@pytest.fixture
def owner_url(server: Server) -> Iterator[str]:
    """The owner's address of a new, migrated database."""
    yield from _new_database(server, server.postgres.owner_url, f"{server.prefix}_template")


@pytest.fixture
def database_url(server: Server, owner_url: str) -> str:
    """The gateway's address of the same database."""
    return with_database(server.postgres.app_url, urlsplit(owner_url).path.removeprefix("/"))


def _new_database(server: Server, url: str, template: str) -> Iterator[str]:
    name = f"{server.prefix}_{next(_numbers)}"
    # Copying files takes half the time of writing each page to the log.
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield with_database(url, name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator[Any]:
    """A connection of the owner, who may do everything in the test's database."""
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The gateway's own way to the test's database, as its work over many members goes."""
    async with open_database(database_url) as database:
        yield database


@pytest.fixture
async def operators_db(database_url: str) -> AsyncIterator[Database]:
    """The operators' way to the test's database."""
    async with open_database(database_url, role=PoolRole.OPERATOR, wait_s=60) as database:
        yield database
