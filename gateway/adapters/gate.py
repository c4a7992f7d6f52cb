"""Who may call a bank just now: places in this process, slots of the contract, the breaker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Literal, TypeAlias

import structlog

from gateway.adapters.breaker import Breaker, BreakerState, Permit
from gateway.adapters.failure import BankError, BankUnavailable
from gateway.domain.ports import Clock, Lanes, Metrics, Slot
from gateway.domain.reason import Reason
from gateway.profiles import BankProfile

Lane: TypeAlias = Literal["money", "inquiry"]

MONEY_SHARE = 0.95  # stay below the contract's limit although our seconds are not the bank's
INQUIRIES_PER_TRANSFER = 5  # the contract allows five times as many inquiries
START_COLLECTION = "start_collection"
TOLD_BY_SERVICES = frozenset({"submit", "inquire"})  # with the transfer or the file

log = structlog.get_logger()


class Gate:
    """One bank's gate. Each lane has places of its own, so that neither starves the other."""

    def __init__(
        self,
        profile: BankProfile,
        *,
        clock: Clock,
        metrics: Metrics,
        lanes: Lanes,
        breaker: Breaker,
    ) -> None:
        self._bank = profile.code
        self._clock = clock
        self._metrics = metrics
        self._lanes = lanes
        self.breaker = breaker
        self._wait_s = profile.slot_wait_s
        money = profile.per_second * MONEY_SHARE
        self._per_second = {"money": money, "inquiry": money * INQUIRIES_PER_TRANSFER}
        self._places = {
            "money": asyncio.Semaphore(profile.bulkhead),
            "inquiry": asyncio.Semaphore(max(1, profile.bulkhead // 2)),
        }

    @asynccontextmanager
    async def passage(
        self, operation: str, lane: Lane, slot: Slot | None = None
    ) -> AsyncIterator[Slot]:
        """Yield a slot whose time has come, or raise BankUnavailable: nothing is sent then.

        `slot`, where the caller has taken and waited for one already, is used instead.

        The place comes before the slot: a call that has waited for its turn must not wait again, or
        turns of two seconds would go out in one.
        """
        places = self._places[lane]
        patience_ends = asyncio.get_running_loop().time() + self._wait_s
        try:
            async with asyncio.timeout_at(patience_ends):
                await places.acquire()
        except TimeoutError:
            raise self._busy("BULKHEAD_FULL", self._wait_s) from None
        try:
            yield slot or await self._turn(operation, lane, patience_ends)
        finally:
            places.release()

    def permit(self, slot: Slot) -> Permit:
        """Return the breaker's permit for one try, or raise BankUnavailable."""
        permit = self.breaker.admit(slot.breaker)
        if permit is None:
            raise self._busy("BREAKER_OPEN", self.breaker.retry_after_s())
        return permit

    def record(self, permit: Permit, *, is_ok: bool) -> None:
        """Tell the breaker how a try ended, and the operators when that changed its mind."""
        before = self.breaker.state
        self.breaker.record(permit, is_ok=is_ok)
        after = self.breaker.state
        if after is before:
            return
        log.warning("breaker.changed", bank=self._bank, state=after)
        if after is BreakerState.OPEN and before is BreakerState.CLOSED:
            self._metrics.count("breaker_opened", bank=self._bank)
            log.error(
                "alert.raised",
                code="bank_unreachable",
                severity="page",
                runbook="docs/runbook.md#bank_unreachable",
                bank=self._bank,
            )

    def distrust(self, operation: str) -> None:
        """Call people: an answer came that should not exist. Of pay-outs the services tell."""
        if operation in TOLD_BY_SERVICES:
            return
        log.error(
            "alert.raised",
            code="bank_answer_untrusted",
            severity="page",
            runbook="docs/runbook.md#bank_answer_untrusted",
            bank=self._bank,
            operation=operation,
        )

    async def _turn(self, operation: str, lane: Lane, patience_ends: float) -> Slot:
        try:
            async with asyncio.timeout_at(patience_ends):
                slot = await self._lanes.take(
                    self._bank,
                    lane,
                    per_second=self._per_second[lane],
                    wait_s_max=self._wait_s,
                )
        except TimeoutError:
            raise self._busy("LIMITER_SLOW", self._wait_s) from None
        # Measured from here, not from the beginning: under overload every slot is nearly as far
        # away as the limiter grants, and all of them would be reserved and then let go.
        if slot.wait_s > self._wait_s:
            raise self._busy("LIMIT_REACHED", slot.wait_s)
        if slot.wait_s > 0:
            await asyncio.sleep(slot.wait_s)
            if lane == "money":
                await self._look_again(operation)
        return slot

    async def _look_again(self, operation: str) -> None:
        """Raise BankUnavailable if operators stopped the bank while a call waited for its turn."""
        is_pay_out = operation != START_COLLECTION
        now = self._clock.now()
        if not await self._lanes.may_leave(self._bank, is_pay_out=is_pay_out, now=now):
            raise self._busy("BANK_STOPPED", self._wait_s)

    def _busy(self, code: str, wait_s: float) -> BankError:
        not_before = self._clock.now() + timedelta(seconds=wait_s)
        return BankUnavailable(code, Reason.BANK_BUSY, not_before=not_before)
