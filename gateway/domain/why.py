"""Why an account has its balance: the balance taken apart, posting by posting, into its causes.

Parts are in yen, debits minus credits, and sum to the balance. A part says which of six it is; what
nothing explains is a part, too.
"""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import count, takewhile
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.accrual import Accrual, Reckoned
from gateway.domain.bank import Direction
from gateway.domain.correction import Cause
from gateway.domain.house_money import OPENING_KINDS
from gateway.domain.ledger import UNIDENTIFIED, Posting, charge_leg
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.money import NOTHING, Yen
from gateway.domain.posting_table import Part
from gateway.domain.retelling import Told, WrittenJournal
from gateway.domain.set_aside import aside_id

RECKONED = frozenset({Part.INTEREST_ACCRUED, Part.LATE_DAMAGES_ACCRUED})
OUTGOING = frozenset({Kind.ADVANCE, Kind.REFUND})


class PartKind(StrEnum):
    """Where yen of a balance come from."""

    WISH = "wish"  # a member's transfer or repayment
    LINE = "line"  # a line of a bank's statement that is nobody's wish
    RULE = "rule"  # reckoned: interest, late damages, a bank's charge
    ACT = "act"  # two operators' decision
    CORRECTION = "correction"  # the past changed: what is posted now, less what was
    UNEXPLAINED = "unexplained"  # nothing explains it: a finding


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a bank's statement as it was kept."""

    bank: str
    day: date
    number: int
    bank_id: str
    direction: Direction
    amount: int
    reference: str | None


@dataclass(frozen=True, slots=True)
class Act:
    """What two operators decided; `audit` are the acts on record.

    `prefix` and `id`: a review item (`rv`) or a standing rule (`sr`); neither for what was on an
    account at first. `entry_id`: the entry that an item is about, where it is about one.
    """

    prefix: str
    id: UUID | None
    kind: str
    resolution: str
    proposed_by: str
    confirmed_by: str
    audit: tuple[UUID, ...]
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A member's transfer (`tr`) or repayment (`rp`)."""

    prefix: str
    id: UUID
    bank: str
    reference: str


