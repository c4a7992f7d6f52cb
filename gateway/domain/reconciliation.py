"""The three-way match of one bank's day: statement, our movements, ledger. Pure.

Every line of the statement and every movement of ours gets exactly one verdict. A line is looked
for under its reference first, then by date, then by amount; what is left over is a break.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, Statement, StatementLine
from gateway.domain.breaks import BREAKS, Break, Treatment, Verdict
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.places import Places


class Standing(StrEnum):
    """How far a transfer or repayment is here."""

    OPEN = "open"  # money may still move, or has moved and we do not know
    BOOKED = "booked"
    ENDED = "ended"  # over without money: rejected, cancelled, expired


class Flow(StrEnum):
    TRANSFER = "transfer"
    REPAYMENT = "repayment"


# What a first line says of a transfer, by how far that is here; booked without an entry of its own,
# the ledger lacks it.
PAID_AFTER: Mapping[Standing, Break] = {
    Standing.OPEN: Break.PAID_LATE,
    Standing.ENDED: Break.PAID_THOUGH_ENDED,
    Standing.BOOKED: Break.LEDGER_DIFFERS,
}
CREDITED_AFTER: Mapping[Standing, Break] = {Standing.BOOKED: Break.LEDGER_DIFFERS}


@dataclass(frozen=True, slots=True)
class Known:
    """A reference of ours at this bank, and what it stands for."""

    reference: str
    flow: Flow
    member_id: UUID
    id: UUID
    amount: Yen
    standing: Standing


@dataclass(frozen=True, slots=True)
class Movement:
    """What we booked on `settlement_cash:{bank}`: an entry of a loan, or a posting of the house.

    `posted` is what the ledger moved on that account for it, in yen, in counted positive.
    `is_judged` False: on the statement or not, nothing follows (an opening balance is on none).
    """

    id: UUID
    member_id: UUID
    reference: str | None
    direction: Direction
    amount: Yen
    day: date
    posted: int
    is_judged: bool = True


MovedT = TypeVar("MovedT", StatementLine, Movement)


@dataclass(frozen=True, slots=True)
class BankDay:
    """All that is known of one bank and one JST date.

    `lines` are the statement's, in its order; `elsewhere` the lines of other days' statements under
    the same references; `movements` those of the day, and all of those references.
    """

    bank: BankCode
    day: date
    lines: Sequence[StatementLine]
    elsewhere: Sequence[StatementLine] = ()
    movements: Sequence[Movement] = ()
    known: Mapping[str, Known] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said of a line, of a movement, or of the two together.

    `nth` counts the credits of a repayment's reference from 1. `kind` None: matched.
    """

    line: StatementLine | None
    movement: Movement | None
    kind: Break | None = None
    known: Known | None = None
    nth: int = 1

    @property
    def verdict(self) -> Verdict:
        return Verdict.MATCHED if self.kind is None else BREAKS[self.kind].verdict

    @property
    def set_aside(self) -> int:
        """Return the yen that no movement explains, in counted positive: `unidentified`."""
        if self.line is None or self.kind is None:
            return 0
        if BREAKS[self.kind].treatment is not Treatment.SET_ASIDE:
            return 0
        explained = 0 if self.movement is None else signed(self.movement)
        return signed(self.line) - explained


def signed(moved: StatementLine | Movement) -> int:
    """Return the yen that moved, in counted positive."""
    amount = moved.amount.amount
    return amount if moved.direction is Direction.IN else -amount


def booked_on(line: StatementLine) -> date:
    """Return the JST date of the bank's booking instant: the day that counts."""
    return line.booked_at.astimezone(JST).date()


class Refusal(StrEnum):
    """Why a statement is not believed; it is believed whole or not at all."""

    OTHER_STATEMENT = "other_statement"  # of another bank or day than was asked for
    OTHER_DAY = "other_day"  # a line was booked on another day
    LINE_TWICE = "line_twice"  # two lines bear one number
    CHANGED = "changed"  # it is no longer what it was when it was read first
    BEFORE_OPENING = "before_opening"  # what its lines came to is in the opening balance already


