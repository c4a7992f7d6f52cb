"""Take a bank's call: verify it, keep it once, answer. What it hints at is worked afterwards."""

from collections.abc import Mapping

import structlog

from gateway.domain.account import BankCode
from gateway.domain.errors import CallbackForged, NotFoundHere
from gateway.domain.misuse import Misuse
from gateway.services.desk import TransferDesk
from gateway.store import callbacks

log = structlog.get_logger()


async def receive_callback(
    desk: TransferDesk, bank_code: BankCode, headers: Mapping[str, str], body: bytes
) -> None:
    """Keep an authentic call; a second delivery changes nothing.

    Raises CallbackForged, NotFoundHere (no such bank connected) or Busy: the bank comes again.
    """
    bank = desk.banks.get(bank_code)
    if bank is None:
        raise NotFoundHere
    call = await bank.read_callback(headers, body)
    if call is None:
        log.warning("callback.refused", bank=bank_code)
        desk.tally.count(Misuse.CALLBACK_FORGED, desk.clock.now())
        raise CallbackForged
    is_new = await callbacks.keep(desk.db, bank_code, call, now=desk.clock.now())
    if not is_new:
        log.info("callback.repeated", bank=bank_code, reference=call.reference)
        return
    log.info("callback.received", bank=bank_code, reference=call.reference)
