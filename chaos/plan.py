"""The plan of a run: who wishes what, and what goes wrong when. Pure: the seed says all of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType

from chaos.banks import BANKS
from chaos.members import Payer

FIRST_ADVANCE = 60_000
ALL_MIZUHO = (1 / 3, 2 / 3)
MAY_LAST = 0.9


@dataclass(frozen=True, slots=True)
class Shape:
    """How much happens in a run, and how fast; seconds are real ones."""

    transfers: int
    repayments: int
    members: int
    lasts_s: float
    rests_s: float
    time_scale: float = 0.05
    counts: Mapping[str, int] = field(default_factory=dict)


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "long": Shape(
            transfers=200,
            repayments=120,
            members=20,
            lasts_s=900,
            rests_s=480,
            counts={
                "kill_one": 14, "kill_machine": 8, "freeze_one": 15, "freeze_machine": 7,
                "stop_postgres": 5, "lose_writes": 60, "lose_reads": 20, "cut": 8, "slow": 8,
                "cut_off": 6, "faults": 110, "hold": 6, "window": 5,
            },
        ),
        "short": Shape(
            transfers=40,
            repayments=40,
            members=10,
            lasts_s=14,
            rests_s=40,
            counts={
                "kill_one": 1, "kill_machine": 1, "freeze_one": 1, "freeze_machine": 1,
                "stop_postgres": 1, "lose_writes": 5, "lose_reads": 2, "cut": 1, "slow": 1,
                "cut_off": 1, "faults": 10, "hold": 1,
            },
        ),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do so many seconds after the beginning."""

    at_s: float
    act: str
    details: Mapping[str, object]


def plan(shape: Shape, random: Random) -> list[Step]:
    """Return all steps of a run in their order; there are as many of each act as the shape says."""
    steps = [*_wishes(shape, random)]
    for act, times in shape.counts.items():
        for _ in range(times):
            at_s = random.uniform(0, shape.lasts_s)
            steps.append(Step(at_s, act, DETAILS.get(act, _none)(random)))
    return sorted(steps, key=lambda step: step.at_s)


def planned(shape: Shape, seed: int) -> list[Step]:
    """Return the plan of a seed."""
    return plan(shape, Random(seed))  # noqa: S311 - repeatable, no secret


def _wishes(shape: Shape, random: Random) -> Iterator[Step]:
    """Yield the wishes: in the middle third of the time all are at Mizuho."""
    for number in range(shape.transfers - shape.members):
        at_s, bank = _when_and_where(shape, random)
        details = {"member": random.randrange(shape.members), "bank": bank}
        yield Step(at_s, "borrow", details | {"amount": 1_000 + 7 * number})
    payers = random.choices(list(Payer), (8, 1, 1), k=shape.repayments)
    for number, payer in enumerate(payers):
        at_s, bank = _when_and_where(shape, random)
        details = {"member": random.randrange(shape.members), "bank": bank}
        yield Step(at_s, "pay_back", details | {"amount": 300 + 3 * number, "payer": payer.name})


def _when_and_where(shape: Shape, random: Random) -> tuple[float, str]:
    part = random.uniform(0, MAY_LAST)
    begins, ends = ALL_MIZUHO
    bank = "mizuho" if begins <= part < ends else random.choice(BANKS)
    return part * shape.lasts_s, bank


def _none(_: Random) -> Mapping[str, object]:
    return {}


def _which(random: Random) -> Mapping[str, object]:
    """Choose a machine, one of its processes, and for how long it is away."""
    return {
        "machine": random.randrange(2),
        "process": random.randrange(2),
        "leases": round(random.uniform(1.2, 3), 2),
    }


def _for_seconds(random: Random) -> Mapping[str, object]:
    return {
        "machine": random.randrange(2),
        "seconds": round(random.uniform(0.5, 4), 2),
        "delay_s": round(random.uniform(0.05, 0.5), 3),
    }


def _some(random: Random) -> Mapping[str, object]:
    return {"machine": random.randrange(2), "times": 1}


def _at_a_bank(random: Random) -> Mapping[str, object]:
    return {"bank": random.choice(BANKS), "seconds": round(random.uniform(2, 12), 1)}


def rule(operation: str, kind: str, chance: float, **action: object) -> dict[str, object]:
    """Return a rule of the control API that acts again and again, by chance."""
    return {
        "operation": operation,
        "probability": chance,
        "times": 0,
        "action": {"kind": kind} | action,
    }


# Answers from something in front of the bank: bare, unsigned, the bank did or did not do it.
IN_FRONT = tuple((status, done) for status in (401, 403, 429, 502, 503) for done in (False, True))
PLAIN = ("drop_before", "drop_after", "hang_after", "garbage", "bad_signature")
ASKED = ("drop_before", "hang_after", "garbage", "bad_signature")


def faults(random: Random) -> list[dict[str, object]]:
    """Return one set of faults of a bank: a few rules for each kind of call."""
    status, done = random.choice(IN_FRONT)
    asked_status, _ = random.choice(IN_FRONT)
    chance = random.choice((0.1, 0.3, 0.6))
    rules = [
        rule("submit", "status", chance, status=status, done=done),
        rule("submit", random.choice(PLAIN), chance),
        rule("submit", "delay", 0.05, seconds=12),
        rule("submit", "return_after", 0.04, seconds=5),
        rule("inquire", random.choice(ASKED), chance / 2),
        rule("inquire", "status", chance / 2, status=asked_status, done=False),
        rule("token", "status", 0.1, status=503, done=False),
        rule("start_collection", random.choice(PLAIN), chance / 2),
        rule("start_collection", "status", chance / 2, status=status, done=done),
        rule("inquire_collection", random.choice(ASKED), chance / 2),
        rule("callback", "callback", 0.4, lose=True),
        rule("callback", "callback", 0.3, times=2),
        rule("callback", "callback", 0.2, bad_signature=True),
    ]
    return random.sample(rules, k=random.randint(3, len(rules)))


def _fault_set(random: Random) -> Mapping[str, object]:
    return {"bank": random.choice((*BANKS, "mizuho", "mizuho")), "rules": faults(random)}


DETAILS: Mapping[str, Callable[[Random], Mapping[str, object]]] = {
    "kill_one": _which,
    "kill_machine": _which,
    "freeze_one": _which,
    "freeze_machine": _which,
    "stop_postgres": _for_seconds,
    "lose_writes": _some,
    "lose_reads": _some,
    "cut": _some,
    "slow": _for_seconds,
    "cut_off": _for_seconds,
    "faults": _fault_set,
    "hold": _at_a_bank,
    "window": _at_a_bank,
}


def counted(steps: Sequence[Step]) -> dict[str, int]:
    """Return how many steps there are of each act."""
    found: dict[str, int] = {}
    for step in steps:
        found[step.act] = found.get(step.act, 0) + 1
    return found