def refusal(
    statement: Statement, bank: BankCode, day: date, kept: Sequence[StatementLine]
) -> Refusal | None:
    """Return why a statement cannot be believed, or None.

    `kept` are the lines of the same day as they were read before: what a bank has stated stays.
    """
    lines = statement.movements
    if (statement.bank, statement.day) != (bank, day):
        return Refusal.OTHER_STATEMENT
    if any(booked_on(line) != day for line in lines):
        return Refusal.OTHER_DAY
    if repeats(lines):
        return Refusal.LINE_TWICE
    return Refusal.CHANGED if has_changed(lines[: len(kept)], kept) else None


def has_changed(lines: Sequence[StatementLine], kept: Sequence[StatementLine]) -> bool:
    """Whether lines are no longer what was kept of the same places."""
    return [_fact(line) for line in lines] != [_fact(line) for line in kept]


def repeats(lines: Sequence[StatementLine]) -> bool:
    """Whether two lines bear one number."""
    places = Places((line.bank_id for line in lines), len(lines))
    for place, line in enumerate(lines):
        earlier = (other for other in places.of(line.bank_id) if other < place)
        if any(lines[other].bank_id == line.bank_id for other in earlier):
            return True
    return False


def _fact(line: StatementLine) -> tuple[object, ...]:
    # Where a bank states dates only, the instant is ours and may differ from reading to reading.
    return (line.bank_id, line.direction, line.amount, line.reference, line.is_return)


def has_ended(day: date, now: datetime) -> bool:
    """Whether nothing more can be booked on a JST date: its statement is whole then."""
    return now.astimezone(JST).date() > day


def match(day: BankDay) -> tuple[Finding, ...]:
    """Return one finding for every line and every movement of the day, lines first, in order."""
    found = [*_match_known(day), *_match_unknown(day)]
    judged = [_with_ledger(finding) for finding in found]
    place = {line.bank_id: number for number, line in enumerate(day.lines)}
    last = len(place)
    return tuple(
        sorted(judged, key=lambda one: last if one.line is None else place[one.line.bank_id])
    )


def _with_ledger(finding: Finding) -> Finding:
    """Return the finding, of what agrees so far once the ledger was compared too."""
    movement = finding.movement
    if finding.kind is None and movement is not None and movement.posted != signed(movement):
        return replace(finding, kind=Break.LEDGER_DIFFERS)
    return finding


def _match_known(day: BankDay) -> Iterator[Finding]:
    named = {line.reference for line in day.lines} | {
        movement.reference for movement in day.movements if movement.day == day.day
    }
    lines, elsewhere = _by_reference(day.lines), _by_reference(day.elsewhere)
    movements = _by_reference(day.movements)
    for reference in sorted(named & set(day.known), key=str):
        known = day.known[str(reference)]
        own = replace(
            day,
            lines=lines.get(reference, ()),
            elsewhere=elsewhere.get(reference, ()),
            movements=movements.get(reference, ()),
        )
        if known.flow is Flow.TRANSFER:
            yield from _match_transfer(own, known)
        else:
            yield from _match_repayment(own, known)


