"""How Rakuten starts a collection, and what it says of one to whoever asks."""

from collections.abc import Mapping

from gateway.sandbox.collection import Collection, CollectionOrder, CollectionState
from gateway.sandbox.collections import Collections
from gateway.sandbox.creditors import ITEM_LIMIT
from gateway.sandbox.exchange import Reply
from gateway.sandbox.rakuten import codes
from gateway.sandbox.rakuten.answers import pair, status
from gateway.sandbox.rakuten.codes import Refusal
from gateway.sandbox.rakuten.messages import StartForm

_STATES = {
    CollectionState.OPEN: "1",
    CollectionState.APPROVED: "1",
    CollectionState.PAID: "2",
    CollectionState.CANCELLED: "3",
    CollectionState.FAILED: "4",
    CollectionState.EXPIRED: "5",
}
_NONE = "9"


def returned_to(collection: Collection) -> Mapping[str, str]:
    """Return what the browser takes back to the member's page: a hint, never proof."""
    return {"REF": collection.reference, "result": collection.state.value}


class CollectionDesk:
    """Takes `/kessai/start` and answers `/kessai/shokai`."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    async def start(self, form: StartForm, origin: str) -> Reply:
        """Open a collection, or raise the `Refusal`. `origin`: where a browser finds this bank."""
        order = _order(form)
        first = self._collections.find(form.ref)
        if first is None:
            if order.amount > ITEM_LIMIT:
                raise Refusal(codes.TOO_LARGE)
            first = await self._collections.open(order)
        # An earlier request may still be writing: nothing is answered that is not on file.
        await self._collections.emulation.journal.flush()
        if not first.is_open or first.order != order:
            raise Refusal(codes.ALREADY_DONE)
        return pair(f"{origin}{self._collections.approval_path(first)}")

    def inquire(self, reference: str) -> Reply:
        """Return what became of a reference."""
        collection = self._collections.find(reference)
        if collection is None:
            return status(_NONE)
        return status(
            _STATES[collection.state],
            receipt=collection.bank_id,
            instant=collection.booked_at,
            amount=str(collection.amount),
        )


def _order(form: StartForm) -> CollectionOrder:
    return CollectionOrder(
        reference=form.ref,
        amount=int(form.amount),
        description=form.item,
        return_url=form.return_url,
        notify_url=None,
        expires_at=form.expires_at,
        details={},
    )
