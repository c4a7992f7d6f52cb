"""What the worker does with transfers, a round at a time: send what is due, ask, recover."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog
from asyncpg import Record

from gateway.domain.errors import Busy, CommitUnknown, StaleTransfer
from gateway.domain.transfer import Transfer
from gateway.profiles import BankProfile
from gateway.services.apart import apart
from gateway.services.desk import TransferDesk
from gateway.services.inquire_transfer import inquire_due_transfer
from gateway.services.recover_transfers import recover_transfer
from gateway.services.send_transfer import send_due_transfer
from gateway.store.files import left_by, read_file, release_file
from gateway.store.queues import due_rows, inquiry_rows, lease_ended_rows, rows_left_by
from gateway.store.transfers import postpone, read_transfer

POSTPONED_S = 600
RECOVERED_AT_ONCE = 100
PATIENCE_USED = 0.5  # another process may see the same slots as free

log = structlog.get_logger()


async def send_due(desk: TransferDesk) -> int:
    """Start sending what is due, each bank's by itself; return how many were started.

    Where banks take files, `gather_files` does that.
    """
    started = 0
    for bank, profile in desk.profiles.items():
        limit = 0 if profile.batched else _room_at(desk, profile)
        if limit > 0:
            rows = await due_rows(desk.db, bank, now=desk.clock.now(), limit=limit)
            now_s = asyncio.get_running_loop().time()
            work = partial(send_due_transfer, desk, now_s=now_s)
            started += _start(desk, rows[: _in_turn(desk, profile, rows)], work, lane=bank)
    return started


def _room_at(desk: TransferDesk, profile: BankProfile) -> int:
    """Return how many more may be in hand at a bank."""
    return min(desk.senders.room, profile.bulkhead - desk.senders.in_hand(profile.code))


def _in_turn(desk: TransferDesk, profile: BankProfile, rows: list[Record]) -> int:
    """Return how many of a bank's due rows its limit lets out soon.

    A queue that is let go all at once, when a window ends, would wear itself out in being given
    back: one that waits for its turn for longer than `slot_wait_s` is.
    """
    if not rows or profile.per_second == 0:
        return len(rows)
    patience_s = profile.slot_wait_s * PATIENCE_USED - max(0.0, rows[0]["ahead_s"] or 0.0)
    slots = math.ceil(patience_s * profile.per_second) - desk.senders.claiming(profile.code)
    return max(0, slots)


async def ask_due(desk: TransferDesk) -> int:
    """Start the inquiries that are due, as far as there is room; return how many were started."""
    if not desk.senders.room:
        return 0
    rows = await inquiry_rows(desk.db, now=desk.clock.now(), limit=desk.senders.room)
    return _start(desk, rows, partial(inquire_due_transfer, desk))


async def recover_ended(desk: TransferDesk) -> int:
    """Take over transfers whose lease has ended; return how many were started."""
    rows = await lease_ended_rows(desk.db, limit=RECOVERED_AT_ONCE + len(desk.aside))
    return _recover(desk, rows)


async def recover_own(desk: TransferDesk) -> int:
    """Take over, at once, what a former run of this instance held.

    Only for a process that holds the lock of its instance's name, before it sends anything.
    """
    for row in await left_by(desk.db, desk.instance):
        about, told = (row["bank"], row["file_id"]), {"bank": row["bank"]}
        await apart(desk, "recover_own", about, work=partial(_release, desk, row), told=told)
    return _recover(desk, await rows_left_by(desk.db, desk.instance))


async def _release(desk: TransferDesk, row: Record) -> None:
    await release_file(desk.db, read_file(row))


def _recover(desk: TransferDesk, rows: list[Record]) -> int:
    """Take over, room or not: no bank is called, and with hands full they would wait for ever."""
    return sum(desk.senders.start(row["id"], partial(_take_over, desk, row)) for row in rows)


async def _take_over(desk: TransferDesk, row: Record) -> None:
    """Take one over; a row that cannot be read keeps its lease, and is left alone for a while."""

    async def work() -> None:
        await recover_transfer(desk, read_transfer(row))

    told = {"transfer_id": str(row["id"]), "bank": row["bank"]}
    await apart(desk, "recover_ended", row["id"], work=work, told=told)


def _start(
    desk: TransferDesk,
    rows: list[Record],
    work: Callable[[Transfer], Awaitable[object]],
    *,
    lane: str = "",
) -> int:
    return sum(
        desk.senders.try_start(row["id"], partial(_guarded, desk, row, work), lane=lane)
        for row in rows
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
