"""A statement in which lines stand between those that were read before: which line is which. Pure.

Where a bank numbers a day's lines, one that is put in between gives all after it other numbers.
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from gateway.domain.bank import StatementLine

Trait = Callable[[StatementLine], tuple[object, ...]]


def _fact(line: StatementLine) -> tuple[object, ...]:
    return line.direction, line.amount, line.reference, line.is_return


# How a line is known again, the surest way first; an instant may be ours, and a number a place.
TRAITS: tuple[Trait, ...] = (
    lambda line: (*_fact(line), line.booked_at, line.bank_id),
    lambda line: (*_fact(line), line.booked_at),
    lambda line: (*_fact(line), line.bank_id),
    _fact,
)


@dataclass(frozen=True, slots=True)
class Reordered:
    """The lines in the order in which they were kept, under the numbers that they bear here.

    `lines` begins with all that were kept; `inserted` are those that are new, which follow.
    """

    lines: tuple[StatementLine, ...]
    inserted: tuple[StatementLine, ...]


def in_kept_order(
    lines: Sequence[StatementLine], kept: Sequence[StatementLine]
) -> Reordered | None:
    """Return which line is which; None where one that was kept is on the statement no more."""
    places = _places(lines, kept)
    if len(places) < len(kept):
        return None
    known = [
        replace(lines[places[number]], bank_id=line.bank_id, booked_at=line.booked_at)
        for number, line in enumerate(kept)
    ]
    used = set(places.values())
    taken = {line.bank_id for line in kept}
    inserted = []
    for place, line in enumerate(lines):
        if place not in used:
            bank_id = _free(line.bank_id, taken)
            taken.add(bank_id)
            inserted.append(replace(line, bank_id=bank_id))
    return Reordered((*known, *inserted), tuple(inserted))


def _places(lines: Sequence[StatementLine], kept: Sequence[StatementLine]) -> dict[int, int]:
    """Return where each kept line stands, by its number; those that are nowhere are left out."""
    places: dict[int, int] = {}
    used: set[int] = set()
    for trait in TRAITS:
        free: dict[tuple[object, ...], deque[int]] = defaultdict(deque)
        for place, line in enumerate(lines):
            if place not in used:
                free[trait(line)].append(place)
        for number, line in enumerate(kept):
            found = free.get(trait(line))
            if number not in places and found:
                places[number] = found.popleft()
                used.add(places[number])
    return places


def _free(bank_id: str, taken: set[str]) -> str:
    """Return a number for a new line: the bank's own, or, where another bears it, one like it."""
    if bank_id not in taken:
        return bank_id
    return next(name for n in count(2) if (name := f"{bank_id}+{n}") not in taken)


def digest_of(lines: Iterable[StatementLine]) -> bytes:
    """Return what tells these lines, in this order and under these numbers, from any others."""
    digest = hashlib.sha256()
    for line in lines:
        amount = line.amount.amount
        facts = (line.bank_id, line.direction.value, amount, line.reference, line.is_return)
        digest.update(repr(facts).encode())
    return digest.digest()
