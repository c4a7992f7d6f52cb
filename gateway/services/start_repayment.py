"""Start a repayment at its bank, and write down what came of it."""

from dataclasses import replace
from datetime import timedelta

from gateway.domain.outcome import NotSent, Unknown
from gateway.domain.repayment import Repayment
from gateway.domain.repayment_decision import after_start, after_start_time
from gateway.services.about import about_repayment
from gateway.services.collection_order import collection_order
from gateway.services.desk import TransferDesk
from gateway.services.hold_bank import hold_if_ours
from gateway.services.record_decision import Asked, bank_call
from gateway.services.record_repayment import record_repayment
from gateway.store.repayments import take_start


async def start_due_repayment(desk: TransferDesk, repayment: Repayment) -> None:
    """Start it again, unless its time is over or another process does so already."""
    now = desk.clock.now()
    if now >= repayment.start_until:
        await record_repayment(desk, repayment, lambda row: after_start_time(row, now=now))
        return
    next_at = now + timedelta(seconds=desk.profiles[repayment.bank].lease_s)
    starts = await take_start(desk.db, repayment, next_at=next_at)
    if starts is not None:
        await start_repayment(desk, replace(repayment, start_at=next_at, starts=starts))


async def start_repayment(desk: TransferDesk, repayment: Repayment) -> Repayment:
    """Start it now; return it as it then is. Its reference is durable before this is called."""
    started_at = desk.clock.now()
    order, bank = collection_order(desk, repayment), desk.banks[repayment.bank]
    with about_repayment(repayment):
        answer = await bank.start_collection(order)
    ended_at = desk.clock.now()
    outcome = answer.outcome
    if isinstance(outcome, NotSent | Unknown):
        await hold_if_ours(desk, repayment.bank, outcome.reason)
    policy = desk.bank_policy(repayment.bank)
    return await record_repayment(
        desk,
        repayment,
        lambda row: after_start(row, outcome, now=ended_at, policy=policy),
        call=bank_call(Asked("start_collection", repayment.starts, started_at, ended_at), answer),
    )
