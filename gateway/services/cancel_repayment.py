"""Cancel a repayment for the member. The bank is not told: money that comes is booked."""

from uuid import UUID

from gateway.domain.errors import NotCancellable, NotFoundHere
from gateway.domain.repayment import Repayment, State
from gateway.domain.repayment_decision import after_cancel
from gateway.services.desk import TransferDesk
from gateway.services.record_repayment import record_repayment
from gateway.services.rounds import MEMBER_WAITS_S
from gateway.store.repayments import find_repayment


async def cancel_repayment(desk: TransferDesk, *, member_id: UUID, repayment_id: UUID) -> Repayment:
    """Return the cancelled repayment (again, if it was so already).

    Raises NotFoundHere where the member has no such repayment, NotCancellable when it is over,
    StaleTransfer when it moves for as long as a member may be kept waiting.
    """
    repayment = await find_repayment(desk.db, member_id=member_id, repayment_id=repayment_id)
    if repayment is None:
        raise NotFoundHere("no such repayment")
    now = desk.clock.now()
    after = await record_repayment(
        desk, repayment, lambda row: after_cancel(row, now=now), within_s=MEMBER_WAITS_S
    )
    if after.state is not State.CANCELLED:
        raise NotCancellable(f"the repayment is {after.state}")
    return after
