"""What the worker does with repayments, a round at a time: start what is due, ask."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog
from asyncpg import Record

from gateway.domain.errors import Busy, CommitUnknown, StaleTransfer
from gateway.domain.repayment import OPEN, Repayment
from gateway.services.desk import TransferDesk
from gateway.services.inquire_repayment import inquire_due_repayment
from gateway.services.start_repayment import start_due_repayment
from gateway.store.repayments import (
    inquiry_rows,
    open_by_state,
    postpone,
    read_repayment,
    start_rows,
)

POSTPONED_S = 600

log = structlog.get_logger()


async def start_repayments(desk: TransferDesk) -> int:
    """Start again what has not been started; return how many were begun."""
    rows = await start_rows(desk.db, now=desk.clock.now(), limit=desk.senders.room)
    return _begin(desk, rows, partial(start_due_repayment, desk))


async def ask_repayments(desk: TransferDesk) -> int:
    """Begin the inquiries that are due, in whatever state; return how many were begun."""
    if not desk.senders.room:
        return 0
    rows = await inquiry_rows(desk.db, now=desk.clock.now(), limit=desk.senders.room)
    return _begin(desk, rows, partial(inquire_due_repayment, desk))


async def measure_repayments(desk: TransferDesk) -> int:
    """Set the gauge; return how many repayments are open."""
    found = await open_by_state(desk.db)
    for state in OPEN:
        desk.metrics.gauge("repayments_open", found.get(state, 0), state=state)
    return sum(found.values())


def _begin(
    desk: TransferDesk, rows: list[Record], work: Callable[[Repayment], Awaitable[None]]
) -> int:
    return sum(
        desk.senders.try_start(row["id"], partial(_guarded, desk, row, work)) for row in rows
    )


async def _guarded(
    desk: TransferDesk, row: Record, work: Callable[[Repayment], Awaitable[None]]
) -> None:
    """Work one row; a row that cannot be worked stands aside, and the others go on."""
    try:
        await work(read_repayment(row))
    except (Busy, StaleTransfer, CommitUnknown) as error:
        log.warning("repayment.deferred", repayment_id=str(row["id"]), error=type(error).__name__)
    except Exception:
        until = desk.clock.now() + timedelta(seconds=POSTPONED_S * desk.settings.time_scale)
        await postpone(desk.db, member_id=row["member_id"], repayment_id=row["id"], until=until)
        log.exception(
            "alert.raised",
            code="repayment_not_workable",
            severity="page",
            runbook="docs/runbook.md#repayment_not_workable",
            repayment_id=str(row["id"]),
        )
