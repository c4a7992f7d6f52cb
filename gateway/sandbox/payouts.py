"""What a bank did about the pay-outs it was given: in the books, in the journal, and later."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from gateway.sandbox import magic
from gateway.sandbox.accounts import DEMO_PASSWORD
from gateway.sandbox.books import Account, AccountKey, MovementKind
from gateway.sandbox.callback_plans import CallbackPlans
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.faults import Action, CallbackPlan, ReturnAfter
from gateway.sandbox.journal import Record
from gateway.sandbox.payout import (
    ACCEPTED,
    RETURNED,
    SETTLED,
    Ending,
    PayOut,
    PayOutOrder,
    PayOutState,
    ending_as_record,
    payout_as_record,
    read_ending,
    read_payout,
)

__all__ = ["PayOut", "PayOutOrder", "PayOutState", "PayOuts", "planned_return_s"]

ReturnTold = Callable[[PayOut, CallbackPlan], Awaitable[None]]


def planned_return_s(creditor: AccountKey, action: Action | None) -> float | None:
    """Return after how many seconds a pay-out comes back: by a rule, or by a magic number."""
    if isinstance(action, ReturnAfter):
        return action.seconds
    return magic.RETURN_AFTER_S if creditor.number == magic.RETURNED else None


class PayOuts:
    """All pay-outs since the reset, by the bank's key.

    `numbered` gives the bank's own number of a key; `returned` tells the client of a return that
    was booked; `outcome` is asked when an accepted pay-out settles: "" books it, any other code
    refuses it; `reasons` are what the bank says of returns, drawn by the seed.
    """

    def __init__(
        self,
        emulation: Emulation,
        *,
        numbered: Callable[[str], str],
        returned: ReturnTold,
        outcome: Callable[[PayOut], str] = lambda _: "",
        reasons: Sequence[str] = ("",),
    ) -> None:
        self._emulation = emulation
        self._numbered = numbered
        self._returned = returned
        self._outcome = outcome
        self._reasons = reasons
        self._by_key: dict[str, PayOut] = {}
        self._pending: dict[str, None] = {}
        self._to_come_back: dict[str, None] = {}
        self._plans = CallbackPlans(emulation.take_fault)

    def find(self, key: str) -> PayOut | None:
        """Return the pay-out of that key as it is now."""
        return self._by_key.get(key)

    def find_visible(self, key: str) -> PayOut | None:
        """Return it only once the visibility delay has passed."""
        payout = self._by_key.get(key)
        is_visible = payout is not None and _monotonic() >= payout.visible_from
        return payout if is_visible else None

    async def book(
        self,
        order: PayOutOrder,
        holder: str,
        *,
        return_after_s: float | None = None,
        plan: CallbackPlan | None = None,
    ) -> PayOut:
        """Move the money at once; it is on file when this returns."""
        payout = self._taken(order, PayOutState.DONE, holder, return_after_s=return_after_s)
        self._take(payout, plan)
        await self._emulation.journal.flush()
        await self._expect_return(payout)
        return payout

    async def accept(
        self,
        order: PayOutOrder,
        *,
        told: str = "",
        return_after_s: float | None = None,
        plan: CallbackPlan | None = None,
        settle_s: float | None = None,
    ) -> PayOut:
        """Take it now and settle it later; that it was taken is on file when this returns."""
        payout = self.put_in_line(
            order, told=told, return_after_s=return_after_s, plan=plan, settle_s=settle_s
        )
        await self._emulation.journal.flush()
        return payout

    def put_in_line(
        self,
        order: PayOutOrder,
        *,
        told: str = "",
        return_after_s: float | None = None,
        plan: CallbackPlan | None = None,
        settle_s: float | None = None,
    ) -> PayOut:
        """Do as `accept` does, but leave it to the caller to flush the journal: for files."""
        pending = PayOutState.PENDING
        payout = self._taken(order, pending, told=told, return_after_s=return_after_s)
        self._take(payout, plan)
        delay_s = self._emulation.settle_s(payout.key) if settle_s is None else settle_s
        self._emulation.later(delay_s, partial(self._settle, payout.key))
        return payout

    def replay(self, record: Record) -> None:
        """Do again what was done before the emulator was stopped; pass over other records."""
        if record["kind"] == ACCEPTED:
            self._enter(read_payout(record))
        elif record["kind"] == SETTLED:
            self._enter_settled(read_ending(record))
        elif record["kind"] == RETURNED:
            self._enter_return(read_ending(record))

    def resume(self) -> None:
        """Go on settling, and plan again the returns that were still to come."""
        for key in self._pending:
            self._emulation.later(self._emulation.settle_s(key), partial(self._settle, key))
        for key in self._to_come_back:
            seconds = self._by_key[key].return_after_s or 0.0
            self._emulation.later(seconds, partial(self._give_back, key))

    def _taken(
        self,
        order: PayOutOrder,
        state: PayOutState,
        holder: str = "",
        *,
        told: str = "",
        return_after_s: float | None,
    ) -> PayOut:
        now = self._emulation.clock.booking_instant()
        return PayOut(
            order=order,
            holder=holder,
            bank_id=self._numbered(order.key),
            accepted_at=now,
            state=state,
            told=told,
            booked_at=now if state is PayOutState.DONE else None,
            return_after_s=return_after_s,
            visible_from=_monotonic() + self._emulation.visibility_s(order.key),
        )

    def _take(self, payout: PayOut, plan: CallbackPlan | None) -> None:
        self._plans.keep(payout.key, plan)
        self._enter(payout)
        self._emulation.note(payout_as_record(payout))

    async def _settle(self, key: str) -> None:
        payout = self._by_key[key]
        code = payout.told or self._outcome(payout)
        self._note(Ending(SETTLED, key, self._emulation.clock.booking_instant(), code))
        await self._emulation.journal.flush()
        if not code:
            await self._expect_return(self._by_key[key])

    async def _expect_return(self, payout: PayOut) -> None:
        """Plan the return if there is to be one; do it at once if it is to precede the answer."""
        if payout.return_after_s is None:
            return
        plan = self._plans.early(payout.key, payout.as_call())
        if plan is None:
            self._emulation.later(payout.return_after_s, partial(self._give_back, payout.key))
        else:
            await self._give_back(payout.key, plan)

    async def _give_back(self, key: str, plan: CallbackPlan | None = None) -> None:
        """Book the return of a pay-out (資金返却), and tell."""
        emulation = self._emulation
        drawn = emulation.choices.draw("submit", key, 1, "return reason")
        reason = self._reasons[int(drawn * len(self._reasons))]
        self._note(Ending(RETURNED, key, emulation.clock.booking_instant(), reason))
        await emulation.journal.flush()
        payout = self._by_key[key]
        await self._returned(payout, plan or self._plans.late(key, payout.as_call()))

    def _note(self, ending: Ending) -> None:
        self._emulation.note(ending_as_record(ending))
        if ending.kind == SETTLED:
            self._enter_settled(ending)
        else:
            self._enter_return(ending)

    def _enter(self, payout: PayOut) -> None:
        self._by_key[payout.key] = payout
        if payout.booked_at is None:
            self._pending[payout.key] = None
        else:
            self._book(payout, payout.booked_at)

    def _enter_settled(self, ending: Ending) -> None:
        payout = self._by_key[ending.key]
        del self._pending[ending.key]
        if ending.code:
            refused = replace(payout, state=PayOutState.REFUSED, code=ending.code)
            self._by_key[ending.key] = refused
            return
        holder = self._holder(payout.order.creditor)
        done = replace(payout, state=PayOutState.DONE, holder=holder, booked_at=ending.instant)
        self._by_key[ending.key] = done
        self._book(done, ending.instant)

    def _book(self, payout: PayOut, instant: datetime) -> None:
        books, key = self._emulation.books, payout.order.creditor
        # A magic account stands in the books from its first credit on.
        books.accounts.setdefault(key, Account(key, payout.holder, 0, password=DEMO_PASSWORD))
        books.book(payout.booking(MovementKind.PAYOUT, instant, payout.bank_id))
        if payout.return_after_s is not None:
            self._to_come_back[payout.key] = None

    def _enter_return(self, ending: Ending) -> None:
        payout = self._by_key[ending.key]
        bank_id = self._numbered(f"{ending.key}/return")
        booking = payout.booking(MovementKind.RETURN, ending.instant, bank_id)
        self._emulation.books.book(booking)
        self._by_key[ending.key] = replace(
            payout, state=PayOutState.RETURNED, code=ending.code, returned_at=ending.instant
        )
        self._to_come_back.pop(ending.key, None)

    def _holder(self, creditor: AccountKey) -> str:
        account = magic.find_account(self._emulation.books, creditor)
        return "" if account is None else account.holder


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
