"""Act on what two operators have decided: once, and again if it was cut off in the middle."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.errors import Busy, CommitUnknown, StaleTransfer, StatedByBank, required
from gateway.domain.house_money import NAMES
from gateway.domain.money import Yen
from gateway.domain.outcome import Paid
from gateway.domain.repayment import Repayment
from gateway.domain.repayment import State as RepaymentState
from gateway.domain.repayment_decision import Decision, after_paid
from gateway.domain.resolution import (
    ASSIGNS,
    OF_A_TRANSFER,
    after_resolution,
    assigned_entry,
    fitting,
    refund_entry,
)
from gateway.domain.review import Resolution, ReviewKind
from gateway.services.book_entry import FoundEntry, book_entry
from gateway.services.desk import TransferDesk
from gateway.services.name_line import line_of, line_standing, name_line, unname_line
from gateway.services.record_decision import record_decision
from gateway.services.record_repayment import record_repayment
from gateway.services.redate_entry import redate_entry
from gateway.services.set_off import set_off
from gateway.services.take_back import take_back
from gateway.services.withdraw_entry import WrongEntry, raise_again, withdraw_entry
from gateway.store.daily_runs import RECONCILE, Run, run_again
from gateway.store.repayments import find_repayment
from gateway.store.review_items import (
    Proposal,
    ReviewItem,
    act_later,
    due_acts,
    mark_acted,
    open_by_kind,
    read_item,
)
from gateway.store.transfers import find_transfer

PAID = RepaymentState.SETTLED
AT_ONCE = 50
LATER_S = 600

log = structlog.get_logger()


async def act_on_reviews(desk: TransferDesk) -> int:
    """Act on the items that are due; return how many were acted on."""
    acted = 0
    for row in await due_acts(desk.db, now=desk.clock.now(), limit=AT_ONCE):
        try:
            await act(desk, read_item(row))
        except (Busy, StaleTransfer, CommitUnknown):
            continue  # it comes again in the next round
        except Exception:
            log.exception(
                "alert.raised",
                code="resolution_not_workable",
                severity="page",
                runbook="docs/runbook.md#resolution_not_workable",
                bank=row["bank"],
                kind=row["kind"],
                reference=row["reference"],
            )
            await _stand_aside(desk, row)
            continue
        acted += 1
    return acted


async def act(desk: TransferDesk, item: ReviewItem) -> None:
    """Do what was confirmed. Every part of it may be done twice with one effect."""
    proposal = item.proposal
    if proposal is None or item.confirmed_by is None:
        raise ValueError(f"nothing was confirmed about item {item.id}")
    carry_out = ACTS.get(proposal.resolution)
    if carry_out is not None:
        await carry_out(desk, item, proposal)
    now = desk.clock.now()
    for bank, day in _days(item, proposal):
        await run_again(desk.db, Run(RECONCILE, bank, day), now=now)
    await mark_acted(desk.db, item, now=now)
    log.info(
        "resolution.acted",
        kind=item.kind,
        bank=item.bank,
        reference=item.reference,
        outcome=proposal.resolution,
    )


async def measure_reviews(desk: TransferDesk) -> int:
    """Set the gauge of what waits for people; return how much does."""
    waiting = await open_by_kind(desk.db)
    for kind in ReviewKind:
        desk.metrics.gauge("review_items", waiting.get(kind, 0), kind=kind)
    return sum(waiting.values())


async def _move_transfer(desk: TransferDesk, item: ReviewItem, proposal: Proposal) -> None:
    if item.transfer_id is None:
        raise ValueError(f"item {item.id} is about no transfer")
    transfer = await find_transfer(desk.db, member_id=item.member_id, transfer_id=item.transfer_id)
    if transfer is None:
        raise LookupError(f"the transfer of item {item.id} is not there")
    now, policy = desk.clock.now(), desk.policy(transfer)
    try:
        await record_decision(
            desk,
            transfer,
            lambda row: after_resolution(
                *(row, proposal.resolution, proposal.particulars),
                item_id=item.id,
                now=now,
                policy=policy,
            ),
        )
    except StatedByBank:
        # The statement has it: the day's next reconciliation books it, and nothing is sent.
        log.warning("resolution.void", kind=item.kind, bank=item.bank, reference=item.reference)


async def _pay(desk: TransferDesk, item: ReviewItem, proposal: Proposal) -> None:
    if item.repayment_id is None or item.amount is None:
        raise ValueError(f"item {item.id} is about no repayment that was paid")
    row = required(
        await find_repayment(desk.db, member_id=item.member_id, repayment_id=item.repayment_id),
        LookupError(f"the repayment of item {item.id} is not there"),
    )
    booked_at = fitting(proposal.particulars["booked_at"], since=row.accepted_at)
    paid = Paid(booked_at, Yen(item.amount))
    now = desk.clock.now()
    await record_repayment(
        desk,
        row,
        lambda known: None if known.state is PAID else _paid_by(known, paid, item, now),
    )


def _paid_by(known: Repayment, paid: Paid, item: ReviewItem, now: datetime) -> Decision:
    decision = after_paid(known, paid, now=now)
    return replace(decision, repayment=replace(decision.repayment, decided_by=item.id))


async def _assign(desk: TransferDesk, item: ReviewItem, proposal: Proposal) -> None:
    standing = await line_standing(desk.db, line_of(item))
    if standing.aside != item.details["set_aside"]:
        # Something explained the line after it was confirmed: it is nobody's to be given to.
        log.warning("resolution.void", kind=item.kind, bank=item.bank, reference=item.reference)
        return
    booked_at = datetime.fromisoformat(item.details["booked_at"])
    amount = Yen(abs(item.details["set_aside"]))
    entry = assigned_entry(item.id, proposal.resolution, amount, booked_at)
    member_id = UUID(proposal.particulars["member"])
    await book_entry(desk, FoundEntry(member_id, entry, bank_id=item.details["bank_id"]))


async def _refund(desk: TransferDesk, item: ReviewItem, proposal: Proposal) -> None:
    if item.amount is None:
        raise ValueError(f"item {item.id} names no amount")
    entry = refund_entry(item.id, Yen(item.amount), proposal.particulars)
    await book_entry(desk, FoundEntry(item.member_id, entry))


async def _withdraw(desk: TransferDesk, item: ReviewItem, proposal: Proposal) -> None:
    if item.kind is ReviewKind.NAME_WRONG:
        await unname_line(desk, item)
        return
    if item.kind is ReviewKind.DECISION_WRONG:
        await take_back(desk, item, proposal.note)
        return
    wrong = WrongEntry(item.member_id, UUID(item.details["entry"]), proposal.note)
    await withdraw_entry(desk, wrong)
    # Money that was given to this member is nobody's, or owed, again: people decide anew.
    await raise_again(desk.db, wrong, now=desk.clock.now())


def _days(item: ReviewItem, proposal: Proposal) -> list[tuple[BankCode, date]]:
    """Return the days that look different now, and are reconciled once more."""
    days = [] if item.booked_on is None else [(item.bank, item.booked_on)]
    if proposal.resolution is Resolution.REFUNDED:
        said = proposal.particulars
        days.append((BankCode(said["bank"]), date.fromisoformat(said["on"])))
    return days


async def _stand_aside(desk: TransferDesk, row: Record) -> None:
    at = desk.clock.now() + timedelta(seconds=LATER_S * desk.settings.time_scale)
    await act_later(desk.db, member_id=row["member_id"], item_id=row["id"], at=at)


async def _name(desk: TransferDesk, item: ReviewItem, proposal: Proposal) -> None:
    await name_line(desk, item, proposal.resolution)


async def _set_off(desk: TransferDesk, item: ReviewItem, _: Proposal) -> None:
    await set_off(desk, item)


async def _redate(desk: TransferDesk, item: ReviewItem, proposal: Proposal) -> None:
    del proposal
    await redate_entry(desk, item)


Act = Callable[[TransferDesk, ReviewItem, Proposal], Awaitable[None]]
# What follows from each resolution; from what is only noted, nothing.
ACTS: Mapping[Resolution, Act] = {
    **dict.fromkeys(OF_A_TRANSFER, _move_transfer),
    **dict.fromkeys(ASSIGNS, _assign),
    **dict.fromkeys(NAMES, _name),
    Resolution.PAID: _pay,
    Resolution.REFUNDED: _refund,
    Resolution.WITHDRAWN: _withdraw,
    Resolution.REDATED: _redate,
    Resolution.SET_OFF: _set_off,
}
