"""Refusals of the database for its own lack: disk, memory, connections, no primary.

Nothing was done, and asking again does not help: people must make room. They are called once an
episode, and meanwhile no requests should be sent here.
"""

import asyncio
from functools import cache
from urllib.parse import urlsplit

import asyncpg
import structlog

# SQLSTATE classes 53 (disk full, out of memory, too many connections), 54 (a limit of the program,
# also transaction numbers that run out) and 58 (the system beneath); 57P03: it does not serve.
LACKS = (
    asyncpg.InsufficientResourcesError,
    asyncpg.ProgramLimitExceededError,
    asyncpg.PostgresSystemError,
    asyncpg.CannotConnectNowError,
    asyncpg.ReadOnlySQLTransactionError,
)
# So long without a refusal, the next one is another episode.
EPISODE_ENDS_S = 300.0
# So long after a refusal, requests are better sent elsewhere.
NOT_READY_S = 10.0

log = structlog.get_logger()


class LackWatch:
    """The refusals of one database that this process has met, over all its pools."""

    def __init__(self, url: str) -> None:
        self._database = _named(url)
        self._last = float("-inf")

    @property
    def is_lacking(self) -> bool:
        """Return whether the database refused for its own lack a moment ago."""
        return _now() - self._last < NOT_READY_S

    def note(self, error: asyncpg.PostgresError) -> None:
        """Keep that the database refused, and call people where an episode begins."""
        is_new = _now() - self._last >= EPISODE_ENDS_S
        self._last = _now()
        if is_new:
            log.error(
                "alert.raised",
                code="database_refuses",
                severity="page",
                runbook="docs/runbook.md#database_refuses",
                database=self._database,
                sqlstate=error.sqlstate,
                error=type(error).__name__,
            )


@cache
def lack_watch(url: str) -> LackWatch:
    """Return the watch of a database: one in a process, so that an episode is told once."""
    return LackWatch(url)


def _named(url: str) -> str:
    """Return which database an address means, without what opens it."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"


def _now() -> float:
    return asyncio.get_running_loop().time()
