"""Count requests against quotas that hold over all processes, without a database on every request.

Each process counts by itself and tells the others every half second, in one statement for all
callers. It goes no further by itself than a small share of a quota: then it tells and asks first.
So all processes together let through at most the quota and one share each.
"""

import asyncio
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from gateway.domain.errors import Busy
from gateway.domain.quota import Quota, Standing
from gateway.store.database import Database
from gateway.store.quotas import forget_whole, use

EXCHANGE_S = 0.5
FORGET_EVERY = 120  # exchanges
# Of a quota, what a process lets through on its own; twice that is what two may be above it.
SHARE = 0.04
AFTER_FAILURE_S = 1.0
# What a caller waits at most for an exchange, whatever holds it up: who asks for money waits too.
TELLING_S_MAX = 0.25

log = structlog.get_logger()


@dataclass(slots=True)
class _Count:
    """One caller's use of one quota, as far as is known here."""

    quota: Quota
    used_until_s: float  # on this process's clock: when the quota is whole again
    untold: int = 0

    @property
    def is_share_used(self) -> bool:
        return self.untold >= max(1.0, self.quota.requests * SHARE)

    def ahead_s(self, now_s: float) -> float:
        return max(0.0, self.used_until_s - now_s)

    def add(self, now_s: float) -> None:
        self.used_until_s = max(self.used_until_s, now_s) + self.quota.cost_s
        self.untold += 1

    def forget_late(self, now_s: float) -> None:
        """Keep untold no more than is used up still: what is told late counts as of then."""
        self.untold = min(self.untold, math.ceil(self.ahead_s(now_s) / self.quota.cost_s))


class RequestCounter:
    """What this process knows of every caller's quotas."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._counts: dict[bytes, _Count] = {}
        self._exchanging: asyncio.Task[None] | None = None
        self._began_s = 0.0
        self._is_alone = False
        self._alone_until_s = 0.0
        self._is_alert_raised = False

    async def count(self, quota: Quota, who: bytes) -> tuple[Standing, bool]:
        """Count one request; return how its caller stands, and whether it may go on."""
        key = quota.name.encode() + b":" + who
        loop = asyncio.get_running_loop()
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = _Count(quota, loop.time())
        await self._until_told(count)
        now_s = loop.time()
        has_room = quota.has_room(count.ahead_s(now_s))
        if has_room:
            count.add(now_s)
            self._counts[key] = count
        return Standing(quota, count.ahead_s(now_s)), has_room

    async def run(self) -> None:
        """Tell and ask until cancelled."""
        rounds = 0
        try:
            while True:
                await asyncio.sleep(EXCHANGE_S)
                await asyncio.wait({self._exchange_under_way()})
                rounds += 1
                if rounds % FORGET_EVERY == 0:
                    await self._forget()
        finally:
            if self._exchanging is not None:
                self._exchanging.cancel()

    async def _until_told(self, count: _Count) -> None:
        """Return once less than a share is untold, or at once where nothing can be told now."""
        loop = asyncio.get_running_loop()
        while count.is_share_used and loop.time() >= self._alone_until_s:
            exchange = self._exchange_under_way()
            left_s = self._began_s + TELLING_S_MAX - loop.time()
            if left_s <= 0:
                return  # something holds it up: it ends by itself, and nobody waits for it
            await asyncio.wait({exchange}, timeout=left_s)

    def _exchange_under_way(self) -> asyncio.Task[None]:
        """Return the exchange that goes on, or begin one: there is one at a time for all."""
        if self._exchanging is None or self._exchanging.done():
            self._began_s = asyncio.get_running_loop().time()
            self._exchanging = asyncio.create_task(self._exchange(), name="exchange_quotas")
        return self._exchanging

    async def _exchange(self) -> None:
        """Tell what was counted here, and learn what everybody has. Never fails."""
        loop = asyncio.get_running_loop()
        if self._is_alone:
            for count in self._counts.values():
                count.forget_late(loop.time())
        self._drop_whole(loop.time())
        told = {key: count.untold for key, count in self._counts.items() if count.untold}
        if not told:
            return
        used_s = {key: n * self._counts[key].quota.cost_s for key, n in told.items()}
        is_shared = False
        with self._failures_logged():
            self._learn(told, await use(self._db, used_s))
            is_shared = True
        self._is_alone = not is_shared
        if self._is_alone:
            # Callers are not refused because nobody can count them; each process counts alone.
            self._alone_until_s = loop.time() + AFTER_FAILURE_S

    def _learn(self, told: Mapping[bytes, int], ahead_s: Mapping[bytes, float]) -> None:
        now_s = asyncio.get_running_loop().time()
        for key, n in told.items():
            count = self._counts[key]
            count.untold -= n
            since_s = count.untold * count.quota.cost_s  # counted while the database was asked
            count.used_until_s = now_s + ahead_s[key] + since_s

    def _drop_whole(self, now_s: float) -> None:
        """Forget who uses nothing: what is kept is as much as the last half second used."""
        whole = [k for k, c in self._counts.items() if c.used_until_s <= now_s and not c.untold]
        for key in whole:
            del self._counts[key]

    async def _forget(self) -> None:
        with self._failures_logged():
            await forget_whole(self._db)

    @contextmanager
    def _failures_logged(self) -> Iterator[None]:
        """Go on after the block whatever fails in it; call for somebody once until it goes well."""
        try:
            yield
        except Busy as error:
            log.warning("quotas.not_shared", error=str(error))
        except Exception as error:
            if self._is_alert_raised:
                log.warning("quotas.not_shared", error=type(error).__name__)
                return
            self._is_alert_raised = True
            log.exception(
                "alert.raised",
                code="quotas_not_shared",
                severity="ticket",
                runbook="docs/runbook.md#quotas_not_shared",
            )
        else:
            self._is_alert_raised = False
