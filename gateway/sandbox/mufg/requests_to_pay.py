"""How MUFG takes a request to pay, says how it stands, and tells of money that was booked."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from gateway.sandbox.books import Booking, MovementKind
from gateway.sandbox.collections import Collection, CollectionOrder, Collections, CollectionState
from gateway.sandbox.creditors import ITEM_LIMIT
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.faults import Action, CallbackPlan
from gateway.sandbox.hours import ClosedWindow, reopens_at
from gateway.sandbox.mufg.messages import RequestToPay
from gateway.sandbox.mufg.notifications import Notifications
from gateway.sandbox.mufg.payments import bank_number
from gateway.sandbox.mufg.refusals import Refusal, closed
from gateway.sandbox.mufg.reports import PAIN_014, Status, accepted, refused, status_report

_STATUS = {
    CollectionState.OPEN: "RCVD",
    CollectionState.APPROVED: "PDNG",
    CollectionState.PAID: "ACSC",
    CollectionState.CANCELLED: "RJCT",
    CollectionState.FAILED: "RJCT",
    CollectionState.EXPIRED: "RJCT",
}
_REASON = {CollectionState.CANCELLED: "CUST", CollectionState.EXPIRED: "TM01"}
_CAUSES = {"funds_short": "AM04", "account_frozen": "AC06", "authentication_failed": "NARR"}
# Approved is as good as paid to the browser: no page waits for the booking.
_RESULT = {
    CollectionState.APPROVED: "paid",
    CollectionState.PAID: "paid",
    CollectionState.CANCELLED: "cancelled",
    CollectionState.FAILED: "failed",
    CollectionState.EXPIRED: "expired",
}


class RequestDesk:
    """Takes `POST /collections` and answers `GET /collections/{EndToEndId}`."""

    def __init__(
        self, emulation: Emulation, windows: tuple[ClosedWindow, ...], notifications: Notifications
    ) -> None:
        self._emulation = emulation
        self._windows = windows
        self._notifications = notifications
        self._told: Counter[str] = Counter()
        self.collections = Collections(
            emulation,
            numbered=bank_number,
            returned_to=_returned_to,
            ended=self._tell,
            settles_later=True,
        )

    async def start(self, request: RequestToPay, origin: str, action: Action | None) -> Reply:
        """Take a request to pay, or raise the `Refusal`."""
        now = self._emulation.clock.now()
        until = reopens_at(self._windows, now)
        if until is not None:
            raise closed(request.reference, now, until)
        order = _order(request)
        first = self.collections.find(order.reference)
        if first is not None:
            return self._used_before(first, order, now, origin)
        if order.amount > ITEM_LIMIT:
            raise Refusal("AM02", "above the limit of one item", message_id=order.reference)
        plan = action if isinstance(action, CallbackPlan) else None
        collection = await self.collections.open(order, plan)
        report = accepted(PAIN_014, now, order.reference, self._status(collection))
        return Reply(202, report, self._location(collection, origin))

    def inquire(self, reference: str, told: str = "") -> Reply:
        """Return how a request stands, or raise NOTFOUND; `told` as for a payment."""
        collection = self.collections.find(reference)
        if collection is None:
            raise Refusal("NOTFOUND", "no request of that reference", message_id=reference)
        now = self._emulation.clock.now()
        return Reply(200, status_report(PAIN_014, now, self._status(collection).refused(told)))

    def _used_before(
        self, first: Collection, order: CollectionOrder, now: datetime, origin: str
    ) -> Reply:
        """Refuse a reference that is known, with the way to its page while that is open."""
        refusal = Refusal("DUPL", "the reference was used before", message_id=order.reference)
        is_same_and_open = first.order == order and first.is_open
        headers = self._location(first, origin) if is_same_and_open else {}
        return Reply(refusal.status, refused(PAIN_014, now, refusal, self._status(first)), headers)

    def _location(self, collection: Collection, origin: str) -> Mapping[str, str]:
        return {"Location": origin + self.collections.approval_path(collection)}

    def _status(self, collection: Collection) -> Status:
        return Status(
            reference=collection.reference,
            amount=collection.amount,
            status=_STATUS[collection.state],
            bank_id=collection.bank_id,
            reason=_CAUSES.get(collection.cause) or _REASON.get(collection.state, ""),
            booked_at=collection.booked_at,
            creditor=self._emulation.books.settlement,
        )

    async def _tell(self, collection: Collection, plan: CallbackPlan) -> None:
        """Call the order's address back if money was booked; other ends are found by polling."""
        if collection.booked_at is None or collection.payer is None:
            return
        reference = collection.reference
        self._told[reference] += 1
        count = self._told[reference]
        booking = Booking(
            kind=MovementKind.COLLECTION,
            reference=reference,
            amount=collection.amount,
            instant=collection.booked_at,
            bank_id=bank_number(reference if count == 1 else f"{reference}/{count}"),
            account=collection.payer,
            counterparty=collection.payer_name,
        )
        await self._notifications.tell(booking, collection.order.notify_url, plan)


def _order(request: RequestToPay) -> CollectionOrder:
    return CollectionOrder(
        reference=request.reference,
        amount=request.amount,
        description=request.description,
        return_url=request.return_url,
        notify_url=request.notify_url,
        expires_at=request.expires_at,
        details={"debtor": "" if request.debtor is None else str(request.debtor)},
    )


def _returned_to(collection: Collection) -> Mapping[str, str]:
    return {"reference": collection.reference, "result": _RESULT.get(collection.state, "")}
