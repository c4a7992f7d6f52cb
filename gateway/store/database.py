"""The gateway's way to PostgreSQL: a pool whose statements end in an answer or in a named error.

Every connection works as one of the gateway's three roles, whoever logged in. A statement that the
server gave up (deadlock, serialization, lock time-out) was not done, and is tried again here. Of a
connection that broke nobody knows: only statements that may run twice with one effect come here.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import asyncpg
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from gateway.domain.errors import Busy, CommitUnknown, NotReady, WrongSession
from gateway.store.connections import (
    CONNECT_TIMEOUT_S,
    PoolRole,
    prepare_connection,
)
from gateway.store.lacks import LACKS, LackWatch, lack_watch

CONTENTION_TRIES = 6
LACK_WAIT_S = 10
APPLICATIONS = {PoolRole.OPERATOR: "gateway ops"}

CONTENTION = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    # A migration changed a table under a prepared statement: asyncpg prepares it again once itself.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
FAILURES = (Busy, *CONTENTION, *LOST, asyncpg.QueryCanceledError)
UNREACHABLE = (
    *LOST,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    # A pooler that was put in between, or a role that was taken away, while we run.
    WrongSession,
)

log = structlog.get_logger()
Result = TypeVar("Result")


class Database:
    """Statements on a bounded pool. Made by `open_database`."""

    def __init__(
        self, pool: asyncpg.Pool, *, wait_s: float, lost_s: float, lacks: LackWatch | None = None
    ) -> None:
        self._pool = pool
        self._lacks = lacks or LackWatch("")
        self._wait_s = wait_s
        self._lost_s = lost_s
        self._steps: set[asyncio.Task[asyncpg.Record]] = set()

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Return all rows of a read or of a write that may run twice. Raises Busy."""

        async def run(connection: asyncpg.pool.PoolConnectionProxy) -> list[asyncpg.Record]:
            return await connection.fetch(sql, *args)

        return await self._settled(run, lost_s=0.0)

    async def fetchrow(self, sql: str, *args: object) -> asyncpg.Record | None:
        """Return the first row of a read or of a write that may run twice, or None. Raises Busy."""

        async def run(connection: asyncpg.pool.PoolConnectionProxy) -> asyncpg.Record | None:
            return await connection.fetchrow(sql, *args)

        return await self._settled(run, lost_s=0.0)

    async def step(self, sql: str, *args: object) -> asyncpg.Record:
        """Return the one row of a money step, which ends by itself if its caller is cancelled.

        Raises Busy if nothing was done, CommitUnknown if it may have been: then read again by key.
        """
        task = asyncio.create_task(self._step(sql, *args))
        self._steps.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def finish(self) -> None:
        """Wait until the steps that were begun have ended."""
        while self._steps:
            await asyncio.wait(self._steps)

    async def give_up(self) -> None:
        """Cut off the steps that were begun: whether they commit shows when they are read again."""
        steps = list(self._steps)
        for step in steps:
            step.cancel()
        await asyncio.gather(*steps, return_exceptions=True)

    async def _step(self, sql: str, *args: object) -> asyncpg.Record:
        async def run(connection: asyncpg.pool.PoolConnectionProxy) -> asyncpg.Record:
            row = await connection.fetchrow(sql, *args)
            if row is None:
                raise LookupError(f"a step returned no row: {sql}")
            return row

        return await self._settled(run, lost_s=self._lost_s)

    def _forget(self, task: asyncio.Task[asyncpg.Record]) -> None:
        self._steps.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("step.failed", error=type(error).__name__)

    async def _settled(
        self,
        run: Callable[[asyncpg.pool.PoolConnectionProxy], Awaitable[Result]],
        *,
        lost_s: float,
    ) -> Result:
        """Return what `run` returns, tried again as long as that is safe and useful."""
        tries = _Tries(lost_s)
        try:
            return await self._once(run)
        except FAILURES as error:
            if not tries.is_worth_another(error):
                raise tries.named(error) from error
        # Most statements never come here: retrying costs as much as the statement itself.
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(tries.is_worth_another),
                stop=tries.are_used_up,
                wait=wait_random_exponential(multiplier=0.01, max=0.5),
                reraise=True,
            ):
                with attempt:
                    return await self._once(run)
        except FAILURES as error:
            raise tries.named(error) from error
        raise AssertionError("tenacity neither returned nor raised")

    async def _once(
        self, run: Callable[[asyncpg.pool.PoolConnectionProxy], Awaitable[Result]]
    ) -> Result:
        async with self._connection() as connection:
            return await run(connection)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
        try:
            async with asyncio.timeout(self._wait_s):
                connection = await self._pool.acquire()
        except UNREACHABLE as error:
            raise Busy(f"no database connection: {type(error).__name__}") from error
        try:
            yield connection
        except asyncpg.InterfaceError as error:
            # Also what asyncpg calls an argument of the wrong type; that is no lost connection.
            if connection.is_closed():
                raise ConnectionResetError(str(error)) from error
            raise
        except asyncpg.InternalClientError as error:
            # The server ended the session while it was idle, and asyncpg has not seen that yet.
            connection.terminate()
            raise ConnectionResetError(str(error)) from error
        except LACKS as error:
            if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                # It is no primary any more: new connections may lead to the new one.
                await self._pool.expire_connections()
            self._lacks.note(error)
            name = type(error).__name__
            raise Busy(f"the database refuses: {name}", retry_after_s=LACK_WAIT_S) from error
        finally:
            await self._pool.release(connection)


