"""What happened to a loan: the entries that its history is folded from.

An entry is a fact about money, dated by the bank. When we heard of it plays no part, so that the
order of discovery cannot matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from gateway.domain.money import Yen


class Kind(StrEnum):
    """What an entry is about."""

    ADVANCE = "advance"  # the lender paid out
    PAYMENT = "payment"  # money came in from the member
    RETURN = "return"  # the bank gave an advance back: it is taken out at its own date
    SURPLUS = "surplus"  # a second credit for one request: the member's, until people decide
    FEE = "fee"  # the member owes a fee
    REFUND = "refund"  # suspense was paid out to the member
    SET_OFF = "set_off"  # suspense paid what the member owed
    WITHDRAWAL = "withdrawal"  # another entry was wrong: it counts no more


NAMES_ANOTHER = frozenset({Kind.RETURN, Kind.WITHDRAWAL})


@dataclass(frozen=True, slots=True)
class LoanEntry:
    """One fact. `effective_on` is the JST date of the bank's booking instant, `at`.

    `house` is the ledger account on the other side: `settlement_cash:{bank}`, `unidentified` where
    the money was booked before anybody knew whose it was, `fee_income`. `takes_back` is the id of
    the advance that a return is about, and of the entry that a withdrawal, or any other entry that
    names one, puts out of force: an entry that names one stands in its place. A return, which names
    its advance, names in `stands_for` the entry in whose place it stands.
    """

    id: UUID
    kind: Kind
    amount: Yen
    effective_on: date
    at: datetime
    house: str
    takes_back: UUID | None = None
    stands_for: UUID | None = None

    def __post_init__(self) -> None:
        if self.kind in NAMES_ANOTHER and self.takes_back is None:
            raise ValueError(f"a {self.kind} names the entry that it is about")

    @property
    def place(self) -> tuple[date, datetime, bool, UUID]:
        """Return where the entry stands in the loan's history.

        Banks tell whole seconds: of one instant, what was lent comes before what pays it back.
        """
        return self.effective_on, self.at, self.kind is not Kind.ADVANCE, self.id

    @property
    def supersedes(self) -> UUID | None:
        """Return the id of the entry that counts no more because of this one, None if none."""
        return self.stands_for if self.kind is Kind.RETURN else self.takes_back


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry with what is left of it once returns and withdrawals are known.

    Of a return, `amount` is what exceeds the advance, or all of it where no such advance is known.
    A withdrawal, and what it puts out of force, amount to nothing.
    """

    entry: LoanEntry
    amount: Yen


def standing(entries: Iterable[LoanEntry]) -> tuple[Standing, ...]:
    """Return the entries in their order, less what came back of them or was withdrawn."""
    ordered = sorted(entries, key=lambda entry: entry.place)
    chains = Chains(ordered)
    in_force = {entry.id for entry in ordered if chains.is_in_force(entry)}
    left = {entry.id: entry.amount.amount * (entry.id in in_force) for entry in ordered}
    advances = {entry.id for entry in ordered if entry.kind is Kind.ADVANCE}
    for entry in ordered:
        if entry.kind is not Kind.RETURN or entry.takes_back is None:
            continue
        advance = chains.latest(entry.takes_back)
        if advance in advances:
            taken = min(left[entry.id], left[advance])
            left[advance] -= taken
            left[entry.id] -= taken
    return tuple(Standing(entry, Yen(left[entry.id])) for entry in ordered)


class Chains:
    """Which entries stand in the place of which: the first, what superseded it, and so on."""

    def __init__(self, entries: Iterable[LoanEntry]) -> None:
        known = tuple(entries)
        self._next = {entry.supersedes: entry.id for entry in known if entry.supersedes}
        self._before = {entry.id: entry.supersedes for entry in known if entry.supersedes}

    def is_in_force(self, entry: LoanEntry) -> bool:
        """Whether the entry counts: nothing supersedes it, and it is no withdrawal itself."""
        return entry.id not in self._next and entry.kind is not Kind.WITHDRAWAL

    def latest(self, entry_id: UUID) -> UUID:
        """Return what stands in the entry's place by now, itself where nothing does."""
        return _last(entry_id, self._next)

    def first(self, entry_id: UUID) -> UUID:
        """Return the entry that the place was made by."""
        return _last(entry_id, self._before)


def _last(entry_id: UUID, links: Mapping[UUID, UUID]) -> UUID:
    seen = {entry_id}
    while (linked := links.get(entry_id)) is not None and linked not in seen:
        seen.add(linked)
        entry_id = linked
    return entry_id
