"""How SMBC decides about a pay-out: hours, duplicate, business, in this order."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

import orjson

from gateway.sandbox import magic
from gateway.sandbox.books import Account, AccountKey, AccountStatus
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.faults import Action, CallbackPlan, ReturnAfter
from gateway.sandbox.kana import names_agree
from gateway.sandbox.smbc.messages import TransferOrder
from gateway.sandbox.smbc.payouts import PayOut, PayOuts
from gateway.sandbox.smbc.refusals import RETRY_AFTER_S, Refusal, closed, soon, throttled
from gateway.sandbox.smbc.returns import Returns

ITEM_LIMIT = 10_000_000

_UNUSABLE = {
    AccountStatus.CLOSED: ("ACCOUNT_CLOSED", "the account is closed"),
    AccountStatus.FROZEN: ("ACCOUNT_FROZEN", "the account is frozen"),
}


class TransferDesk:
    """Takes `POST /transfers` and answers `GET /transfers`."""

    def __init__(
        self,
        emulation: Emulation,
        payouts: PayOuts,
        returns: Returns,
        *,
        closed_until: Callable[[datetime], datetime | None],
        completed: Callable[[AccountKey], None],
    ) -> None:
        self._emulation = emulation
        self._payouts = payouts
        self._returns = returns
        self._closed_until = closed_until
        self._completed = completed
        self._throttled: Counter[str] = Counter()

    async def submit(self, order: TransferOrder, action: Action | None) -> Reply:
        """Book a pay-out, or raise the `Refusal`."""
        number = order.creditor_account.account_number
        self._check_hours(order)
        first = self._payouts.find(order.client_reference)
        if first is not None:
            return _again(first, order)
        creditor = self._creditor(order)
        payout = self._payouts.book(order, creditor, _return_after_s(number, action))
        self._completed(creditor.key)
        await self._emulation.journal.flush()
        if isinstance(action, CallbackPlan):
            self._returns.plan_callback(payout.reference, action)
        await self._returns.expect(payout)
        return Reply(
            200,
            orjson.dumps(payout.first_answer()),
            wait_s=magic.SLOW_ANSWER_S if number == magic.SLOW else 0.0,
            is_cut=number == magic.CUT_AFTER,
        )

    def inquire(self, reference: str) -> Reply:
        """Return what became of a reference, or raise TRANSFER_NOT_FOUND."""
        payout = self._payouts.find_visible(reference)
        if payout is None:
            raise Refusal("TRANSFER_NOT_FOUND", "no transfer of that reference")
        return Reply(200, orjson.dumps(payout.as_inquired()))

    def _check_hours(self, order: TransferOrder) -> None:
        now = self._emulation.clock.now()
        number = order.creditor_account.account_number
        until = self._closed_until(now)
        if until is not None or number == magic.BANK_CLOSED:
            raise closed(until or soon(now, magic.CLOSED_FOR_S))
        if number == magic.THROTTLED_TWICE:
            self._throttled[order.client_reference] += 1
            if self._throttled[order.client_reference] <= magic.THROTTLED_TIMES:
                raise throttled(RETRY_AFTER_S)

    def _creditor(self, order: TransferOrder) -> Account:
        key = order.creditor_account.key
        account = magic.find_account(self._emulation.books, key)
        if account is None:
            raise Refusal("ACCOUNT_NOT_FOUND", "no such account")
        if account.status in _UNUSABLE:
            raise Refusal(*_UNUSABLE[account.status])
        is_named = magic.takes_any_name(key)
        if not is_named and not names_agree(order.creditor_account.holder_name, account.holder):
            raise Refusal("NAME_MISMATCH", "the holder has another name")
        if int(order.amount) > ITEM_LIMIT:
            raise Refusal("LIMIT_EXCEEDED", "above the limit of one item")
        if int(order.amount) > self._emulation.books.settlement.balance:
            raise Refusal("SETTLEMENT_BALANCE_SHORT", "the settlement account is short")
        return account


def _return_after_s(number: str, action: Action | None) -> float | None:
    if isinstance(action, ReturnAfter):
        return action.seconds
    return magic.RETURN_AFTER_S if number == magic.RETURNED else None


def _again(first: PayOut, order: TransferOrder) -> Reply:
    if not order.is_same_order(first.order):
        raise Refusal("REFERENCE_REUSED", "the reference belongs to another transfer")
    return Reply(200, orjson.dumps(first.first_answer()), {"X-Duplicate": "true"})
