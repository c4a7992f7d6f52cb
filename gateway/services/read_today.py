"""Read today's statement at each bank, once an hour: what it shows is booked before the morning.

A return that nobody told of, a top-up and a sweep are known within the hour; what is merely not
there yet is not asked for before the day is over.
"""

from datetime import datetime
from functools import partial

import structlog

from gateway.domain.account import BankCode
from gateway.domain.errors import GatewayError
from gateway.domain.hours import JST
from gateway.services.apart import apart
from gateway.services.desk import TransferDesk
from gateway.services.reconcile import reconcile_day
from gateway.services.run_mornings import LEASE_S, is_bank_open, summary
from gateway.store.daily_runs import Run, end_run, take_run
from gateway.store.statements import first_booked

READ_TODAY = "read_today"

log = structlog.get_logger()


async def read_today(desk: TransferDesk) -> int:
    """Read today's statement wherever this hour's reading was not done yet; return how many were.

    One process reads, and once: what could not be had is read in the next hour, and in the
    morning. A bank that does not answer keeps no other waiting.
    """
    read = 0
    for bank in desk.banks:
        work, told = partial(_read, desk, bank), {"bank": bank.value}
        read += bool(await apart(desk, READ_TODAY, bank, work=work, told=told))
    return read


async def _read(desk: TransferDesk, bank: BankCode) -> bool:
    now = desk.clock.now()
    since = await first_booked(desk.db, bank)
    if since is None or not await is_bank_open(desk, bank):
        return False
    run = hourly_run(bank, now)
    lease_s = LEASE_S * desk.settings.time_scale
    if await take_run(desk.db, run, now=now, lease_s=lease_s) is None:
        return False
    await end_run(desk.db, run, now=desk.clock.now(), report=await _report(desk, run))
    return True


def hourly_run(bank: BankCode, now: datetime) -> Run:
    """Return the reading of the hour (JST) that `now` is in."""
    local = now.astimezone(JST)
    return Run(f"{READ_TODAY}_{local:%H}", bank, local.date())


async def _report(desk: TransferDesk, run: Run) -> dict[str, object]:
    try:
        report = await reconcile_day(desk, run.bank, run.day)
    except GatewayError as error:
        why = type(error).__name__
    except Exception as error:
        # It keeps no other bank waiting; the morning's run meets the same, and is tried again.
        why = type(error).__name__
        log.exception(
            "alert.raised",
            code="reconciliation_failed",
            severity="page",
            runbook="docs/runbook.md#reconciliation_failed",
            bank=run.bank,
            day=run.day.isoformat(),
            reason=why,
        )
    else:
        if report.refused is None:
            return summary(report)
        why = report.refused
    log.warning("today.not_read", bank=run.bank, day=run.day.isoformat(), reason=why)
    return {"failed": why}
