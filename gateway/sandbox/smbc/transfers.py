"""How SMBC decides about a pay-out: hours, duplicate, business, in this order."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import orjson

from gateway.sandbox import magic
from gateway.sandbox.books import AccountKey
from gateway.sandbox.creditors import Trouble, check_creditor
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.faults import Action, CallbackPlan
from gateway.sandbox.kana import names_agree
from gateway.sandbox.payouts import PayOut, PayOutOrder, PayOuts, PayOutState, planned_return_s
from gateway.sandbox.smbc.messages import TransferOrder, instant_text
from gateway.sandbox.smbc.refusals import RETRY_AFTER_S, Refusal, closed, soon, throttled

_REFUSED = {
    Trouble.ACCOUNT_NOT_FOUND: ("ACCOUNT_NOT_FOUND", "no such account"),
    Trouble.ACCOUNT_CLOSED: ("ACCOUNT_CLOSED", "the account is closed"),
    Trouble.ACCOUNT_FROZEN: ("ACCOUNT_FROZEN", "the account is frozen"),
    Trouble.NAME_MISMATCH: ("NAME_MISMATCH", "the holder has another name"),
    Trouble.LIMIT_EXCEEDED: ("LIMIT_EXCEEDED", "above the limit of one item"),
    Trouble.BALANCE_SHORT: ("SETTLEMENT_BALANCE_SHORT", "the settlement account is short"),
}


class TransferDesk:
    """Takes `POST /transfers` and answers `GET /transfers`."""

    def __init__(
        self,
        emulation: Emulation,
        payouts: PayOuts,
        *,
        closed_until: Callable[[datetime], datetime | None],
        completed: Callable[[AccountKey], None],
    ) -> None:
        self._emulation = emulation
        self._payouts = payouts
        self._closed_until = closed_until
        self._completed = completed
        self._throttled = magic.ThrottledTwice()

    async def submit(self, message: TransferOrder, action: Action | None) -> Reply:
        """Book a pay-out, or raise the `Refusal`."""
        order = order_of(message)
        number = order.creditor.number
        self._check_hours(order)
        first = self._payouts.find(order.reference)
        if first is not None:
            # The first request may still be writing: nothing is answered that is not on file.
            await self._emulation.journal.flush()
            return _again(first, order)
        holder = self._holder(order)
        self._completed(order.creditor)
        payout = await self._payouts.book(
            order,
            holder,
            return_after_s=planned_return_s(order.creditor, action),
            plan=action if isinstance(action, CallbackPlan) else None,
        )
        return Reply(
            200,
            orjson.dumps(_first_answer(payout)),
            wait_s=magic.SLOW_ANSWER_S if number == magic.SLOW else 0.0,
            is_cut=number == magic.CUT_AFTER,
        )

    def inquire(self, reference: str) -> Reply:
        """Return what became of a reference, or raise TRANSFER_NOT_FOUND."""
        payout = self._payouts.find_visible(reference)
        if payout is None:
            raise Refusal("TRANSFER_NOT_FOUND", "no transfer of that reference")
        return Reply(200, orjson.dumps(_as_inquired(payout)))

    def _check_hours(self, order: PayOutOrder) -> None:
        now = self._emulation.clock.now()
        number = order.creditor.number
        until = self._closed_until(now)
        if until is not None or number == magic.BANK_CLOSED:
            raise closed(until or soon(now, magic.CLOSED_FOR_S))
        if self._throttled.refuses(number, order.reference):
            raise throttled(RETRY_AFTER_S)

    def _holder(self, order: PayOutOrder) -> str:
        books, key = self._emulation.books, order.creditor
        holder = order.details["holderName"]
        trouble = check_creditor(books, key, holder, order.amount, names_agree=names_agree)
        if trouble is not None:
            raise Refusal(*_REFUSED[trouble])
        account = magic.find_account(books, key)
        return holder if account is None else account.holder


def bank_number(key: str) -> str:
    """Return the bank's own number: of this key only, also after a reset."""
    return f"T{hashlib.sha256(key.encode()).hexdigest()[:16].upper()}"


def order_of(message: TransferOrder) -> PayOutOrder:
    """Return what such a message asks for, as every bank keeps it."""
    details = {
        "valueDate": message.value_date,
        "remitterName": message.remitter_name,
        "holderName": message.creditor_account.holder_name,
    }
    creditor = message.creditor_account.key
    return PayOutOrder(message.client_reference, int(message.amount), creditor, details)


def _again(first: PayOut, order: PayOutOrder) -> Reply:
    """Answer a reference that is known; everything but `valueDate` is compared."""
    value_date = first.order.details["valueDate"]
    if replace(order, details={**order.details, "valueDate": value_date}) != first.order:
        raise Refusal("REFERENCE_REUSED", "the reference belongs to another transfer")
    return Reply(200, orjson.dumps(_first_answer(first)), {"X-Duplicate": "true"})


def _first_answer(payout: PayOut) -> dict[str, str]:
    """Return what the POST says, the first time and ever after: COMPLETED, returned or not."""
    return {
        "transferId": payout.bank_id,
        "clientReference": payout.reference,
        "status": "COMPLETED",
        "executedAt": instant_text(payout.accepted_at),
        "valueDate": payout.order.details["valueDate"],
    }


def _as_inquired(payout: PayOut) -> dict[str, str]:
    known = _first_answer(payout) | {"amount": str(payout.order.amount)}
    if payout.state is not PayOutState.RETURNED or payout.returned_at is None:
        return known
    return known | {
        "status": "RETURNED",
        "returnedAt": instant_text(payout.returned_at),
        "returnReason": payout.code,
    }
