"""The processes of `serve --processes` do not outlive their parent, however it ends."""

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.flows.families import are_gone, free_port, has_started, pids_of
from tests.flows.serving import running, until
from tests.flows.world import World, open_world

GONE_WITHIN_S = 30

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")


@pytest.fixture
async def world(database_url: str, owner: Any):
    async with open_world(database_url, owner) as world:
        yield world


async def test_children_drain_and_end_when_their_parent_is_killed(world: World) -> None:
    """They lived on, and kept the port and their names from the next parent."""
    serve = ("-m", "gateway", "serve", "--port", str(free_port()), "--processes", "2")
    async with running(world, "a", program=serve) as process:
        await until(lambda: has_started(process, 2))
        children = list((await pids_of(process.child.pid)).values())

        process.child.kill()

        await until(partial(are_gone, children), GONE_WITHIN_S)
    assert len(children) == 2
    assert process.count("gateway.drained") == 2


async def test_children_that_were_only_just_started_end_too(world: World) -> None:
    serve = ("-m", "gateway", "serve", "--port", str(free_port()), "--processes", "2")
    children: list[int] = []

    async def has_children() -> bool:
        children[:] = (await pids_of(process.child.pid)).values()
        return len(children) == 2

    async with running(world, "a", program=serve) as process:
        await until(has_children)

        os.kill(process.child.pid, signal.SIGKILL)

        await until(partial(are_gone, children), GONE_WITHIN_S)
