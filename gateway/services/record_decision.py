"""Write what was decided on a transfer, from the row it was decided on."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

import structlog

from gateway.domain.booking import Journal
from gateway.domain.decision import Decision, reserved_change
from gateway.domain.errors import InOpenFile, StaleTransfer, StatedByBank
from gateway.domain.outcome import (
    Answer,
    CollectionOutcome,
    FileOutcome,
    FileResultOutcome,
    InquiryOutcome,
    StartOutcome,
    SubmitOutcome,
)
from gateway.domain.transfer import TRANSITIONS, Event, State, Transfer
from gateway.services.book_transfer import book_transfer, reviews_of
from gateway.services.book_withdrawal import corrected
from gateway.services.desk import TransferDesk
from gateway.services.rounds import rounds_within
from gateway.store.transfers import BankCall, Move, add_call, find_transfer, move

log = structlog.get_logger()

READS_MAX = 20
Decide: TypeAlias = Callable[[Transfer], Decision | None]
AnyAnswer: TypeAlias = (
    Answer[SubmitOutcome]
    | Answer[InquiryOutcome]
    | Answer[FileOutcome]
    | Answer[FileResultOutcome]
    | Answer[StartOutcome]
    | Answer[CollectionOutcome]
)


@dataclass(frozen=True, slots=True)
class Asked:
    """When a bank was called, what for, and for which attempt."""

    operation: str
    attempt: int
    started_at: datetime
    ended_at: datetime


def bank_call(asked: Asked, answer: AnyAnswer) -> BankCall:
    """Return the call as it is kept: no bodies, what proves them."""
    return BankCall(
        operation=asked.operation,
        attempt=asked.attempt,
        started_at=asked.started_at,
        ended_at=asked.ended_at,
        outcome=type(answer.outcome).__name__,
        code=answer.evidence.code,
        request_sha256=answer.evidence.request_sha256,
        answer_sha256=answer.evidence.answer_sha256,
    )


async def record_decision(
    desk: TransferDesk,
    transfer: Transfer,
    decide: Decide,
    *,
    call: BankCall | None = None,
    within_s: float | None = None,
) -> Transfer:
    """Apply `decide` to the transfer as it is now; return it as it then is.

    When the row or the loan has moved since, it is read and decided again, at most `READS_MAX`
    times, or for `within_s` seconds where a member waits; then StaleTransfer: the lease or the next
    inquiry finds it again. Raises InOpenFile where people, or dead senders, would decide on what a
    file may still pay, and StatedByBank where people would deny what the bank's statement has.
    """
    reads_loan = False
    now = asyncio.get_running_loop().time
    for _ in range(READS_MAX) if within_s is None else rounds_within(within_s, now):
        decision = decide(transfer)
        if decision is None:
            if call is not None:
                await add_call(desk.db, transfer, call, call_id=desk.new_id())
            return transfer
        journals = await book_transfer(desk, decision, reads_loan=reads_loan)
        result = await move(desk.db, _change(desk, transfer, decision, journals, call))
        if result == "moved":
            _tell(desk, transfer, decision)
            return replace(decision.transfer, fence=transfer.fence + 1)
        if result == "in_file":
            raise InOpenFile(f"transfer {transfer.id} is in a file that the bank may have")
        if result == "stated":
            raise StatedByBank(f"the bank's statement has transfer {transfer.id}")
        reads_loan = reads_loan or result == "loan_moved"
        again = await find_transfer(desk.db, member_id=transfer.member_id, transfer_id=transfer.id)
        if again is None:
            raise StaleTransfer(f"transfer {transfer.id} is gone")
        transfer = again
    raise StaleTransfer(f"transfer {transfer.id} moved again and again while it was decided on")


def _change(
    desk: TransferDesk,
    before: Transfer,
    decision: Decision,
    journals: Sequence[Journal],
    call: BankCall | None,
) -> Move:
    after = decision.transfer
    return Move(
        before=before,
        after=after,
        step=desk.new_id(),
        now=desk.clock.now(),
        reserved_change=reserved_change(before, after),
        events=[
            *((f"transfer.{state}", _data(after)) for state in _states(before, decision)),
            *corrected(decision.taken_back, journals),
        ],
        journals=journals,
        reviews=reviews_of(before, decision, journals, now=desk.clock.now()),
        call=call,
    )


def _states(before: Transfer, decision: Decision) -> list[State]:
    """Return the states that the decision passes through, in order."""
    states, state = [], before.state
    for event in decision.events:
        state = TRANSITIONS[state, before.unclear, event]
        states.append(state)
    return states


def _data(transfer: Transfer) -> dict[str, object]:
    data: dict[str, object] = {"attempt": transfer.attempt, "reason": transfer.reason}
    if (is_kept := _is_promise_kept(transfer)) is not None:
        data["promise_kept"] = is_kept
    return data


def _is_promise_kept(transfer: Transfer) -> bool | None:
    """Whether the money was there in time; None where none is there, or nothing was promised."""
    if transfer.settled_at is None or transfer.promise is None:
        return None
    return transfer.promise.is_kept(transfer.settled_at)


def _tell(desk: TransferDesk, before: Transfer, decision: Decision) -> None:
    after = decision.transfer
    if decision.events:
        log.info(
            "transfer.moved",
            transfer_id=str(after.id),
            bank=after.bank,
            reference=after.reference,
            state=after.state,
            state_before=before.state,
            attempt=after.attempt,
            reason=after.reason,
        )
        desk.metrics.count("transfer_moves", bank=after.bank, state=after.state)
    if Event.SETTLE in decision.events and after.settled_at is not None:
        seconds = (desk.clock.now() - after.accepted_at).total_seconds()
        desk.metrics.observe("transfer", seconds, bank=after.bank)
        if (is_kept := _is_promise_kept(after)) is not None:
            kept = "yes" if is_kept else "no"
            desk.metrics.count("promises", bank=after.bank, is_kept=kept)
    if decision.alert is not None:
        log.error(
            "alert.raised",
            code=decision.alert,
            severity="page",
            runbook=f"docs/runbook.md#{decision.alert}",
            transfer_id=str(after.id),
            bank=after.bank,
            reference=after.reference,
            state=after.state,
        )
