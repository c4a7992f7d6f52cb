"""Send a transfer that this process holds, and write down what came of it."""

import asyncio
from datetime import datetime

import structlog

from gateway.domain.bank import InstantBank
from gateway.domain.decision import after_cancel, after_submit, after_window
from gateway.domain.errors import Busy, CommitUnknown
from gateway.domain.outcome import NotSent, Unknown
from gateway.domain.ports import Point
from gateway.domain.reason import Reason
from gateway.domain.service_hours import Operation
from gateway.domain.timetable import answer
from gateway.domain.transfer import Transfer
from gateway.services.about import about_transfer
from gateway.services.desk import TransferDesk
from gateway.services.hold_bank import hold_if_ours
from gateway.services.record_decision import Asked, Decide, bank_call, record_decision
from gateway.store.transfers import BankCall, claim

log = structlog.get_logger()

RECORD_AGAIN_S = 0.1

STOPS_THE_MEMBER = {"suspended": Reason.MEMBER_SUSPENDED, "overdue": Reason.OVERDUE}


async def send_due_transfer(desk: TransferDesk, transfer: Transfer, *, now_s: float) -> None:
    """Claim a due transfer and send it, unless the window, a stop or the member's state forbids it.

    `now_s` is the monotonic clock just before this call.
    """
    profile = desk.profiles[transfer.bank]
    now = desk.clock.now()
    phase = answer(profile.hours, Operation.TRANSFER, now).phase
    if phase.sends_at is not None:
        await defer_transfer(desk, transfer, reopens_at=phase.sends_at)
        return
    desk.checkpoint(Point.CLAIM_BEFORE_WRITE)
    result, claimed = await claim(
        desk.db,
        transfer,
        now=now,
        lease_s=profile.lease_s,
        owner=desk.instance,
        step=desk.new_id(),
    )
    desk.checkpoint(Point.CLAIM_AFTER_WRITE)
    if result == "claimed":
        await send_transfer(desk, claimed, lease_ends=now_s + profile.lease_s)
    elif result in STOPS_THE_MEMBER:
        await stop_transfer(desk, claimed, STOPS_THE_MEMBER[result])


async def defer_transfer(desk: TransferDesk, transfer: Transfer, *, reopens_at: datetime) -> None:
    """Let a due transfer wait until its bank opens again."""
    now = desk.clock.now()
    log.info("hours.deferred", transfer_id=str(transfer.id), bank=transfer.bank, until=reopens_at)
    await record_decision(
        desk, transfer, lambda row: after_window(row, reopens_at=reopens_at, now=now)
    )


async def stop_transfer(desk: TransferDesk, transfer: Transfer, reason: Reason) -> None:
    """Cancel a due transfer whose member may no longer borrow; people look at an unclear one."""
    now, policy = desk.clock.now(), desk.policy(transfer)
    await record_decision(
        desk, transfer, lambda row: after_cancel(row, reason=reason, now=now, policy=policy)
    )


async def send_transfer(desk: TransferDesk, transfer: Transfer, *, lease_ends: float) -> None:
    """Send a transfer in `submitting` that this process holds until `lease_ends` (monotonic)."""
    profile = desk.profiles[transfer.bank]
    bank = desk.banks[transfer.bank]
    if not isinstance(bank, InstantBank):
        raise TypeError(f"{transfer.bank} takes files only")
    started_at = desk.clock.now()
    desk.senders.at_bank(transfer.id)
    with about_transfer(transfer):
        answer = await bank.submit(transfer.order, send_before=lease_ends - profile.deadline_s)
    ended_at = desk.clock.now()
    outcome = answer.outcome
    if isinstance(outcome, NotSent | Unknown):
        await hold_if_ours(desk, transfer.bank, outcome.reason)
    call = bank_call(Asked("submit", transfer.attempt, started_at, ended_at), answer)
    policy = desk.policy(transfer)
    desk.checkpoint(Point.RECORD_BEFORE_WRITE)
    await _record_answer(
        desk,
        transfer,
        lambda row: after_submit(
            row, attempt=transfer.attempt, outcome=outcome, now=ended_at, policy=policy
        ),
        call=call,
        lease_ends=lease_ends,
    )
    desk.checkpoint(Point.RECORD_AFTER_WRITE)


async def _record_answer(
    desk: TransferDesk,
    transfer: Transfer,
    decide: Decide,
    *,
    call: BankCall,
    lease_ends: float,
) -> None:
    """Record what nobody else knows, again and again while the lease lasts."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            await record_decision(desk, transfer, decide, call=call)
        except (Busy, CommitUnknown) as error:
            failure = error
        else:
            return
        if isinstance(failure, CommitUnknown) or loop.time() + RECORD_AGAIN_S >= lease_ends:
            break
        await asyncio.sleep(RECORD_AGAIN_S)
    # The row says submitting; its lease ends, and the inquiry finds what the answer said.
    log.error(
        "alert.raised",
        code="answer_not_recorded",
        severity="page",
        runbook="docs/runbook.md#answer_not_recorded",
        transfer_id=str(transfer.id),
        bank=transfer.bank,
        reference=transfer.reference,
        error=type(failure).__name__,
    )