@dataclass(frozen=True, slots=True)
class Charge:
    """The bank's charge for a movement, by its tariff; taken back where no movement was."""

    bank: str
    channel: str
    account_class: str
    amount: Yen
    day: date
    fee: Yen
    is_taken_back: bool = False


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Interest or late damages of one payment: what the days bore, posted in whole yen."""

    entry_id: UUID
    accrual: Accrual


@dataclass(frozen=True, slots=True)
class Source:
    """What an entry, or a posting of the house, came by, as far as it is known.

    `takes_back`: it takes back what the line was made of before, for something explains it now.
    """

    wish: Wish | None = None
    act: Act | None = None
    line: Line | None = None
    takes_back: bool = False

    @property
    def kind(self) -> PartKind:
        if self.takes_back:
            return PartKind.CORRECTION
        if self.wish is not None:
            return PartKind.WISH
        if self.act is not None:
            return PartKind.ACT
        return PartKind.UNEXPLAINED if self.line is None else PartKind.LINE


NO_SOURCE = Source()


@dataclass(frozen=True, slots=True)
class BalancePart:
    """Some yen of a balance and where they come from.

    `is_now` and `was` are of what was reckoned: a rule's part is `is_now` rounded down, a
    correction's is that less what `was` before. `entry` is what was posted for, `entries` are what
    the journal was written for; `source` is where these came from.
    """

    account: str
    kind: PartKind
    amount: int
    on: date
    recorded_at: datetime
    journal: UUID
    member_id: UUID
    part: str | None = None
    cause: Cause | None = None
    entry: LoanEntry | None = None
    entries: tuple[UUID, ...] = ()
    source: Source = NO_SOURCE
    charge: Charge | None = None
    is_now: Reckoning | None = None
    was: Reckoning | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """The account, and how much of time counts: effective until `on`, recorded until `known_at`."""

    account: str
    on: date
    known_at: datetime


def parts_of(
    window: Window,
    told: Told,
    *,
    member_id: UUID,
    sources: Mapping[UUID, Source],
    charge: Charge | None,
) -> Iterator[BalancePart]:
    """Yield the parts that a member's journal has in the account.

    `sources` are by entry; `charge` is what the bank takes for the journal's movement.
    """
    journal = told.journal
    if journal.recorded_at > window.known_at:
        return
    left = _posted_on(window, journal)
    explained = [
        *_of_changes(window, told, member_id, sources),
        *_of_charge(window, told, member_id, charge),
    ]
    for part in explained:
        if part.on <= window.on:
            left[part.on] -= part.amount
            yield part
    for day, amount in sorted(left.items()):
        if amount:
            yield _plain(window, journal, member_id, (day, amount))


def house_parts(
    window: Window, journal: WrittenJournal, *, member_id: UUID, sources: Mapping[UUID, Source]
) -> Iterator[BalancePart]:
    """Yield the parts that a journal without a loan has in the account; `sources` by posting."""
    if journal.recorded_at > window.known_at:
        return
    for posting in journal.postings:
        amount = _signed(window, posting)
        if amount and posting.effective_on <= window.on:
            source = sources.get(posting.id, NO_SOURCE)
            part = _plain(window, journal, member_id, (posting.effective_on, amount))
            yield replace(part, kind=source.kind, source=source)


def _posted_on(window: Window, journal: WrittenJournal) -> Counter[date]:
    """Return what a journal moved in the account on each day that counts."""
    posted: Counter[date] = Counter()
    for posting in journal.postings:
        if posting.effective_on <= window.on:
            posted[posting.effective_on] += _signed(window, posting)
    return posted


def _signed(window: Window, posting: Posting) -> int:
    amount = posting.amount.amount
    return amount * ((posting.debit == window.account) - (posting.credit == window.account))


def _plain(
    window: Window, journal: WrittenJournal, member_id: UUID, moved: tuple[date, int]
) -> BalancePart:
    day, amount = moved
    return BalancePart(
        account=window.account,
        kind=PartKind.UNEXPLAINED,
        amount=amount,
        on=day,
        recorded_at=journal.recorded_at,
        journal=journal.id,
        member_id=member_id,
        cause=journal.cause,
    )


def _of_changes(
    window: Window, told: Told, member_id: UUID, sources: Mapping[UUID, Source]
) -> Iterator[BalancePart]:
    journal = told.journal
    brought = tuple(entry.id for entry in journal.entries)
    for change in told.changes:
        entry = change.reckoned.step.entry
        is_new = change.was is None and entry.id in brought
        source = sources.get(entry.id if is_new else brought[0], NO_SOURCE)
        for part, amount in change.amounts(window.account).items():
            plain = _plain(window, journal, member_id, (entry.effective_on, amount))
            yield replace(
                plain,
                kind=_kind(part, source) if is_new else PartKind.CORRECTION,
                part=part.value,
                entry=entry,
                entries=brought,
                source=source,
                is_now=_reckoning(part, change.now),
                was=_reckoning(part, change.was),
            )


def _kind(part: Part, source: Source) -> PartKind:
    return PartKind.RULE if part in RECKONED else source.kind


def _reckoning(part: Part, told: Reckoned | None) -> Reckoning | None:
    # What was withdrawn, or came back whole, settles nothing, whatever its days had borne.
    if told is None or part not in RECKONED or part not in told.step.parts:
        return None
    accrual = told.interest if part is Part.INTEREST_ACCRUED else told.late_damages
    return Reckoning(told.step.entry.id, accrual)


def _of_charge(
    window: Window, told: Told, member_id: UUID, charge: Charge | None
) -> Iterator[BalancePart]:
    """Yield the charge where the journal has one: what it differs from the tariff stays over."""
    if charge is None or charge.fee == NOTHING:
        return
    leg = charge_leg(BankCode(charge.bank), charge.fee, charge.day)
    if window.account in (leg.debit, leg.credit):
        is_raised = (leg.debit == window.account) is not charge.is_taken_back
        moved = (charge.day, charge.fee.amount if is_raised else -charge.fee.amount)
        part = _plain(window, told.journal, member_id, moved)
        kind = PartKind.CORRECTION if charge.is_taken_back else PartKind.RULE
        brought = tuple(entry.id for entry in told.journal.entries)
        entries = brought if charge.is_taken_back else ()
        yield replace(part, kind=kind, part="bank_charge", charge=charge, entries=entries)


def line_of(entry: LoanEntry, lines: Iterable[Line], *, bank_id: str | None) -> Line | None:
    """Return the line that shows an entry's money, of those that may; None if none is kept yet."""
    direction = Direction.OUT if entry.kind in OUTGOING else Direction.IN
    fitting = [
        line
        for line in lines
        if (line.direction, line.amount, line.day)
        == (direction, entry.amount.amount, entry.effective_on)
    ]
    named = (line for line in fitting if line.bank_id == bank_id)
    return next(named, fitting[0] if fitting else None)


