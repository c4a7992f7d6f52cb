"""Write what was decided on a repayment, from the row it was decided on; book what came."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

import structlog

from gateway.domain.account import AccountType, BankCode
from gateway.domain.believed_dates import days_to_read
from gateway.domain.booking import Journal, book, journal_of, payment_entry, payment_id
from gateway.domain.errors import StaleTransfer, StatedByBank, required
from gateway.domain.hours import JST
from gateway.domain.ledger import SUSPENSE, Leg, charge_leg
from gateway.domain.loan_entries import LoanEntry
from gateway.domain.money import NOTHING, Yen
from gateway.domain.outcome import Paid
from gateway.domain.ports import Point
from gateway.domain.repayment import OPEN, TRANSITIONS, Event, Repayment
from gateway.domain.repayment_decision import Decision
from gateway.domain.review import NewReview, ReviewKind, review_key
from gateway.services.book_withdrawal import book_withdrawal, corrected
from gateway.services.desk import TransferDesk
from gateway.services.record_decision import READS_MAX
from gateway.services.rounds import rounds_within
from gateway.store.loan_books import read_loan_book
from gateway.store.repayments import RepaymentMove, add_call, find_repayment, record
from gateway.store.transfers import BankCall

log = structlog.get_logger()

Decide: TypeAlias = Callable[[Repayment], Decision | None]


async def record_repayment(
    desk: TransferDesk,
    repayment: Repayment,
    decide: Decide,
    *,
    call: BankCall | None = None,
    within_s: float | None = None,
) -> Repayment:
    """Apply `decide` to the repayment as it is now; return it as it then is.

    When the row or the loan has moved since, they are read and decided again, at most `READS_MAX`
    times, or for `within_s` seconds where a member waits; then StaleTransfer: the next inquiry
    finds it again. Raises StatedByBank where people would deny what the bank's statement has.
    """
    now = asyncio.get_running_loop().time
    for _ in range(READS_MAX) if within_s is None else rounds_within(within_s, now):
        decision = decide(repayment)
        if decision is None:
            if call is not None:
                await add_call(desk.db, repayment, call, call_id=desk.new_id())
            return repayment
        journals = await _journals(desk, decision)
        desk.checkpoint(Point.RECORD_BEFORE_WRITE)
        result = await record(desk.db, _change(desk, repayment, decision, journals, call))
        desk.checkpoint(Point.RECORD_AFTER_WRITE)
        if result == "stated":
            raise StatedByBank(f"the bank's statement has repayment {repayment.id}")
        if result == "moved":
            _tell(desk, repayment, decision)
            return replace(decision.repayment, fence=repayment.fence + 1)
        again = required(
            await find_repayment(desk.db, member_id=repayment.member_id, repayment_id=repayment.id),
            StaleTransfer(f"repayment {repayment.id} is gone"),
        )
        repayment = again
    raise StaleTransfer(f"repayment {repayment.id} moved again and again while it was decided on")


async def _journals(desk: TransferDesk, decision: Decision) -> tuple[Journal, ...]:
    """Return what books the payment, nothing where none came or it is booked already."""
    paid = decision.repayment
    if decision.taken_back is not None:
        first = payment_id(paid.id, 1)
        return await book_withdrawal(desk, paid.member_id, paid.id, first, bank=paid.bank)
    if Event.SETTLE not in decision.events or paid.settled_at is None or paid.paid_amount is None:
        return ()
    known = required(
        await read_loan_book(desk.db, paid.member_id),
        LookupError(f"repayment {paid.id} is a member's who has no loan"),
    )
    entry = payment_entry(paid.id, paid.bank, paid.paid_amount, paid.settled_at)
    booking = book(known, entry)
    if booking is None:
        return ()
    charge = _charge(desk, paid.bank, entry)
    return (
        journal_of(
            booking, desk.new_id, charges=(charge,), source_id=paid.id, bank_id=paid.bank_id
        ),
    )


def _charge(desk: TransferDesk, bank: BankCode, entry: LoanEntry) -> Leg:
    """Return what the bank will bill the lender; no bank tells the class of the payer's account."""
    tariff, day = desk.profiles[bank].tariff, entry.effective_on
    return charge_leg(bank, tariff.repayment_charge(AccountType.ORDINARY, entry.amount, day), day)


