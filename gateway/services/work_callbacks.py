"""Follow the banks' hints: inquire now about what was called about. The inquiry is the truth."""

from gateway.domain.transfer import State
from gateway.services.desk import TransferDesk
from gateway.store import callbacks, transfers

BATCH = 100


async def work_callbacks(desk: TransferDesk) -> int:
    """Work what is kept and not worked; return how many calls that were.

    Done twice, or by two processes at once, it only asks the bank sooner.
    """
    kept = await callbacks.list_unworked(desk.db, limit=BATCH)
    for one in kept:
        now = desk.clock.now()
        reference = one.callback.reference
        transfer = await transfers.find_by_reference(desk.db, bank=one.bank, reference=reference)
        if transfer is not None and transfer.state is State.SUBMITTING:
            # Its sender's own answer comes first; the call is worked in a later round.
            continue
        if transfer is not None:
            await callbacks.hasten_inquiry(
                desk.db, member_id=transfer.member_id, transfer_id=transfer.id, now=now
            )
        await callbacks.mark_worked(desk.db, one.bank, one.callback.event_id, now=now)
    return len(kept)
