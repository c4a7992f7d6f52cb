"""Gather what is due at a bank that takes files into one file, and send it in the bank's next slot.

Each step is written down before the next: the items name the file, then the file is stored, then it
is sent. Whoever finds items without a stored file knows that they were never sent.
"""

import asyncio
import base64
import secrets
from collections.abc import Sequence
from functools import partial

import structlog
from asyncpg import Record

from gateway.domain.bank import FileBank, TransferFile
from gateway.domain.bank_file import BankFile, FileItem, FileState
from gateway.domain.errors import Busy, CommitUnknown, InOpenFile, StaleTransfer
from gateway.domain.outcome import NotSent
from gateway.domain.ports import Point, Slot
from gateway.domain.reason import Reason
from gateway.domain.service_hours import Operation
from gateway.domain.timetable import answer
from gateway.domain.transfer import CRASHES_MAX, Transfer
from gateway.services.desk import TransferDesk
from gateway.services.send_file import HeldFile, send_file
from gateway.services.send_transfer import STOPS_THE_MEMBER, defer_transfer, stop_transfer
from gateway.services.tell_items import Told, each, tell_items
from gateway.services.work_files import free_slot, guarded, work_key
from gateway.services.work_transfers import stand_aside
from gateway.store.files import Gathering, claim_item, store_file
from gateway.store.queues import due_rows
from gateway.store.transfers import read_transfer

CLAIM_AHEAD_S = 0.1  # about what claiming a full file takes
CLAIM_AHEAD_PART = 0.25  # at most, of what the lease has beyond the call itself

log = structlog.get_logger()


async def gather_files(desk: TransferDesk) -> int:
    """Start gathering where banks that take files have something due, unless this process does.

    Looked up before room is taken: an empty round must not keep another bank's transfer waiting.
    """
    started, now = 0, desk.clock.now()
    for bank in desk.banks.values():
        if isinstance(bank, FileBank) and await due_rows(desk.db, bank.code, now=now, limit=1):
            work = partial(guarded, partial(gather_file, desk, bank), bank.code, "")
            started += desk.senders.try_start(work_key(bank.code, "gathering"), work)
    return started


async def gather_file(desk: TransferDesk, bank: FileBank) -> None:
    """Send one file of what is due, at most `items_max`; nothing, if nothing is or may be sent."""
    profile = desk.profiles[bank.code]
    now = desk.clock.now()
    reopens_at = answer(profile.hours, Operation.TRANSFER, now).phase.sends_at
    limit = 1 if reopens_at is None else bank.items_max
    waiting = await _due(desk, bank, limit)
    if not waiting:
        return
    if reopens_at is not None:
        await each(waiting, partial(defer_transfer, desk, reopens_at=reopens_at))
        return
    slot = await free_slot(desk, profile)
    if slot is None:
        return
    loop = asyncio.get_running_loop()
    slot_at = loop.time() + slot.wait_s
    spare_s = profile.lease_s - profile.deadline_s
    await asyncio.sleep(slot.wait_s - min(CLAIM_AHEAD_S, spare_s * CLAIM_AHEAD_PART))
    lease_ends = loop.time() + profile.lease_s
    gathering = Gathering(_new_file_id(), desk.instance, profile.lease_s)
    claimed = await _claim_all(desk, bank, gathering)
    desk.checkpoint(Point.FILE_CLAIMED)
    if claimed:
        await asyncio.sleep(slot_at - loop.time())
        await _send(desk, bank, gathering, claimed, lease_ends, slot)


def _new_file_id() -> str:
    return base64.b32encode(secrets.token_bytes(15)).decode()[:20]


async def _due(desk: TransferDesk, bank: FileBank, limit: int) -> list[Transfer]:
    rows = await due_rows(desk.db, bank.code, now=desk.clock.now(), limit=limit)
    return [transfer for row in rows if (transfer := await _read(desk, row)) is not None]


async def _read(desk: TransferDesk, row: Record) -> Transfer | None:
    """Return the transfer; a row that is not valid stands aside, and the others go on."""
    try:
        return read_transfer(row)
    except ValueError:
        await stand_aside(desk, row)
        log.exception(
            "alert.raised",
            code="transfer_not_workable",
            severity="page",
            runbook="docs/runbook.md#transfer_not_workable",
            transfer_id=str(row["id"]),
        )
        return None


async def _claim_all(desk: TransferDesk, bank: FileBank, gathering: Gathering) -> list[Transfer]:
    due = await _due(desk, bank, bank.items_max)
    claimed = await each(_together(due), partial(_claim, desk, gathering))
    return [transfer for transfer in claimed if transfer is not None]


