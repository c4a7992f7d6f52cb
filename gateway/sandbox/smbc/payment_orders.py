"""SMBC's collections: taken, asked about, and called back."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

import orjson
from aiohttp import ClientSession

from gateway.sandbox.callbacks import Delivery
from gateway.sandbox.clock import JST
from gateway.sandbox.collections import (
    Collection,
    CollectionOrder,
    Collections,
    CollectionState,
)
from gateway.sandbox.creditors import ITEM_LIMIT
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.faults import Action, CallbackPlan
from gateway.sandbox.smbc.events import INSISTENCE, event_id
from gateway.sandbox.smbc.messages import PaymentOrder, instant_text
from gateway.sandbox.smbc.refusals import Refusal, closed
from gateway.sandbox.smbc.seal import Seal

_STATUS = {
    CollectionState.OPEN: "CREATED",
    CollectionState.APPROVED: "CREATED",
    CollectionState.PAID: "PAID",
    CollectionState.CANCELLED: "CANCELLED",
    CollectionState.FAILED: "FAILED",
    CollectionState.EXPIRED: "EXPIRED",
}
_FAILURE = {
    "": None,
    "funds_short": "INSUFFICIENT_FUNDS",
    "authentication_failed": "AUTHENTICATION_FAILED",
    "account_frozen": "ACCOUNT_FROZEN",
}


class PaymentDesk:
    """Takes `POST /payment-orders` and answers `GET /payment-orders`."""

    def __init__(
        self,
        emulation: Emulation,
        collections: Collections,
        closed_until: Callable[[datetime], datetime | None],
    ) -> None:
        self._emulation = emulation
        self._collections = collections
        self._closed_until = closed_until

    async def start(self, message: PaymentOrder, origin: str, action: Action | None) -> Reply:
        """Take an order, or raise the `Refusal`. `origin` is where the payer's browser finds us."""
        until = self._closed_until(self._emulation.clock.now())
        if until is not None:
            raise closed(until)
        order = _order(message)
        first = self._collections.find(order.reference)
        if first is not None:
            # The first request may still be writing: nothing is answered that is not on file.
            await self._emulation.journal.flush()
            return self._again(first, order, origin)
        if order.amount > ITEM_LIMIT:
            raise Refusal("LIMIT_EXCEEDED", "above the limit of one item")
        plan = action if isinstance(action, CallbackPlan) else None
        return self._started(await self._collections.open(order, plan), origin)

    def inquire(self, collection: Collection | None) -> Reply:
        """Return what became of an order, or raise ORDER_NOT_FOUND."""
        if collection is None:
            raise Refusal("ORDER_NOT_FOUND", "no such order")
        return Reply(200, orjson.dumps(_as_inquired(collection)))

    def _again(self, first: Collection, order: CollectionOrder, origin: str) -> Reply:
        if first.order != order:
            raise Refusal("REFERENCE_REUSED", "the reference belongs to another order")
        if not first.is_open:
            raise Refusal("REFERENCE_REUSED", f"the order is {_STATUS[first.state]}")
        return self._started(first, origin, {"X-Duplicate": "true"})

    def _started(
        self, collection: Collection, origin: str, headers: Mapping[str, str] | None = None
    ) -> Reply:
        answer = {
            "orderId": collection.bank_id,
            "redirectUrl": f"{origin}{self._collections.approval_path(collection)}",
            "expiresAt": instant_text(collection.order.expires_at),
        }
        return Reply(201, orjson.dumps(answer), headers or {})


class PaymentEvents:
    """Calls the address of the order when it came to an end."""

    def __init__(self, emulation: Emulation, seal: Seal, client: ClientSession) -> None:
        self._emulation = emulation
        self._seal = seal
        self._client = client

    async def tell(self, collection: Collection, plan: CallbackPlan) -> None:
        """Deliver the event as planned."""
        event = _event(collection, event_id(self._emulation, collection.reference))
        delivery = Delivery(
            self._emulation,
            self._client,
            INSISTENCE,
            lambda: collection.order.notify_url,
            lambda is_badly_signed: (event, self._seal.headers(event, is_badly_signed)),
        )
        await delivery.run(plan)


def order_number(text: str) -> str:
    """Return the bank's own number: of this text only, also after a reset."""
    return f"P{hashlib.sha256(text.encode()).hexdigest()[:16].upper()}"


def result_for_browser(collection: Collection) -> Mapping[str, str]:
    """Return what the payer's browser takes back: a hint, never proof."""
    return {"orderId": collection.bank_id, "result": collection.state}


def _order(message: PaymentOrder) -> CollectionOrder:
    return CollectionOrder(
        reference=message.client_reference,
        amount=int(message.amount),
        description=message.description,
        return_url=message.return_url,
        notify_url=message.notify_url,
        expires_at=datetime.fromisoformat(message.expires_at).astimezone(JST),
        details={},
    )


def _as_inquired(collection: Collection) -> dict[str, str | None]:
    booked_at = collection.booked_at
    return {
        "orderId": collection.bank_id,
        "clientReference": collection.reference,
        "amount": str(collection.amount),
        "status": _STATUS[collection.state],
        "failureReason": _FAILURE[collection.cause],
        "paidAt": None if booked_at is None else instant_text(booked_at),
        "valueDate": None if booked_at is None else booked_at.astimezone(JST).date().isoformat(),
        "payerName": collection.payer_name or None,
    }


def _event(collection: Collection, name: str) -> bytes:
    instant = collection.booked_at or collection.decided_at or collection.opened_at
    return orjson.dumps(
        {
            "eventId": name,
            "type": "PAYMENT_ORDER_UPDATED",
            "occurredAt": instant_text(instant),
            "orderId": collection.bank_id,
            "clientReference": collection.reference,
            "status": _STATUS[collection.state],
            "amount": str(collection.amount),
        }
    )