class _Tries:
    """What has happened to one statement so far."""

    def __init__(self, lost_s: float) -> None:
        self.lost_at: float | None = None
        self._lost_s = lost_s
        self._lost = 0
        self._contended = 0

    def is_worth_another(self, error: BaseException) -> bool:
        if isinstance(error, CONTENTION):
            self._contended += 1
            return True
        if isinstance(error, LOST):
            self._lost += 1
            if self.lost_at is None:
                self.lost_at = asyncio.get_running_loop().time()
            return True
        # No connection to be had: worth waiting only for a step of which nobody knows.
        return isinstance(error, Busy) and self.lost_at is not None and self._lost_s > 0

    def named(self, error: BaseException) -> BaseException:
        """Return what the last failure means: nobody knows, or nothing was done."""
        if self.lost_at is not None and self._lost_s:
            return CommitUnknown(f"the connection broke: {error}")
        if isinstance(error, Busy):
            return error
        return Busy(f"the database is busy: {type(error).__name__}")

    def are_used_up(self, state: RetryCallState) -> bool:
        del state
        if self._contended >= CONTENTION_TRIES:
            return True
        if self.lost_at is None:
            return False
        if not self._lost_s:
            return self._lost > 1
        return asyncio.get_running_loop().time() - self.lost_at >= self._lost_s


@asynccontextmanager
async def open_database(
    url: str,
    *,
    role: PoolRole = PoolRole.WORK,
    size: int = 10,
    wait_s: float = 1.0,
    lost_s: float = 10.0,
    close_s: float | None = None,
) -> AsyncIterator[Database]:
    """Connect, yield the database, and at the end wait for the steps that were begun.

    After `close_s` of that they are cut off.
    At most `wait_s` is waited for a free connection; for `lost_s` a step whose connection broke is
    run again. Raises NotReady if the database cannot be reached, the login may not take the role,
    or a session is not as it was asked for.
    """
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=min(2, size),
            max_size=size,
            timeout=CONNECT_TIMEOUT_S,
            # Money statements carry no client time-out: one that is cut off has usually committed.
            command_timeout=None,
            init=partial(prepare_connection, role=role),
            reset=_keep,
            server_settings={"application_name": APPLICATIONS.get(role, "gateway")},
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise NotReady(f"The database cannot be used: {error}") from error
    database = Database(pool, wait_s=wait_s, lost_s=lost_s, lacks=lack_watch(url))
    try:
        yield database
    finally:
        await asyncio.shield(_close(database, pool, close_s))


async def _close(database: Database, pool: asyncpg.Pool, close_s: float | None) -> None:
    """Close when nothing is under way; what takes longer ends as with the death of the process."""
    try:
        async with asyncio.timeout(close_s):
            await database.finish()
            await pool.close()
    except TimeoutError:
        pool.terminate()
        await database.give_up()


async def _keep(connection: asyncpg.Connection) -> None:
    """Reset nothing when a connection goes back: single statements leave nothing behind."""