def _change(
    desk: TransferDesk,
    before: Repayment,
    decision: Decision,
    journals: tuple[Journal, ...],
    call: BankCall | None,
) -> RepaymentMove:
    after = decision.repayment
    states = [TRANSITIONS[before.state, event] for event in decision.events]
    return RepaymentMove(
        before=before,
        after=after,
        step=desk.new_id(),
        now=desk.clock.now(),
        events=[
            *((f"repayment.{state}", _data(after)) for state in states),
            *corrected(decision.taken_back, journals),
        ],
        journals=journals,
        reviews=[
            *(
                review
                for journal in journals
                for review in reviews_of(before, after, _unfitting(journal))
            ),
            *distrusted_reviews(after, decision.distrusted, now=desk.clock.now()),
            *(() if decision.taken_back is None else decision.taken_back.reviews),
        ],
        call=call,
    )


def _data(repayment: Repayment) -> dict[str, object]:
    paid = repayment.paid_amount
    return {
        "kind": repayment.kind,
        "amount": (repayment.amount if paid is None else paid).amount,
        "reason": repayment.reason,
    }


def _unfitting(journal: Journal) -> Yen:
    """Return what came and pays nothing; of two at one instant it may be the other's money."""
    legs = journal.booking.legs
    added = sum(leg.amount.amount for leg in legs if leg.credit == SUSPENSE)
    taken = sum(leg.amount.amount for leg in legs if leg.debit == SUSPENSE)
    return Yen(max(0, added - taken))


def reviews_of(before: Repayment, after: Repayment, unfitting: Yen) -> list[NewReview]:
    """Return what people have to look at: money that came and pays nothing that is owed."""
    if unfitting == NOTHING or after.paid_amount is None or after.settled_at is None:
        return []
    kind = ReviewKind.OVERPAID
    if after.paid_amount != after.amount:
        kind = ReviewKind.AMOUNT_DIFFERS
    elif before.state not in OPEN:
        kind = ReviewKind.PAID_AFTER_END
    return [
        NewReview(
            key=review_key(kind, after.reference),
            kind=kind,
            bank=after.bank,
            booked_on=after.settled_at.astimezone(JST).date(),
            reference=after.reference,
            amount=unfitting,
            details={
                "asked": after.amount.amount,
                "paid": after.paid_amount.amount,
                "state_before": before.state,
            },
        )
    ]


def distrusted_reviews(
    repayment: Repayment, told: Paid | None, *, now: datetime
) -> list[NewReview]:
    """Return what people have to look at: money that the bank booked, and nobody knows when."""
    if told is None:
        return []
    kind = ReviewKind.DATE_NOT_BELIEVED
    return [
        NewReview(
            key=review_key(kind, repayment.reference),
            kind=kind,
            bank=repayment.bank,
            reference=repayment.reference,
            amount=told.amount,
            details={
                "told_booked_at": told.booked_at.isoformat(),
                "told_bank_id": told.bank_id,
                "asked": repayment.amount.amount,
            },
            reads=days_to_read(told.booked_at, now=now),
        )
    ]


def _tell(desk: TransferDesk, before: Repayment, decision: Decision) -> None:
    after = decision.repayment
    if decision.events:
        log.info(
            "repayment.moved",
            repayment_id=str(after.id),
            bank=after.bank,
            reference=after.reference,
            state=after.state,
            state_before=before.state,
            reason=after.reason,
        )
        desk.metrics.count("repayment_moves", bank=after.bank, state=after.state)
    if Event.SETTLE in decision.events:
        seconds = (desk.clock.now() - after.accepted_at).total_seconds()
        desk.metrics.observe("repayment", seconds, bank=after.bank)
    if decision.alert is not None:
        log.error(
            "alert.raised",
            code=decision.alert,
            severity="page",
            runbook=f"docs/runbook.md#{decision.alert}",
            repayment_id=str(after.id),
            bank=after.bank,
            reference=after.reference,
            state=after.state,
        )
