"""How PayPay starts a collection for a payer's browser, and what it says of one."""

from collections.abc import Mapping

from gateway.sandbox.collection import Collection, CollectionOrder, CollectionState
from gateway.sandbox.collections import Collections
from gateway.sandbox.creditors import ITEM_LIMIT
from gateway.sandbox.exchange import Reply
from gateway.sandbox.faults import Action, CallbackPlan
from gateway.sandbox.paypay import refusals
from gateway.sandbox.paypay.answers import said
from gateway.sandbox.paypay.messages import StartForm
from gateway.sandbox.paypay.refusals import Refusal
from gateway.sandbox.paypay.seal import stamp

_STATES = {
    CollectionState.OPEN: "OPEN",
    CollectionState.APPROVED: "OPEN",
    CollectionState.PAID: "PAID",
    CollectionState.CANCELLED: "CANCEL",
    CollectionState.FAILED: "FAIL",
    CollectionState.EXPIRED: "EXPIRED",
}


def returned_to(collection: Collection) -> Mapping[str, str]:
    """Return what the browser takes back to the shop: a hint, never proof."""
    return {"TRAN_ID": collection.reference, "STATE": _STATES[collection.state]}


def told(collection: Collection) -> Mapping[str, str]:
    """Return what an inquiry and a callback say of a collection."""
    known = {"STATE": _STATES[collection.state], "AMOUNT": str(collection.amount)}
    if collection.state is CollectionState.PAID and collection.booked_at is not None:
        return known | {"PAID_AT": stamp(collection.booked_at)}
    return known


class CollectionDesk:
    """Takes `/start` and answers `/inquiry`."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    async def start(self, form: StartForm, action: Action | None) -> Collection:
        """Return the open collection that a form is about, or raise the `Refusal`."""
        first = self._collections.find(form.tran_id)
        order = _order(form)
        if first is None:
            if order.amount > ITEM_LIMIT:
                raise Refusal(refusals.LIMIT, "AMOUNT is above the limit of one item")
            plan = action if isinstance(action, CallbackPlan) else None
            return await self._collections.open(order, plan)
        # The first request may still be writing: nothing is answered that is not on file.
        await self._collections.emulation.journal.flush()
        if first.is_open and first.order == order:
            return first
        raise Refusal(refusals.ALREADY_USED, f"STATE={_STATES[first.state]}")

    def inquire(self, reference: str) -> Reply:
        """Return what became of a reference."""
        collection = self._collections.find(reference)
        return said({"STATE": "NONE"} if collection is None else told(collection))


def _order(form: StartForm) -> CollectionOrder:
    return CollectionOrder(
        reference=form.tran_id,
        amount=int(form.amount),
        description=form.item,
        return_url=form.return_url,
        notify_url=form.callback_url,
        expires_at=form.expires_at,
        details={},
    )
