"""Tell the operators what is left on the lender's accounts at the banks, before it runs short."""

import structlog

from gateway.services.desk import TransferDesk
from gateway.store.ledger import measure_settlement

log = structlog.get_logger()


async def watch_settlement(desk: TransferDesk) -> int:
    """Set the gauges, and alert once when a balance falls below its bank's low-water mark.

    Our own ledger says what is there; no bank is asked. Return how many accounts were looked at.
    """
    for bank, profile in desk.profiles.items():
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
    return len(desk.profiles)
