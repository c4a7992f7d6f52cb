"""The name of a running instance, held as an advisory lock on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import structlog

from gateway.domain.errors import NotReady
from gateway.store.sql import SQL

LOCK = SQL["instances.lock"]
CONNECT_TIMEOUT_S = 5.0
AGAIN_AFTER_S = 0.5
BELIEVED_AFTER_S = 15.0
FORMER_RUN_S = 2.0
FORMER_AGAIN_S = 0.05

log = structlog.get_logger()


class _Name:
    """One instance's name; `lost` is set while the connection that holds it is gone."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: asyncpg.Connection | None = None
        self._lost = asyncio.Event()
        self.taken = asyncio.Event()

    async def take(self) -> bool:
        """Return whether the name is ours now."""
        self.release()
        self._connection = await asyncpg.connect(
            self._url,
            timeout=CONNECT_TIMEOUT_S,
            server_settings={"application_name": f"name of {self._name}"},
        )
        # Not before: as long as nobody answers, the name stays lost, and is asked for again.
        self._lost.clear()
        self._connection.add_termination_listener(lambda _: self._lost.set())
        return bool(await self._connection.fetchval(LOCK, self._name))

    async def take_from_former_run(self) -> bool:
        """Return whether the name is ours: a session that just died may hold it for a moment."""
        deadline = asyncio.get_running_loop().time() + FORMER_RUN_S
        while not await self.take():
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(FORMER_AGAIN_S)
        return True

    async def keep(self) -> None:
        """Take the name again whenever its connection breaks, until another process has it."""
        while True:
            await self._lost.wait()
            log.warning("instance.name_lost", name=self._name)
            if not await self._is_taken_again():
                self.taken.set()
                return

    async def _is_taken_again(self) -> bool:
        """Try until the name is ours, or until somebody else has had it for a while.

        For that while it may be ourselves: the server notices a dead link later than we do.
        """
        refused_since: float | None = None
        while True:
            await asyncio.sleep(AGAIN_AFTER_S)
            now = asyncio.get_running_loop().time()
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                if await self.take():
                    return True
                refused_since = refused_since or now
            if refused_since is not None and now - refused_since > BELIEVED_AFTER_S:
                return False

    def release(self) -> None:
        if self._connection is not None:
            self._connection.terminate()


@asynccontextmanager
async def holding_name(url: str, name: str) -> AsyncIterator[asyncio.Event]:
    """Hold an instance's name; the event is set when another process has taken it.

    Whoever holds it may take over at once what a former run of that name was sending. After a
    broken connection it is taken again. Raises NotReady when another process has the name already.
    """
    held = _Name(url, name)
    keeping: asyncio.Task[None] | None = None
    try:
        if not await held.take_from_former_run():
            raise NotReady(f"GATEWAY_INSTANCE: another process runs as {name!r}; give each its own")
        keeping = asyncio.create_task(held.keep())
        yield held.taken
    finally:
        if keeping is not None:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        held.release()
