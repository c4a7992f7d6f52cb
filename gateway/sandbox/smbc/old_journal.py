"""Lines that an older emulator of SMBC wrote: a demo's books outlive an update."""

from datetime import datetime

from gateway.sandbox.journal import Record
from gateway.sandbox.payout import (
    RETURNED,
    Ending,
    PayOut,
    PayOutState,
    ending_as_record,
    payout_as_record,
)
from gateway.sandbox.smbc.messages import TransferOrder
from gateway.sandbox.smbc.transfers import bank_number, order_of
from gateway.sandbox.strict import as_model


def as_written_now(record: Record) -> Record:
    """Return a line as it is written today."""
    match record:
        case {"kind": "payout", "order": order, "holder": str(holder), "instant": str(instant)}:
            wanted = order_of(as_model(TransferOrder, order))
            seconds = record.get("return_after_s")
            payout = PayOut(
                order=wanted,
                holder=holder,
                bank_id=bank_number(wanted.key),
                accepted_at=datetime.fromisoformat(instant),
                state=PayOutState.DONE,
                return_after_s=float(seconds) if isinstance(seconds, int | float) else None,
            )
            return payout_as_record(payout)
        case {"kind": "return", "reference": str(key), "instant": str(instant), "reason": reason}:
            ending = Ending(RETURNED, key, datetime.fromisoformat(instant), str(reason))
            return ending_as_record(ending)
        case _:
            return record
