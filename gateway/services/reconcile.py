"""Reconcile one bank's day: statement, our movements and ledger.

What the statement shows and we did not know is booked as a fact, what nothing explains is set
aside, and the rest becomes review items. Run again, it changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

import structlog

from gateway.domain.account import BankCode
from gateway.domain.bank import Statement, StatementLine, StatementUnavailable
from gateway.domain.breaks import Break
from gateway.domain.day_report import DayReport, break_report
from gateway.domain.errors import GatewayError
from gateway.domain.hours import JST
from gateway.domain.ledger import NIL_MEMBER
from gateway.domain.reconciliation import (
    Finding,
    Refusal,
    booked_on,
    has_changed,
    has_ended,
    refusal,
    signed,
)
from gateway.domain.review import NewReview
from gateway.domain.set_aside import review_of
from gateway.services.accept_statement import as_accepted
from gateway.services.book_finding import book_finding, is_day_believed
from gateway.services.check_balance import check_balance
from gateway.services.desk import TransferDesk
from gateway.services.look_at_day import (
    PART,
    Look,
    OpenDay,
    is_bookable,
    look_again,
    look_at_day,
    open_day,
)
from gateway.services.open_account import is_before_opening
from gateway.services.read_bank_day import KnownDay
from gateway.services.reader import in_reader
from gateway.services.set_aside_lines import SetAside, release_lines, set_aside_lines
from gateway.store.daily_runs import RECONCILE, Run, run_again
from gateway.store.review_items import Subject, count_waiting, raise_reviews
from gateway.store.statements import fences_of, keep_lines, kept_lines, lines_elsewhere

# A pay-out that had ended here is looked at, settled and returned, one after the other.
ROUNDS_MAX = 5
# The second look sees what was booked during the first; what is booked after it, has its own run.
LOOKS_MAX = 2

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
    if await is_before_opening(desk.db, bank, day):
        return _refused(DayReport(bank, day, is_over, refused=Refusal.BEFORE_OPENING))
    statement = await desk.banks[bank].statement(day)
    if isinstance(statement, StatementUnavailable):
        return _refused(DayReport(bank, day, is_over, refused=statement.reason))
    why, kept = await _refusal(desk, statement, bank, day)
    if why is Refusal.CHANGED and (accepted := await as_accepted(desk.db, statement)) is not None:
        why, (statement, kept) = None, accepted
    if why is not None:
        return _refused(DayReport(bank, day, is_over, refused=why))
    report, asked_about = await _reconcile(desk, statement, is_over=is_over)
    moved = await _keep(desk, statement, kept=kept, now=now)
    asked = await check_balance(desk, statement, moved, now=now)
    waiting = await count_waiting(desk.db, bank, day, asked_about)
    report = replace(report, raised=report.raised + asked, waiting=waiting)
    _tell(desk, report)
    return report


async def _refusal(
    desk: TransferDesk, statement: Statement, bank: BankCode, day: date
) -> tuple[Refusal | None, int]:
    """Return why the statement is not believed, and how many lines of its day are kept already."""
    why = await in_reader(refusal, statement, bank, day, ())
    at = 0
    while why is None:
        kept = await kept_lines(desk.db, bank, day, after=at, limit=PART)
        if not kept:
            break
        lines = await in_reader(_some, statement, at, len(kept))
        why = Refusal.CHANGED if has_changed(lines, kept) else None
        at += len(kept)
    return why, at


def _some(statement: Statement, start: int, count: int = PART) -> Sequence[StatementLine]:
    return statement.movements[start : start + count]


async def _keep(desk: TransferDesk, statement: Statement, *, kept: int, now: datetime) -> int:
    """Keep the lines after the first `kept`; return what all lines come to, in minus out.

    Days that were read earlier are run once more if they share a reference with a new line: a line
    was taken for another day's movement there, or for nobody's.
    """
    moved = 0
    shared: set[date] = set()
    for start in range(0, len(statement.movements), PART):
        lines = await in_reader(_some, statement, start)
        moved += sum(signed(line) for line in lines)
        fresh = lines[max(0, kept - start) :]
        named = {line.reference for line in fresh if line.reference is not None}
        if not named:
            continue
        others = await lines_elsewhere(desk.db, statement.bank, statement.day, named)
        shared |= {booked_on(line) for line in others}
    for day in sorted(shared):
        await run_again(desk.db, Run(RECONCILE, statement.bank, day), now=now)
    for start in range(kept, len(statement.movements), PART):
        lines = await in_reader(_some, statement, start)
        await keep_lines(desk.db, statement, lines, after=start, now=now)
    return moved


async def _reconcile(
    desk: TransferDesk, statement: Statement, *, is_over: bool
) -> tuple[DayReport, set[str]]:
    """Return what was found and done, and the keys of the items that are about it."""
    asked_about: set[str] = set()
    day = await open_day(statement, is_over=is_over)
    first = look = await look_at_day(desk.db, day)
    booked = posted = raised = 0
    at_first: Iterable[Finding] = first.findings
    for _ in range(LOOKS_MAX):
        look, done, released = await _book_all(desk, day, look)
        findings = tuple(_not_bookable(finding) for finding in look.findings)
        aside = await set_aside_lines(desk, look.known, findings)
        # What agrees by now has its rows from the first look.
        known = replace(
            look.known,
            transfers={**first.known.transfers, **look.known.transfers},
            repayments={**first.known.repayments, **look.known.repayments},
        )
        found = dict.fromkeys((*at_first, *findings))
        new, keys = await _raise(desk, known, found, aside)
        raised += released + aside.taken_back + new
        asked_about |= keys
        booked, posted = booked + done, posted + aside.posted
        if not await _have_moved(desk, look.known, findings):
            break
        look, at_first = await look_again(desk.db, day, look), ()
    report = DayReport(
        bank=statement.bank,
        day=statement.day,
        is_over=is_over,
        lines=len(statement.movements),
        verdicts=first.verdicts,
        breaks=tuple(break_report(one) for one in first.findings if one.kind is not None),
        booked=booked,
        set_aside=posted,
        raised=raised,
    )
    return report, asked_about


async def _book_all(desk: TransferDesk, day: OpenDay, look: Look) -> tuple[Look, int, int]:
    """Book what can be; return the last look, how much was booked and how much was taken back."""
    booked = taken_back = 0
    for _ in range(ROUNDS_MAX):
        if not any(is_bookable(finding) for finding in look.findings):
            break
        done = []
        for finding in look.findings:
            released, is_booked = await _book(desk, look.known, finding)
            taken_back += released
            done.append(is_booked)
        booked += sum(done)
        before = look.findings
        look = await look_again(desk.db, day, look)
        # What another process booked meanwhile is found booked; nothing moves what stays the same.
        if not any(done) and look.findings == before:
            break
    return look, booked, taken_back


async def _have_moved(desk: TransferDesk, known: KnownDay, findings: Iterable[Finding]) -> bool:
    """Return whether a row whose line was set aside has moved since it was looked at.

    What books it later finds the item that was raised, and has the day run again; what had begun
    before is waited for, and seen here.
    """
    about = {one.known.reference for one in findings if one.set_aside and one.known is not None}
    if not about:
        return False
    read = {name: row.fence for name, row in known.transfers.items()}
    read |= {name: row.fence for name, row in known.repayments.items()}
    fences = await fences_of(desk.db, known.day.bank, about)
    return any(fences.get(name) != read[name] for name in about)


async def _book(desk: TransferDesk, known: KnownDay, finding: Finding) -> tuple[int, bool]:
    """Return what was taken back for a finding, and whether it was booked; apart from the others.

    Where a member's books cannot be read, it is put before people.
    """
    released = 0
    try:
        if is_bookable(finding) and is_day_believed(desk, known, finding):
            released = await release_lines(desk, known, [finding])
        return released, await book_finding(desk, known, finding)
    except GatewayError:
        raise  # nobody's fault: the day is run again
    except Exception:
        about = finding.known
        log.exception(
            "alert.raised",
            code="stands_aside",
            severity="page",
            runbook="docs/runbook.md#stands_aside",
            loop=RECONCILE,
            bank=known.day.bank,
            day=known.day.day.isoformat(),
            reference=None if about is None else about.reference,
        )
        return released, False


def _not_bookable(finding: Finding) -> Finding:
    """Return the finding; a fact that could not be applied is set aside, for people to look at."""
    return replace(finding, kind=Break.LEDGER_DIFFERS) if is_bookable(finding) else finding


async def _raise(
    desk: TransferDesk, known: KnownDay, findings: Iterable[Finding], aside: SetAside
) -> tuple[int, set[str]]:
    """Raise what people have to look at, of what was found at first and of what is left.

    Return how many items are new, and the keys of all that there are.
    """
    raised, keys = 0, set()
    for finding in findings:
        line = "" if finding.line is None else finding.line.bank_id
        before = aside.before.get(line, 0) if finding.set_aside else 0
        review = review_of(known.day.bank, known.day.day, finding, asides_before=before)
        if review is None or line in aside.by_rule:
            continue
        subject = _subject(known, finding)
        is_new = await raise_reviews(desk.db, subject, [review], now=desk.clock.now())
        raised += is_new
        keys.add(review.key)
        if is_new:
            _tell_raised(review)
    return raised, keys


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
    # Of a day that goes on, most of what is found is merely on its way.
    for found in report.breaks if report.is_over else ():
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
