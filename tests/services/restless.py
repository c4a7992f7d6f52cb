"""Databases in which rows move behind a reader, and steps fail."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from gateway.services.desk import TransferDesk
from gateway.store.database import Database


class Restless(Database):
    """Lets something happen after each read whose statement has `after` in it; counts those."""

    def __init__(
        self, database: Database, *, after: str, move: Callable[[], Awaitable[object]]
    ) -> None:
        super().__init__(database._pool, wait_s=60, lost_s=1)
        self.reads = 0
        self._after, self._move = after, move

    async def fetchrow(self, sql: str, *args: object) -> Any:
        row = await super().fetchrow(sql, *args)
        if self._after in sql:
            self.reads += 1
            await self._move()
        return row


def restless(
    desk: TransferDesk, *, after: str, move: Callable[[], Awaitable[object]]
) -> tuple[TransferDesk, Restless]:
    """Return the desk on such a database, and the database."""
    database = Restless(desk.db, after=after, move=move)
    return replace(desk, db=database), database


class Failing(Database):
    """Answers the next runs of one step with these errors, and does nothing; then all goes well."""

    def __init__(self, database: Database, *, step: str, errors: list[Exception]) -> None:
        super().__init__(database._pool, wait_s=60, lost_s=1)
        self.errors = deque(errors)
        self._failing = step

    async def step(self, sql: str, *args: object) -> Any:
        if sql == self._failing and self.errors:
            raise self.errors.popleft()
        return await super().step(sql, *args)


def failing(desk: TransferDesk, step: str, *errors: Exception) -> TransferDesk:
    """Return the desk on such a database."""
    return replace(desk, db=Failing(desk.db, step=step, errors=list(errors)))
