"""Draw faults by a seed: a third in `sql/` and in money's decisions, the rest from every layer."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from random import Random

from mutants.fault import Fault, Source
from mutants.python_faults import python_faults
from mutants.sql_faults import sql_faults

LAYERS = ("domain", "services", "store", "adapters", "http")
# Modules of the domain that decide what money does.
DECISIONS = (
    "decision", "transfer", "repayment", "file_end", "booking", "correction", "allocation",
    "interest", "accrual", "loan", "house_money", "resolution", "set_aside", "breaks",
    "reconciliation",
)  # fmt: skip


def all_faults(root: Path) -> Iterator[Fault]:
    """Yield every fault of the tree. Migrations are left out: a test holds each to its checksum."""
    for part in ("functions", "queries"):
        for path in sorted((root / "sql" / part).glob("*.sql")):
            yield from sql_faults(Source.read(root, str(path.relative_to(root))))
    for layer in LAYERS:
        for path in sorted((root / "gateway" / layer).rglob("*.py")):
            yield from python_faults(Source.read(root, str(path.relative_to(root))))


def is_money(fault: Fault) -> bool:
    """Return whether a fault is in SQL or in a decision about money: there more must be noticed."""
    path = Path(fault.file)
    return fault.layer == "sql" or (
        fault.layer == "domain" and any(path.stem.startswith(name) for name in DECISIONS)
    )


def draw(root: Path, seed: int) -> Iterator[Fault]:
    """Yield faults without end of choice: every third about money, the others a layer in turn.

    A place is drawn first, then one of its faults, so that long expressions do not weigh more.
    """
    random = Random(seed)  # noqa: S311 - repeatable, no secret
    money: dict[tuple[str, int], list[Fault]] = defaultdict(list)
    others: dict[str, dict[tuple[str, int], list[Fault]]] = {
        layer: defaultdict(list) for layer in LAYERS
    }
    for fault in all_faults(root):
        pile = money if is_money(fault) else others[fault.layer]
        pile[fault.file, fault.line].append(fault)
    layers = cycle(LAYERS)
    while money:
        yield _take(money, random)
        for _ in range(2):
            yield _take(others[next(layers)], random)


def _take(pile: dict[tuple[str, int], list[Fault]], random: Random) -> Fault:
    places: Sequence[tuple[str, int]] = list(pile)
    return random.choice(pile.pop(random.choice(places)))
