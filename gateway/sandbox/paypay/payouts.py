"""How PayPay decides about a pay-out: hours, duplicate, business, in this order."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from operator import eq

from gateway.sandbox import magic
from gateway.sandbox.creditors import Trouble, check_creditor
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.faults import Action, CallbackPlan
from gateway.sandbox.payout import PayOut, PayOutOrder
from gateway.sandbox.payouts import PayOuts, planned_return_s
from gateway.sandbox.paypay import refusals
from gateway.sandbox.paypay.answers import said
from gateway.sandbox.paypay.messages import PayOutForm
from gateway.sandbox.paypay.refusals import Refusal
from gateway.sandbox.paypay.seal import stamp

_CODES = {
    Trouble.ACCOUNT_NOT_FOUND: refusals.NO_ACCOUNT,
    Trouble.ACCOUNT_CLOSED: refusals.NO_ACCOUNT,
    Trouble.ACCOUNT_FROZEN: refusals.FROZEN,
    Trouble.NAME_MISMATCH: refusals.OTHER_NAME,
    Trouble.LIMIT_EXCEEDED: refusals.LIMIT,
    Trouble.BALANCE_SHORT: refusals.SHORT_OF_FUNDS,
}


def numbered(reference: str) -> str:
    """Return the bank's own number of a reference: the same also after a reset."""
    return f"PP{hashlib.sha256(reference.encode()).hexdigest()[:14].upper()}"


class PayOutDesk:
    """Takes `/payout` and answers `/payout/inquiry`."""

    def __init__(self, emulation: Emulation, payouts: PayOuts) -> None:
        self._emulation = emulation
        self._payouts = payouts
        self._throttled = magic.ThrottledTwice()

    async def submit(self, form: PayOutForm, action: Action | None) -> Reply:
        """Book a pay-out, or raise the `Refusal`."""
        self._check_magic(form)
        if self._payouts.find(form.tran_id) is not None:
            # The first request may still be writing: nothing is answered that is not on file.
            await self._emulation.journal.flush()
            raise Refusal(refusals.ALREADY_USED)
        payout = await self._payouts.book(
            PayOutOrder(form.tran_id, int(form.amount), form.key, {}),
            self._holder(form),
            return_after_s=planned_return_s(form.key, action),
            plan=action if isinstance(action, CallbackPlan) else None,
        )
        answer = said({"BANK_ID": payout.bank_id, "DONE_AT": _done_at(payout)})
        return replace(
            answer,
            wait_s=magic.SLOW_ANSWER_S if form.account == magic.SLOW else 0.0,
            is_cut=form.account == magic.CUT_AFTER,
        )

    def inquire(self, reference: str) -> Reply:
        """Return what became of a reference; NONCE is none: NONE until it can be seen."""
        payout = self._payouts.find_visible(reference)
        if payout is None:
            return said({"STATE": "NONE"})
        known = {"AMOUNT": str(payout.order.amount), "DONE_AT": _done_at(payout)}
        if payout.returned_at is None:
            return said({"STATE": "DONE", **known})
        return said({"STATE": "RETURNED", **known, "RETURNED_AT": stamp(payout.returned_at)})

    def _check_magic(self, form: PayOutForm) -> None:
        # This bank has no regular closed hours: only a magic number or a rule shuts it.
        if form.account == magic.BANK_CLOSED:
            until = self._emulation.clock.now() + timedelta(seconds=magic.CLOSED_FOR_S)
            raise Refusal(refusals.CLOSED, resumes_at=until)
        if self._throttled.refuses(form.account, form.tran_id):
            raise Refusal(refusals.THROTTLED)

    def _holder(self, form: PayOutForm) -> str:
        books = self._emulation.books
        trouble = check_creditor(books, form.key, form.name, int(form.amount), names_agree=eq)
        if trouble is not None:
            raise Refusal(_CODES[trouble])
        account = magic.find_account(books, form.key)
        return form.name if account is None else account.holder


def _done_at(payout: PayOut) -> str:
    return stamp(payout.booked_at or payout.accepted_at)
