"""A watch on the change log of a test's database: every row moved along an edge of its table.

Directories whose conftest imports `trace` have it in every test that has a database. Which edges
were taken is written down where TRACE_EDGES says, to be put together.
"""

import json
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from gateway.domain.errors import NotReady
from gateway.ops.commands.audit_trace import Trace, TraceFinding, watch_trace
from tests.conftest import Server

EDGES_DIRECTORY = "TRACE_EDGES"


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
    try:
        found = server.runner.run(trace.findings())
    finally:
        server.runner.run(stack.aclose())
    write_edges(trace)
    fail_of(found)


async def _begin(stack: AsyncExitStack, server: Server, url: str) -> Trace | None:
    """Begin to watch. A server that somebody else runs may not allow it: then nothing is seen."""
    try:
        return await stack.enter_async_context(watch_trace(url, every_s=None))
    except NotReady:
        if server.is_ours:
            raise
        return None


@asynccontextmanager
async def traced(url: str) -> AsyncIterator[Trace]:
    """Watch a database of a test's own server; whoever has broken a table fails the test."""
    async with watch_trace(url) as trace:
        yield trace
        found = await trace.findings()
    write_edges(trace)
    fail_of(found)


def fail_of(found: Sequence[TraceFinding]) -> None:
    """Fail the test where something was found."""
    if found:
        pytest.fail(
            "\n".join(["the change log shows what no state table allows:", *map(str, found)])
        )


def write_edges(trace: Trace) -> None:
    """Add the edges that were taken to what the run has taken."""
    directory = os.environ.get(EDGES_DIRECTORY)
    if directory is None or not trace.edges:
        return
    taken = json.dumps(sorted(trace.edges))
    (Path(directory) / f"{secrets.token_hex(8)}.json").write_text(taken)
