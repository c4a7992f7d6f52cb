"""A watch on the change log of a test's database: every row moved along an edge of its table.

Directories whose conftest imports `trace` have it in every test that has a database. Which edges
were taken is written down where TRACE_EDGES says, for `scripts/edges`.
"""

import json
import os
import re
import secrets
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.domain.errors import NotReady
from gateway.ops.commands.audit_trace import Trace, TraceFinding, watch_trace
from gateway.store.change_log import BY_HAND
from tests.conftest import Server
from tests.untaken_edges import Edge

EDGES_DIRECTORY = "TRACE_EDGES"
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|TRUNCATE)\b")
SAY_SO = f"SELECT pg_logical_emit_message(TRUE, '{BY_HAND}', 'a test')"


class ByHand(asyncpg.Connection):
    """A connection whose writes say that they were made by hand: no table is held to them."""

    async def execute(self, query: str, *args: object, **options: Any) -> str:
        if not WRITES.match(query):
            return await super().execute(query, *args, **options)
        async with self.transaction():
            await super().execute(SAY_SO)
            return await super().execute(query, *args, **options)


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator[Any]:
    """A connection of the owner, for tests that put rows as they need them."""
    connection = await asyncpg.connect(owner_url, connection_class=ByHand)
    yield connection
    await connection.close()


@pytest.fixture(autouse=True)
def trace(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hold what the test did to its database to the state tables, at its end."""
    if "owner_url" not in request.fixturenames:
        yield
        return
    server: Server = request.getfixturevalue("server")
    url: str = request.getfixturevalue("owner_url")
    stack = AsyncExitStack()
    trace = server.runner.run(_begin(stack, server, url))
    yield
    if trace is None:
        return
    found = server.runner.run(_end(stack, trace))
    write_edges(trace.edges)
    fail_of(found)


async def _begin(stack: AsyncExitStack, server: Server, url: str) -> Trace | None:
    """Begin to watch. A server that somebody else runs may not allow it: then nothing is seen."""
    try:
        return await stack.enter_async_context(watch_trace(url, every_s=None))
    except NotReady:
        if server.is_ours:
            raise
        return None


async def _end(stack: AsyncExitStack, trace: Trace) -> tuple[TraceFinding, ...]:
    """Read the rest. A test that takes its database away takes the log away, too."""
    async with stack:
        with suppress(NotReady):
            await trace.findings()
    return trace.report().findings


@asynccontextmanager
async def traced(url: str) -> AsyncIterator[Trace]:
    """Watch a database of a test's own server; whoever has broken a table fails the test."""
    async with watch_trace(url) as trace:
        yield trace
        found = await trace.findings()
    write_edges(trace.edges)
    fail_of(found)


def fail_of(found: Sequence[TraceFinding]) -> None:
    """Fail the test where something was found."""
    if found:
        pytest.fail(
            "\n".join(["the change log shows what no state table allows:", *map(str, found)])
        )


def write_edges(edges: Collection[Edge]) -> None:
    """Add the edges that were taken to what the run has taken."""
    directory = os.environ.get(EDGES_DIRECTORY)
    if directory is None or not edges:
        return
    taken = json.dumps(sorted(edges))
    (Path(directory) / f"{secrets.token_hex(8)}.json").write_text(taken)
