"""What follows from a break beside the loan: money set aside, and the item that people find.

The cash account of a bank equals its balance only if every line is booked. What no movement
explains is booked to `unidentified`, under ids that follow from the line: once, however often the
day is reconciled, and less what is explained later.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import count, takewhile
from uuid import UUID, uuid5

from gateway.domain.account import BankCode
from gateway.domain.bank import Direction
from gateway.domain.breaks import BREAKS, Break
from gateway.domain.house_money import LineKey
from gateway.domain.ledger import (
    FUNDING,
    NIL_MEMBER,
    Leg,
    Posting,
    settlement_cash,
    unidentified_in,
    unidentified_out,
)
from gateway.domain.money import Yen
from gateway.domain.reconciliation import Finding, Movement
from gateway.domain.review import NewReview, ReviewKind, review_key

LINES = UUID("6f0c6a52-7d0f-5b1e-9a38-0d6b5f3a7c11")


def aside_id(bank: BankCode, day: date, bank_id: str, number: int) -> UUID:
    """Return the id of the `number`-th posting about one line of a statement, from 0."""
    return uuid5(LINES, f"{bank} {day} {bank_id} {number}")


def asides(
    bank: BankCode, day: date, findings: Iterable[Finding], posted: Sequence[Posting]
) -> Iterator[Posting]:
    """Yield what has to be posted, so that each line sets aside exactly what it should."""
    known = {posting.id: posting for posting in posted}
    for finding in findings:
        if finding.line is None:
            continue
        number, done = aside_of(bank, day, finding.line.bank_id, known)
        missing = finding.set_aside - done
        if missing:
            identifier = aside_id(bank, day, finding.line.bank_id, number)
            leg = _leg(bank, day, missing)
            yield Posting(
                id=identifier,
                journal=identifier,
                debit=leg.debit,
                credit=leg.credit,
                amount=leg.amount,
                effective_on=leg.effective_on,
                source=LineKey(bank, day, finding.line.bank_id).source("set_aside"),
            )


def set_aside_of(bank: BankCode, day: date, bank_id: str, posted: Iterable[Posting]) -> int:
    """Return what is set aside of a line by now, in counted positive: 0 once it is explained."""
    return aside_of(bank, day, bank_id, {posting.id: posting for posting in posted})[1]


def aside_of(
    bank: BankCode, day: date, bank_id: str, known: dict[UUID, Posting]
) -> tuple[int, int]:
    """Return how many postings there are about a line, and what they set aside."""
    ids = (aside_id(bank, day, bank_id, number) for number in count())
    there = [known[identifier] for identifier in takewhile(known.__contains__, ids)]
    return len(there), sum(_on_cash(bank, posting) for posting in there)


def _leg(bank: BankCode, day: date, amount: int) -> Leg:
    if amount > 0:
        return unidentified_in(bank, Yen(amount), day)
    return unidentified_out(bank, Yen(-amount), day)


def _on_cash(bank: BankCode, posting: Posting) -> int:
    amount = posting.amount.amount
    return amount if posting.debit == settlement_cash(bank) else -amount


def fundings(bank: BankCode, postings: Iterable[Posting]) -> tuple[Movement, ...]:
    """Return what the lender moved itself; an opening balance is on no statement."""
    return tuple(
        Movement(
            id=posting.id,
            member_id=NIL_MEMBER,
            reference=None,
            direction=Direction.IN if _on_cash(bank, posting) > 0 else Direction.OUT,
            amount=posting.amount,
            day=posting.effective_on,
            posted=_on_cash(bank, posting),
            is_judged=False,
        )
        for posting in postings
        if FUNDING in (posting.debit, posting.credit)
    )


def review_of(
    bank: BankCode, day: date, finding: Finding, *, asides_before: int = 0
) -> NewReview | None:
    """Return the item that people find, None where nobody has to look.

    A line whose money was set aside, explained and set aside again (`asides_before` counts the
    postings before this one) is looked at anew.
    """
    kind = None if finding.kind is None else BREAKS[finding.kind].review
    if kind is None:
        return None
    return NewReview(
        key=_key(bank, day, kind, finding) + (f":{asides_before}" if asides_before else ""),
        kind=kind,
        bank=bank,
        booked_on=day,
        reference=_reference(finding),
        amount=_amount(finding),
        details=_details(finding),
    )


def _key(bank: BankCode, day: date, kind: ReviewKind, finding: Finding) -> str:
    line, movement = finding.line, finding.movement
    if movement is not None and finding.kind in {Break.DATE_DIFFERS, Break.LINE_MISSING}:
        # Seen from the statements of two days, it is one thing to look at.
        return review_key(kind, movement.id)
    return review_key(kind, bank, day, "" if line is None else line.bank_id)


def _reference(finding: Finding) -> str | None:
    if finding.line is not None:
        return finding.line.reference
    return None if finding.movement is None else finding.movement.reference


def _amount(finding: Finding) -> Yen | None:
    if finding.set_aside:
        return Yen(abs(finding.set_aside))
    shown = finding.line or finding.movement
    return None if shown is None else shown.amount


def _details(finding: Finding) -> dict[str, object]:
    details: dict[str, object] = {"break": finding.kind, "nth": finding.nth}
    if finding.line is not None:
        details |= {
            "bank_id": finding.line.bank_id,
            "line_amount": finding.line.amount.amount,
            "line_direction": finding.line.direction,
            "booked_at": finding.line.booked_at.isoformat(),
            "is_return": finding.line.is_return,
        }
    if finding.movement is not None:
        details |= {
            "our_amount": finding.movement.amount.amount,
            "our_day": finding.movement.day.isoformat(),
            "posted": finding.movement.posted,
        }
        if finding.movement.member_id != NIL_MEMBER:
            details["entry"] = str(finding.movement.id)
    if finding.set_aside:
        details["set_aside"] = finding.set_aside
    return details