def _by_reference(moved: Iterable[MovedT]) -> dict[str | None, list[MovedT]]:
    found: dict[str | None, list[MovedT]] = defaultdict(list)
    for one in moved:
        found[one.reference].append(one)
    return found


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The lines and movements of one reference and direction, paired as far as they go."""

    findings: tuple[Finding, ...]
    extra: tuple[StatementLine, ...]
    has_earlier: bool  # a movement, or a line of another day, comes before the extra lines
    count: int  # how many were booked


def _pair(day: BankDay, known: Known, direction: Direction) -> _Pairs:
    lines = [one for one in day.lines if _is_of(one, known, direction)]
    elsewhere = [one for one in day.elsewhere if _is_of(one, known, direction)]
    movements = [one for one in day.movements if _is_of(one, known, direction)]
    todays = [one for one in movements if one.day == day.day]
    others = [one for one in movements if one.day != day.day]
    for other in tuple(others):
        line = _closest(other, [one for one in elsewhere if booked_on(one) == other.day])
        if line is not None:
            others.remove(other)
            elsewhere.remove(line)
    findings: list[Finding] = []
    for movement in tuple(todays):
        line = _closest(movement, lines)
        if line is not None:
            todays.remove(movement)
            lines.remove(line)
            kind = None if line.amount == movement.amount else Break.AMOUNT_DIFFERS
            findings.append(Finding(line, movement, kind, known))
    while lines and others:
        findings.append(Finding(lines.pop(0), others.pop(0), Break.DATE_DIFFERS, known))
    while todays:
        kind = Break.DATE_DIFFERS if elsewhere else Break.LINE_MISSING
        del elsewhere[:1]
        findings.append(Finding(None, todays.pop(0), kind, known))
    has_earlier = bool(movements or elsewhere)
    return _Pairs(tuple(findings), tuple(lines), has_earlier, len(movements))


def _is_of(moved: StatementLine | Movement, known: Known, direction: Direction) -> bool:
    return moved.reference == known.reference and moved.direction is direction


def _closest(movement: Movement, lines: Sequence[StatementLine]) -> StatementLine | None:
    """Return the first line of the same amount, else the first line, None if there is none."""
    same = (line for line in lines if line.amount == movement.amount)
    return next(same, lines[0] if lines else None)


def _match_transfer(day: BankDay, known: Known) -> Iterator[Finding]:
    paid = _pair(day, known, Direction.OUT)
    yield from paid.findings
    yield from _extra(paid, known, PAID_AFTER[known.standing])
    back = _pair(day, known, Direction.IN)
    yield from back.findings
    was_paid = paid.has_earlier or any(line.amount == known.amount for line in paid.extra)
    yield from _extra(back, known, Break.RETURNED_LATE if was_paid else Break.CREDIT_UNKNOWN)


def _extra(pairs: _Pairs, known: Known, first: Break) -> Iterator[Finding]:
    """Yield what is said of lines that no movement explains: `first` of the first of all."""
    for number, line in enumerate(pairs.extra):
        kind = first if line.amount == known.amount else Break.AMOUNT_DIFFERS
        is_first = number == 0 and not pairs.has_earlier
        yield Finding(line, None, kind if is_first else Break.MOVED_AGAIN, known)


def _match_repayment(day: BankDay, known: Known) -> Iterator[Finding]:
    credited = _pair(day, known, Direction.IN)
    yield from credited.findings
    first = CREDITED_AFTER.get(known.standing, Break.CREDITED_LATE)
    for nth, line in enumerate(credited.extra, start=credited.count + 1):
        # What came in is booked in full, whatever had been asked for.
        yield Finding(line, None, first if nth == 1 else Break.CREDITED_AGAIN, known, nth)
    for line in day.lines:
        if _is_of(line, known, Direction.OUT):
            yield Finding(line, None, Break.DEBIT_UNKNOWN, known)


def _match_unknown(day: BankDay) -> Iterator[Finding]:
    """Match what has no reference of ours: by direction and amount, with what the house booked."""
    free = [one for one in day.movements if one.day == day.day and one.reference not in day.known]
    by_amount: dict[int, deque[int]] = defaultdict(deque)
    for number, movement in enumerate(free):
        by_amount[signed(movement)].append(number)
    for line in day.lines:
        if line.reference in day.known:
            continue
        same = by_amount.get(signed(line))
        if same:
            yield Finding(line, free[same.popleft()])
        else:
            is_credit = line.direction is Direction.IN
            yield Finding(line, None, Break.CREDIT_UNKNOWN if is_credit else Break.DEBIT_UNKNOWN)
    left = sorted(number for numbers in by_amount.values() for number in numbers)
    yield from _missing(free[number] for number in left)


def _missing(movements: Iterable[Movement]) -> Iterator[Finding]:
    for movement in movements:
        if movement.is_judged:
            yield Finding(None, movement, Break.LINE_MISSING)
