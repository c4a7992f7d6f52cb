"""A pay-out as every bank keeps it, and its lines in the journal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.sandbox.books import AccountKey, Booking, MovementKind
from gateway.sandbox.faults import Call
from gateway.sandbox.journal import Record
from gateway.sandbox.strict import StrictModel, as_model


@dataclass(frozen=True, slots=True)
class PayOutOrder:
    """What is to be paid to whom. `details` are the bank's own fields, as text.

    `item` is what the bank files it under where that is not the reference.
    """

    reference: str
    amount: int
    creditor: AccountKey
    details: Mapping[str, str]
    item: str = ""

    @property
    def key(self) -> str:
        """Return what the bank knows it by."""
        return self.item or self.reference


class PayOutState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class PayOut:
    """A pay-out that was taken. `visible_from` is monotonic; `return_after_s` None: it stays.

    `code` is why it was refused or returned; `told` is the code that it will get when it settles.
    """

    order: PayOutOrder
    holder: str
    bank_id: str
    accepted_at: datetime
    state: PayOutState
    code: str = ""
    told: str = ""
    booked_at: datetime | None = None
    returned_at: datetime | None = None
    return_after_s: float | None = None
    visible_from: float = 0.0

    @property
    def reference(self) -> str:
        """Return the client's reference."""
        return self.order.reference

    @property
    def key(self) -> str:
        """Return what the bank knows it by."""
        return self.order.key

    def as_call(self) -> Call:
        """Return what a rule on callbacks sees of its return."""
        return Call("callback", (self.reference,), (self.order.creditor.number,))

    def booking(self, kind: MovementKind, instant: datetime, bank_id: str) -> Booking:
        """Return the entry of the pay-out itself, or of its return."""
        order = self.order
        return Booking(
            kind, order.reference, order.amount, instant, bank_id, order.creditor, self.holder
        )


class _Order(StrictModel):
    reference: str
    amount: int
    creditor: list[str]
    details: dict[str, str]
    item: str


class _Accepted(StrictModel):
    """In the journal: a pay-out was taken, and booked at once if it is `done`."""

    kind: str
    order: _Order
    holder: str
    bank_id: str
    instant: str
    done: bool
    told: str
    return_after_s: float | None


class _Settled(StrictModel):
    """In the journal: a pay-out came to rest, or came back; `code` says why not, or why."""

    kind: str
    key: str
    instant: str
    code: str


ACCEPTED, SETTLED, RETURNED = "payout_accepted", "payout_settled", "payout_returned"


@dataclass(frozen=True, slots=True)
class Ending:
    """That a pay-out settled or came back, when, and with which code."""

    kind: str
    key: str
    instant: datetime
    code: str


def ending_as_record(ending: Ending) -> Record:
    """Return the journal's line for a pay-out that settled or came back."""
    return {
        "kind": ending.kind,
        "key": ending.key,
        "instant": ending.instant.isoformat(),
        "code": ending.code,
    }


def read_ending(record: Record) -> Ending:
    """Return what such a line says."""
    line = as_model(_Settled, record)
    return Ending(line.kind, line.key, datetime.fromisoformat(line.instant), line.code)


def payout_as_record(payout: PayOut) -> Record:
    """Return the journal's line for a pay-out that was taken."""
    order = payout.order
    return {
        "kind": ACCEPTED,
        "order": {
            "reference": order.reference,
            "amount": order.amount,
            "creditor": list(order.creditor),
            "details": dict(order.details),
            "item": order.item,
        },
        "holder": payout.holder,
        "bank_id": payout.bank_id,
        "instant": payout.accepted_at.isoformat(),
        "done": payout.state is PayOutState.DONE,
        "told": payout.told,
        "return_after_s": payout.return_after_s,
    }


def read_payout(record: Record) -> PayOut:
    """Return what such a line says: the pay-out as it was when it was taken."""
    line = as_model(_Accepted, record)
    order, instant = line.order, datetime.fromisoformat(line.instant)
    creditor = AccountKey(*order.creditor)
    return PayOut(
        order=PayOutOrder(order.reference, order.amount, creditor, order.details, order.item),
        holder=line.holder,
        bank_id=line.bank_id,
        accepted_at=instant,
        state=PayOutState.DONE if line.done else PayOutState.PENDING,
        told=line.told,
        booked_at=instant if line.done else None,
        return_after_s=line.return_after_s,
    )
