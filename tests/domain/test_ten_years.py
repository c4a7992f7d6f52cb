"""The engine against a plain restatement (`plain_hours`), 2018-01-01 to 2027-12-31."""

from array import array
from datetime import datetime, timedelta
from random import Random

import pytest

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.service_hours import LENDER_HOURS, Operation, Phase, ServiceClass, ServiceHours
from gateway.domain.timetable import answer, timeline
from gateway.profiles import bank_profiles
from tests.domain import plain_hours
from tests.domain.plain_hours import CELLS, Plain, cell_of, cutoff_on, instant_of, paint

BEGINS, ENDS = datetime(2018, 1, 1, tzinfo=JST), datetime(2028, 1, 1, tzinfo=JST)
TEN_YEARS = slice(cell_of(BEGINS), cell_of(ENDS))
INSTANTS = 200_000
A_SECOND, A_MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)
BESIDE = (-A_SECOND, -A_MILLISECOND, A_MILLISECOND, A_SECOND)
CLASSES = {
    ServiceClass.AT_ONCE: plain_hours.AT_ONCE,
    ServiceClass.NEXT_OPENING: plain_hours.NEXT_OPENING,
    ServiceClass.NEXT_930: plain_hours.NEXT_930,
}
AT_BANKS = [Operation.TRANSFER, Operation.COLLECTION, Operation.INQUIRY]
ALL = [
    *((str(bank), operation) for bank in BankCode for operation in AT_BANKS),
    ("lender", Operation.REQUEST),
]
of_each = pytest.mark.parametrize(("service", "operation"), ALL)


def hours_of(service: str) -> ServiceHours:
    return LENDER_HOURS if service == "lender" else bank_profiles()[BankCode(service)].hours


def painted(phases: tuple[Phase, ...], names: dict[str, int]) -> Plain:
    """What the engine says of the ten years, in cells too."""
    row = Plain(
        classes=bytearray(CELLS),
        sends=plain_hours.every_cell()[:],
        values=array("h", [0]) * CELLS,
        changes=array("i", [plain_hours.NEVER]) * CELLS,
        windows=bytearray(CELLS),
        names=names,
    )
    for phase in phases:
        begins, ends = cell_of(phase.begins), cell_of(phase.ends)
        long = ends - begins
        day = (phase.value_date - plain_hours.FIRST).days
        row.classes[begins:ends] = bytes([CLASSES[phase.service_class]]) * long
        row.values[begins:ends] = array("h", [day]) * long
        row.windows[begins:ends] = bytes([marks(phase, names)]) * long
        if phase.changes_at is not None:
            row.changes[begins:ends] = array("i", [cell_of(phase.changes_at)]) * long
        if phase.sends_at is not None:
            row.sends[begins:ends] = array("i", [cell_of(phase.sends_at)]) * long
    return row


def marks(phase: Phase, names: dict[str, int]) -> int:
    """The windows among the reasons that hold already, not only before the next opening."""
    holding = {reason.name for reason in phase.reasons if reason.begins <= phase.begins}
    return sum(names.get(name, 0) for name in holding)


def differing(engine: Plain, plain: Plain) -> list[str]:
    return [
        name
        for name in ("classes", "sends", "values", "changes", "windows")
        if bytes(getattr(engine, name)[TEN_YEARS]) != bytes(getattr(plain, name)[TEN_YEARS])
    ]


def said(service: str, operation: Operation, at: datetime) -> tuple[object, ...]:
    found = answer(hours_of(service), operation, at)
    phase = found.phase
    return (
        CLASSES[phase.service_class],
        found.credited_at,
        found.credited_by,
        phase.value_date,
        phase.cutoff,
        phase.changes_at,
        phase.holds_until,
    )


def plainly(plain: Plain, service: str, operation: Operation, at: datetime) -> tuple[object, ...]:
    cell, second = cell_of(at), at.replace(microsecond=0)
    waits = plain.classes[cell] != plain_hours.AT_ONCE
    sent = instant_of(plain.sends[cell]) if waits else second
    value_date = plain_hours.DAYS[plain.values[cell]]
    changes = plain.changes[cell]
    changes_at = None if changes == plain_hours.NEVER else instant_of(changes)
    return (
        plain.classes[cell],
        sent if waits else sent + timedelta(seconds=10),
        sent + timedelta(seconds=60),
        value_date,
        cutoff_on(service, operation, value_date),
        changes_at,
        changes_at,  # no hours of today change the class twice while they are closed
    )


def seeded_instants(service: str, operation: Operation) -> list[datetime]:
    random = Random(f"{service} {operation}")  # noqa: S311 - the same instants in every run
    microseconds = (ENDS - BEGINS) // timedelta(microseconds=1)
    return [
        BEGINS + timedelta(microseconds=random.randrange(microseconds))
        for _ in range(INSTANTS // len(ALL))
    ]


@of_each
def test_the_engine_is_the_plain_restatement_for_ten_years(
    service: str, operation: Operation
) -> None:
    plain = paint(service, operation)
    phases = timeline(hours_of(service), operation, BEGINS, ENDS)
    edges = {phase.begins for phase in phases}
    beside = {edge + off for edge in edges for off in BESIDE}
    instants = [*edges, *beside, *seeded_instants(service, operation)]

    engine = painted(phases, plain.names)
    wrong = [
        at
        for at in instants
        if said(service, operation, at) != plainly(plain, service, operation, at)
    ]

    assert {edge.second for edge in edges} <= {0, 1}  # else a cell is not a whole answer
    assert differing(engine, plain) == []
    assert wrong == []


@pytest.mark.long
@pytest.mark.timeout(3600)
@of_each
def test_every_single_minute_of_ten_years_is_answered_as_plainly_said(
    service: str, operation: Operation
) -> None:
    plain = paint(service, operation)
    minutes = (ENDS - BEGINS) // timedelta(minutes=1)
    instants = (BEGINS + timedelta(minutes=number) for number in range(minutes))

    wrong = [
        at
        for at in instants
        if said(service, operation, at) != plainly(plain, service, operation, at)
    ]

    assert wrong[:10] == []
