"""Ask a bank what became of a collection: the only proof that money came, or did not."""

import asyncio
from datetime import timedelta

from gateway.domain.outcome import Unknown
from gateway.domain.ports import Point
from gateway.domain.repayment import Repayment
from gateway.domain.repayment_decision import after_inquiry
from gateway.services.about import about_repayment
from gateway.services.collection_order import collection_order, pace_at
from gateway.services.desk import TransferDesk
from gateway.services.hold_bank import hold_if_ours
from gateway.services.record_decision import Asked, bank_call
from gateway.services.record_repayment import record_repayment
from gateway.store.repayments import take_inquiry

ASKED_AGAIN_S = 0.5


async def inquire_due_repayment(desk: TransferDesk, repayment: Repayment) -> None:
    """Inquire, unless another process has taken this inquiry already."""
    taken_for_s = desk.profiles[repayment.bank].lease_s
    next_at = desk.clock.now() + timedelta(seconds=taken_for_s)
    if await take_inquiry(desk.db, repayment, next_at=next_at):
        desk.checkpoint(Point.INQUIRY_CLAIMED)
        await inquire_repayment(desk, repayment)


async def inquire_repayment(desk: TransferDesk, repayment: Repayment) -> Repayment:
    """Ask the bank now, whatever state the repayment is in; return it as it then is."""
    bank = repayment.bank
    asked_at = desk.clock.now()
    with about_repayment(repayment):
        answer = await desk.banks[bank].inquire_collection(collection_order(desk, repayment))
    ended_at = desk.clock.now()
    outcome = answer.outcome
    if isinstance(outcome, Unknown):
        await hold_if_ours(desk, bank, outcome.reason)
    policy, pace = desk.bank_policy(bank), pace_at(desk, bank)
    return await record_repayment(
        desk,
        repayment,
        lambda row: after_inquiry(
            row, outcome, asked_at=asked_at, now=ended_at, policy=policy, pace=pace
        ),
        call=bank_call(Asked("inquire_collection", repayment.starts, asked_at, ended_at), answer),
    )


async def inquire_until_final(desk: TransferDesk, repayment: Repayment, *, within_s: float) -> None:
    """Ask again and again, for a browser that came back: the bank may book a little later."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + within_s
    gap_s = ASKED_AGAIN_S * desk.settings.time_scale
    while True:
        repayment = await inquire_repayment(desk, repayment)
        if repayment.is_final or loop.time() + gap_s >= ends:
            return
        await asyncio.sleep(gap_s)
