"""Take over what a crashed sender held: it may have been sent, or not, so it is asked about."""

from gateway.domain.decision import Decision, after_lease_end
from gateway.domain.ports import Point
from gateway.domain.transfer import Transfer
from gateway.services.desk import TransferDesk
from gateway.services.record_decision import record_decision


async def recover_transfer(desk: TransferDesk, transfer: Transfer) -> None:
    """Move a transfer whose lease has ended to `unknown`, or to `review` after the third crash."""
    now, policy = desk.clock.now(), desk.policy(transfer)
    fence = transfer.fence

    def decide(row: Transfer) -> Decision | None:
        # Only the attempt whose lease was seen to end; a newer one has a sender of its own.
        return after_lease_end(row, now=now, policy=policy) if row.fence == fence else None

    desk.checkpoint(Point.RECOVERY_BEFORE_WRITE)
    await record_decision(desk, transfer, decide)
    desk.checkpoint(Point.RECOVERY_AFTER_WRITE)
