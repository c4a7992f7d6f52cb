"""Instants after which something is over, on a bank's clock that may be moved at any time."""

import heapq
from collections.abc import Callable
from datetime import datetime

from gateway.sandbox.emulation import Emulation

LOOK_EVERY_S = 0.2


class Limits:
    """Looks at the clock instead of waiting, and says `reached` once for each limit."""

    def __init__(self, emulation: Emulation, reached: Callable[[str], None]) -> None:
        self._emulation = emulation
        self._reached = reached
        self._next: list[tuple[datetime, str]] = []
        self._is_watching = False

    def watch(self, limit: datetime, reference: str) -> None:
        """Begin to watch a limit."""
        heapq.heappush(self._next, (limit, reference))
        if not self._is_watching:
            self._is_watching = True
            self._emulation.later(0.0, self._keep_looking)

    def look(self) -> None:
        """Say what has been reached by now."""
        now = self._emulation.clock.now()
        while self._next and self._next[0][0] <= now:
            self._reached(heapq.heappop(self._next)[1])

    async def _keep_looking(self) -> None:
        while self._next:
            await self._emulation.pause_unscaled(LOOK_EVERY_S)
            self.look()
        self._is_watching = False
