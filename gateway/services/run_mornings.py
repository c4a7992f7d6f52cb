"""Reconcile by itself, each morning, what the day before brought, and what failed until then.

The day before that is read a second time: a line may have come to it after it was read.
"""

from datetime import date, datetime, time, timedelta
from functools import partial

import structlog

from gateway.domain.account import BankCode
from gateway.domain.day_report import DayReport
from gateway.domain.errors import GatewayError
from gateway.domain.hours import JST
from gateway.domain.reconciliation import Refusal
from gateway.services.apart import apart
from gateway.services.desk import TransferDesk
from gateway.services.quote_repayment import opening_at
from gateway.services.reconcile import reconcile_day
from gateway.store.daily_runs import (
    RECONCILE,
    Run,
    end_run,
    first_undone,
    note_done,
    run_second_time,
    take_run,
    waiting_days,
)
from gateway.store.statements import first_booked
from gateway.store.stops import known_stops

LEASE_S = 1_800.0
WAITS_S = (60, 120, 300, 600, 1_800, 3_600)
ALERTS_FROM = 3
DAY = timedelta(days=1)

log = structlog.get_logger()


async def run_mornings(desk: TransferDesk) -> int:
    """Reconcile every day that is due, at every bank that is open; return how many were run."""
    ran = 0
    for bank in desk.banks:
        work, told = partial(_run_bank, desk, bank), {"bank": bank.value}
        ran += await apart(desk, "run_mornings", bank, work=work, told=told) or 0
    return ran


async def _run_bank(desk: TransferDesk, bank: BankCode) -> int:
    if not await is_bank_open(desk, bank):
        return 0
    return sum([await run_day(desk, bank, day) for day in await _due_days(desk, bank)])


def last_day_due(now: datetime, hour: int) -> date:
    """Return the last day whose morning has come: yesterday, from `hour` (JST) on."""
    local = now.astimezone(JST)
    return local.date() - DAY * (1 if local.hour >= hour else 2)


async def is_bank_open(desk: TransferDesk, bank: BankCode) -> bool:
    """Whether the bank is in none of its windows. A hold of ours keeps nobody from asking."""
    now = desk.clock.now()
    stops = await known_stops(desk.db, now=now)
    windows = tuple(stop for stop in stops if stop.is_of(bank) and stop.window is not None)
    return opening_at(desk, bank, windows, now).is_open


async def _due_days(desk: TransferDesk, bank: BankCode) -> list[date]:
    """Return the days to be run: from the first that is not done on, and those that failed."""
    now = desk.clock.now()
    until = last_day_due(now, desk.settings.reconcile_hour)
    since = await first_booked(desk.db, bank)
    if since is not None and since <= until - DAY:
        read_before = datetime.combine(until + DAY, time(), JST)
        day_before = Run(RECONCILE, bank, until - DAY)
        await run_second_time(desk.db, day_before, read_before=read_before, now=now)
    days = set(await waiting_days(desk.db, RECONCILE, bank, until=until, now=now))
    if since is not None:
        first = await first_undone(desk.db, RECONCILE, bank, since=since)
        days |= {first + DAY * number for number in range((until - first).days + 1)}
    return sorted(days)


async def run_day(desk: TransferDesk, bank: BankCode, day: date) -> bool:
    """Run one day, unless it is done or another process runs it; return whether it was run."""
    run = Run(RECONCILE, bank, day)
    lease_s = LEASE_S * desk.settings.time_scale
    tries = await take_run(desk.db, run, now=desk.clock.now(), lease_s=lease_s)
    if tries is None:
        return False
    try:
        report = await reconcile_day(desk, bank, day)
    except GatewayError as error:
        await _failed(desk, run, tries, type(error).__name__)
        return True
    except Exception as error:
        # Not the fault of the other days: they are run, and this one is tried again.
        log.exception(
            "alert.raised",
            code="reconciliation_failed",
            severity="page",
            runbook="docs/runbook.md#reconciliation_failed",
            bank=run.bank,
            day=run.day.isoformat(),
            reason=type(error).__name__,
        )
        await _failed(desk, run, tries, type(error).__name__)
        return True
    if report.refused is not None and report.refused != Refusal.BEFORE_OPENING:
        await _failed(desk, run, tries, report.refused)
        return True
    await end_run(desk.db, run, now=desk.clock.now(), report=summary(report))
    return True


async def note_by_hand(desk: TransferDesk, report: DayReport) -> None:
    """Let nothing run by itself what an operator has done by hand, once the day was over."""
    if report.is_over and report.refused is None:
        run = Run(RECONCILE, report.bank, report.day)
        await note_done(desk.db, run, now=desk.clock.now(), report=summary(report))


def summary(report: DayReport) -> dict[str, object]:
    """Return what is kept of a report: numbers; the breaks are in the review items."""
    return {
        "lines": report.lines,
        "verdicts": {str(verdict): count for verdict, count in report.verdicts.items()},
        "booked": report.booked,
        "set_aside": report.set_aside,
        "raised": report.raised,
    }


async def _failed(desk: TransferDesk, run: Run, tries: int, why: str) -> None:
    wait_s = WAITS_S[min(tries, len(WAITS_S)) - 1] * desk.settings.time_scale
    now = desk.clock.now()
    next_at = now + timedelta(seconds=wait_s)
    await end_run(desk.db, run, now=now, report={"failed": why}, next_at=next_at)
    log.warning("reconciliation.failed", bank=run.bank, day=run.day.isoformat(), reason=why)
    if tries >= ALERTS_FROM:
        log.error(
            "alert.raised",
            code="reconciliation_failed",
            severity="page",
            runbook="docs/runbook.md#reconciliation_failed",
            bank=run.bank,
            day=run.day.isoformat(),
            reason=why,
        )
