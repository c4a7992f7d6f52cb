"""After a restore from a backup: the banks' statements first, and nothing is paid again."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.bank import Statement, StatementUnavailable
from gateway.domain.breaks import Break
from gateway.domain.outcome import Unknown
from gateway.domain.reason import Reason
from gateway.services.reconcile_restored import reconcile_restored
from gateway.services.run_mornings import run_mornings
from gateway.store.stops import stops_in_force
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.stating_bank import BANK, IN, TODAY, Morning, StatingBank, at_stating_bank
from tests.services.test_transfers import accepted

LOST = ("transfers", "loan_entries", "postings", "events", "idempotency_keys", "bank_attempts")


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


async def held(morning: Morning) -> list[str]:
    return [stop.reason for stop in await stops_in_force(morning.desk.db, now=START)]


async def test_every_day_since_the_last_is_read_and_what_was_lost_is_booked(
    morning: Morning, member: Member
) -> None:
    first = await accepted(morning.desk, member)
    morning.bank.state(first.reference)
    morning.bank.submits.append(Unknown())
    lost = await accepted(morning.desk, member, key="key-0000000000000002")
    morning.bank.state(lost.reference, at=START + timedelta(seconds=5))
    morning.clock.instant = START + timedelta(days=2)

    reports = await reconcile_restored(morning.desk)

    assert [report.day for report in reports] == [TODAY + timedelta(days=n) for n in range(3)]
    assert [found.kind for found in reports[0].breaks] == [Break.PAID_LATE]
    assert await held(morning) == []
    assert await run_mornings(morning.desk) == 0


async def test_a_pay_out_that_the_database_lacks_holds_its_bank(
    morning: Morning, member: Member, owner: Any
) -> None:
    lost = await accepted(morning.desk, member)
    morning.bank.state(lost.reference)
    morning.bank.state("of another kind", IN)
    for table in LOST:
        await owner.execute(f"DELETE FROM {table}")
    await owner.execute("UPDATE loans SET principal = 0, event_no = 0")

    with capture_logs() as logs:
        (report,) = await reconcile_restored(morning.desk)

    assert Break.DEBIT_UNKNOWN in {found.kind for found in report.breaks}
    assert await held(morning) == ["transfers_missing_after_restore"]
    assert "transfers_missing" in [line.get("code") for line in logs]


async def test_money_under_no_reference_of_ours_holds_nobody(morning: Morning) -> None:
    morning.bank.state("PAID BY HAND")

    await reconcile_restored(morning.desk)

    assert await held(morning) == []


class SlowBank(StatingBank):
    """Refuses its first three statements."""

    async def statement(self, day: date) -> Statement | StatementUnavailable:
        stated = await super().statement(day)
        is_early = len(self.asked_for) <= 3
        return StatementUnavailable(Reason.BANK_UNREACHABLE) if is_early else stated


async def test_it_goes_on_until_the_statement_can_be_had_and_raises_the_alarm(
    morning: Morning,
) -> None:
    bank = SlowBank(morning.clock)
    settings = morning.desk.settings.model_copy(update={"time_scale": 0.001})
    desk = replace(morning.desk, banks={BANK: bank}, settings=settings)

    with capture_logs() as logs:
        reports = await reconcile_restored(desk)

    assert [report.refused for report in reports] == [None]
    assert len(bank.asked_for) == 4
    alarms = [line["code"] for line in logs if line["event"] == "alert.raised"]
    assert alarms == ["reconciliation_failed"]
