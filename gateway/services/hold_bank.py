"""Hold a bank's queue, at once and for all processes."""

from contextlib import suppress

import structlog

from gateway.domain.account import BankCode
from gateway.domain.errors import Busy
from gateway.domain.reason import HOLDS_THE_BANK, Reason
from gateway.services.desk import TransferDesk
from gateway.store.stops import Stop, hold

log = structlog.get_logger()

GATEWAY = "gateway"


async def hold_bank(desk: TransferDesk, bank: BankCode, reason: Reason) -> None:
    """Stop sending to `bank` until an operator releases it: our trouble is no member's refusal."""
    stop = Stop(desk.new_id(), bank, reason, GATEWAY, desk.clock.now())
    if await hold(desk.db, stop, is_audited=False):
        log.error(
            "alert.raised",
            code=f"bank_held_{reason}",
            severity="page",
            runbook=f"docs/runbook.md#bank_held_{reason}",
            bank=bank,
        )


async def hold_if_ours(desk: TransferDesk, bank: BankCode, reason: Reason) -> None:
    """Hold the bank for trouble that is the lender's own, whatever call met it.

    Only what is not sent yet waits; inquiries go on, and nothing that is out is touched. Operators
    release it: one call that works again does not say that the others do.
    """
    if reason in HOLDS_THE_BANK:
        with suppress(Busy):  # the next call meets the same trouble, and holds it then
            await hold_bank(desk, bank, reason)
