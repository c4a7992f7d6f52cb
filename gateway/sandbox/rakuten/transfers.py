"""How Rakuten decides about a pay-out: hours, duplicate, business, in this order."""

import hashlib
from dataclasses import replace

from gateway.sandbox import magic
from gateway.sandbox.creditors import Trouble, check_creditor
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.faults import Action, CallbackPlan, Code
from gateway.sandbox.kana import names_agree
from gateway.sandbox.payout import PayOut, PayOutOrder, PayOutState
from gateway.sandbox.payouts import PayOuts, planned_return_s
from gateway.sandbox.rakuten import codes
from gateway.sandbox.rakuten.answers import money, stamp, status
from gateway.sandbox.rakuten.codes import Refusal
from gateway.sandbox.rakuten.messages import TransferForm

_CODES = {
    Trouble.ACCOUNT_NOT_FOUND: codes.UNUSABLE_ACCOUNT,
    Trouble.ACCOUNT_CLOSED: codes.UNUSABLE_ACCOUNT,
    Trouble.ACCOUNT_FROZEN: codes.UNUSABLE_ACCOUNT,
    Trouble.NAME_MISMATCH: codes.OTHER_NAME,
    Trouble.LIMIT_EXCEEDED: codes.TOO_LARGE,
    Trouble.BALANCE_SHORT: codes.SHORT_OF_FUNDS,
}
_STATES = {
    PayOutState.DONE: "1",
    PayOutState.PENDING: "2",
    PayOutState.REFUSED: "3",
    PayOutState.RETURNED: "4",
}
_NONE = "9"
# What the seed may choose when nobody said how an unknown result ends: as often done as not.
_DRAWN = ("", "", codes.UNUSABLE_ACCOUNT, codes.OTHER_NAME)


def numbered(text: str) -> str:
    """Return the bank's own number of a text: the same also after a reset."""
    return f"RB{int(hashlib.sha256(text.encode()).hexdigest()[:12], 16):015d}"


async def tell_nobody(_: PayOut, __: CallbackPlan) -> None:
    """Leave it to the client to ask: this bank calls nobody back."""


class TransferDesk:
    """Takes `/furikomi` and answers `/furikomi/shokai`."""

    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation
        self.payouts = PayOuts(
            emulation, numbered=numbered, returned=tell_nobody, outcome=self._outcome
        )
        self._throttled = magic.ThrottledTwice()

    async def submit(self, form: TransferForm, action: Action | None) -> Reply:
        """Book a pay-out, or raise the `Refusal`."""
        self._check_magic(form)
        first = self.payouts.find(form.ref)
        if first is not None:
            # The first request may still be writing: nothing is answered that is not on file.
            await self._emulation.journal.flush()
            raise _again(first)
        order = PayOutOrder(form.ref, int(form.amount), form.key, {"kana": form.kana})
        if isinstance(action, Code):
            await self.payouts.accept(
                order,
                told=self._ending(form.ref, action.code),
                return_after_s=planned_return_s(form.key, None),
            )
            raise Refusal(codes.UNKNOWN)
        trouble = self._trouble(order)
        if trouble:
            raise Refusal(trouble)
        account = magic.find_account(self._emulation.books, form.key)
        payout = await self.payouts.book(
            order,
            form.kana if account is None else account.holder,
            return_after_s=planned_return_s(form.key, action),
        )
        return replace(
            money(payout.bank_id, payout.booked_at),
            wait_s=magic.SLOW_ANSWER_S if form.account == magic.SLOW else 0.0,
            is_cut=form.account == magic.CUT_AFTER,
        )

    def inquire(self, reference: str) -> Reply:
        """Return what became of a reference, as far as it can be seen yet."""
        payout = self.payouts.find_visible(reference)
        if payout is None:
            return status(_NONE)
        is_returned = payout.state is PayOutState.RETURNED
        return status(
            _STATES[payout.state],
            receipt=payout.bank_id,
            instant=payout.returned_at if is_returned else payout.booked_at,
            amount=str(payout.order.amount),
            refusal=payout.code if payout.state is PayOutState.REFUSED else "",
        )

    def _check_magic(self, form: TransferForm) -> None:
        # This bank has no regular closed hours: only a magic number or a rule shuts it.
        if form.account == magic.BANK_CLOSED:
            raise Refusal(codes.CLOSED)
        if self._throttled.refuses(form.account, form.ref):
            raise Refusal(codes.THROTTLED)

    def _trouble(self, order: PayOutOrder) -> str:
        """Return the code of the first reason against the pay-out, "" if there is none."""
        trouble = check_creditor(
            self._emulation.books,
            order.creditor,
            order.details["kana"],
            order.amount,
            names_agree=names_agree,
        )
        return "" if trouble is None else _CODES[trouble]

    def _ending(self, reference: str, code: str) -> str:
        """Return the code with which an unknown result is to end, "" if it is to be done."""
        if code in codes.ENDINGS:
            given = codes.ENDINGS[code]
            return "" if given == codes.DONE else given
        drawn = self._emulation.choices.draw("submit", reference, 1, "ending")
        return _DRAWN[int(drawn * len(_DRAWN))]

    def _outcome(self, payout: PayOut) -> str:
        return self._trouble(payout.order)


def _again(first: PayOut) -> Refusal:
    """Return what is said of a used reference: nothing is paid, whatever the other fields say."""
    match first.state:
        case PayOutState.PENDING:
            return Refusal(codes.UNKNOWN)
        case PayOutState.REFUSED:
            return Refusal(first.code)
        case _:
            return Refusal(
                codes.ALREADY_DONE, receipt=first.bank_id, instant=stamp(first.booked_at)
            )
