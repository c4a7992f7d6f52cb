"""Count misuse in this process, and tell the others every other second, in one statement."""

import asyncio
from collections import Counter
from datetime import datetime

import structlog

from gateway.domain.misuse import Misuse, minute_of
from gateway.store.database import Database
from gateway.store.misuse import add_counts

TELL_S = 2.0

log = structlog.get_logger()


class Tally:
    """The misuse that this process has not told yet. A forged call costs no write of its own."""

    def __init__(self) -> None:
        self._untold = Counter[tuple[Misuse, datetime]]()

    def count(self, kind: Misuse, now: datetime) -> None:
        self._untold[kind, minute_of(now)] += 1

    async def tell(self, db: Database, instance: str) -> None:
        """Write down what was counted; what cannot be written now is told the next time."""
        told, self._untold = self._untold, Counter()
        if not told:
            return
        try:
            await add_counts(db, instance, told)
        except Exception as error:  # noqa: BLE001 - what is counted meanwhile must be told, too
            self._untold.update(told)
            log.warning("misuse.not_told", error=type(error).__name__)

    async def run(self, db: Database, instance: str, *, every_s: float = TELL_S) -> None:
        """Tell until cancelled, and once more then."""
        try:
            while True:
                await asyncio.sleep(every_s)
                await self.tell(db, instance)
        finally:
            await self.tell(db, instance)
