"""Reconcile before anything else, after the database was restored from a backup.

What the banks did since the backup is booked from their statements. A pay-out under a reference of
ours that the database lacks holds its bank: asked for again, it would be sent again.
"""

import asyncio
import re
from datetime import date, timedelta

import structlog

from gateway.domain.account import BankCode
from gateway.domain.breaks import Break
from gateway.domain.day_report import DayReport
from gateway.domain.hours import JST
from gateway.services.desk import TransferDesk
from gateway.services.reconcile import reconcile_day
from gateway.services.run_mornings import note_by_hand
from gateway.store.daily_runs import RECONCILE, last_done
from gateway.store.statements import first_booked
from gateway.store.stops import Stop, hold

AGAIN_S = 30.0
ALERTS_FROM = 3
HELD_FOR = "transfers_missing_after_restore"
HELD_BY = "gateway"
REFERENCE = re.compile(r"[A-Z2-7]{20}")
DAY = timedelta(days=1)

log = structlog.get_logger()


async def reconcile_restored(desk: TransferDesk) -> list[DayReport]:
    """Return what was found at every bank on every day since the last that was reconciled.

    No bank is asked for anything but statements, and it goes on until each could be had.
    """
    reports = await asyncio.gather(*(_catch_up(desk, bank) for bank in desk.banks))
    return [report for of_bank in reports for report in of_bank]


async def _catch_up(desk: TransferDesk, bank: BankCode) -> list[DayReport]:
    today = desk.clock.now().astimezone(JST).date()
    last = await last_done(desk.db, RECONCILE, bank)
    first = await first_booked(desk.db, bank) if last is None else last + DAY
    day, reports = min(first or today, today), []
    while day <= today:
        report = await _until_believed(desk, bank, day)
        await note_by_hand(desk, report)
        reports.append(report)
        day += DAY
    if any(_is_missing(report) for report in reports):
        await _hold(desk, bank)
    return reports


async def _until_believed(desk: TransferDesk, bank: BankCode, day: date) -> DayReport:
    tries = 0
    while True:
        report = await reconcile_day(desk, bank, day)
        if report.refused is None:
            return report
        tries += 1
        if tries == ALERTS_FROM:
            log.error(
                "alert.raised",
                code="reconciliation_failed",
                severity="page",
                runbook="docs/runbook.md#reconciliation_failed",
                bank=bank,
                day=day.isoformat(),
                reason=report.refused,
            )
        await asyncio.sleep(AGAIN_S * desk.settings.time_scale)


def _is_missing(report: DayReport) -> bool:
    """Whether the bank paid out under a reference that only we can have made."""
    return any(
        found.kind is Break.DEBIT_UNKNOWN and REFERENCE.fullmatch(found.reference or "")
        for found in report.breaks
    )


async def _hold(desk: TransferDesk, bank: BankCode) -> None:
    now = desk.clock.now()
    await hold(desk.db, Stop(desk.new_id(), bank, HELD_FOR, HELD_BY, now), is_audited=False)
    log.error(
        "alert.raised",
        code="transfers_missing",
        severity="page",
        runbook="docs/runbook.md#transfers_missing",
        bank=bank,
    )
