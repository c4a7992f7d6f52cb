"""Ask a bank what became of a transfer: the only way on from an unknown outcome."""

from datetime import timedelta

from gateway.domain.decision import after_inquiry
from gateway.domain.outcome import Inquiry, Rejected, Unknown
from gateway.domain.ports import Point
from gateway.domain.transfer import Transfer
from gateway.services.about import about_transfer
from gateway.services.desk import TransferDesk
from gateway.services.hold_bank import hold_if_ours
from gateway.services.record_decision import Asked, bank_call, record_decision
from gateway.store.transfers import take_inquiry


async def inquire_due_transfer(desk: TransferDesk, transfer: Transfer) -> None:
    """Inquire, unless another process has taken this inquiry already."""
    taken_for_s = desk.profiles[transfer.bank].lease_s
    next_at = desk.clock.now() + timedelta(seconds=taken_for_s)
    if await take_inquiry(desk.db, transfer, next_at=next_at):
        desk.checkpoint(Point.INQUIRY_CLAIMED)
        await inquire_transfer(desk, transfer)


async def inquire_transfer(desk: TransferDesk, transfer: Transfer) -> Transfer:
    """Ask the bank now, whatever state the transfer is in; return it as it then is."""
    asked_at = desk.clock.now()
    with about_transfer(transfer):
        answer = await desk.banks[transfer.bank].inquire(transfer.order)
    ended_at = desk.clock.now()
    if isinstance(answer.outcome, Unknown | Rejected):
        await hold_if_ours(desk, transfer.bank, answer.outcome.reason)
    policy = desk.policy(transfer)
    is_answered = answer.evidence.answer_sha256 is not None
    inquiry = Inquiry(transfer.attempt, asked_at, answer.outcome, is_answered)
    return await record_decision(
        desk,
        transfer,
        lambda row: after_inquiry(row, inquiry, now=ended_at, policy=policy),
        call=bank_call(Asked("inquire", transfer.attempt, asked_at, ended_at), answer),
    )
