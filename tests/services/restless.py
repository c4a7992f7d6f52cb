"""A database in which what was just read has moved before anything is decided on it."""

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
