"""A day that is looked at part by part is the day as `match` sees it whole."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from gateway.domain.bank import Statement, StatementLine
from gateway.domain.breaks import Break
from gateway.domain.outcome import Rejected, Settled, SubmitOutcome, Unknown
from gateway.domain.reason import Reason
from gateway.domain.reconciliation import Finding, match
from gateway.domain.set_aside import fundings
from gateway.services.look_at_day import PART, Look, look_again, look_at_day, open_day
from gateway.services.read_bank_day import read_part
from gateway.store.statements import house_postings, keep_lines, movements_of_day
from tests.manual_clock import START, ManualClock
from tests.services.conftest import new_member
from tests.services.house_books import typed_funding
from tests.services.stating_bank import BANK, IN, OUT, TODAY, Morning, at_stating_bank
from tests.services.test_transfers import accepted

TRANSFERS = 24
STRANGERS = ["Z" * 20, "Y" * 20]
TOLD: list[SubmitOutcome] = [
    Settled(START, "told"),
    Settled(START, "told"),
    Unknown(),
    Rejected(Reason.NAME_MISMATCH),
]
ALL_AT_ONCE = 10_000


async def lived(morning: Morning, owner: Any, random: Random) -> Statement:
    """Return the statement of a day on which much went wrong, yesterday's lines kept."""
    desk, bank = morning.desk, morning.bank
    references = []
    for number in range(TRANSFERS):
        member = await new_member(owner, morning.clock, limit=100_000)
        bank.submits.append(random.choice(TOLD))
        transfer = await accepted(desk, member, amount=1_000, key=f"key-{number:016}")
        references.append(transfer.reference)
        morning.clock.instant += timedelta(seconds=random.choice([0, 1]))
    for amount in (700, 700, 900):
        await typed_funding(desk, BANK, amount)
    named: list[str | None] = [None, *STRANGERS, *references[: TRANSFERS * 2 // 3]]
    for _ in range(60):
        amount = random.choice([700, 900, 1_000, 1_000, 1_000])
        bank.state(random.choice(named), random.choice([OUT, OUT, IN]), amount)
    before = START - timedelta(days=1)
    yesterday: list[StatementLine] = [
        bank.state(name, OUT, 1_000, at=before) for name in random.sample(references, 4)
    ]
    of_yesterday = Statement(BANK, before.date(), yesterday)
    await keep_lines(desk.db, of_yesterday, yesterday, now=morning.clock.now())
    lines = [line for line in bank.lines if line.booked_at.date() == TODAY]
    return Statement(BANK, TODAY, tuple(lines))


async def seen_whole(morning: Morning, statement: Statement) -> tuple[Finding, ...]:
    db = morning.desk.db
    booked = [
        one async for page in movements_of_day(db, BANK, TODAY, limit=ALL_AT_ONCE) for one in page
    ]
    named = {line.reference for line in statement.movements} | {one.reference for one in booked}
    references = sorted(name for name in named if name is not None)
    part = await read_part(db, statement, references, statement.movements)
    house = await house_postings(db, BANK, TODAY)
    return match(replace(part.day, movements=[*part.day.movements, *fundings(BANK, house)]))


def breaks(look: Look) -> list[Finding]:
    return [finding for finding in look.findings if finding.kind is not None]


@pytest.mark.parametrize("part", [1, 3, PART])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_parts_together_say_what_the_whole_says(
    desk: Any, clock: ManualClock, owner: Any, seed: int, part: int
) -> None:
    morning = at_stating_bank(desk, clock)
    statement = await lived(morning, owner, Random(seed))  # noqa: S311 - repeatable, no secret
    whole = await seen_whole(morning, statement)

    day = await open_day(statement, is_over=True, part=part)
    look = await look_at_day(desk.db, day)
    again = await look_again(desk.db, day, look)

    assert breaks(look) == [finding for finding in whole if finding.kind is not None]
    assert look.verdicts == Counter(finding.verdict for finding in whole)
    assert again.findings == look.findings
    found = {finding.kind for finding in breaks(look)}
    assert found >= {Break.MOVED_AGAIN, Break.LINE_MISSING, Break.CREDIT_UNKNOWN, Break.PAID_LATE}
    about = {finding.known.reference for finding in breaks(look) if finding.known is not None}
    assert look.known.transfers.keys() == about


async def test_what_has_no_line_yet_is_not_said_of_a_day_that_goes_on(
    desk: Any, clock: ManualClock, owner: Any
) -> None:
    morning = at_stating_bank(desk, clock)
    statement = await lived(morning, owner, Random(4))  # noqa: S311 - repeatable, no secret

    look = await look_at_day(desk.db, await open_day(statement, is_over=False, part=3))

    assert sum(look.verdicts.values()) == len(statement.movements)
    assert all(finding.line is not None for finding in look.findings)
