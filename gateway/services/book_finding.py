"""Book what a statement shows and we did not know: as facts, as if an inquiry had brought them."""

from gateway.domain import repayment as repayments
from gateway.domain import repayment_decision
from gateway.domain.bank import StatementLine
from gateway.domain.believed_dates import is_believed
from gateway.domain.booking import payment_entry
from gateway.domain.breaks import BREAKS, Break, Treatment
from gateway.domain.decision import Decision, after_inquiry, after_submit
from gateway.domain.outcome import Inquiry, Paid, Returned, Settled
from gateway.domain.reconciliation import Finding, Known
from gateway.domain.repayment import Repayment
from gateway.domain.set_aside import review_of
from gateway.domain.transfer import State, Transfer
from gateway.services.book_entry import FoundEntry, book_entry
from gateway.services.collection_order import pace_at
from gateway.services.desk import TransferDesk
from gateway.services.read_bank_day import KnownDay
from gateway.services.record_decision import record_decision
from gateway.services.record_repayment import record_repayment


async def book_finding(desk: TransferDesk, known: KnownDay, finding: Finding) -> bool:
    """Return whether something was booked; only findings whose rule says so are."""
    kind, line, about = finding.kind, finding.line, finding.known
    if kind is None or line is None or about is None:
        return False
    if BREAKS[kind].treatment is not Treatment.BOOK:
        return False
    if about.reference in known.transfers:
        return await _book_transfer(desk, known.transfers[about.reference], finding, line)
    if finding.nth == 1:
        return await _book_repayment(desk, known.repayments[about.reference], line)
    return await _book_again(desk, known, finding, line, about)


def is_day_believed(desk: TransferDesk, known: KnownDay, finding: Finding) -> bool:
    """Return whether a finding's line can have been booked at its time, for what it stands for.

    It cannot have been before that was accepted.
    """
    line, about = finding.line, finding.known
    if line is None or about is None:
        return False
    row = known.transfers.get(about.reference) or known.repayments[about.reference]
    return is_believed(line.booked_at, accepted_at=row.accepted_at, now=desk.clock.now())


async def _book_transfer(
    desk: TransferDesk, transfer: Transfer, finding: Finding, line: StatementLine
) -> bool:
    is_return = finding.kind is Break.RETURNED_LATE

    def decide(row: Transfer) -> Decision | None:
        return _returned(desk, row, line) if is_return else _settled(desk, row, line)

    after = await record_decision(desk, transfer, decide)
    return after.state is not transfer.state


def _settled(desk: TransferDesk, row: Transfer, line: StatementLine) -> Decision | None:
    return after_submit(
        row,
        attempt=row.attempt,
        outcome=Settled(line.booked_at),
        now=desk.clock.now(),
        policy=desk.policy(row),
    )


def _returned(desk: TransferDesk, row: Transfer, line: StatementLine) -> Decision | None:
    """Return what follows; nothing, as long as the pay-out itself is not booked."""
    if row.state is not State.SETTLED or row.settled_at is None:
        return None
    now = desk.clock.now()
    returned = Returned(row.settled_at, line.booked_at)
    inquiry = Inquiry(row.attempt, now, returned, is_answered=True)
    return after_inquiry(row, inquiry, now=now, policy=desk.policy(row))


async def _book_repayment(desk: TransferDesk, repayment: Repayment, line: StatementLine) -> bool:
    now, policy = desk.clock.now(), desk.bank_policy(repayment.bank)
    paid, pace = Paid(line.booked_at, line.amount), pace_at(desk, repayment.bank)

    def decide(row: Repayment) -> repayment_decision.Decision | None:
        if row.state is repayments.State.SETTLED:
            return None
        return repayment_decision.after_inquiry(
            row, paid, asked_at=now, now=now, policy=policy, pace=pace
        )

    after = await record_repayment(desk, repayment, decide)
    return after.state is not repayment.state


async def _book_again(
    desk: TransferDesk, known: KnownDay, finding: Finding, line: StatementLine, about: Known
) -> bool:
    """Book another credit of a reference: the inquiry can only make the first."""
    if not is_day_believed(desk, known, finding):
        return False
    review = review_of(known.day.bank, known.day.day, finding)
    entry = payment_entry(about.id, known.day.bank, line.amount, line.booked_at, number=finding.nth)
    found = FoundEntry(
        member_id=about.member_id,
        entry=entry,
        bank_id=line.bank_id,
        repayment_id=about.id,
        reviews=() if review is None else (review,),
    )
    return await book_entry(desk, found)
