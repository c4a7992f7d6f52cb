"""The contract-wide limit of each bank, shared by all processes."""

from datetime import datetime

from gateway.domain.account import BankCode
from gateway.domain.ports import Slot
from gateway.store.database import Database
from gateway.store.sql import SQL

TAKE = SQL["lanes.take"]
TAKE_NUMBERS = SQL["lanes.take_numbers"]
IS_STOPPED = SQL["stops.binding"]


class StoredLanes:
    """`domain.ports.Lanes` on the table `bank_lanes`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def take(
        self, bank: BankCode, lane: str, *, per_second: float, wait_s_max: float
    ) -> Slot:
        interval_s = 1 / per_second if per_second > 0 else 0.0
        row = await self._db.step(TAKE, bank, lane, interval_s, wait_s_max)
        return Slot(row["wait_s"], row["breaker"])

    async def may_leave(self, bank: BankCode, *, is_pay_out: bool, now: datetime) -> bool:
        row = await self._db.fetchrow(IS_STOPPED, bank, now, is_pay_out)
        return row is None

    async def take_numbers(self, bank: BankCode, *, count: int) -> int:
        row = await self._db.step(TAKE_NUMBERS, bank, count)
        return int(row["first_number"])
