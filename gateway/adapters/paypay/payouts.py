"""What PayPay says of a pay-out: done, returned, or never seen."""

from collections.abc import Mapping

from gateway.adapters.digits import read_amount, read_instant
from gateway.adapters.failure import OutcomeUnknown, ReferenceNotFound
from gateway.adapters.paypay.messages import (
    PAYOUT_STATE,
    PAYOUT_STATES,
    read_bank_id,
    read_state,
)
from gateway.domain.bank import TransferOrder
from gateway.domain.outcome import Returned, Settled


def settled(found: Mapping[str, str]) -> Settled:
    """Return the booking that the answer to a pay-out states."""
    return Settled(read_instant(found["DONE_AT"]), read_bank_id(found["BANK_ID"]))


def read_payout_state(found: Mapping[str, str], order: TransferOrder) -> Settled | Returned:
    """Return where the money is. Raises ReferenceNotFound, or OutcomeUnknown for contradictions."""
    state = read_state(found, PAYOUT_STATE, PAYOUT_STATES)
    if state == "NONE":
        raise ReferenceNotFound(state)
    if read_amount(found["AMOUNT"]) != order.amount:
        raise OutcomeUnknown("OTHER_AMOUNT", integrity=True)
    done_at = read_instant(found["DONE_AT"])
    if state == "DONE":
        return Settled(done_at)
    returned_at = read_instant(found["RETURNED_AT"])
    if returned_at < done_at:
        raise OutcomeUnknown("CONTRADICTION", integrity=True)
    return Returned(done_at, returned_at)
