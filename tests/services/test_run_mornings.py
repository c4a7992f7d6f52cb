"""Reconciliation runs by itself each morning: once, in order, and again where it failed."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.bank import Direction, StatementUnavailable
from gateway.domain.errors import Busy
from gateway.domain.hours import JST, OneOffWindow
from gateway.domain.ledger import UNIDENTIFIED
from gateway.domain.outcome import Rejected, Unknown
from gateway.domain.reason import Reason
from gateway.domain.transfer import State
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.ops.commands.stops import hold_bank
from gateway.ops.commands.windows import add_window
from gateway.services.reconcile import reconcile_day
from gateway.services.run_mornings import (
    last_day_due,
    note_by_hand,
    run_day,
    run_mornings,
)
from gateway.store.daily_runs import RECONCILE, Run, end_run, run_again, take_run
from gateway.store.transfers import find_transfer
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.stating_bank import BANK, TODAY, Morning, StatingBank, at_stating_bank
from tests.services.test_transfers import accepted

MORNING = datetime(2026, 11, 26, 5, tzinfo=JST)
DAY = timedelta(days=1)


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


async def lend(morning: Morning, member: Member) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference)


async def runs(owner: Any) -> list[tuple[date, str, int]]:
    rows = await owner.fetch("SELECT day, state, tries FROM daily_runs ORDER BY day")
    return [(row["day"], row["state"], row["tries"]) for row in rows]


@pytest.mark.parametrize(
    ("now", "day"),
    [
        pytest.param(MORNING, TODAY, id="at five"),
        pytest.param(MORNING - timedelta(seconds=1), TODAY - DAY, id="just before five"),
        pytest.param(MORNING + timedelta(hours=18), TODAY, id="late in the evening"),
    ],
)
def test_a_day_is_due_from_five_in_the_next_morning(now: datetime, day: date) -> None:
    assert last_day_due(now, 5) == day


async def test_a_bank_at_which_nothing_was_ever_booked_is_not_asked(
    morning: Morning, member: Member
) -> None:
    morning.bank.submits.append(Unknown())
    await accepted(morning.desk, member)
    morning.clock.instant = MORNING

    assert await run_mornings(morning.desk) == 0
    assert morning.bank.asked_for == []


async def test_every_day_since_the_first_is_run_in_order_and_once(
    morning: Morning, member: Member, owner: Any
) -> None:
    await lend(morning, member)
    morning.clock.instant = MORNING + 2 * DAY

    assert await run_mornings(morning.desk) == 3
    assert await run_mornings(morning.desk) == 0

    assert morning.bank.asked_for == [TODAY, TODAY + DAY, TODAY + 2 * DAY]
    assert [state for _, state, _ in await runs(owner)] == ["done"] * 3


async def test_a_line_that_comes_to_a_day_after_its_reading_is_found_the_next_morning(
    morning: Morning, member: Member, owner: Any
) -> None:
    """A pay-out that the bank had refused, and books on a day that was read: nothing names it."""
    await lend(morning, member)
    morning.bank.submits.append(Rejected(Reason.ACCOUNT_CLOSED))
    refused = await accepted(morning.desk, member, key="key-0000000000000002")
    morning.clock.instant = MORNING
    assert await run_mornings(morning.desk) == 1
    morning.bank.state(refused.reference)
    morning.bank.state(None, Direction.IN, 700)

    morning.clock.instant = MORNING + DAY
    ran = await asyncio.gather(*(run_mornings(morning.desk) for _ in range(3)))
    assert sum(ran) == 2
    morning.clock.instant = MORNING + 2 * DAY
    await run_mornings(morning.desk)
    await run_mornings(morning.desk)

    assert morning.bank.asked_for.count(TODAY) == 2
    assert morning.bank.asked_for.count(TODAY + DAY) == 2
    assert (
        await owner.fetchval("SELECT state FROM transfers WHERE id = $1", refused.id)
        == State.SETTLED
    )
    report = await verify_ledger(morning.desk.db)
    assert report.findings == ()
    assert report.balances[UNIDENTIFIED] == -700


async def test_two_processes_run_a_day_once(morning: Morning, member: Member) -> None:
    await lend(morning, member)
    morning.clock.instant = MORNING

    ran = await asyncio.gather(*(run_mornings(morning.desk) for _ in range(4)))

    assert sum(ran) == 1
    assert morning.bank.asked_for == [TODAY]


async def test_a_day_that_failed_is_tried_again_later_and_the_third_time_raises_the_alarm(
    morning: Morning, member: Member, owner: Any
) -> None:
    await lend(morning, member)
    morning.clock.instant = MORNING
    morning.bank.refuses = StatementUnavailable(Reason.BANK_UNREACHABLE)
    alarms = []
    for wait_s in (60, 120, 300):
        with capture_logs() as logs:
            assert await run_mornings(morning.desk) == 1
            assert await run_mornings(morning.desk) == 0
        alarms.append([line["code"] for line in logs if line["event"] == "alert.raised"])
        morning.clock.advance(wait_s * morning.desk.settings.time_scale)

    assert alarms == [[], [], ["reconciliation_failed"]]
    morning.bank.refuses = None
    assert await run_mornings(morning.desk) == 1
    assert await runs(owner) == [(TODAY, "done", 4)]


class BusyBank(StatingBank):
    async def statement(self, day: date) -> Any:
        raise Busy(f"no connection for {day}")


async def test_a_day_for_which_the_database_was_busy_is_tried_again(
    morning: Morning, member: Member, owner: Any
) -> None:
    await lend(morning, member)
    morning.clock.instant = MORNING
    busy = replace(morning.desk, banks={BANK: BusyBank(morning.clock)})

    assert await run_mornings(busy) == 1

    assert await runs(owner) == [(TODAY, "failed", 1)]


async def test_a_bank_in_its_window_is_asked_when_it_opens_and_a_held_one_at_once(
    morning: Morning, member: Member
) -> None:
    await lend(morning, member)
    morning.clock.instant = MORNING
    opens = MORNING + timedelta(hours=2)
    window = OneOffWindow("night work", MORNING - timedelta(hours=1), opens)
    await hold_bank(morning.desk.db, BANK, reason="new contract", by="sato", now=START)
    await add_window(morning.desk.db, BANK, window, by="sato", now=MORNING)

    assert await run_mornings(morning.desk) == 0
    morning.clock.instant = opens

    assert await run_mornings(morning.desk) == 1


async def test_what_an_operator_has_done_by_hand_is_not_run_again(
    morning: Morning, member: Member
) -> None:
    await lend(morning, member)
    morning.clock.instant = MORNING - timedelta(hours=1)
    report = await reconcile_day(morning.desk, BANK, TODAY)
    await note_by_hand(morning.desk, report)
    morning.clock.instant = MORNING

    assert await run_mornings(morning.desk) == 0


async def test_days_that_nobody_ran_before_one_that_was_run_by_hand_are_caught_up(
    morning: Morning, member: Member
) -> None:
    await lend(morning, member)
    morning.clock.instant = MORNING + 2 * DAY
    await note_by_hand(morning.desk, await reconcile_day(morning.desk, BANK, TODAY + DAY))

    assert await run_mornings(morning.desk) == 2

    assert morning.bank.asked_for == [TODAY + DAY, TODAY, TODAY + 2 * DAY]


async def test_what_came_back_is_booked_though_the_day_it_was_paid_on_is_read_later(
    morning: Morning, member: Member, owner: Any
) -> None:
    await lend(morning, member)
    morning.bank.submits.append(Unknown())
    lost = await accepted(morning.desk, member, key="key-0000000000000002")
    morning.bank.state(lost.reference)
    morning.bank.state(lost.reference, Direction.IN, at=START + DAY)
    morning.clock.instant = MORNING + DAY
    morning.bank.refuses = StatementUnavailable(Reason.BANK_UNREACHABLE)
    await run_day(morning.desk, BANK, TODAY)
    morning.bank.refuses = None
    await run_day(morning.desk, BANK, TODAY + DAY)
    morning.clock.advance(600)

    assert await run_mornings(morning.desk) == 2
    # What was set aside on a day was booked while that day ran: it is run once more, in vain.
    assert await run_mornings(morning.desk) == 1

    found = await find_transfer(morning.desk.db, member_id=member.id, transfer_id=lost.id)
    assert found is not None
    assert found.state is State.RETURNED
    assert UNIDENTIFIED not in {
        account
        for account, balance in (await verify_ledger(morning.desk.db)).balances.items()
        if balance
    }
    assert [state for _, state, _ in await runs(owner)] == ["done"] * 2


async def test_a_day_that_another_process_runs_is_left_to_it(morning: Morning) -> None:
    run = Run(RECONCILE, BANK, TODAY)
    assert await take_run(morning.desk.db, run, now=MORNING, lease_s=60) == 1

    assert not await run_day(morning.desk, BANK, TODAY)


async def test_a_day_about_which_something_changed_while_it_ran_is_run_once_more(
    morning: Morning, member: Member, owner: Any
) -> None:
    """Of two processes one runs a day, the other the day after it, at the same time."""
    await lend(morning, member)
    morning.clock.instant = MORNING
    run = Run(RECONCILE, BANK, TODAY)
    await take_run(morning.desk.db, run, now=MORNING, lease_s=60)
    await run_again(morning.desk.db, run, now=MORNING)
    await end_run(morning.desk.db, run, now=MORNING, report={})

    assert await run_mornings(morning.desk) == 1

    assert await runs(owner) == [(TODAY, "done", 2)]


async def test_a_run_whose_process_died_is_taken_over(
    morning: Morning, member: Member, owner: Any
) -> None:
    await lend(morning, member)
    morning.clock.instant = MORNING
    run = Run(RECONCILE, BANK, TODAY)
    await take_run(morning.desk.db, run, now=MORNING, lease_s=0)

    assert await run_mornings(morning.desk) == 1
    assert await runs(owner) == [(TODAY, "done", 2)]


class BrokenBank(StatingBank):
    async def statement(self, day: date) -> Any:
        raise RuntimeError(f"nobody foresaw what became of {day}")


async def test_a_day_that_meets_what_nobody_foresaw_calls_people_and_is_tried_again(
    morning: Morning, member: Member, owner: Any
) -> None:
    await lend(morning, member)
    morning.clock.instant = MORNING + DAY
    broken = replace(morning.desk, banks={BANK: BrokenBank(morning.clock)})

    with capture_logs() as logs:
        assert await run_mornings(broken) == 2

    alarms = [line for line in logs if line.get("code") == "reconciliation_failed"]
    assert [(line["day"], line["reason"]) for line in alarms] == [
        (day.isoformat(), "RuntimeError") for day in (TODAY, TODAY + DAY)
    ]
    assert await runs(owner) == [(TODAY, "failed", 1), (TODAY + DAY, "failed", 1)]
