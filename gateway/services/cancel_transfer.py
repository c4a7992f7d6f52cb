"""Cancel a scheduled transfer for the member, as long as it has provably not left."""

from uuid import UUID

from gateway.domain.decision import after_cancel
from gateway.domain.errors import NotCancellable, NotFoundHere
from gateway.domain.reason import Reason
from gateway.domain.transfer import State, Transfer
from gateway.services.desk import TransferDesk
from gateway.services.record_decision import record_decision
from gateway.services.rounds import MEMBER_WAITS_S
from gateway.store.transfers import find_transfer


async def cancel_transfer(desk: TransferDesk, *, member_id: UUID, transfer_id: UUID) -> Transfer:
    """Return the cancelled transfer (again, if it was so already).

    Raises NotFoundHere where the member has no such transfer, NotCancellable when it left or may
    have left, StaleTransfer when it moves for as long as a member may be kept waiting.
    """
    transfer = await find_transfer(desk.db, member_id=member_id, transfer_id=transfer_id)
    if transfer is None:
        raise NotFoundHere("no such transfer")
    now, policy = desk.clock.now(), desk.policy(transfer)
    after = await record_decision(
        desk,
        transfer,
        lambda row: after_cancel(row, reason=Reason.CANCELLED_BY_MEMBER, now=now, policy=policy),
        within_s=MEMBER_WAITS_S,
    )
    if after.state is not State.CANCELLED:
        raise NotCancellable(f"the transfer is {after.state}")
    return after
