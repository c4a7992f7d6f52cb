"""What came of reconciling one bank's day, as operators read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.domain.account import BankCode
from gateway.domain.breaks import BREAKS, Break, Treatment, Verdict
from gateway.domain.reconciliation import Finding
from gateway.domain.review import ReviewKind


@dataclass(frozen=True, slots=True)
class BreakReport:
    """A break that was found: what was done about it, and what people find, if anything."""

    kind: Break
    verdict: Verdict
    treatment: Treatment
    review: ReviewKind | None
    reference: str | None
    bank_id: str | None
    line_amount: int | None
    our_amount: int | None


@dataclass(frozen=True, slots=True)
class DayReport:
    """What was found on a bank's day and what was done: all as it was found at first.

    `refused`: why the statement was not believed, else None; then nothing was written. `is_over`
    False: more may come on that day, so nothing was kept, and what is missing is not judged yet.
    `waiting`: how many items about the day wait for people by now, whenever they were raised.
    """

    bank: BankCode
    day: date
    is_over: bool
    lines: int = 0
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    breaks: tuple[BreakReport, ...] = ()
    booked: int = 0
    set_aside: int = 0
    raised: int = 0
    waiting: int = 0
    refused: str | None = None


def break_report(finding: Finding) -> BreakReport:
    """Return what operators read of a break. Raises ValueError for what is matched."""
    if finding.kind is None:
        raise ValueError("what is matched is no break")
    rule, line, movement = BREAKS[finding.kind], finding.line, finding.movement
    shown = line or movement
    return BreakReport(
        kind=finding.kind,
        verdict=rule.verdict,
        treatment=rule.treatment,
        review=rule.review,
        reference=None if shown is None else shown.reference,
        bank_id=None if line is None else line.bank_id,
        line_amount=None if line is None else line.amount.amount,
        our_amount=None if movement is None else movement.amount.amount,
    )
