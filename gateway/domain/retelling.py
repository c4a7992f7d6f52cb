"""A member's journals told again in turn, each from what was known when it was written.

A journal is explained by the histories before and after it: what they post differently is what it
has to move. Journals are told in the order in which they were written, so that one that came
later explains nothing of an earlier one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.domain.accrual import Reckoned, reckon, reckon_all
from gateway.domain.correction import Cause, parted_legs
from gateway.domain.errors import required
from gateway.domain.ledger import Posting
from gateway.domain.loan_entries import LoanEntry, Standing
from gateway.domain.loan_history import history, next_step
from gateway.domain.loan_state import Agreement, unused
from gateway.domain.posting_table import Part


@dataclass(frozen=True, slots=True)
class WrittenJournal:
    """One journal as it was written: its entries, if it is about a loan, and its postings.

    `cause` None: it was written before journals named one, or is the house's.
    """

    id: UUID
    recorded_at: datetime
    cause: Cause | None
    entries: tuple[LoanEntry, ...]
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What of one entry's posting a journal brings, or replaces. One of the two may be missing."""

    was: Reckoned | None
    now: Reckoned | None

    @property
    def reckoned(self) -> Reckoned:
        """Return the step that it is about, as it is now or last was."""
        return required(
            self.now or self.was, ValueError("a change has two sides, and at least one of them")
        )

    def amounts(self, account: str) -> dict[Part, int]:
        """Return by how many yen each part changes the account: debits minus credits."""
        amounts: dict[Part, int] = {}
        for told, sign in ((self.now, 1), (self.was, -1)):
            for part, leg in () if told is None else parted_legs(told.step):
                if account in (leg.debit, leg.credit):
                    moved = leg.amount.amount if leg.debit == account else -leg.amount.amount
                    amounts[part] = amounts.get(part, 0) + sign * moved
        return {part: amount for part, amount in amounts.items() if amount}


@dataclass(frozen=True, slots=True)
class Told:
    """A journal with the changes that explain it, as far as any do."""

    journal: WrittenJournal
    changes: tuple[Change, ...]

    @property
    def accounts(self) -> frozenset[str]:
        """Return every account that the journal moved, or should have moved."""
        sides = [one for change in self.changes for one in (change.was, change.now)]
        legs = [leg for side in sides if side is not None for _, leg in parted_legs(side.step)]
        posted = [name for one in self.journal.postings for name in (one.debit, one.credit)]
        return frozenset((*posted, *(name for leg in legs for name in (leg.debit, leg.credit))))


class Retelling:
    """A loan's history as it grew: it is told one journal after the other."""

    def __init__(self, agreement: Agreement) -> None:
        self._agreement = agreement
        self._entries: dict[UUID, LoanEntry] = {}
        self._taken_back: set[UUID | None] = set()
        self._told: list[Reckoned] = []

    def tell(self, journals: Iterable[WrittenJournal]) -> Iterator[Told]:
        """Yield each journal with what explains it."""
        for journal in journals:
            yield Told(journal, self._changes(journal))

    def _changes(self, journal: WrittenJournal) -> tuple[Change, ...]:
        new = [entry for entry in journal.entries if entry.id not in self._entries]
        self._entries |= {entry.id: entry for entry in new}
        self._taken_back |= {entry.takes_back for entry in new}
        if self._come_in_turn(new):
            return tuple(Change(None, self._add(entry)) for entry in new)
        return self._fold_again()

    def _come_in_turn(self, new: Sequence[LoanEntry]) -> bool:
        """Whether they come after all that is known, and neither take back nor are taken back."""
        places = [told.step.entry.place for told in self._told[-1:]]
        places += [entry.place for entry in new]
        return places == sorted(places) and not any(
            entry.takes_back is not None or entry.id in self._taken_back for entry in new
        )

    def _add(self, entry: LoanEntry) -> Reckoned:
        contract = self._agreement.contract
        last = self._told[-1] if self._told else None
        before = unused(entry.effective_on, contract) if last is None else last.step.after
        step = next_step(before, Standing(entry, entry.amount), self._agreement)
        self._told.append(reckon(last, step, contract))
        return self._told[-1]

    def _fold_again(self) -> tuple[Change, ...]:
        """Return what the whole history posts otherwise now, in its order."""
        before = self._told
        steps = tuple(told.step for told in before)
        folded = history(self._entries.values(), self._agreement, steps)
        self._told = list(reckon_all(folded.steps, self._agreement.contract))
        old = {told.step.entry: told for told in before}
        new = {told.step.entry: told for told in self._told}
        pairs = (Change(old.get(entry), new.get(entry)) for entry in {**old, **new})
        return tuple(sorted(filter(_moves, pairs), key=lambda one: one.reckoned.step.entry.place))


def _moves(change: Change) -> bool:
    """Whether the two sides post otherwise."""
    was, now = change.was, change.now
    return was is None or now is None or was.step.parts != now.step.parts


def with_silent(
    journals: Iterable[WrittenJournal], silent: Iterable[WrittenJournal]
) -> list[WrittenJournal]:
    """Return journals in their order, and between them those that posted nothing."""
    ordered = list(journals)
    for one in silent:
        place = bisect_right([known.recorded_at for known in ordered], one.recorded_at)
        ordered.insert(place, one)
    return ordered
