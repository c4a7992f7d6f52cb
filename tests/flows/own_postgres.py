"""A PostgreSQL of one test, which may be stopped, killed and started again."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from gateway.domain.errors import NotReady
from gateway.store.cluster import APP, OWNER, ROOT_MODES, SUPERUSER, Cluster, prepare
from gateway.store.postgres import _make_roles, _reach, _start
from tests.conftest import FAST, TRACED, let_replicate

UP_WITHIN_S = 20


class OwnPostgres:
    """The server on a data directory; `server` is its postmaster."""

    def __init__(self, home: Path, cluster: Cluster) -> None:
        self._home = home
        self._cluster = cluster
        self.server: asyncio.subprocess.Process | None = None

    @property
    def owner_url(self) -> str:
        return self._cluster.url(OWNER)

    @property
    def app_url(self) -> str:
        return self._cluster.url(APP)

    async def start(self) -> None:
        """Start it and wait until it answers."""
        async with asyncio.timeout(UP_WITHIN_S):
            while True:
                self.server = await _start(self._cluster, (*FAST, *TRACED))
                try:
                    await _reach(self._cluster, self.server)
                except NotReady:
                    # What a killed postmaster left still holds the directory for a moment.
                    await asyncio.sleep(0.05)
                    await asyncio.to_thread(prepare, self._home, None, ROOT_MODES)
                else:
                    return

    async def end(self, number: signal.Signals) -> None:
        """End it: SIGINT is a fast shutdown, SIGQUIT an immediate one, SIGKILL none at all."""
        assert self.server is not None
        self.server.send_signal(number)
        await self.server.wait()

    async def terminate_backends(self) -> int:
        """End every session of others, as an operator would; return how many that were."""
        connection = await asyncpg.connect(self._cluster.url(SUPERUSER))
        try:
            rows = await connection.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            return len(rows)
        finally:
            await connection.close()

    async def kill_a_backend(self) -> None:
        """Kill one session's process: the server ends all others and recovers."""
        connection = await asyncpg.connect(self._cluster.url(SUPERUSER))
        os.kill(await connection.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)
        connection.terminate()


@asynccontextmanager
async def own_postgres(home: Path) -> AsyncIterator[OwnPostgres]:
    cluster = await asyncio.to_thread(prepare, home, None, ROOT_MODES)
    postgres = OwnPostgres(home, cluster)
    await postgres.start()
    try:
        await _make_roles(cluster)
        await let_replicate(cluster)
        yield postgres
    finally:
        await postgres.end(signal.SIGINT)
