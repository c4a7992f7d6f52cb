"""The oracle: what clients were told, our ledger and the banks' books, compared.

Pure: it sees three lists and returns findings. Written from the rules of the design: nothing twice,
nothing lost, nothing on another day, nothing without an end.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9))
# Some banks tell whole seconds; one tells the day, no more, and answers are then held to the day.
TOLD_WITHIN = timedelta(seconds=1.5)
DAY_ONLY = {"mizuho"}
LAST_WORDS: Mapping[str, frozenset[str]] = {
    "transfer": frozenset({"settled", "rejected", "cancelled", "returned"}),
    "repayment": frozenset({"settled", "rejected", "expired", "cancelled"}),
}
# What may still follow a last word. A repayment that was over here may be approved at the bank.
MAY_FOLLOW: Mapping[tuple[str, str], frozenset[str]] = {
    ("transfer", "settled"): frozenset({"returned"}),
    ("repayment", "rejected"): frozenset({"settled"}),
    ("repayment", "expired"): frozenset({"settled"}),
    ("repayment", "cancelled"): frozenset({"settled"}),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """One accepted wish as its client was told of it: the states in order, the last instants."""

    flow: str
    reference: str
    bank: str
    amount: int
    states: tuple[str, ...]
    settled_at: datetime | None = None
    returned_at: datetime | None = None
    paid_amount: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A transfer or repayment as our database has it; `open_items` count who has to look at it."""

    flow: str
    reference: str
    state: str
    reason: str | None
    open_items: int = 0


@dataclass(frozen=True, slots=True)
class Cash:
    """Money that one journal moved on a bank's cash account: in is positive."""

    reference: str
    bank: str
    amount: int
    effective_on: date


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement in a bank's own books: in is positive."""

    reference: str
    bank: str
    kind: str
    amount: int
    at: datetime

    @property
    def day(self) -> date:
        return self.at.astimezone(JST).date()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be: `kind` is lost, doubled, misdated, stuck or told_wrongly."""

    kind: str
    reference: str
    what: str


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the oracle looks at, once everything has come to rest.

    `open_files`: the numbers of files that may still be sent, or whose results are still to come.
    """

    heard: Sequence[Heard]
    rows: Sequence[Row]
    cash: Sequence[Cash]
    moved: Sequence[Moved]
    open_files: Sequence[str] = ()


def judge(seen: Seen) -> list[Finding]:
    """Return everything that must not be; an empty list is what the rig is run for."""
    rows = {row.reference: row for row in seen.rows}
    moved, cash = _by_reference(seen.moved), _by_reference(seen.cash)
    known = {heard.reference for heard in seen.heard}
    findings: list[Finding] = []
    for heard in seen.heard:
        of_one = moved.get(heard.reference, [])
        row = rows.get(heard.reference)
        findings += _doubled(heard, of_one)
        findings += _at_rest(heard, row)
        findings += _told(heard, of_one)
        if row is not None and row.state != "review":
            findings += _booked(heard.reference, cash.get(heard.reference, []), of_one)
    for reference, lines in moved.items():
        if reference not in known:
            findings.append(_lost(reference, f"the bank moved {_sum(lines)} yen for nobody's wish"))
    findings += [
        Finding("lost", row.reference, f"a {row.flow} that no client was told of")
        for row in seen.rows
        if row.reference not in known
    ]
    findings += [Finding("stuck", file, "a file that has no end") for file in seen.open_files]
    return findings


def _by_reference(lines: Iterable[Cash | Moved]) -> dict[str, list[Cash | Moved]]:
    found: dict[str, list[Cash | Moved]] = defaultdict(list)
    for line in lines:
        found[line.reference].append(line)
    return found


def _sum(lines: Iterable[Cash | Moved]) -> int:
    return sum(line.amount for line in lines)


def _lost(reference: str, what: str) -> Finding:
    return Finding("lost", reference, what)


