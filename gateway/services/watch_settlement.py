"""Tell the operators what is left on the lender's accounts at the banks, before it runs short."""

from functools import partial

import structlog

from gateway.profiles import BankProfile
from gateway.services.apart import apart
from gateway.services.desk import TransferDesk
from gateway.store.ledger import measure_settlement

log = structlog.get_logger()


async def watch_settlement(desk: TransferDesk) -> int:
    """Set the gauges, and alert once when a balance falls below its bank's low-water mark.

    Our own ledger says what is there; no bank is asked. Return how many accounts were looked at.
    """
    for bank, profile in desk.profiles.items():
        work, told = partial(_watch, desk, profile), {"bank": bank.value}
        await apart(desk, "watch_settlement", bank, work=work, told=told)
    return len(desk.profiles)


async def _watch(desk: TransferDesk, profile: BankProfile) -> None:
    bank = profile.code
    measured = await measure_settlement(
        desk.db, bank, low_water=profile.low_water, step=desk.new_id()
    )
    desk.metrics.gauge("settlement_balance", measured.balance, bank=bank)
    if measured.has_fallen:
        log.error(
            "alert.raised",
            code="settlement_balance_low",
            severity="ticket",
            runbook="docs/runbook.md#settlement_balance_low",
            bank=bank,
            balance=measured.balance,
            low_water=profile.low_water,
        )
