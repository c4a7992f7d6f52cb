"""Verify `unidentified`: it holds what open and noted review items set aside, and nothing else."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.house_money import LineKey
from gateway.domain.ledger import UNIDENTIFIED
from gateway.domain.loan_entries import Chains, Kind, LoanEntry
from gateway.domain.resolution import assigned_id
from gateway.domain.review import Resolution
from gateway.domain.set_aside import aside_id
from gateway.ops.commands.member_verify import Finding
from gateway.store.loan_books import read_entries

Json = Mapping[str, Any]
# What people left where it is; `given_back` of an earlier version moved nothing either.
LEAVES_IT = frozenset({None, Resolution.NOTED, Resolution.GIVEN_BACK})


def unidentified_findings(row: Record) -> Iterator[Finding]:
    """Yield what does not agree; `row` is one snapshot of the account, its lines and their items.

    Yen are in counted positive, as they came in.
    """
    items = list(row["items"])
    left = _left(row["house"], items)
    for line, amount in _members(row["entries"], items):
        left[line] -= amount
    waiting = {_line(item) for item in items if _waits(item)}
    held = -row["balance"]
    awaited = sum(amount for line, amount in left.items() if line in waiting)
    if held != awaited:
        says = f"it holds {held} yen, open and noted review items set aside {awaited}"
        yield Finding("unidentified_differs", UNIDENTIFIED, says)
    for line, amount in sorted(left.items(), key=str):
        if amount and line is not None and line not in waiting:
            says = f"{amount} yen are set aside, and no review item waits for them"
            yield Finding("line_unnoticed", f"{line.bank} {line.day} {line.bank_id}", says)


def _left(house: Iterable[Json], items: Iterable[Json]) -> Counter[LineKey | None]:
    """Return what the house's postings leave of each line; None: of lines that nobody knows."""
    amounts = {UUID(posting["id"]): posting["amount"] for posting in house}
    left: Counter[LineKey | None] = Counter()
    for posting in house:
        if posting["line"] is not None:
            left[_line(posting)] += amounts.pop(UUID(posting["id"]))
    # What was posted before postings named their lines is found by its ids.
    for line in {_line(item) for item in items}:
        for number in count():
            identifier = aside_id(line.bank, line.day, line.bank_id, number)
            if identifier not in amounts:
                break
            left[line] += amounts.pop(identifier)
    left[None] += sum(amounts.values())
    return left


def _members(entries: list[Json], items: Iterable[Json]) -> Iterator[tuple[LineKey | None, int]]:
    """Yield what members' loans took of each line, by the entries that count."""
    lines = {
        assigned_id(UUID(item["id"]), Resolution(item["resolution"])): _line(item)
        for item in items
        if item["resolution"] is not None
    }
    by_member: dict[str, list[LoanEntry]] = defaultdict(list)
    for told, entry in zip(entries, read_entries(entries), strict=True):
        by_member[told["member_id"]].append(entry)
    for known in by_member.values():
        chains = Chains(known)
        for entry in known:
            if chains.is_in_force(entry):
                sign = 1 if entry.kind in {Kind.PAYMENT, Kind.SURPLUS} else -1
                yield lines.get(chains.first(entry.id)), sign * entry.amount.amount


def _waits(item: Json) -> bool:
    is_decided = item["state"] == "closed" and item["is_acted"]
    return not is_decided or item["resolution"] in LEAVES_IT


def _line(told: Json) -> LineKey:
    return LineKey(BankCode(told["bank"]), date.fromisoformat(told["day"]), told["line"])
