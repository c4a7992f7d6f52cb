"""Send a file that this process holds, for the first time or again, and let its items follow."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from gateway.domain.bank import FileBank, TransferFile
from gateway.domain.bank_file import BankFile, FileState, after_sending, at_rest, item_outcome
from gateway.domain.errors import Busy, CommitUnknown, StaleTransfer
from gateway.domain.outcome import (
    FileAccepted,
    FileOutcome,
    FileRejected,
    NotSent,
    TurnedAway,
    Unknown,
)
from gateway.domain.ports import Point, Slot
from gateway.domain.reason import Reason
from gateway.domain.transfer import Transfer
from gateway.services.desk import TransferDesk
from gateway.services.hold_bank import hold_if_ours
from gateway.services.record_decision import READS_MAX, Asked
from gateway.services.tell_items import Told, tell_items
from gateway.store.files import find_file, move_file

RECORD_AGAIN_S = 0.1

log = structlog.get_logger()
DecideFile: TypeAlias = Callable[[BankFile], BankFile | None]


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that this process may work on until `lease_ends` (monotonic), and its transfers."""

    file: BankFile
    transfers: Mapping[str, Transfer]
    lease_ends: float

    @property
    def as_sent(self) -> TransferFile:
        orders = tuple(
            self.transfers[item.reference].order
            for item in self.file.items
            if item.reference in self.transfers
        )
        return TransferFile(self.file.file_id, self.file.content, orders)


async def send_file(desk: TransferDesk, bank: FileBank, held: HeldFile, slot: Slot) -> None:
    """Send the bytes under their own number, and write down what came of it.

    A second time, or by two at once, is harmless: the bank takes a number once. Only the first
    sender may conclude from "nothing left this machine" that the bank has the file not, and only
    while nobody else has had it; what somebody answers is heard, and believed if it is about the
    file (`after_sending`).
    """
    send_before = held.lease_ends - desk.profiles[bank.code].deadline_s
    started_at = desk.clock.now()
    answer = await bank.submit_file(held.as_sent, slot=slot, send_before=send_before)
    ended_at = desk.clock.now()
    outcome = answer.outcome
    desk.checkpoint(Point.FILE_ANSWERED)
    if isinstance(outcome, NotSent | TurnedAway):
        await hold_if_ours(desk, bank.code, outcome.reason)
    fence, policy = held.file.fence, desk.bank_policy(bank.code)
    file = await record_file(
        desk,
        held,
        lambda row: after_sending(row, outcome, fence=fence, now=ended_at, policy=policy),
    )
    if file is None:
        return
    desk.checkpoint(Point.FILE_DECIDED)
    _raise_alarm(file, outcome)
    asked = Asked("submit", 0, started_at, ended_at)
    is_lost = held.file.sendings == 1 and isinstance(outcome, Unknown | TurnedAway)
    told = Told(
        lambda item: item_outcome(file, item.reference) or (Unknown() if is_lost else None),
        asked,
        answer,
    )
    if await tell_items(desk, file, held.transfers, told):
        await rest_if_refused(desk, file)


async def rest_if_refused(desk: TransferDesk, file: BankFile) -> None:
    """Lay a file aside that the bank has not, once all its items know."""
    if file.state in {FileState.REFUSED, FileState.VOID}:
        await move_file(desk.db, file, at_rest(file))


async def record_file(desk: TransferDesk, held: HeldFile, decide: DecideFile) -> BankFile | None:
    """Apply `decide` to the file as it is now; return it as it then is, None if nobody knows.

    Again and again while the lease lasts; then the file is taken over, and asked about again.
    """
    loop = asyncio.get_running_loop()
    while True:
        try:
            return await _record(desk, held.file, decide)
        except (Busy, CommitUnknown, StaleTransfer) as error:
            failure = error
        if not isinstance(failure, Busy) or loop.time() + RECORD_AGAIN_S >= held.lease_ends:
            break
        await asyncio.sleep(RECORD_AGAIN_S)
    log.error(
        "alert.raised",
        code="answer_not_recorded",
        severity="page",
        runbook="docs/runbook.md#answer_not_recorded",
        bank=held.file.bank,
        file_id=held.file.file_id,
        error=type(failure).__name__,
    )
    return None


async def _record(desk: TransferDesk, file: BankFile, decide: DecideFile) -> BankFile:
    for _ in range(READS_MAX):
        after = decide(file)
        if after is None:
            return file
        moved = await move_file(desk.db, file, after)
        if moved is not None:
            if moved.state is not file.state:
                log.info(
                    "file.moved",
                    bank=file.bank,
                    file_id=file.file_id,
                    state=moved.state,
                    state_before=file.state,
                    items=len(file.items),
                    reason=moved.reason,
                )
            return moved
        file = await find_file(desk.db, file.bank, file.file_id) or file
    raise StaleTransfer(f"file {file.file_id} moved while it was decided on")


def _raise_alarm(file: BankFile, outcome: FileOutcome) -> None:
    is_unread = isinstance(outcome, FileRejected) and outcome.reason is Reason.FORMAT_ERROR
    if is_unread and file.state is FileState.REFUSED and file.fault is None:
        log.error(
            "alert.raised",
            code="format_error",
            severity="page",
            runbook="docs/runbook.md#format_error",
            bank=file.bank,
            file_id=file.file_id,
        )
    is_late = isinstance(outcome, FileAccepted) and outcome.receipt != file.receipt
    if is_late or (isinstance(outcome, Unknown) and outcome.integrity):
        distrust(file)


def distrust(file: BankFile) -> None:
    """Call people: what the bank said of this file cannot be."""
    log.error(
        "alert.raised",
        code="file_untrusted",
        severity="page",
        runbook="docs/runbook.md#file_untrusted",
        bank=file.bank,
        file_id=file.file_id,
        state=file.state,
    )
