"""Money that comes back to the lender after SMBC had paid it out, and how SMBC tells."""

from functools import partial
from uuid import uuid4

import orjson
from aiohttp import ClientSession

from gateway.sandbox.callbacks import AS_USUAL, Delivery, Insistence
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.faults import BadSignature, Call, CallbackPlan, Delay, Rule
from gateway.sandbox.smbc.messages import instant_text
from gateway.sandbox.smbc.payouts import PayOut, PayOuts
from gateway.sandbox.smbc.seal import Seal

REASONS = ("ACCOUNT_CLOSED", "NAME_MISMATCH")
INSISTENCE = Insistence(answer_within_s=5.0, gaps_s=(1.0, 2.0, 4.0, 8.0, 16.0))


class Returns:
    """Books returns when they are due and calls the contract's address."""

    def __init__(
        self, emulation: Emulation, payouts: PayOuts, seal: Seal, client: ClientSession
    ) -> None:
        self._emulation = emulation
        self._payouts = payouts
        self._seal = seal
        self._client = client
        self._plans: dict[str, CallbackPlan] = {}

    def plan_callback(self, reference: str, plan: CallbackPlan) -> None:
        """Keep what a rule on the pay-out itself wants done to its callback."""
        self._plans[reference] = plan

    async def expect(self, payout: PayOut) -> None:
        """Plan the return if there is to be one; do it at once if it is to precede the answer."""
        if payout.return_after_s is None:
            return
        plan = self._plans.get(payout.reference) or self._early_plan(payout)
        if plan is not None and plan.before_answer:
            await (await self._give_back(payout)).run(plan)
        else:
            self._emulation.later(payout.return_after_s, partial(self._return_and_tell, payout))

    def resume(self) -> None:
        """Plan again the returns that were still to come when the emulator was stopped."""
        for payout in self._payouts.to_come_back():
            seconds = payout.return_after_s or 0.0
            self._emulation.later(seconds, partial(self._return_and_tell, payout))

    async def _return_and_tell(self, payout: PayOut) -> None:
        delivery = await self._give_back(payout)
        await delivery.run(self._plans.get(payout.reference) or self._plan(payout))

    async def _give_back(self, payout: PayOut) -> Delivery:
        drawn = self._emulation.choices.draw("submit", payout.reference, 1, "return reason")
        reason = REASONS[int(drawn * len(REASONS))]
        returned = self._payouts.give_back(payout.reference, reason)
        await self._emulation.journal.flush()
        event = _event(returned)
        return Delivery(
            self._emulation,
            self._client,
            INSISTENCE,
            lambda: self._emulation.settings.callback_url,
            lambda is_badly_signed: (event, self._seal.headers(event, is_badly_signed)),
        )

    def _early_plan(self, payout: PayOut) -> CallbackPlan | None:
        action = self._emulation.take_fault(_call(payout), _is_early)
        return action if isinstance(action, CallbackPlan) else None

    def _plan(self, payout: PayOut) -> CallbackPlan:
        match self._emulation.take_fault(_call(payout)):
            case CallbackPlan() as plan:
                return plan
            case Delay(seconds=seconds):
                return AS_USUAL.model_copy(update={"seconds": seconds})
            case BadSignature():
                return AS_USUAL.model_copy(update={"bad_signature": True})
            case _:
                return AS_USUAL


def _call(payout: PayOut) -> Call:
    return Call("callback", (payout.reference,), (payout.order.creditor_account.account_number,))


def _is_early(rule: Rule) -> bool:
    return isinstance(rule.action, CallbackPlan) and rule.action.before_answer


def _event(payout: PayOut) -> bytes:
    returned_at = instant_text(payout.returned_at or payout.executed_at)
    return orjson.dumps(
        {
            "eventId": str(uuid4()),
            "type": "TRANSFER_RETURNED",
            "occurredAt": returned_at,
            "transferId": payout.transfer_id,
            "clientReference": payout.reference,
            "status": "RETURNED",
            "amount": payout.order.amount,
            "returnedAt": returned_at,
        }
    )
