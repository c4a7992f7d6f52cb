"""Look at one bank's day part by part: memory grows with what disagrees, not with the day.

The lines and movements of one reference are matched among themselves, whatever else the day
brought, so a part is some references with all that is theirs. What bears no reference of ours is
matched last, by amount, in the statement's order. Together the parts say what `match` says.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar
from uuid import UUID

from gateway.domain.bank import Statement, StatementLine
from gateway.domain.breaks import BREAKS, Treatment, Verdict
from gateway.domain.ledger import Posting
from gateway.domain.places import Places
from gateway.domain.reconciliation import BankDay, Finding, Movement, match
from gateway.domain.repayment import Repayment
from gateway.domain.set_aside import aside_id, fundings
from gateway.domain.transfer import Transfer
from gateway.services.read_bank_day import KnownDay, read_part
from gateway.services.reader import in_reader
from gateway.store.database import Database
from gateway.store.statements import house_postings, movements_of_day

PART = 1_000
T = TypeVar("T")
# Where a finding stands among the others: as `match` orders them.
Rank: TypeAlias = tuple[int, bool, str]


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A statement, and where the lines of each reference stand in it.

    `is_over` False: a line that is missing may come yet. `part`: how many references, or lines, are
    looked at together.
    """

    statement: Statement
    places: Places
    is_over: bool
    part: int


@dataclass(frozen=True, slots=True)
class Look:
    """What was found: how often each verdict was given, and all that something follows from.

    `findings`, in order: what is not matched, and what is by now and was set aside before.
    """

    known: KnownDay
    verdicts: Mapping[Verdict, int]
    ranks: tuple[Rank, ...]
    findings: tuple[Finding, ...]


async def open_day(statement: Statement, *, is_over: bool, part: int = PART) -> OpenDay:
    """Return the day, ready to be looked at."""

    def places() -> Places:
        lines = statement.movements
        return Places((line.reference for line in lines), len(lines))

    return OpenDay(statement, await in_reader(places), is_over, part)


async def look_at_day(db: Database, day: OpenDay) -> Look:
    """Return what is found on the whole day, by what is known by now."""
    looking = await _begin(db, day)
    lines = day.statement.movements
    without = bytearray(len(lines))  # 1: the line bears no reference of ours
    for start in range(0, len(lines), day.part):
        references, places = await in_reader(_first_seen, day, start)
        of_part = await in_reader(_lines_at, day, places)
        part = await read_part(db, day.statement, references, of_part)
        for place in await in_reader(looking.take, part, places):
            without[place] = 1
    free = await _movements_without_lines(db, day, looking, without)
    await _match_rest(day, looking, without, free)
    return looking.ended()


async def look_again(db: Database, day: OpenDay, before: Look) -> Look:
    """Return what is found by now of the references that did not agree; the rest stays as it was.

    `verdicts` counts these references only.
    """
    looking = await _begin(db, day)
    named = {finding.known.reference for finding in before.findings if finding.known is not None}
    for references in _parts(day, sorted(named)):
        places = await in_reader(_all_places, day, references)
        lines = await in_reader(_lines_at, day, places)
        part = await read_part(db, day.statement, references, lines)
        await in_reader(looking.take, part, places)
    for rank, finding in zip(before.ranks, before.findings, strict=True):
        if finding.known is None:
            looking.found.append((rank, finding))
    return looking.ended()


@dataclass(slots=True)
class _Looking:
    """What was found so far, and the rows of the references that do not agree."""

    day: OpenDay
    house: tuple[Posting, ...]
    aside: frozenset[UUID]
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    found: list[tuple[Rank, Finding]] = field(default_factory=list)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    repayments: dict[str, Repayment] = field(default_factory=dict)

    def take(self, part: KnownDay, places: Sequence[int]) -> list[int]:
        """Match a part whose lines stand at `places`; return the places of lines of nobody's."""
        day, known = part.day, part.day.known
        placed = list(zip(places, day.lines, strict=True))
        ours = [(place, line) for place, line in placed if line.reference in known]
        own = replace(day, lines=[line for _, line in ours])
        self.note(match(own), {line.bank_id: place for place, line in ours})
        for finding in self._of_part(known):
            name = finding.known.reference if finding.known else ""
            if name in part.transfers:
                self.transfers[name] = part.transfers[name]
            elif name in part.repayments:
                self.repayments[name] = part.repayments[name]
        return [place for place, line in placed if line.reference not in known]

    def note(self, findings: Iterable[Finding], place: Mapping[str, int]) -> None:
        """Count findings, and keep those that something follows from."""
        last = len(self.day.statement.movements)
        for finding in findings:
            if finding.line is None and not self.day.is_over:
                continue
            self.verdicts[finding.verdict] += 1
            if finding.kind is None and not self._was_set_aside(finding.line):
                continue
            at = last if finding.line is None else place[finding.line.bank_id]
            about = finding.known
            rank = (at, about is None, "" if about is None else about.reference)
            self.found.append((rank, finding))

    def _was_set_aside(self, line: StatementLine | None) -> bool:
        if line is None or not self.house:
            return False
        statement = self.day.statement
        return aside_id(statement.bank, statement.day, line.bank_id, 0) in self.aside

    def _of_part(self, known: Container[str]) -> Iterator[Finding]:
        """Yield what was found last, back to the first finding of another part."""
        for _, finding in reversed(self.found):
            if finding.known is None or finding.known.reference not in known:
                return
            yield finding

    def ended(self) -> Look:
        self.found.sort(key=lambda ranked: ranked[0])
        statement = self.day.statement
        bank_day = BankDay(statement.bank, statement.day, ())
        return Look(
            KnownDay(bank_day, self.transfers, self.repayments, self.house),
            dict(self.verdicts),
            tuple(rank for rank, _ in self.found),
            tuple(finding for _, finding in self.found),
        )


