"""How SMBC tells the lender of money that came back after it had been paid out."""

import orjson
from aiohttp import ClientSession

from gateway.sandbox.callbacks import Delivery
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.faults import CallbackPlan
from gateway.sandbox.payouts import PayOut
from gateway.sandbox.smbc.events import INSISTENCE, event_id
from gateway.sandbox.smbc.messages import instant_text
from gateway.sandbox.smbc.seal import Seal

REASONS = ("ACCOUNT_CLOSED", "NAME_MISMATCH")


class Returns:
    """Calls the contract's address when a return was booked."""

    def __init__(self, emulation: Emulation, seal: Seal, client: ClientSession) -> None:
        self._emulation = emulation
        self._seal = seal
        self._client = client

    async def tell(self, payout: PayOut, plan: CallbackPlan) -> None:
        """Deliver the event as planned."""
        event = _event(payout, event_id(self._emulation, payout.reference))
        delivery = Delivery(
            self._emulation,
            self._client,
            INSISTENCE,
            lambda: self._emulation.settings.callback_url,
            lambda is_badly_signed: (event, self._seal.headers(event, is_badly_signed)),
        )
        await delivery.run(plan)


def _event(payout: PayOut, name: str) -> bytes:
    returned_at = instant_text(payout.returned_at or payout.accepted_at)
    return orjson.dumps(
        {
            "eventId": name,
            "type": "TRANSFER_RETURNED",
            "occurredAt": returned_at,
            "transferId": payout.bank_id,
            "clientReference": payout.reference,
            "status": "RETURNED",
            "amount": str(payout.order.amount),
            "returnedAt": returned_at,
        }
    )
