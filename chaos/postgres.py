"""A PostgreSQL of the run's own, which is stopped at once and started again."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg

from gateway.domain.errors import NotReady
from gateway.store.cluster import APP, OWNER, ROOT_MODES, SUPERUSER, Cluster, environment, prepare
from gateway.store.postgres import running_postgres

UP_WITHIN_S = 60.0
OPTIONS = (
    "listen_addresses=",
    "port=5432",
    "max_connections=300",
    "wal_level=logical",
    "max_slot_wal_keep_size=1024",
)
Connection = "asyncpg.Connection[asyncpg.Record]"


class Server:
    """The server on one data directory, reached by its socket."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._process: asyncio.subprocess.Process | None = None

    @property
    def owner_url(self) -> str:
        return self._cluster.url(OWNER)

    @property
    def admin_url(self) -> str:
        return self._cluster.url(SUPERUSER)

    @property
    def app_url(self) -> str:
        return self._cluster.url(APP)

    @property
    def socket(self) -> str:
        query = parse_qs(urlsplit(self.app_url).query)
        return f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"

    async def start(self) -> None:
        """Start it and wait until it answers: a killed one's remains hold it up for a moment."""
        settings = (*OPTIONS, f'unix_socket_directories="{self._cluster.sockets}"')
        command = self._cluster.command(
            "postgres", "-D", str(self._cluster.data), *(f"--{setting}" for setting in settings)
        )
        async with asyncio.timeout(UP_WITHIN_S):
            while True:
                self._process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                    env=environment(),
                    start_new_session=True,
                )
                if await self._answers():
                    return
                await asyncio.sleep(0.2)
                await asyncio.to_thread(prepare, self._cluster.home, None, ROOT_MODES)

    async def _answers(self) -> bool:
        """Return whether it answers before it ends."""
        assert_running = self._process
        while assert_running is not None and assert_running.returncode is None:
            try:
                connection = await asyncpg.connect(self.owner_url, timeout=5)
            except (OSError, asyncpg.PostgresError, TimeoutError):
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return True
        return False

    async def stop(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it at once (SIGQUIT: no checkpoint, recovery at the next start)."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
            await self._process.wait()


@asynccontextmanager
async def own_server(home: Path) -> AsyncIterator[Server]:
    """Make a cluster in `home`, run it for as long as the block lasts. Raises NotReady."""
    async with running_postgres(home):
        pass  # the roles and the database are made
    cluster = await asyncio.to_thread(prepare, home, None, ROOT_MODES)
    server = Server(cluster)
    try:
        try:
            await server.start()
        except TimeoutError as error:
            raise NotReady(f"PostgreSQL in {home} did not start") from error
        yield server
    finally:
        await server.stop(signal.SIGINT)
