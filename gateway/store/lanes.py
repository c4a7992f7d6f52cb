"""The contract-wide limit of each bank, shared by all processes."""

from gateway.domain.account import BankCode
from gateway.domain.ports import Slot
from gateway.store.database import Database
from gateway.store.sql import SQL

TAKE = SQL["lanes.take"]
# Whoever cannot send within this gives the transfer back rather than hold a place in the queue.
WAIT_S_MAX = 1.0


class StoredLanes:
    """`domain.ports.Lanes` on the table `bank_lanes`."""

    def __init__(self, db: Database, *, wait_s_max: float = WAIT_S_MAX) -> None:
        self._db = db
        self._wait_s_max = wait_s_max

    async def take(self, bank: BankCode, lane: str, *, slots: int, per_second: float) -> Slot:
        interval_s = 1 / per_second if per_second > 0 else 0.0
        row = await self._db.step(TAKE, bank, lane, slots, interval_s, self._wait_s_max)
        return Slot(row["wait_s"], row["breaker"])
