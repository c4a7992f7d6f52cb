"""Collections at SMBC: payment orders that the member approves on the bank's page."""

import re
from datetime import timedelta
from urllib.parse import quote

import httpx
import orjson

from gateway.adapters.failure import (
    OutcomeUnknown,
    ReferenceNotFound,
    collection_outcome,
    start_outcome,
)
from gateway.adapters.line import Call
from gateway.adapters.smbc import codes
from gateway.adapters.smbc.channel import PAYMENT_ORDERS, Channel, Seal
from gateway.adapters.smbc.messages import OrderAnswer, OrderState, parse
from gateway.domain.bank import CollectionOrder
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Authorizing,
    CollectionOutcome,
    Paid,
    Pending,
    Redirect,
    Rejected,
    StartOutcome,
)
from gateway.domain.ports import Clock

FRESHNESS = timedelta(seconds=300)
WEB_ADDRESS = re.compile(r"https?://[!-~]{1,2000}")


class PaymentOrders:
    """Builds and reads both calls; the line carries them."""

    def __init__(self, channel: Channel, seal: Seal, clock: Clock) -> None:
        self._channel = channel
        self._seal = seal
        self._clock = clock

    def start(self, order: CollectionOrder) -> Call[StartOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, StartOutcome]:
            message = await self._seal.read(answer, codes.COLLECTION, success=codes.CREATED)
            opened = parse(OrderAnswer, message)
            if not WEB_ADDRESS.fullmatch(opened.redirect_url):
                raise OutcomeUnknown("NO_ADDRESS", integrity=True)
            return "CREATED", Authorizing(Redirect(opened.redirect_url), opened.order_id)

        body = _order(order)
        return Call(
            "start_collection",
            "money",
            order.reference,
            build=lambda: self._channel.post(PAYMENT_ORDERS, body),
            read=read,
            otherwise=start_outcome,
            ready=self._seal.ready,
        )

    def inquire(self, order: CollectionOrder) -> Call[CollectionOutcome]:
        not_found = (codes.ORDER_NOT_FOUND, ReferenceNotFound("ORDER_NOT_FOUND"))

        async def read(answer: httpx.Response) -> tuple[str, CollectionOutcome]:
            message = await self._seal.read(answer, codes.ASKED_WRONGLY, not_found=not_found)
            state = parse(OrderState, message)
            if state.client_reference != order.reference:
                raise OutcomeUnknown("OTHER_REFERENCE", integrity=True)
            return state.status, self._became(state, order)

        path = f"{PAYMENT_ORDERS}?clientReference={quote(order.reference)}"
        return Call(
            "inquire_collection",
            "inquiry",
            order.reference,
            build=lambda: self._channel.get(path),
            read=read,
            otherwise=collection_outcome,
        )

    def _became(self, state: OrderState, order: CollectionOrder) -> CollectionOutcome:
        """Return what became of an order. A state whose parts contradict each other is unknown."""
        is_paid, has_failed = state.status == "PAID", state.failure_reason is not None
        if is_paid != (state.paid_at is not None) or (is_paid and has_failed):
            raise OutcomeUnknown("CONTRADICTION", integrity=True)
        if state.status == "CREATED" and has_failed:
            raise OutcomeUnknown("CONTRADICTION", integrity=True)
        if state.paid_at is not None:  # money that came counts, whatever had been asked for
            return Paid(state.paid_at, Yen(state.amount), state.order_id)
        if state.amount != order.amount.amount:
            raise OutcomeUnknown("OTHER_AMOUNT", integrity=True)
        if state.status == "CREATED":
            return Pending()
        reason = codes.ORDER_ENDS.get((state.status, state.failure_reason))
        if reason is None:
            raise OutcomeUnknown(f"{state.status}_{state.failure_reason}", integrity=True)
        return Rejected(reason)


def _order(order: CollectionOrder) -> bytes:
    return orjson.dumps(
        {
            "clientReference": order.reference,
            "amount": str(order.amount.amount),
            "description": order.description,
            "returnUrl": order.return_url,
            "notifyUrl": order.callback_url,
            "expiresAt": order.expires_at.astimezone(JST).isoformat(timespec="seconds"),
        }
    )
