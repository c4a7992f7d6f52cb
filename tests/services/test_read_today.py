"""Today's statement is read hourly: what it shows is known before the morning, asked for once."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.account import BankCode
from gateway.domain.bank import Statement, StatementUnavailable
from gateway.domain.errors import Busy
from gateway.domain.house_money import Opening
from gateway.domain.ledger import settlement_cash
from gateway.domain.reason import Reason
from gateway.domain.review import ReviewKind
from gateway.domain.transfer import State
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.profiles import bank_profiles
from gateway.services.open_account import (
    confirm_account_opening,
    confirm_opening_withdrawal,
    propose_account_opening,
    propose_opening_withdrawal,
)
from gateway.services.read_today import read_today
from gateway.services.watch_settlement import watch_settlement
from gateway.store.review_items import list_items
from gateway.store.transfers import find_transfer
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.house_books import open_account
from tests.services.stating_bank import (
    BANK,
    IN,
    OUT,
    TODAY,
    Morning,
    StatingBank,
    at_stating_bank,
)
from tests.services.test_transfers import accepted

HOUR_S = 3_600


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


async def test_a_return_that_nobody_told_of_is_booked_within_the_hour(
    morning: Morning, member: Member
) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference)
    assert await read_today(morning.desk) == 1
    morning.bank.state(transfer.reference, IN, at=START + timedelta(minutes=20))
    morning.clock.advance(HOUR_S)

    assert await read_today(morning.desk) == 1

    found = await find_transfer(morning.desk.db, member_id=member.id, transfer_id=transfer.id)
    assert found is not None
    assert found.state is State.RETURNED
    assert await list_items(morning.desk.db) == []


async def test_each_bank_is_asked_once_an_hour_whoever_asks(
    morning: Morning, member: Member
) -> None:
    await accepted(morning.desk, member)

    rounds = [await read_today(morning.desk) for _ in range(3)]
    morning.clock.advance(HOUR_S - 1)
    rounds.append(await read_today(morning.desk))
    morning.clock.advance(1)
    rounds.append(await read_today(morning.desk))

    assert sum(rounds) == len(morning.bank.asked_for) == 2


async def test_a_bank_at_which_nothing_was_booked_is_not_asked(morning: Morning) -> None:
    assert await read_today(morning.desk) == 0
    assert morning.bank.asked_for == []


async def test_what_is_not_on_it_yet_raises_nothing(morning: Morning, member: Member) -> None:
    await accepted(morning.desk, member)

    await read_today(morning.desk)

    assert await list_items(morning.desk.db) == []


async def test_a_bank_that_gives_no_statement_is_asked_in_the_next_hour(
    morning: Morning, member: Member
) -> None:
    await accepted(morning.desk, member)
    morning.bank.refuses = StatementUnavailable(Reason.OUTCOME_UNKNOWN)
    other = StatingBank(morning.clock)
    profiles = {**morning.desk.profiles, BankCode.MUFG: bank_profiles()[BankCode.MUFG]}
    banks = {BANK: morning.bank, BankCode.MUFG: other}
    desk = replace(morning.desk, banks=banks, profiles=profiles)
    await open_account(desk, BankCode.MUFG, 1)

    with capture_logs() as logs:
        assert await read_today(desk) == 2

    assert [line["reason"] for line in logs if line["event"] == "today.not_read"] == [
        Reason.OUTCOME_UNKNOWN,
        "other_statement",
    ]
    assert await read_today(desk) == 0
    morning.clock.advance(HOUR_S)
    assert await read_today(desk) == 2


async def test_a_line_of_the_hour_before_is_not_set_aside_twice(morning: Morning) -> None:
    await open_account(morning.desk, BANK, 1_000)
    morning.bank.state(None, IN, 70)
    await read_today(morning.desk)
    morning.bank.state(None, IN, 70)
    morning.clock.advance(HOUR_S)
    await read_today(morning.desk)

    await morning.reconcile()

    report = await verify_ledger(morning.desk.db)
    assert report.findings == ()
    assert report.balances[settlement_cash(BANK)] == 1_140
    assert len(await list_items(morning.desk.db)) == 2


async def lows(morning: Morning) -> int:
    with capture_logs() as logs:
        await watch_settlement(morning.desk)
    return sum(line.get("code") == "settlement_balance_low" for line in logs)


async def test_what_is_swept_or_topped_up_today_counts_for_the_mark_and_it_warns_again(
    morning: Morning,
) -> None:
    mark = morning.desk.profiles[BANK].low_water
    await open_account(morning.desk, BANK, mark + 100)
    told = [await lows(morning)]
    for direction, amount in ((OUT, 101), (IN, 1_000), (OUT, 1_000)):
        morning.bank.state(None, direction, amount, at=morning.clock.now())
        morning.clock.advance(HOUR_S)
        await read_today(morning.desk)
        told.append(await lows(morning) + await lows(morning))

    assert told == [0, 1, 0, 1]


@dataclass
class BalancingBank(StatingBank):
    """States balances, too: `before` the day, less what it has lost."""

    before: int = 0
    lost: list[int] = field(default_factory=list)

    async def statement(self, day):
        given = await super().statement(day)
        if not isinstance(given, Statement):
            return given
        first = self.before + sum(
            (1 if line.direction is IN else -1) * line.amount.amount
            for line in self.lines
            if line.booked_at.date() < day
        )
        return replace(given, balances=(first, first))


async def test_a_balance_that_the_bank_states_agrees_with_the_opening_and_every_line_since(
    morning: Morning,
) -> None:
    bank = BalancingBank(morning.clock, before=5_000)
    desk = replace(morning.desk, banks={BANK: bank})
    morning = Morning(desk, morning.clock, bank)
    await open_account(desk, BANK, 5_000)
    bank.state(None, IN, 70)
    assert (await morning.reconcile()).raised == 1
    morning.clock.advance(60)
    next_day = TODAY + timedelta(days=1)
    bank.state(None, OUT, 20, at=START + timedelta(days=1))

    agrees = await morning.reconcile(next_day)
    bank.before = 5_001
    with capture_logs() as logs:
        differs = await morning.reconcile(next_day + timedelta(days=1))
        again = await morning.reconcile(next_day + timedelta(days=1))

    assert (agrees.raised, differs.raised, again.raised) == (1, 1, 0)
    told = [line for line in logs if line.get("code") == "settlement_balance_differs"]
    assert [(line["stated"], line["ours"]) for line in told] == [(5_051, 5_050)]
    items = await list_items(desk.db, kind=ReviewKind.BALANCE_DIFFERS)
    assert [(item.amount, item.booked_on) for item in items] == [(1, next_day + timedelta(days=1))]

    said: dict[str, Any] = {"note": "another letter", "now": morning.clock.now()}
    await propose_opening_withdrawal(desk.db, BANK, by="sato", **said)
    await confirm_opening_withdrawal(desk.db, BANK, by="suzuki", **said)
    unknown = await morning.reconcile(next_day + timedelta(days=1))
    opening = Opening(BANK, TODAY, 4_000)
    await propose_account_opening(desk.db, opening, by="sato", **said)
    await confirm_account_opening(desk.db, opening, by="suzuki", **said)
    wrong_again = await morning.reconcile(next_day + timedelta(days=1))

    assert (unknown.raised, wrong_again.raised) == (0, 1)
    items = await list_items(desk.db, kind=ReviewKind.BALANCE_DIFFERS)
    assert [item.amount for item in items] == [1, 1_001]


class BrokenBank(StatingBank):
    async def statement(self, day):
        raise self.error(f"nobody can read {day}")

    error: type[Exception] = RuntimeError


class BusyBank(BrokenBank):
    error = Busy


@pytest.mark.parametrize(
    ("broken", "calls"),
    [
        pytest.param(BrokenBank, 1, id="what nobody foresaw calls people"),
        pytest.param(BusyBank, 0, id="a busy database calls nobody"),
    ],
)
async def test_a_reading_that_fails_says_why_and_waits_for_the_next_hour(
    morning: Morning, broken: type[BrokenBank], calls: int
) -> None:
    await open_account(morning.desk, BANK, 1_000)
    desk = replace(morning.desk, banks={BANK: broken(morning.clock)})

    with capture_logs() as logs:
        assert await read_today(desk) == 1
        assert await read_today(desk) == 0

    assert sum(line.get("code") == "reconciliation_failed" for line in logs) == calls
    (told,) = [line for line in logs if line["event"] == "today.not_read"]
    assert told["reason"] == broken.error.__name__
    assert await list_items(desk.db) == []
