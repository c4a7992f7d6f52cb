"""A parent of several gateway processes, and its children."""

import asyncio
import socket
from collections.abc import Iterable
from pathlib import Path

from tests.flows.serving import Process


def free_port() -> int:
    """Return a port that several processes can share; nobody listens there now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def has_started(process: Process, number: int) -> bool:
    """Whether so many children have started in all."""
    assert process.child.returncode is None, process.errors
    return process.count("gateway.started") == number


async def pids_of(parent: int) -> dict[str, int]:
    """Return the processes of a parent by the names of their instances."""
    return await asyncio.to_thread(_read_pids, parent)


def _read_pids(parent: int) -> dict[str, int]:
    found = {}
    for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
        variables = dict(line.partition("=")[::2] for line in environment if line)
        if name := variables.get("GATEWAY_INSTANCE"):  # between fork and exec there is none yet
            found[name] = int(pid)
    return found


async def are_gone(pids: Iterable[int]) -> bool:
    """Whether processes have ended, though perhaps nobody has asked how."""
    return await asyncio.to_thread(lambda: all(_has_ended(pid) for pid in pids))


def _has_ended(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"
