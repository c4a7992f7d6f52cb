"""Hold a bank's queue, at once and for all processes."""

import structlog

from gateway.domain.account import BankCode
from gateway.domain.reason import Reason
from gateway.services.desk import TransferDesk
from gateway.store.stops import Stop, hold

log = structlog.get_logger()

GATEWAY = "gateway"


async def hold_bank(desk: TransferDesk, bank: BankCode, reason: Reason) -> None:
    """Stop sending to `bank` until an operator releases it: our trouble is no member's refusal."""
    stop = Stop(desk.new_id(), bank, reason, GATEWAY, desk.clock.now())
    if await hold(desk.db, stop):
        log.error(
            "alert.raised",
            code=f"bank_held_{reason}",
            severity="page",
            runbook=f"docs/runbook.md#bank_held_{reason}",
            bank=bank,
        )
