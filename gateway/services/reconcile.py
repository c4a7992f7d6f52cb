"""Reconcile one bank's day: statement, our movements and ledger.

What the statement shows and we did not know is booked as a fact, what nothing explains is set
aside, and the rest becomes review items. Run again, it changes nothing.
"""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import date

import structlog

from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, Statement, StatementUnavailable
from gateway.domain.breaks import BREAKS, Break, Treatment
from gateway.domain.day_report import DayReport, break_report
from gateway.domain.errors import GatewayError
from gateway.domain.hours import JST
from gateway.domain.ledger import NIL_MEMBER
from gateway.domain.reconciliation import Finding, booked_on, has_ended, match, refusal
from gateway.domain.resolution import OF_SET_ASIDE
from gateway.domain.review import NewReview
from gateway.domain.set_aside import asides, review_of
from gateway.services.book_finding import book_finding
from gateway.services.desk import TransferDesk
from gateway.services.read_bank_day import KnownDay, read_bank_day
from gateway.store.daily_runs import Run, run_again
from gateway.store.ledger import post_once
from gateway.store.review_items import Subject, decided_lines, raise_reviews
from gateway.store.statements import keep_lines, kept_lines, lines_elsewhere

RECONCILE = "reconcile"
# A pay-out that had ended here is looked at, settled and returned, one after the other.
ROUNDS_MAX = 5

log = structlog.get_logger()


class DayNotCome(GatewayError):
    """There is no statement of a day that has not begun."""

    code = "day_not_come"


async def reconcile_day(desk: TransferDesk, bank: BankCode, day: date) -> DayReport:
    """Return what was found and done. A statement is believed whole, or nothing is written.

    Raises DayNotCome for a day that has not come; Busy and the like when the database is short:
    then what was done stays done, and it is run again.
    """
    now = desk.clock.now()
    if day > now.astimezone(JST).date():
        raise DayNotCome(f"{day} has not come yet")
    is_over = has_ended(day, now)
    statement = await desk.banks[bank].statement(day)
    if isinstance(statement, StatementUnavailable):
        return _refused(DayReport(bank, day, is_over, refused=statement.reason))
    kept = await kept_lines(desk.db, bank, day)
    why = refusal(statement, bank, day, kept)
    if why is not None:
        return _refused(DayReport(bank, day, is_over, refused=why))
    report = await _reconcile(desk, statement, is_over=is_over)
    if is_over:
        if not kept:
            await _judge_again(desk, statement)
        await keep_lines(desk.db, statement, now=now)
    _tell(desk, report)
    return report


async def _judge_again(desk: TransferDesk, statement: Statement) -> None:
    """Let days that were read before this one be run once more, where they share a reference.

    A line was taken for another day's movement there, or for nobody's, without this day's lines.
    """
    bank, now = statement.bank, desk.clock.now()
    named = {line.reference for line in statement.movements if line.reference is not None}
    lines = await lines_elsewhere(desk.db, bank, statement.day, named)
    for day in sorted({booked_on(line) for line in lines}):
        await run_again(desk.db, Run(RECONCILE, bank, day), now=now)


async def _reconcile(desk: TransferDesk, statement: Statement, *, is_over: bool) -> DayReport:
    known, first = await _look(desk, statement, is_over=is_over)
    findings, booked = first, 0
    for _ in range(ROUNDS_MAX):
        if not any(_is_bookable(finding) for finding in findings):
            break
        done = [await book_finding(desk, known, finding) for finding in findings]
        booked += sum(done)
        before = findings
        known, findings = await _look(desk, statement, is_over=is_over)
        # What another process booked meanwhile is found booked; nothing moves what stays the same.
        if not any(done) and findings == before:
            break
    findings = tuple(_not_bookable(finding) for finding in findings)
    aside = await _set_aside(desk, known, findings)
    raised = await _raise(desk, known, dict.fromkeys((*first, *findings)))
    return DayReport(
        bank=statement.bank,
        day=statement.day,
        is_over=is_over,
        lines=len(statement.movements),
        verdicts=dict(Counter(finding.verdict for finding in first)),
        breaks=tuple(break_report(finding) for finding in first if finding.kind is not None),
        booked=booked,
        set_aside=aside,
        raised=raised,
    )


