"""What the ledger must post when a loan's history changes: the difference of two histories.

After it is posted, all postings of the member sum to what the new history posts, in whatever order
its entries were discovered. A payment that comes in its turn is the plain case: its own rows of
the posting table and nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from gateway.domain.ledger import MEMBER_ACCOUNTS, Leg
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.loan_history import History, Step
from gateway.domain.money import NOTHING, Yen
from gateway.domain.posting_table import HOUSE, TABLE, Part

Amounts = dict[tuple[date, str, str], int]


class Cause(StrEnum):
    """Why a journal is written."""

    BOOKED = "booked"  # in its turn: nothing past changes
    FOUND_LATE = "found_late"  # put in before what was known
    RETURNED = "returned"  # an advance came back
    WITHDRAWN = "withdrawn"  # an entry was wrong, and is taken out
    ENTERED_ANEW = "entered_anew"  # an entry stands in the place of one that was wrong


@dataclass(frozen=True, slots=True)
class Correction:
    """One journal: the entries that caused it, and its legs on the dates that they concern."""

    cause: Cause
    entry_ids: tuple[UUID, ...]
    legs: tuple[Leg, ...]

    @property
    def by_account(self) -> dict[str, int]:
        """Return by how many yen each account's debit balance changes, over all dates."""
        changes: dict[str, int] = {}
        for leg in self.legs:
            changes[leg.debit] = changes.get(leg.debit, 0) + leg.amount.amount
            changes[leg.credit] = changes.get(leg.credit, 0) - leg.amount.amount
        return {account: change for account, change in changes.items() if change}


def parted_legs(step: Step) -> tuple[tuple[Part, Leg], ...]:
    """Return what one step posts, by the posting table, and which part of the entry each leg is.

    What stays in its account posts nothing: unidentified money that is nobody's after all.
    """
    legs = (
        (part, Leg(*_accounts(debit, credit, step.entry), amount, step.entry.effective_on))
        for debit, credit, part in TABLE[step.entry.kind]
        if (amount := step.parts.get(part, NOTHING)) > NOTHING
    )
    return tuple((part, leg) for part, leg in legs if leg.debit != leg.credit)


def legs_of(step: Step) -> tuple[Leg, ...]:
    """Return what one step posts."""
    return tuple(leg for _, leg in parted_legs(step))


def postings_of(history: History) -> tuple[Leg, ...]:
    """Return what a history posts in all."""
    return tuple(leg for step in history.steps for leg in legs_of(step))


def correction(old: History, new: History) -> Correction:
    """Return the one journal that leads from what `old` posted to what `new` posts."""
    before = {step.entry for step in old.steps}
    after = {step.entry for step in new.steps}
    changed = sorted(before ^ after, key=lambda entry: entry.place)
    return Correction(
        cause=_cause(before, after),
        entry_ids=tuple(dict.fromkeys(entry.id for entry in changed)),
        legs=tuple(_difference(_amounts(old), _amounts(new))),
    )


def _cause(before: set[LoanEntry], after: set[LoanEntry]) -> Cause:
    added = after - before
    if before - after or any(entry.kind is Kind.WITHDRAWAL for entry in added):
        return Cause.WITHDRAWN
    if any(entry.supersedes is not None for entry in added):
        return Cause.ENTERED_ANEW
    if any(entry.kind is Kind.RETURN for entry in added):
        return Cause.RETURNED
    is_past = any(entry.place < known.place for entry in added for known in before)
    return Cause.FOUND_LATE if is_past else Cause.BOOKED


def _accounts(debit: str, credit: str, entry: LoanEntry) -> tuple[str, str]:
    return debit.replace(HOUSE, entry.house), credit.replace(HOUSE, entry.house)


def _amounts(history: History) -> Amounts:
    amounts: Amounts = {}
    for leg in postings_of(history):
        key = (leg.effective_on, leg.debit, leg.credit)
        amounts[key] = amounts.get(key, 0) + leg.amount.amount
    return amounts


def _difference(old: Amounts, new: Amounts) -> Iterator[Leg]:
    """Yield what is posted and what is taken back, the latter as a posting the other way."""
    changes = {key: new.get(key, 0) - old.get(key, 0) for key in {**old, **new}}
    for day in sorted({day for day, _, _ in changes}):
        on_day = {key[1:]: change for key, change in changes.items() if key[0] == day}
        forward = [Leg(*key, Yen(change), day) for key, change in on_day.items() if change > 0]
        back = [Leg(*key[::-1], Yen(-change), day) for key, change in on_day.items() if change < 0]
        yield from _joined(back, forward)


def _joined(back: list[Leg], forward: list[Leg]) -> Iterator[Leg]:
    """Yield the legs of one day; money that did not move anew moves between accounts only.

    Taken back from principal and given to interest, both by way of `settlement_cash`, is one
    posting from the one to the other: no cash has moved on that day, and none is shown.
    """
    waiting = list(forward)
    for taken in back:
        left = taken.amount.amount
        for place, given in enumerate(waiting):
            ends = _past_the_house(taken, given)
            moved = min(left, given.amount.amount)
            if ends is None or moved == 0:
                continue
            yield Leg(*ends, Yen(moved), taken.effective_on)
            left -= moved
            rest = Yen(given.amount.amount - moved)
            waiting[place] = Leg(given.debit, given.credit, rest, given.effective_on)
        if left:
            yield Leg(taken.debit, taken.credit, Yen(left), taken.effective_on)
    yield from (leg for leg in waiting if leg.amount > NOTHING)


def _past_the_house(taken: Leg, given: Leg) -> tuple[str, str] | None:
    """Return debit and credit of the two as one, or None where no house account joins them."""
    if taken.credit == given.debit and taken.credit not in MEMBER_ACCOUNTS:
        return taken.debit, given.credit
    if taken.debit == given.credit and taken.debit not in MEMBER_ACCOUNTS:
        return given.debit, taken.credit
    return None
