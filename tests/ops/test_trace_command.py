"""`gateway ops audit-trace`, run as operators run it."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.ops.test_audit_trace import LOST, TRANSFER
from tests.ops.test_command_line import CommandLine

BEGUN = """
SELECT count(*) FROM pg_replication_slots AS s JOIN pg_stat_activity AS a ON a.pid = s.active_pid
WHERE s.database = current_database() AND a.state = 'idle in transaction'
"""
WITHIN_S = 30


@pytest.fixture
def auditor(owner_url: str, tmp_path: Path) -> CommandLine:
    """The command on a login that may read the log."""
    return CommandLine(owner_url, tmp_path)


class Watching:
    """The command, while it watches."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def begun(self, owner: Any) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not await owner.fetchval(BEGUN):
                assert self._process.returncode is None
                await asyncio.sleep(0.02)

    async def interrupted(self) -> tuple[int | None, str, str]:
        """Press Ctrl-C; return how it ended and what it printed."""
        self._process.send_signal(signal.SIGINT)
        async with asyncio.timeout(WITHIN_S):
            out, err = await self._process.communicate()
        return self._process.returncode, out.decode(), err.decode()


async def watching(auditor: CommandLine, owner: Any, *arguments: str) -> Watching:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "ops", "audit-trace", *arguments),
        env=auditor.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    begun = Watching(process)
    await begun.begun(owner)
    return begun


async def test_a_clean_watch_ends_with_0(auditor: CommandLine, owner: Any) -> None:
    watch = await watching(auditor, owner)
    await owner.execute(TRANSFER)
    await owner.execute(LOST)

    code, out, err = await watch.interrupted()

    assert (code, out.splitlines()) == (
        0,
        ["        1  transfers: submitting → unknown unclear", "2 changes, 0 by hand: clean"],
    )
    assert "Ctrl-C" in err


async def test_a_finding_is_printed_and_ends_with_1(auditor: CommandLine, owner: Any) -> None:
    watch = await watching(auditor, owner)
    await owner.execute(TRANSFER)
    await owner.execute("UPDATE transfers SET state = 'settled'")

    code, out, _ = await watch.interrupted()

    assert code == 1
    assert "state changed, and not the fence" in out
    assert "O'NEIL" not in out


async def test_what_was_not_seen_ends_with_1(auditor: CommandLine, owner: Any) -> None:
    watch = await watching(auditor, owner, "--json")
    await owner.execute(TRANSFER)
    # Waits until the reader's own backend is gone: else the last reading may still come by it.
    gone = "count(*) FILTER (WHERE pg_terminate_backend(s.active_pid, 10000))"
    async with asyncio.timeout(WITHIN_S):
        while not await owner.fetchval(BEGUN.replace("count(*)", gone)):
            pass  # between two readings it is not idle

    code, out, _ = await watch.interrupted()

    assert (code, orjson.loads(out)["gaps"]) == (1, 1)


async def test_it_ends_by_itself_after_a_time(auditor: CommandLine) -> None:
    code, out, _ = await auditor("ops", "audit-trace", "--seconds", "0", "--json")

    assert (code, orjson.loads(out)["findings"]) == (0, [])


async def test_a_login_that_may_not_says_what_is_missing(
    database_url: str, tmp_path: Path, owner: Any
) -> None:
    command = CommandLine(database_url, tmp_path)

    code, out, err = await command("ops", "audit-trace")

    assert (code, out) == (1, "")
    assert "ALTER ROLE gateway_app REPLICATION" in err
    assert await owner.fetchval(BEGUN) == 0
    command.environment["GATEWAY_DATABASE_OWNER_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    assert (await command("ops", "audit-trace"))[0] == 1
