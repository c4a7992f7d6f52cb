"""Take over what a crashed sender held: it may have been sent, or not, so it is asked about.

Of an item of a file more is known: one whose file was not stored was never sent.
"""

from gateway.domain.bank_file import BankFile, after_dead_sender
from gateway.domain.decision import Decision, after_lease_end
from gateway.domain.ports import Point
from gateway.domain.transfer import Transfer
from gateway.services.desk import TransferDesk
from gateway.services.record_decision import record_decision
from gateway.store.files import void_unsent


async def recover_transfer(desk: TransferDesk, transfer: Transfer) -> None:
    """Move a transfer whose lease has ended to `unknown`, or to `review` after the third crash.

    An item of a file goes where its file went; one that was never sent goes back to `scheduled`.
    """
    now, policy = desk.clock.now(), desk.policy(transfer)
    fence = transfer.fence
    file: BankFile | None = None
    if transfer.file_id is not None:
        file = await void_unsent(desk.db, transfer.bank, transfer.file_id, now=now)

    def decide(row: Transfer) -> Decision | None:
        # Only the attempt whose lease was seen to end; a newer one has a sender of its own.
        if row.fence != fence:
            return None
        if file is None:
            return after_lease_end(row, now=now, policy=policy)
        return after_dead_sender(row, file, now=now, policy=policy)

    desk.checkpoint(Point.RECOVERY_BEFORE_WRITE)
    await record_decision(desk, transfer, decide)
    desk.checkpoint(Point.RECOVERY_AFTER_WRITE)
