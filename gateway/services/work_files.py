"""What the worker does with files that are stored: send them again, ask for results, tell items."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

import structlog
from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.bank import FileBank
from gateway.domain.bank_file import (
    BankFile,
    FileState,
    after_result,
    balanced,
    item_outcome,
)
from gateway.domain.errors import Busy, CommitUnknown, StaleTransfer
from gateway.domain.outcome import FileResult, NotSent, Submitted, Unknown
from gateway.domain.ports import Point, Slot
from gateway.profiles import BankProfile
from gateway.services.apart import apart
from gateway.services.desk import TransferDesk
from gateway.services.hold_bank import hold_if_ours
from gateway.services.record_decision import Asked
from gateway.services.send_file import (
    HeldFile,
    distrust,
    record_file,
    rest_if_refused,
    send_file,
)
from gateway.services.tell_items import Told, read_items, tell_items
from gateway.store.files import open_files, read_file, take_file
from gateway.store.lanes import StoredLanes

SHARE = 0.95  # stay below the contract's limit although our seconds are not the bank's
SLOT_WAIT_S_MAX = 1.0

log = structlog.get_logger()


async def work_files(desk: TransferDesk) -> int:
    """Start work on the files that need it, as far as there is room; return how many."""
    if not desk.senders.room:
        return 0
    limit = desk.senders.room + len(desk.aside)
    started = 0
    for row in await open_files(desk.db, now=desk.clock.now(), limit=limit):
        about = (row["bank"], row["file_id"])
        work, told = partial(_start, desk, row), {"bank": row["bank"], "file_id": row["file_id"]}
        started += bool(await apart(desk, "work_files", about, work=work, told=told))
    return started


async def _start(desk: TransferDesk, row: Record) -> bool:
    file = read_file(row)
    bank = desk.banks.get(file.bank)
    if not isinstance(bank, FileBank):
        return False
    work = partial(guarded, partial(work_file, desk, bank, file), bank.code, file.file_id)
    return desk.senders.try_start(work_key(file.bank, file.file_id), work)


async def work_file(desk: TransferDesk, bank: FileBank, file: BankFile) -> None:
    """Take the file, unless another process has, and do what its state asks for."""
    profile = desk.profiles[bank.code]
    slot = await free_slot(desk, profile) if file.state is FileState.STORED else Slot(0.0)
    if slot is None:
        return
    loop = asyncio.get_running_loop()
    await asyncio.sleep(slot.wait_s)
    lease_ends = loop.time() + profile.lease_s
    taken = await take_file(
        desk.db, file, now=desk.clock.now(), lease_s=profile.lease_s, owner=desk.instance
    )
    if taken is None:
        return
    desk.checkpoint(Point.FILE_TAKEN)
    held = HeldFile(taken, await read_items(desk, taken), lease_ends)
    if taken.state is FileState.STORED:
        await send_file(desk, bank, held, slot)
    elif taken.state is FileState.ACCEPTED:
        await _ask_result(desk, bank, held)
    elif await tell_items(desk, taken, held.transfers, _as_the_file(taken)):
        await rest_if_refused(desk, taken)


def _as_the_file(file: BankFile) -> Told:
    return Told(lambda item: item_outcome(file, item.reference))


async def _ask_result(desk: TransferDesk, bank: FileBank, held: HeldFile) -> None:
    file, policy = held.file, desk.bank_policy(bank.code)
    asked_at = desk.clock.now()
    answer = await bank.fetch_result(held.as_sent, file.receipt or "")
    ended_at = desk.clock.now()
    desk.checkpoint(Point.FILE_RESULT)
    outcome = balanced(file, answer.outcome)
    if isinstance(outcome, Unknown):
        await hold_if_ours(desk, bank.code, outcome.reason)
    if isinstance(outcome, FileResult):
        items = outcome.items
        for reason in {word.reason for word in items.values() if isinstance(word, NotSent)}:
            await hold_if_ours(desk, bank.code, reason)
        asked = Asked("inquire", 0, asked_at, ended_at)
        told = Told(lambda item: items[item.reference], asked, answer)
    elif isinstance(outcome, Unknown) and outcome.integrity:
        distrust(file)
        told = Told(lambda _: Unknown())
    else:
        told = Told(lambda _: Submitted(file.receipt))
    are_told = await tell_items(desk, file, held.transfers, told)
    desk.checkpoint(Point.FILE_TOLD)
    if isinstance(outcome, FileResult) and not are_told:
        outcome = Unknown()
    await record_file(
        desk, held, lambda row: after_result(row, outcome, now=ended_at, policy=policy)
    )


async def free_slot(desk: TransferDesk, profile: BankProfile) -> Slot | None:
    """Take the bank's next place for a file; None if it is too far away, or nothing may go out."""
    slot = await StoredLanes(desk.db).take(
        profile.code, "money", per_second=profile.per_second * SHARE, wait_s_max=SLOT_WAIT_S_MAX
    )
    return None if slot.wait_s > SLOT_WAIT_S_MAX or slot.breaker == "open" else slot


def work_key(bank: BankCode, name: str) -> UUID:
    """Return under which key this process works on a file, or gathers: once at a time."""
    return UUID(bytes=hashlib.sha256(f"{bank} {name}".encode()).digest()[:16])


async def guarded(work: Callable[[], Awaitable[None]], bank: BankCode, file_id: str) -> None:
    """Do the work; whatever goes wrong, leases end and the file is taken again."""
    try:
        await work()
    except (Busy, CommitUnknown, StaleTransfer) as error:
        log.warning("file.deferred", bank=bank, file_id=file_id, error=type(error).__name__)
    except Exception:
        log.exception(
            "alert.raised",
            code="file_not_workable",
            severity="page",
            runbook="docs/runbook.md#file_not_workable",
            bank=bank,
            file_id=file_id,
        )
