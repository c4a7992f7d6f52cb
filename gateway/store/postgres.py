"""The embedded PostgreSQL: a server of our own in the data directory, for demos and small sites.

The data directory holds `postgres/` (the cluster), `passwords.json`, `postgres.log`, `run/` (the
socket) and `postgres.lock`: who holds the lock runs the server, who comes second uses the same one.
"""

import asyncio
import fcntl
import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import asyncpg
import structlog

from gateway.domain.errors import NotReady
from gateway.store.cluster import (
    APP,
    OWNER,
    ROOT_MODES,
    SUPERUSER,
    Cluster,
    environment,
    prepare,
    socket_directory,
)
from gateway.store.confine import Mode
from gateway.store.connections import PoolRole

MEMBER, OPERATOR = PoolRole.MEMBER.value, PoolRole.OPERATOR.value
START_WAIT_S = 60.0
CLEARED_AWAY_S = 3.0
AGAIN_AFTER_S = 0.2
STOP_WAIT_S = 30.0
OPTIONS = ("listen_addresses=", "port=5432", "max_connections=200", "log_timezone=UTC")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server: `owner_url` migrates and may make databases, `app_url` is the gateway's."""

    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)


@asynccontextmanager
async def running_postgres(
    data_dir: Path,
    *,
    pg_bin: Path | None = None,
    options: Sequence[str] = (),
    root_modes: Sequence[Mode] = ROOT_MODES,
) -> AsyncIterator[Postgres]:
    """Run PostgreSQL on `data_dir` (made at the first start) while the context lasts.

    `options` are further `name=value` settings of the server; `root_modes` are the ways to run that
    are tried where we are root. Raises NotReady with the reason.
    """
    home, lock = await asyncio.to_thread(_open_lock, data_dir)
    with lock:
        if not _is_locked_by_us(lock.fileno()):
            yield await _join(home)
            return
        cluster = await asyncio.to_thread(prepare, home, pg_bin, root_modes)
        server = await _start_and_reach(cluster, options)
        try:
            await _make_roles(cluster)
            log.info("postgres.started", data_dir=str(home), mode=cluster.mode, pid=server.pid)
            yield _addresses(cluster)
        finally:
            await asyncio.shield(_stop(server))
            log.info("postgres.stopped", data_dir=str(home))


def holds_cluster(data_dir: Path) -> bool:
    """Return whether a database was made in `data_dir`. Blocks: call it in a thread."""
    home = data_dir.resolve()
    return (home / "postgres").is_dir() and (home / "passwords.json").is_file()


def _open_lock(data_dir: Path) -> tuple[Path, IO[str]]:
    home = data_dir.resolve()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(home / "postgres.lock", os.O_CREAT | os.O_RDWR, 0o600)
    return home, os.fdopen(lock, "r+")


def _is_locked_by_us(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _addresses(cluster: Cluster) -> Postgres:
    return Postgres(owner_url=cluster.url(OWNER), app_url=cluster.url(APP))


async def _join(home: Path) -> Postgres:
    """Use the server that another process runs on this directory."""
    cluster = await asyncio.to_thread(made_cluster, home)
    await _reach(cluster, None)
    return _addresses(cluster)


def made_cluster(home: Path) -> Cluster:
    """Return the cluster that another process has made in `home` and runs. Raises NotReady."""
    saved = home / "passwords.json"
    if not saved.exists():
        raise NotReady(f"Another process is making the database in {home}: try again in a moment.")
    passwords = json.loads(saved.read_text())
    return Cluster(home, Path(), Mode.DIRECT, socket_directory(home), passwords)


async def _start_and_reach(cluster: Cluster, options: Sequence[str]) -> asyncio.subprocess.Process:
    """Start the server and wait until it answers.

    A server that was killed leaves lock files, which the next one believes while the killed one's
    process is still being cleared away: nobody else runs it, so it is started again for a moment.
    """
    deadline = asyncio.get_running_loop().time() + CLEARED_AWAY_S
    while True:
        server = await _start(cluster, options)
        try:
            await _reach(cluster, server)
        except NotReady:
            await asyncio.shield(_stop(server))
            if asyncio.get_running_loop().time() >= deadline:
                raise
            await asyncio.sleep(AGAIN_AFTER_S)
        except BaseException:
            await asyncio.shield(_stop(server))
            raise
        else:
            return server


async def _start(cluster: Cluster, options: Sequence[str]) -> asyncio.subprocess.Process:
    settings = [*OPTIONS, f'unix_socket_directories="{cluster.sockets}"', *options]
    arguments = [f"--{setting}" for setting in settings]
    output = await asyncio.to_thread(_open_log, cluster.home / "postgres.log")
    with output:
        # A session of its own: Ctrl-C is for the gateway, which stops the server last.
        return await asyncio.create_subprocess_exec(
            *cluster.command("postgres", "-D", str(cluster.data), *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment(),
            start_new_session=True,
        )


def _open_log(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "ab")


async def _reach(cluster: Cluster, server: asyncio.subprocess.Process | None) -> None:
    """Wait until the server answers."""
    url = cluster.url(SUPERUSER, "postgres")
    deadline = asyncio.get_running_loop().time() + START_WAIT_S
    while asyncio.get_running_loop().time() < deadline:
        if server is not None and server.returncode is not None:
            break
        try:
            connection = await asyncpg.connect(url, timeout=5)
        except (OSError, asyncpg.CannotConnectNowError):
            await asyncio.sleep(0.02)
        else:
            await connection.close()
            return
    raise NotReady(f"PostgreSQL did not start: see {cluster.home / 'postgres.log'}.")


async def _make_roles(cluster: Cluster) -> None:
    """Make the roles and the database, as far as they are not there."""
    connection = await asyncpg.connect(cluster.url(SUPERUSER, "postgres"))
    try:
        for role, rights in (
            (APP, f"LOGIN NOINHERIT PASSWORD '{cluster.passwords[APP]}'"),
            (OWNER, f"LOGIN CREATEDB PASSWORD '{cluster.passwords[OWNER]}'"),
            (MEMBER, "NOLOGIN"),
            (OPERATOR, "NOLOGIN"),
        ):
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await connection.execute(f"CREATE ROLE {role} {rights}")
        # A cluster that an earlier version made has neither of them, and a login that inherits.
        await connection.execute(f"ALTER ROLE {APP} NOINHERIT")
        await connection.execute(f"GRANT {MEMBER}, {OPERATOR} TO {APP}")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'gateway'"):
            await connection.execute(f"GRANT {APP} TO {OWNER}")
            await connection.execute(f"CREATE DATABASE gateway OWNER {OWNER}")
    finally:
        await connection.close()


async def _stop(server: asyncio.subprocess.Process) -> None:
    for number in (signal.SIGINT, signal.SIGQUIT):
        with suppress(ProcessLookupError):
            server.send_signal(number)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_WAIT_S):
                await server.wait()
                return