@dataclass(frozen=True, slots=True)
class HouseActs:
    """The decisions of operators, by what a posting of the house names: item, rule or opening.

    Of an opening: whether it was said or taken back (`kind`), the bank, and which one it is.
    """

    items: Mapping[UUID, Act]
    rules: Mapping[UUID, Act]
    openings: Mapping[tuple[str, str, int], Act]


def house_sources(
    postings: Collection[Posting], lines: Iterable[Line], acts: HouseActs
) -> dict[UUID, Source]:
    """Return what the house's postings came by, by posting; what names nothing is not in it."""
    by_line = {(line.bank, line.day.isoformat(), line.bank_id): line for line in lines}
    sources = _asides({posting.id for posting in postings}, by_line.values())
    for posting in postings:
        if posting.source is not None and posting.id not in sources:
            sources[posting.id] = _named(posting, posting.source, by_line, acts)
    return sources


def _named(
    posting: Posting,
    said: Mapping[str, str],
    by_line: Mapping[tuple[str, str, str], Line],
    acts: HouseActs,
) -> Source:
    bank, line = said.get("bank", ""), None
    if "line" in said:
        line = by_line.get((bank, said["day"], said["line"])) or _not_kept(posting, said)
    if "item" in said:
        return Source(act=acts.items.get(UUID(said["item"])), line=line)
    if "rule" in said:
        return Source(act=acts.rules.get(UUID(said["rule"])), line=line)
    if said["kind"] in OPENING_KINDS.values():
        return Source(act=acts.openings.get((said["kind"], bank, int(said.get("number", 0)))))
    return Source(line=line, takes_back=said["kind"] == "taken_back")


def _not_kept(posting: Posting, said: Mapping[str, str]) -> Line:
    """Return a line as far as its posting tells of it: it is kept after it was set aside."""
    return Line(
        bank=said["bank"],
        day=date.fromisoformat(said["day"]),
        number=0,
        bank_id=said["line"],
        direction=Direction.OUT if posting.debit == UNIDENTIFIED else Direction.IN,
        amount=posting.amount.amount,
        reference=None,
    )


def _asides(posted: Container[UUID], lines: Iterable[Line]) -> dict[UUID, Source]:
    """Return what was set aside of lines, and taken back, by the ids that follow from them."""
    sources: dict[UUID, Source] = {}
    for line in lines:
        ids = (aside_id(BankCode(line.bank), line.day, line.bank_id, nth) for nth in count())
        for nth, identifier in enumerate(takewhile(posted.__contains__, ids)):
            sources[identifier] = Source(line=line, takes_back=nth > 0)
    return sources
