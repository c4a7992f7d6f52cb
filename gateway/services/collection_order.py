"""A repayment as a bank is told of it: the same for every start and every inquiry."""

from datetime import datetime
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.bank import CollectionOrder
from gateway.domain.repayment import Repayment
from gateway.domain.repayment_decision import CALLING_BACK, NEVER_CALLING, Pace
from gateway.domain.return_state import open_return, seal_return
from gateway.services.desk import TransferDesk


def collection_order(desk: TransferDesk, repayment: Repayment) -> CollectionOrder:
    """Return the order: the bank sends the browser, and its calls, to this gateway."""
    state = seal_return(
        _key(desk),
        member_id=repayment.member_id,
        repayment_id=repayment.id,
        limit=repayment.expires_at,
    )
    here = desk.settings.public_url
    return CollectionOrder(
        reference=repayment.reference,
        amount=repayment.amount,
        description=repayment.description,
        # One pair at most: a value of a form of PayPay銀行 holds no "&".
        return_url=f"{here}/returns/{repayment.bank}?state={state}",
        callback_url=f"{here}/callbacks/{repayment.bank}",
        expires_at=repayment.expires_at,
    )


def returned_for(desk: TransferDesk, state: str, now: datetime) -> tuple[UUID, UUID] | None:
    """Return (member, repayment) that a browser came back for, None for a state not of ours."""
    return open_return(_key(desk), state, now)


def pace_at(desk: TransferDesk, bank: BankCode) -> Pace:
    """Return how often a bank is asked about a collection."""
    return CALLING_BACK if desk.profiles[bank].calls_back else NEVER_CALLING


def _key(desk: TransferDesk) -> bytes:
    return desk.settings.reference_key.get_secret_value().encode()
