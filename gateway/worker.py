"""The background work of a gateway: one table of loops, and the loop that runs one of them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from gateway.domain.errors import Busy
from gateway.domain.ports import Metrics
from gateway.services.act_on_reviews import act_on_reviews, measure_reviews
from gateway.services.desk import TransferDesk
from gateway.services.gather_file import gather_files
from gateway.services.measure_transfers import measure_transfers
from gateway.services.read_today import read_today
from gateway.services.replan_transfers import replan_transfers
from gateway.services.run_mornings import run_mornings
from gateway.services.watch_accounts import watch_accounts
from gateway.services.watch_misuse import watch_misuse
from gateway.services.watch_settlement import watch_settlement
from gateway.services.work_callbacks import work_callbacks
from gateway.services.work_due_dates import work_due_dates
from gateway.services.work_files import work_files
from gateway.services.work_repayments import (
    ask_repayments,
    measure_repayments,
    start_repayments,
)
from gateway.services.work_transfers import ask_due, recover_ended, send_due

log = structlog.get_logger()

REST_AFTER_FAILURE = 5


@dataclass(frozen=True, slots=True)
class Loop:
    """A service that does what is due every `interval_s` (real seconds, times `time_scale`)."""

    name: str
    interval_s: float
    work: Callable[[TransferDesk], Awaitable[int]]


LOOPS = (
    Loop("send_due", 0.25, send_due),
    Loop("gather_files", 0.25, gather_files),
    Loop("work_files", 0.25, work_files),
    Loop("ask_due", 0.25, ask_due),
    Loop("start_repayments", 1.0, start_repayments),
    Loop("ask_repayments", 0.25, ask_repayments),
    Loop("recover_ended", 1.0, recover_ended),
    Loop("work_due_dates", 30.0, work_due_dates),
    Loop("work_callbacks", 0.25, work_callbacks),
    Loop("replan_transfers", 1.0, replan_transfers),
    Loop("measure_transfers", 10.0, measure_transfers),
    Loop("measure_repayments", 10.0, measure_repayments),
    Loop("measure_reviews", 10.0, measure_reviews),
    Loop("watch_settlement", 30.0, watch_settlement),
    Loop("watch_accounts", 10.0, watch_accounts),
    Loop("watch_misuse", 10.0, watch_misuse),
    Loop("act_on_reviews", 1.0, act_on_reviews),
    Loop("run_mornings", 60.0, run_mornings),
    Loop("read_today", 60.0, read_today),
)


async def run_loops(desk: TransferDesk, stopping: asyncio.Event) -> None:
    """Run every loop until `stopping` is set; a round that was begun is ended."""
    async with asyncio.TaskGroup() as group:
        for loop in LOOPS:
            group.create_task(_run(loop, desk, stopping), name=loop.name)


async def _run(loop: Loop, desk: TransferDesk, stopping: asyncio.Event) -> None:
    interval_s = loop.interval_s * desk.settings.time_scale
    while not stopping.is_set():
        is_done = await _round(loop, desk, desk.metrics)
        await _rest(stopping, interval_s if is_done else interval_s * REST_AFTER_FAILURE)


async def _round(loop: Loop, desk: TransferDesk, metrics: Metrics) -> bool:
    """Return whether the round went well; what it did not do is done in a later one."""
    try:
        await loop.work(desk)
    except Busy as error:
        log.warning("worker.busy", loop=loop.name, error=str(error))
        metrics.count("worker_passes", loop=loop.name, result="busy")
        return False
    except Exception:
        log.exception(
            "alert.raised",
            code="worker_round_failed",
            severity="page",
            runbook="docs/runbook.md#worker_round_failed",
            loop=loop.name,
        )
        metrics.count("worker_passes", loop=loop.name, result="failed")
        return False
    metrics.count("worker_passes", loop=loop.name, result="done")
    return True


async def _rest(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
