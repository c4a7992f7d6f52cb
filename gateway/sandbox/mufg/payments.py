"""How MUFG takes a payment: hours, duplicate, funds at once; the rest when it settles."""

import hashlib
from datetime import timedelta

from gateway.sandbox import magic
from gateway.sandbox.books import MovementKind
from gateway.sandbox.clock import JST
from gateway.sandbox.creditors import Trouble, check_creditor
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.faults import Action, CallbackPlan, Code
from gateway.sandbox.hours import ClosedWindow, reopens_at
from gateway.sandbox.journal import Record
from gateway.sandbox.kana import names_agree
from gateway.sandbox.mufg.messages import Payment
from gateway.sandbox.mufg.notifications import Notifications
from gateway.sandbox.mufg.refusals import RETRY_AFTER_S, Refusal, Throttled, closed
from gateway.sandbox.mufg.reports import PAIN_002, Status, accepted, status_report
from gateway.sandbox.payout import ACCEPTED
from gateway.sandbox.payouts import PayOut, PayOutOrder, PayOuts, PayOutState, planned_return_s

RETURN_REASONS = ("AC04", "BE01")
_CODES = {
    Trouble.ACCOUNT_NOT_FOUND: "AC01",
    Trouble.ACCOUNT_CLOSED: "AC04",
    Trouble.ACCOUNT_FROZEN: "AC06",
    Trouble.NAME_MISMATCH: "BE01",
    Trouble.LIMIT_EXCEEDED: "AM02",
}
_STATUS = {
    PayOutState.PENDING: "PDNG",
    PayOutState.DONE: "ACSC",
    PayOutState.REFUSED: "RJCT",
    PayOutState.RETURNED: "RJCT",
}


class PaymentDesk:
    """Takes `POST /payments` and answers `GET /payments/{EndToEndId}`."""

    def __init__(
        self,
        emulation: Emulation,
        windows: tuple[ClosedWindow, ...],
        notifications: Notifications,
    ) -> None:
        self._emulation = emulation
        self._windows = windows
        self._notifications = notifications
        self._payouts = PayOuts(
            emulation,
            numbered=bank_number,
            returned=self._tell,
            outcome=self._outcome,
            reasons=RETURN_REASONS,
        )
        self._throttled = magic.ThrottledTwice()
        self._in_line: set[str] = set()

    async def submit(self, payment: Payment, action: Action | None) -> Reply:
        """Accept a payment, or raise the `Refusal`; a `Code` is for later."""
        number, reference = payment.creditor.number, payment.reference
        self._check_hours(payment)
        if self._payouts.find(reference) is not None:
            raise Refusal("DUPL", "the reference was used before", message_id=reference)
        order = _order(payment)
        if not isinstance(action, Code):
            self._check_funds(order)
        self._in_line.add(reference)
        await self._payouts.accept(
            order,
            told=action.code if isinstance(action, Code) else "",
            return_after_s=planned_return_s(payment.creditor, action),
            plan=action if isinstance(action, CallbackPlan) else None,
        )
        return Reply(
            202,
            accepted(PAIN_002, self._emulation.clock.now(), reference),
            wait_s=magic.SLOW_ANSWER_S if number == magic.SLOW else 0.0,
            is_cut=number == magic.CUT_AFTER,
        )

    def inquire(self, reference: str, told: str = "") -> Reply:
        """Return how a payment stands, or raise NOTFOUND until it shows.

        `told` is the code of a refusal that a rule of faults wants to have said of it.
        """
        payout = self._payouts.find_visible(reference)
        if payout is None:
            raise Refusal("NOTFOUND", "no payment of that reference", message_id=reference)
        now = self._emulation.clock.now()
        return Reply(200, status_report(PAIN_002, now, _status(payout).refused(told)))

    def replay(self, record: Record) -> None:
        """Do again what the journal says was done."""
        self._payouts.replay(record)
        if record["kind"] == ACCEPTED:
            order = record["order"]
            self._in_line.update([str(order["reference"])] if isinstance(order, dict) else [])

    def resume(self) -> None:
        """Go on settling, and with the returns that were still to come."""
        self._payouts.resume()

    def _check_hours(self, payment: Payment) -> None:
        now = self._emulation.clock.now()
        number, reference = payment.creditor.number, payment.reference
        until = reopens_at(self._windows, now)
        if until is not None or number == magic.BANK_CLOSED:
            until = until or now + timedelta(seconds=magic.CLOSED_FOR_S)
            raise closed(reference, now, until)
        if self._throttled.refuses(number, reference):
            raise Throttled(RETRY_AFTER_S)

    def _check_funds(self, order: PayOutOrder) -> None:
        """Refuse at once what the lender cannot cover, all that is pending counted as spent."""
        if self._trouble(order) not in (None, Trouble.BALANCE_SHORT):
            return
        pending = [self._payouts.find(reference) for reference in self._in_line]
        held = [one for one in pending if one is not None and one.state is PayOutState.PENDING]
        self._in_line = {one.reference for one in held}
        spoken_for = sum(one.order.amount for one in held)
        if order.amount > self._emulation.books.settlement.balance - spoken_for:
            raise Refusal("AM04", "the settlement account is short", message_id=order.reference)

    def _outcome(self, payout: PayOut) -> str:
        trouble = self._trouble(payout.order)
        # The money was set aside when the payment was accepted.
        return "" if trouble in (None, Trouble.BALANCE_SHORT) else _CODES[trouble]

    async def _tell(self, payout: PayOut, plan: CallbackPlan) -> None:
        """Call the contract's address back: money that was paid out has come back."""
        instant = payout.returned_at or payout.accepted_at
        number = bank_number(f"{payout.key}/return")
        booking = payout.booking(MovementKind.RETURN, instant, number)
        await self._notifications.tell(booking, None, plan)

    def _trouble(self, order: PayOutOrder) -> Trouble | None:
        return check_creditor(
            self._emulation.books,
            order.creditor,
            order.details["creditor_name"],
            order.amount,
            names_agree=names_agree,
        )


def bank_number(key: str) -> str:
    """Return the bank's own number: of this key only, also after a reset."""
    return f"M{hashlib.sha256(key.encode()).hexdigest()[:16].upper()}"


def _order(payment: Payment) -> PayOutOrder:
    details = {
        "day": payment.day.isoformat(),
        "remitter_name": payment.remitter_name,
        "creditor_name": payment.creditor_name,
    }
    return PayOutOrder(payment.reference, payment.amount, payment.creditor, details)


def _status(payout: PayOut) -> Status:
    returned_at = payout.returned_at
    return Status(
        reference=payout.reference,
        amount=payout.order.amount,
        status=_STATUS[payout.state],
        bank_id=payout.bank_id,
        reason=payout.code,
        booked_at=payout.booked_at,
        returned_on=None if returned_at is None else returned_at.astimezone(JST).date(),
    )