def _together(due: Sequence[Transfer]) -> Sequence[Transfer]:
    """Return what goes into one file: whoever outlived its sender twice in a row goes alone.

    If it is what kills them, the third time takes nobody else with it.
    """
    if due and due[0].crashes >= CRASHES_MAX - 1:
        return due[:1]
    return [transfer for transfer in due if transfer.crashes < CRASHES_MAX - 1]


async def _claim(desk: TransferDesk, gathering: Gathering, transfer: Transfer) -> Transfer | None:
    desk.checkpoint(Point.CLAIM_BEFORE_WRITE)
    try:
        result, claimed = await claim_item(
            desk.db, transfer, gathering, now=desk.clock.now(), step=desk.new_id()
        )
        if result in STOPS_THE_MEMBER:
            await stop_transfer(desk, claimed, STOPS_THE_MEMBER[result])
    except (Busy, CommitUnknown, StaleTransfer) as error:
        # If it was claimed after all, it is not in the file, and goes back when its lease ends.
        log.warning("transfer.deferred", transfer_id=str(transfer.id), error=type(error).__name__)
        return None
    desk.checkpoint(Point.CLAIM_AFTER_WRITE)
    if result == "in_file":
        log.warning("transfer.deferred", transfer_id=str(transfer.id), error=InOpenFile.code)
    return claimed if result == "claimed" else None


async def _send(
    desk: TransferDesk,
    bank: FileBank,
    gathering: Gathering,
    claimed: Sequence[Transfer],
    lease_ends: float,
    slot: Slot,
) -> None:
    """Store the file and start sending it."""
    content = await _encode(desk, bank, gathering.file_id, claimed)
    if content is None:
        return
    transfers = {transfer.reference: transfer for transfer in claimed}
    items = [transfers[order.reference] for order in content.orders]
    file = _file(desk, bank, content, items)
    result, stored = await store_file(
        desk.db, file, lease_s=gathering.lease_s, owner=gathering.owner
    )
    if result == "void":
        # A stop came in between, or we slept for so long that we were taken for dead.
        await tell_items(desk, file, transfers, Told(lambda _: NotSent(Reason.BANK_BUSY)))
    if result != "stored":
        return
    desk.checkpoint(Point.FILE_STORED)
    log.info("file.stored", bank=bank.code, file_id=file.file_id, items=len(items))
    held = HeldFile(stored, transfers, lease_ends)
    work = partial(guarded, partial(send_file, desk, bank, held, slot), bank.code, file.file_id)
    desk.senders.start(work_key(bank.code, file.file_id), work)


def _file(
    desk: TransferDesk, bank: FileBank, content: TransferFile, items: Sequence[Transfer]
) -> BankFile:
    return BankFile(
        bank=bank.code,
        file_id=content.file_id,
        items=tuple(FileItem(t.member_id, t.id, t.reference, t.attempt) for t in items),
        content=content.content,
        state=FileState.STORED,
        stored_at=desk.clock.now(),
    )


async def _encode(
    desk: TransferDesk, bank: FileBank, file_id: str, claimed: Sequence[Transfer]
) -> TransferFile | None:
    """Return the file, without those that cannot be written into one: these are given back."""
    try:
        return bank.encode_file(file_id, [transfer.order for transfer in claimed])
    except ValueError:
        fitting = [transfer for transfer in claimed if _fits(bank, file_id, transfer)]
        misfits = [transfer for transfer in claimed if transfer not in fitting]
        if not misfits:
            raise
    await _give_back(desk, bank, file_id, misfits)
    if not fitting:
        return None
    return bank.encode_file(file_id, [transfer.order for transfer in fitting])


async def _give_back(
    desk: TransferDesk, bank: FileBank, file_id: str, misfits: Sequence[Transfer]
) -> None:
    """Let what fits into no file wait, a little longer each time, and call people."""
    log.error(
        "alert.raised",
        code="format_error",
        severity="page",
        runbook="docs/runbook.md#format_error",
        bank=bank.code,
        reference=misfits[0].reference,
    )
    nothing = _file(desk, bank, TransferFile(file_id, b"", ()), misfits)
    transfers = {transfer.reference: transfer for transfer in misfits}
    refused = NotSent(Reason.FORMAT_ERROR)
    await tell_items(desk, nothing, transfers, Told(lambda _: refused))


def _fits(bank: FileBank, file_id: str, transfer: Transfer) -> bool:
    try:
        bank.encode_file(file_id, [transfer.order])
    except ValueError:
        return False
    return True
