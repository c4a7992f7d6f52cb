"""Running numbers that a bank wants on its calls, and never twice."""

import asyncio

from gateway.adapters.failure import BankUnavailable
from gateway.domain.account import BankCode
from gateway.domain.errors import Busy, CommitUnknown
from gateway.domain.ports import Lanes
from gateway.domain.reason import Reason

BLOCK = 1_000


class Numbers:
    """Hands out numbers from blocks that are this process's own; a crash leaves a gap only."""

    def __init__(self, lanes: Lanes, bank: BankCode) -> None:
        self._lanes = lanes
        self._bank = bank
        self._next = self._end = 0
        self._one_at_a_time = asyncio.Lock()

    async def take(self) -> int:
        """Return a number that nobody else gets; BankUnavailable if none can be had just now."""
        async with self._one_at_a_time:
            if self._next == self._end:
                try:
                    self._next = await self._lanes.take_numbers(self._bank, count=BLOCK)
                except (Busy, CommitUnknown) as error:
                    raise BankUnavailable("NO_NUMBERS", Reason.BANK_BUSY) from error
                self._end = self._next + BLOCK
            number = self._next
            self._next += 1
            return number
