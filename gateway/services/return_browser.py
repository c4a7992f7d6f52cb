"""Receive a payer's browser that a bank sends back: ask the bank, and say where it goes on to."""

import asyncio
from uuid import uuid5

import structlog

from gateway.domain.account import BankCode
from gateway.domain.errors import Busy, CommitUnknown, ReturnStateInvalid, StaleTransfer
from gateway.domain.repayment import Repayment
from gateway.services.collection_order import returned_for
from gateway.services.desk import TransferDesk
from gateway.services.inquire_repayment import inquire_until_final
from gateway.store.repayments import find_repayment, hasten_inquiry

RETURN_WAIT_S = 3.0

log = structlog.get_logger()


async def return_browser(desk: TransferDesk, bank: BankCode, state: str) -> Repayment:
    """Return the repayment that the browser came back for, as it is a moment later.

    Whatever else the browser brings counts for nothing. Raises ReturnStateInvalid for a state that
    is forged, another bank's or too old; nothing is changed then.
    """
    named = returned_for(desk, state, desk.clock.now())
    repayment = None
    if named is not None:
        repayment = await find_repayment(desk.db, member_id=named[0], repayment_id=named[1])
    if repayment is None or repayment.bank is not bank:
        log.warning("return.refused", bank=bank)
        raise ReturnStateInvalid
    log.info(
        "return.received",
        repayment_id=str(repayment.id),
        bank=bank,
        reference=repayment.reference,
        state=repayment.state,
    )
    if repayment.is_answered_finally:
        return repayment
    await _inquire(desk, repayment)
    found = await find_repayment(desk.db, member_id=repayment.member_id, repayment_id=repayment.id)
    return found or repayment


async def _inquire(desk: TransferDesk, repayment: Repayment) -> None:
    """Ask for a moment; what takes longer goes on behind the browser's back."""
    ended = asyncio.Event()

    async def ask() -> None:
        try:
            await inquire_until_final(desk, repayment, within_s=RETURN_WAIT_S)
        except (Busy, CommitUnknown, StaleTransfer) as error:
            log.warning(
                "repayment.deferred", repayment_id=str(repayment.id), error=type(error).__name__
            )
        finally:
            ended.set()

    # Beside an inquiry that is under way: the answer to that one may be from before the approval.
    if not desk.senders.try_start(uuid5(repayment.id, "return"), ask):
        await hasten_inquiry(
            desk.db,
            member_id=repayment.member_id,
            repayment_id=repayment.id,
            now=desk.clock.now(),
        )
        return
    try:
        async with asyncio.timeout(RETURN_WAIT_S):
            await ended.wait()
    except TimeoutError:
        return
