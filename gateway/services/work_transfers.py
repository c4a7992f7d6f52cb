"""What the worker does with transfers, a round at a time: send what is due, ask, recover."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog
from asyncpg import Record

from gateway.domain.errors import Busy, CommitUnknown, StaleTransfer
from gateway.domain.transfer import Transfer
from gateway.services.desk import TransferDesk
from gateway.services.inquire_transfer import inquire_due_transfer
from gateway.services.recover_transfers import recover_transfer
from gateway.services.send_transfer import send_due_transfer
from gateway.store.files import release_left_by
from gateway.store.transfers import (
    due_rows,
    inquiry_rows,
    lease_ended_rows,
    postpone,
    read_transfer,
    rows_left_by,
)

POSTPONED_S = 600
RECOVERED_AT_ONCE = 100

log = structlog.get_logger()


async def send_due(desk: TransferDesk) -> int:
    """Start sending what is due, as far as there is room; return how many were started.

    Where banks take files, `gather_files` does that.
    """
    if not desk.senders.room:
        return 0
    banks = [code for code, profile in desk.profiles.items() if not profile.batched]
    rows = await due_rows(desk.db, now=desk.clock.now(), limit=desk.senders.room, banks=banks)
    now_s = asyncio.get_running_loop().time()
    return _start(desk, rows, lambda transfer: send_due_transfer(desk, transfer, now_s=now_s))


async def ask_due(desk: TransferDesk) -> int:
    """Start the inquiries that are due, as far as there is room; return how many were started."""
    if not desk.senders.room:
        return 0
    rows = await inquiry_rows(desk.db, now=desk.clock.now(), limit=desk.senders.room)
    return _start(desk, rows, partial(inquire_due_transfer, desk))


async def recover_ended(desk: TransferDesk) -> int:
    """Take over transfers whose lease has ended; return how many were started."""
    rows = await lease_ended_rows(desk.db, limit=RECOVERED_AT_ONCE)
    return _recover(desk, rows)


async def recover_own(desk: TransferDesk) -> int:
    """Take over, at once, what a former run of this instance held.

    Only for a process that holds the lock of its instance's name, before it sends anything.
    """
    await release_left_by(desk.db, desk.instance)
    return _recover(desk, await rows_left_by(desk.db, desk.instance))


def _recover(desk: TransferDesk, rows: list[Record]) -> int:
    """Take over, room or not: no bank is called, and with hands full they would wait for ever."""
    work = partial(recover_transfer, desk)
    return sum(desk.senders.start(row["id"], partial(_guarded, desk, row, work)) for row in rows)


def _start(
    desk: TransferDesk, rows: list[Record], work: Callable[[Transfer], Awaitable[object]]
) -> int:
    return sum(
        desk.senders.try_start(row["id"], partial(_guarded, desk, row, work)) for row in rows
    )


async def _guarded(
    desk: TransferDesk, row: Record, work: Callable[[Transfer], Awaitable[object]]
) -> None:
    """Work one row; a row that cannot be worked stands aside, and the others go on."""
    try:
        await work(read_transfer(row))
    except (Busy, StaleTransfer, CommitUnknown) as error:
        # Not the row's fault: it comes again in a later round, when its lease ends at the latest.
        log.warning("transfer.deferred", transfer_id=str(row["id"]), error=type(error).__name__)
    except Exception:
        await stand_aside(desk, row)
        raise


async def stand_aside(desk: TransferDesk, row: Record) -> None:
    """Put a row that cannot be worked aside for a while."""
    until = desk.clock.now() + timedelta(seconds=POSTPONED_S * desk.settings.time_scale)
    await postpone(desk.db, member_id=row["member_id"], transfer_id=row["id"], until=until)
