"""Orders that a payer approves: from their start to their booking, their end, or their limit."""

import hmac
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from gateway.sandbox import magic
from gateway.sandbox.addresses import with_query
from gateway.sandbox.books import Account, AccountKey, AccountStatus
from gateway.sandbox.callback_plans import CallbackPlans
from gateway.sandbox.collection import (
    ACCOUNT_FROZEN,
    AUTHENTICATION_FAILED,
    FUNDS_SHORT,
    Collection,
    CollectionOrder,
    CollectionState,
    Decision,
    collection_as_record,
    decision_as_record,
)
from gateway.sandbox.collection_book import CollectionBook, token_of
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.faults import CallbackPlan
from gateway.sandbox.journal import Record
from gateway.sandbox.limits import Limits

__all__ = ["Collection", "CollectionOrder", "CollectionState", "Collections"]

APPROVAL_PREFIX = "/approve/"
ATTEMPTS = 3
_TYPES = ("1", "2", "4")

Told = Callable[[Collection, CallbackPlan], Awaitable[None]]


async def tell_nobody(_: Collection, __: CallbackPlan) -> None:
    """Leave it to the client to ask."""


class Collections:
    """All orders since the reset.

    `numbered` gives the bank's own number of a text; `returned_to` the pairs that the browser
    takes back to the return address; `ended` calls the client back after each end, and after each
    booking beyond the first; `settles_later`: what is approved is booked after the settle delay.
    """

    def __init__(
        self,
        emulation: Emulation,
        *,
        numbered: Callable[[str], str],
        returned_to: Callable[[Collection], Mapping[str, str]],
        ended: Told = tell_nobody,
        settles_later: bool = False,
    ) -> None:
        self.emulation = emulation
        self._numbered = numbered
        self._returned_to = returned_to
        self._ended = ended
        self._settles_later = settles_later
        self._book = CollectionBook(emulation.books, numbered)
        self._wrong: Counter[str] = Counter()
        self._plans = CallbackPlans(emulation.take_fault)
        self._limits = Limits(emulation, self._expire)

    def find(self, reference: str) -> Collection | None:
        """Return the collection of that reference as it is now."""
        self._limits.look()
        return self._book.find(reference)

    def find_by_token(self, token: str) -> Collection | None:
        """Return the collection whose approval page that is."""
        return self.find(self._book.find_reference(token))

    def find_numbered(self, bank_id: str) -> Collection | None:
        """Return the collection that has that number of the bank's."""
        return self.find(self._book.find_numbered(bank_id))

    def approval_path(self, collection: Collection) -> str:
        """Return where the payer approves it, below the root of the server."""
        return APPROVAL_PREFIX + token_of(collection.reference)

    def return_address(self, collection: Collection) -> str:
        """Return where the browser goes when all is over."""
        return with_query(collection.order.return_url, self._returned_to(collection))

    async def open(self, order: CollectionOrder, plan: CallbackPlan | None = None) -> Collection:
        """Take an order whose reference is new; it is on file when this returns."""
        number = self._numbered(order.reference)
        collection = Collection(order, number, self.emulation.clock.booking_instant())
        self._plans.keep(order.reference, plan)
        self._book.enter(collection)
        self.emulation.note(collection_as_record(collection))
        self._limits.watch(order.expires_at, order.reference)
        await self.emulation.journal.flush()
        return collection

    def log_in(self, branch: str, number: str, password: str) -> Account | None:
        """Return the account those words open, None if one of them is wrong."""
        for kind in _TYPES:
            key = AccountKey(branch, kind, number)
            account = magic.find_account(self.emulation.books, key)
            if account is None or account.status is AccountStatus.CLOSED or not account.password:
                continue
            if hmac.compare_digest(account.password.encode(), password.encode()):
                return account
        return None

    async def count_wrong(self, collection: Collection) -> int:
        """Return how often the payer may still try; the last wrong password ends it as failed."""
        self._wrong[collection.reference] += 1
        left = ATTEMPTS - self._wrong[collection.reference]
        if left <= 0:
            failed = self._end(collection, CollectionState.FAILED)
            await self._decide(replace(failed, cause=AUTHENTICATION_FAILED))
        return left

    async def decline(self, collection: Collection, payer: Account | None = None) -> Collection:
        """End an open collection by the payer's wish."""
        decision = self._end(collection, CollectionState.CANCELLED)
        if payer is not None:
            decision = replace(decision, payer=payer.key, payer_name=payer.holder)
        return await self._decide(decision)

    async def approve(
        self,
        collection: Collection,
        payer: Account,
        *,
        amount: int | None = None,
        at: datetime | None = None,
        times: int = 1,
    ) -> Collection:
        """Take the payer's money, or fail; the last three are mistakes a bank can make."""
        wanted = replace(
            self._end(collection, CollectionState.APPROVED),
            payer=payer.key,
            payer_name=payer.holder,
            booked_at=at,
            amount=amount or collection.order.amount,
            times=times,
        )
        if not collection.is_open:
            # Booked a second time by mistake: nobody looks at the payer's account again.
            return await self._decide(self._paid(wanted))
        decision = self._outcome(wanted)
        is_later = self._settles_later and decision.state is CollectionState.PAID
        after = await self._decide(wanted if is_later else decision)
        if is_later:
            self._settle_later(collection.reference)
        return after

    def replay(self, record: Record) -> None:
        """Do again what was done before the emulator was stopped; pass over other records."""
        self._book.replay(record)

    def resume(self) -> None:
        """Go on watching the limits, and booking what was approved."""
        for collection in self._book.open_ones():
            self._limits.watch(collection.order.expires_at, collection.reference)
        for decision in self._book.approved():
            self._settle_later(decision.reference)

    def _end(self, collection: Collection, state: CollectionState) -> Decision:
        now = self.emulation.clock.booking_instant()
        return Decision(collection.reference, state, now)

    def _outcome(self, wanted: Decision) -> Decision:
        """Return the booking that an approval asks for, or why there is none."""
        account = None
        if wanted.payer is not None:
            account = magic.find_account(self.emulation.books, wanted.payer)
        cause = _trouble(account, wanted.amount or 0)
        if not cause:
            return self._paid(wanted)
        now = self.emulation.clock.booking_instant()
        failed = replace(wanted, state=CollectionState.FAILED, cause=cause, instant=now)
        return replace(failed, amount=None, booked_at=None, times=1)

    def _paid(self, wanted: Decision) -> Decision:
        now = self.emulation.clock.booking_instant()
        at = wanted.booked_at or now
        return replace(wanted, state=CollectionState.PAID, instant=now, booked_at=at)

    async def _decide(self, decision: Decision) -> Collection:
        told = self._enter(decision)
        await self.emulation.journal.flush()
        for collection in told:
            await self._tell(collection)
        after = self._book.find(decision.reference)
        if after is None:
            raise LookupError(decision.reference)
        return after

    def _enter(self, decision: Decision) -> list[Collection]:
        self.emulation.note(decision_as_record(decision))
        return self._book.decide(decision)

    async def _tell(self, collection: Collection) -> None:
        plan = self._plans.early(collection.reference, collection.as_call())
        if plan is not None:
            await self._ended(collection, plan)
        else:
            self.emulation.later(0.0, partial(self._tell_late, collection))

    async def _tell_late(self, collection: Collection) -> None:
        plan = self._plans.late(collection.reference, collection.as_call())
        await self._ended(collection, plan)

    async def _tell_of_expiry(self, collection: Collection) -> None:
        await self.emulation.journal.flush()
        plan = self._plans.unasked(collection.reference, collection.as_call())
        await self._ended(collection, plan)

    def _settle_later(self, reference: str) -> None:
        delay_s = self.emulation.settle_s(reference)
        self.emulation.later(delay_s, partial(self._settle, reference))

    async def _settle(self, reference: str) -> None:
        await self._decide(self._outcome(self._book.approval(reference)))

    def _expire(self, reference: str) -> None:
        collection = self._book.find(reference)
        if collection is not None and collection.is_open:
            for told in self._enter(self._end(collection, CollectionState.EXPIRED)):
                self.emulation.later(0.0, partial(self._tell_of_expiry, told))


def _trouble(account: Account | None, amount: int) -> str:
    """Return why an account cannot pay, "" if it can."""
    if account is None or account.status is not AccountStatus.OPEN:
        return ACCOUNT_FROZEN
    is_short = account.key.number == magic.FUNDS_SHORT or account.balance < amount
    return FUNDS_SHORT if is_short else ""
