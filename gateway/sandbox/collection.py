"""An order that a payer is to approve, as every bank keeps it, and its lines in the journal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.sandbox.books import AccountKey, Booking, MovementKind
from gateway.sandbox.faults import Call
from gateway.sandbox.journal import Record
from gateway.sandbox.strict import StrictModel, as_model


@dataclass(frozen=True, slots=True)
class CollectionOrder:
    """What the lender wants to be paid. `details` are the bank's own fields, as text."""

    reference: str
    amount: int
    description: str
    return_url: str
    notify_url: str | None
    expires_at: datetime
    details: Mapping[str, str]


class CollectionState(StrEnum):
    """`APPROVED` lies between a payer's approval and the booking, where a bank books later."""

    OPEN = "open"
    APPROVED = "approved"
    PAID = "paid"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"


FUNDS_SHORT = "funds_short"
AUTHENTICATION_FAILED = "authentication_failed"
ACCOUNT_FROZEN = "account_frozen"


@dataclass(frozen=True, slots=True)
class Collection:
    """An order and what became of it. `cause` says why it failed, "" unless it did."""

    order: CollectionOrder
    bank_id: str
    opened_at: datetime
    state: CollectionState = CollectionState.OPEN
    cause: str = ""
    payer: AccountKey | None = None
    payer_name: str = ""
    decided_at: datetime | None = None
    booked_at: datetime | None = None
    booked_amount: int | None = None

    @property
    def reference(self) -> str:
        """Return the client's reference."""
        return self.order.reference

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided yet."""
        return self.state is CollectionState.OPEN

    @property
    def amount(self) -> int:
        """Return what was booked, or is to be."""
        return self.order.amount if self.booked_amount is None else self.booked_amount

    def as_call(self) -> Call:
        """Return what a rule on callbacks sees of its end."""
        numbers = () if self.payer is None else (self.payer.number,)
        return Call("callback", (self.reference,), numbers)


class _Order(StrictModel):
    reference: str
    amount: int
    description: str
    return_url: str
    notify_url: str | None
    expires_at: str
    details: dict[str, str]


class _Opened(StrictModel):
    """In the journal: an order was taken."""

    kind: str
    order: _Order
    bank_id: str
    instant: str


class _Decided(StrictModel):
    """In the journal: an order went on to another state, or was booked once more."""

    kind: str
    reference: str
    state: CollectionState
    cause: str
    payer: list[str] | None
    payer_name: str
    instant: str
    booked_at: str | None
    amount: int | None
    times: int


OPENED, DECIDED = "collection_opened", "collection_decided"


@dataclass(frozen=True, slots=True)
class Decision:
    """The next state of an order. `PAID` is booked `times` over: more than once is a mistake.

    With `APPROVED`, amount and instant are those of the booking to come (None: the usual ones).
    """

    reference: str
    state: CollectionState
    instant: datetime
    cause: str = ""
    payer: AccountKey | None = None
    payer_name: str = ""
    booked_at: datetime | None = None
    amount: int | None = None
    times: int = 1

    def booking(self, bank_id: str) -> Booking | None:
        """Return what the decision puts into the books, if anything."""
        is_paid = self.state is CollectionState.PAID
        if not is_paid or self.amount is None or self.booked_at is None or self.payer is None:
            return None
        return Booking(
            kind=MovementKind.COLLECTION,
            reference=self.reference,
            amount=self.amount,
            instant=self.booked_at,
            bank_id=bank_id,
            account=self.payer,
            counterparty=self.payer_name,
        )


def collection_as_record(collection: Collection) -> Record:
    """Return the journal's line for an order that was taken."""
    order = collection.order
    return {
        "kind": OPENED,
        "order": {
            "reference": order.reference,
            "amount": order.amount,
            "description": order.description,
            "return_url": order.return_url,
            "notify_url": order.notify_url,
            "expires_at": order.expires_at.isoformat(),
            "details": dict(order.details),
        },
        "bank_id": collection.bank_id,
        "instant": collection.opened_at.isoformat(),
    }


def read_collection(record: Record) -> Collection:
    """Return what such a line says: the order as it was when it was taken."""
    line = as_model(_Opened, record)
    order = CollectionOrder(
        reference=line.order.reference,
        amount=line.order.amount,
        description=line.order.description,
        return_url=line.order.return_url,
        notify_url=line.order.notify_url,
        expires_at=datetime.fromisoformat(line.order.expires_at),
        details=line.order.details,
    )
    return Collection(order, line.bank_id, datetime.fromisoformat(line.instant))


def decision_as_record(decision: Decision) -> Record:
    """Return the journal's line for a decision."""
    return {
        "kind": DECIDED,
        "reference": decision.reference,
        "state": decision.state,
        "cause": decision.cause,
        "payer": None if decision.payer is None else list(decision.payer),
        "payer_name": decision.payer_name,
        "instant": decision.instant.isoformat(),
        "booked_at": None if decision.booked_at is None else decision.booked_at.isoformat(),
        "amount": decision.amount,
        "times": decision.times,
    }


def read_decision(record: Record) -> Decision:
    """Return what such a line says."""
    line = as_model(_Decided, {**record, "state": CollectionState(str(record["state"]))})
    return Decision(
        reference=line.reference,
        state=line.state,
        instant=datetime.fromisoformat(line.instant),
        cause=line.cause,
        payer=None if line.payer is None else AccountKey(*line.payer),
        payer_name=line.payer_name,
        booked_at=None if line.booked_at is None else datetime.fromisoformat(line.booked_at),
        amount=line.amount,
        times=line.times,
    )
