"""Follow the banks' hints: inquire now about what was called about. The inquiry is the truth."""

from functools import partial

import structlog
from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.transfer import State
from gateway.services.apart import apart
from gateway.services.desk import TransferDesk
from gateway.store import callbacks, repayments, transfers

BATCH = 100

log = structlog.get_logger()


async def work_callbacks(desk: TransferDesk) -> int:
    """Work what is kept and not worked; return how many calls that were.

    Done twice, or by two processes at once, it only asks the bank sooner.
    """
    rows = await callbacks.unworked_rows(desk.db, limit=BATCH + len(desk.aside))
    for row in rows:
        about = (row["bank"], row["event_id"])
        work, told = partial(_work_call, desk, row), {"bank": row["bank"]}
        await apart(desk, "work_callbacks", about, work=work, told=told)
    return len(rows)


async def _work_call(desk: TransferDesk, row: Record) -> None:
    kept = callbacks.read_callback(row)
    if await _hasten(desk, kept.bank, kept.callback.reference):
        now = desk.clock.now()
        await callbacks.mark_worked(desk.db, kept.bank, kept.callback.event_id, now=now)


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
    if repayment is None:
        log.error(
            "alert.raised",
            code="callback_reference_unknown",
            severity="ticket",
            runbook="docs/runbook.md#callback_reference_unknown",
            reference=reference,
        )
        return True
    member_id, repayment_id = repayment
    await repayments.hasten_inquiry(
        desk.db, member_id=member_id, repayment_id=repayment_id, now=now
    )
    return True