async def _begin(db: Database, day: OpenDay) -> _Looking:
    bank, on = day.statement.bank, day.statement.day
    house = tuple(await house_postings(db, bank, on))
    return _Looking(day, house, frozenset(posting.id for posting in house))


def _first_seen(day: OpenDay, start: int) -> tuple[list[str], list[int]]:
    """Return the references that come first in the part from `start` on, and all their places.

    With the places of the part's lines that bear no reference.
    """
    block = day.statement.movements[start : start + day.part]
    first: dict[str, None] = {}
    places: set[int] = set()
    for place, line in enumerate(block, start=start):
        name = line.reference
        if name is None:
            places.add(place)
        elif next(_places_of(day, name, before=start), None) is None:
            first[name] = None
    return list(first), sorted(places.union(_all_places(day, first)))


def _all_places(day: OpenDay, references: Iterable[str]) -> list[int]:
    return sorted(place for name in references for place in _places_of(day, name))


def _places_of(day: OpenDay, reference: str, *, before: int | None = None) -> Iterator[int]:
    """Yield where lines under this reference stand; only those before a place, if one is given."""
    for place in day.places.of(reference):
        if before is not None and place >= before:
            return
        if day.statement.movements[place].reference == reference:
            yield place


def _parts(day: OpenDay, of: Sequence[T]) -> Iterator[Sequence[T]]:
    return (of[start : start + day.part] for start in range(0, len(of), day.part))


def _lines_at(day: OpenDay, places: Sequence[int]) -> list[StatementLine]:
    return [day.statement.movements[place] for place in places]


async def _movements_without_lines(
    db: Database, day: OpenDay, looking: _Looking, without: bytearray
) -> list[Movement]:
    """Match our movements whose reference is on no line; return those without one of ours."""
    free: list[Movement] = []
    seen: set[str] = set()
    bank, on = day.statement.bank, day.statement.day

    def stand(movements: list[Movement]) -> tuple[list[Movement], list[str]]:
        maybe_free: list[Movement] = []
        alone: dict[str, None] = {}
        for movement in movements:
            name = movement.reference
            place = None if name is None else next(_places_of(day, name), None)
            if name is None or place is None or without[place]:
                maybe_free.append(movement)
            if name is not None and place is None and name not in seen:
                alone[name] = None
        return maybe_free, list(alone)

    async for movements in movements_of_day(db, bank, on, limit=day.part):
        maybe_free, alone = await in_reader(stand, movements)
        if alone:
            part = await read_part(db, day.statement, alone, ())
            looking.take(part, ())
            seen.update(part.day.known)
        free += [one for one in maybe_free if one.reference not in seen]
    return free


async def _match_rest(
    day: OpenDay, looking: _Looking, without: bytearray, free: list[Movement]
) -> None:
    bank, on = day.statement.bank, day.statement.day
    free = [*free, *fundings(bank, looking.house)]
    places = [place for place, bare in enumerate(without) if bare]

    def match_some(some: Sequence[int]) -> list[Movement]:
        lines = _lines_at(day, some)
        found = match(BankDay(bank, on, lines, movements=free))
        of_lines = [finding for finding in found if finding.line is not None]
        looking.note(of_lines, {line.bank_id: at for at, line in zip(some, lines, strict=True)})
        used = {id(finding.movement) for finding in of_lines}
        return [movement for movement in free if id(movement) not in used]

    for some in _parts(day, places):
        free = await in_reader(match_some, some)
    looking.note(match(BankDay(bank, on, (), movements=free)), {})


def is_bookable(finding: Finding) -> bool:
    """Whether the finding's rule says that it is booked by itself."""
    return finding.kind is not None and BREAKS[finding.kind].treatment is Treatment.BOOK