def _is_bookable(finding: Finding) -> bool:
    return finding.kind is not None and BREAKS[finding.kind].treatment is Treatment.BOOK


def _not_bookable(finding: Finding) -> Finding:
    """Return the finding; a fact that could not be applied is for people to look at."""
    return replace(finding, kind=Break.LEDGER_DIFFERS) if _is_bookable(finding) else finding


async def _look(
    desk: TransferDesk, statement: Statement, *, is_over: bool
) -> tuple[KnownDay, tuple[Finding, ...]]:
    """Return what is known by now, and the findings; a line that is missing may come yet."""
    known = await read_bank_day(desk.db, statement)
    decided = await decided_lines(desk.db, statement.bank, statement.day, OF_SET_ASIDE)
    found = (_as_decided(finding, decided) for finding in match(known.day))
    return known, tuple(one for one in found if is_over or one.line is not None)


def _as_decided(finding: Finding, decided: Container[str]) -> Finding:
    """Return the finding; what people gave to somebody is not booked as something else too."""
    line = finding.line
    if line is None or line.bank_id not in decided or not _is_bookable(finding):
        return finding
    is_credit = line.direction is Direction.IN
    return replace(finding, kind=Break.CREDIT_UNKNOWN if is_credit else Break.DEBIT_UNKNOWN)


async def _set_aside(desk: TransferDesk, known: KnownDay, findings: Sequence[Finding]) -> int:
    day = known.day
    posted = 0
    for posting in asides(day.bank, day.day, findings, known.house):
        now = desk.clock.now()
        posted += await post_once(desk.db, posting, member_id=NIL_MEMBER, now=now)
    return posted


async def _raise(desk: TransferDesk, known: KnownDay, findings: Iterable[Finding]) -> int:
    """Raise what people have to look at, of what was found at first and of what is left."""
    raised = 0
    for finding in findings:
        review = review_of(known.day.bank, known.day.day, finding)
        if review is None:
            continue
        subject = _subject(known, finding)
        is_new = await raise_reviews(desk.db, subject, [review], now=desk.clock.now())
        raised += is_new
        if is_new:
            _tell_raised(review)
    return raised


def _subject(known: KnownDay, finding: Finding) -> Subject:
    about = finding.known
    if about is None:
        member = NIL_MEMBER if finding.movement is None else finding.movement.member_id
        return Subject(member)
    is_transfer = about.reference in known.transfers
    return Subject(
        about.member_id,
        transfer_id=about.id if is_transfer else None,
        repayment_id=None if is_transfer else about.id,
    )


def _refused(report: DayReport) -> DayReport:
    log.warning(
        "statement.refused", bank=report.bank, day=report.day.isoformat(), reason=report.refused
    )
    return report


def _tell_raised(review: NewReview) -> None:
    log.warning("review.raised", bank=review.bank, kind=review.kind, reference=review.reference)


def _tell(desk: TransferDesk, report: DayReport) -> None:
    log.info(
        "day.reconciled",
        bank=report.bank,
        day=report.day.isoformat(),
        lines=report.lines,
        breaks=len(report.breaks),
        booked=report.booked,
        raised=report.raised,
    )
    for found in report.breaks:
        desk.metrics.count("reconciliation_breaks", bank=report.bank, kind=found.kind)
    if report.raised:
        log.error(
            "alert.raised",
            code="reconciliation_breaks",
            severity="ticket",
            runbook="docs/runbook.md#reconciliation_breaks",
            bank=report.bank,
            day=report.day.isoformat(),
            raised=report.raised,
        )
