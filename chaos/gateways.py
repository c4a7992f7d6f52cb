"""Replicas of the gateway that is tried: `gateway serve --processes 2`, killed and frozen."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PROCESSES = 2


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Program:
    """The installed gateway that is tried: a directory with `gateway` and `python`."""

    binaries: Path

    @property
    def gateway(self) -> str:
        return str(self.binaries / "gateway")

    @property
    def python(self) -> str:
        return str(self.binaries / "python")


async def run(command: tuple[str, ...], environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a command to its end; return its code, and what it wrote."""
    child = await asyncio.create_subprocess_exec(
        *command,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    written, _ = await child.communicate()
    return child.returncode or 0, written.decode("utf-8", "replace")


@dataclass(slots=True)
class Machine:
    """One replica: a parent that keeps processes on one port, in a process group of its own."""

    name: str
    program: Program
    port: int
    environment: Mapping[str, str]
    log: Path
    parent: subprocess.Popen[bytes] | None = None
    frozen: set[int] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.parent = subprocess.Popen(  # noqa: S603 - our own program
                (self.program.gateway, "serve", "--processes", str(PROCESSES)),
                env=dict(self.environment) | {"GATEWAY_PORT": str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def processes(self) -> list[int]:
        """Return the ids of the serving processes, the parent not among them."""
        if self.parent is None:
            return []
        children = Path(f"/proc/{self.parent.pid}/task/{self.parent.pid}/children")
        with suppress(OSError):
            return sorted(int(pid) for pid in children.read_text().split())
        return []

    def process_of(self, peer_port: int) -> int | None:
        """Return which process has the connection from that local port."""
        inode = _inode(peer_port)
        for pid in self.processes():
            with suppress(OSError):
                links = (entry.readlink() for entry in Path(f"/proc/{pid}/fd").iterdir())
                if any(link.name == f"socket:[{inode}]" for link in links):
                    return pid
        return None

    def kill(self) -> None:
        """Kill the whole machine at once: every process of it."""
        if self.parent is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.parent.pid, signal.SIGKILL)
            self.parent.wait()
            self.frozen.clear()

    def signal(self, number: signal.Signals, pid: int | None = None) -> None:
        """Send a signal to one process, or (None) to all of the machine's."""
        if self.parent is None:
            return
        with suppress(ProcessLookupError):
            if pid is None:
                os.killpg(self.parent.pid, number)
            else:
                os.kill(pid, number)

    async def end(self) -> None:
        """Let it drain; whatever does not end in time is killed."""
        if self.parent is None:
            return
        self.signal(signal.SIGCONT)
        with suppress(ProcessLookupError):
            os.kill(self.parent.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self.parent.wait, 20)
        self.kill()


def _inode(port: int) -> str:
    wanted = f":{port:04X}"
    with Path("/proc/net/tcp").open(encoding="ascii") as table:
        for line in table:
            columns = line.split()
            if columns[1].endswith(wanted) and columns[1].startswith("0100007F"):
                return columns[9]
    return ""