def _doubled(heard: Heard, moved: Sequence[Cash | Moved]) -> list[Finding]:
    """One wish moves money at the bank once: a second time only after the first came back."""
    found = []
    kinds = Counter(line.kind for line in moved if isinstance(line, Moved))
    for kind, times in kinds.items():
        if times > 1:
            what = f"{heard.bank} booked {kind} {times} times for one wish of {heard.amount} yen"
            found.append(Finding("doubled", heard.reference, what))
    wrong = [line.amount for line in moved if abs(line.amount) != heard.amount]
    if wrong:
        what = f"{heard.bank} moved {wrong} yen, {heard.amount} had been asked for"
        found.append(Finding("doubled", heard.reference, what))
    return found


def _at_rest(heard: Heard, row: Row | None) -> list[Finding]:
    """Everything is final, or in review with a reason and somebody who has to look at it."""
    if row is None:
        return [_lost(heard.reference, "accepted, and no row of it")]
    if row.state in LAST_WORDS[heard.flow]:
        return []
    if row.state != "review":
        return [Finding("stuck", heard.reference, f"still {row.state}")]
    if not row.reason or not row.open_items:
        what = f"in review, reason {row.reason}, {row.open_items} open items"
        return [Finding("stuck", heard.reference, what)]
    return []


def _told(heard: Heard, moved: Sequence[Cash | Moved]) -> list[Finding]:
    """A last word stays the last; what is told of money is what the bank did, and when."""
    found = []
    for before, after in zip(heard.states, heard.states[1:], strict=False):
        is_last = before in LAST_WORDS[heard.flow]
        if is_last and after not in MAY_FOLLOW.get((heard.flow, before), ()):
            found.append(_wrongly(heard, f"told {before}, then {after}"))
    last = heard.states[-1]
    kinds = {line.kind: line for line in moved if isinstance(line, Moved)}
    is_paid = last in {"settled", "returned"}
    if is_paid and not kinds:
        found.append(_lost(heard.reference, f"told {last}, {heard.bank} has moved nothing"))
    if last in LAST_WORDS[heard.flow] and not is_paid and kinds:
        found.append(_lost(heard.reference, f"told {last}, {heard.bank} moved {_sum(moved)} yen"))
    if last == "settled" and "return" in kinds:
        found.append(_lost(heard.reference, "told settled, the money came back"))
    for told, kind in ((heard.settled_at, "payout"), (heard.settled_at, "collection")):
        found += _dated(heard, told, kinds.get(kind))
    return [*found, *_dated(heard, heard.returned_at, kinds.get("return"))]


def _dated(heard: Heard, told: datetime | None, line: Moved | None) -> list[Finding]:
    if told is None or line is None or abs(told - line.at) <= TOLD_WITHIN:
        return []
    if line.bank in DAY_ONLY and told.astimezone(JST).date() == line.day:
        return []
    what = f"told {told.isoformat()}, {heard.bank} booked {line.kind} at {line.at.isoformat()}"
    return [Finding("misdated", heard.reference, what)]


def _wrongly(heard: Heard, what: str) -> Finding:
    return Finding("told_wrongly", heard.reference, what)


def _booked(
    reference: str, cash: Sequence[Cash | Moved], moved: Sequence[Cash | Moved]
) -> list[Finding]:
    """Our cash account has each movement of the bank once, on the right day.

    A return takes the advance back: it is effective on the day of the advance.
    """
    first = min((line.day for line in moved if isinstance(line, Moved)), default=None)
    theirs: Counter[tuple[str, int, date | None]] = Counter(
        (line.bank, line.amount, first if line.kind == "return" else line.day)
        for line in moved
        if isinstance(line, Moved)
    )
    ours: Counter[tuple[str, int, date | None]] = Counter(
        (line.bank, line.amount, line.effective_on) for line in cash if isinstance(line, Cash)
    )
    if ours == theirs:
        return []
    missing, more = list((theirs - ours).elements()), list((ours - theirs).elements())
    what = f"not in our ledger {_shown(missing)}, in our ledger only {_shown(more)}"
    if sorted(line[:2] for line in missing) == sorted(line[:2] for line in more):
        return [Finding("misdated", reference, what)]
    return [Finding("doubled" if more and not missing else "lost", reference, what)]


def _shown(lines: Iterable[tuple[str, int, date | None]]) -> str:
    return ", ".join(f"{bank} {amount:+} on {day}" for bank, amount, day in lines) or "nothing"
