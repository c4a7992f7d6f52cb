"""Follow the banks' hints: inquire now about what was called about. The inquiry is the truth."""

from gateway.domain.account import BankCode
from gateway.domain.transfer import State
from gateway.services.desk import TransferDesk
from gateway.store import callbacks, repayments, transfers

BATCH = 100


async def work_callbacks(desk: TransferDesk) -> int:
    """Work what is kept and not worked; return how many calls that were.

    Done twice, or by two processes at once, it only asks the bank sooner.
    """
    kept = await callbacks.list_unworked(desk.db, limit=BATCH)
    for one in kept:
        if await _hasten(desk, one.bank, one.callback.reference):
            await callbacks.mark_worked(
                desk.db, one.bank, one.callback.event_id, now=desk.clock.now()
            )
    return len(kept)


async def _hasten(desk: TransferDesk, bank: BankCode, reference: str) -> bool:
    """Let what was called about be asked about now; False: in a later round.

    While a sender holds a transfer, its own answer comes first.
    """
    now = desk.clock.now()
    transfer = await transfers.find_by_reference(desk.db, bank=bank, reference=reference)
    if transfer is not None:
        if transfer.state is State.SUBMITTING:
            return False
        await callbacks.hasten_inquiry(
            desk.db, member_id=transfer.member_id, transfer_id=transfer.id, now=now
        )
        return True
    repayment = await repayments.find_by_reference(desk.db, bank=bank, reference=reference)
    if repayment is not None:
        member_id, repayment_id = repayment
        await repayments.hasten_inquiry(
            desk.db, member_id=member_id, repayment_id=repayment_id, now=now
        )
    return True
