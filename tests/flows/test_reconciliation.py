"""The morning after a bad day: every line is matched, or people find out why it is not."""

import asyncio
from collections import Counter
from datetime import datetime
from random import Random
from typing import Any

import pytest

from gateway.adapters.registry import BANKS
from gateway.domain.account import BankCode
from gateway.domain.breaks import BREAKS, Break, Treatment, Verdict
from gateway.domain.day_report import DayReport
from gateway.domain.hours import JST
from gateway.domain.ledger import settlement_cash
from gateway.domain.reason import Reason
from gateway.ops.clock import shift_to
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.ops.commands.stops import hold_bank
from gateway.services.reconcile import reconcile_day
from tests.flows.bank_day import BACK, WITHIN_S, BadDay
from tests.flows.test_time_travel import TravelClock
from tests.flows.world import OPENING_BALANCE, World, open_world
from tests.manual_clock import START

TODAY = START.date()
MORNING = datetime(2026, 11, 26, 5, 0, tzinfo=JST)
# What emulators can be made to do; the others are tried in tests/services/test_reconcile.py.
MADE_BY_BANKS = {
    Break.PAID_LATE,
    Break.RETURNED_LATE,
    Break.CREDITED_LATE,
    Break.CREDITED_AGAIN,
    Break.MOVED_AGAIN,
    Break.CREDIT_UNKNOWN,
    Break.DEBIT_UNKNOWN,
}
# The gateway goes on with what is open, and people may have to look at that too.
WRITTEN = {
    "entries": "loan_entries WHERE effective_on = $1",
    "postings": "postings WHERE effective_on = $1",
    "items": "review_items WHERE booked_on = $1",
    "lines": "statement_lines WHERE day = $1",
}


async def written(owner: Any) -> dict[str, object]:
    """Return how much there is of everything that reconciling the day writes."""
    return {
        name: await owner.fetchval(f"SELECT count(*) FROM {what}", TODAY)
        for name, what in WRITTEN.items()
    }


async def live_through(day: BadDay, seed: int, *, movements: int) -> None:
    """Make about so many movements at all banks, and let nobody here hear of many of them."""
    await day.begin(seed)
    await day.lend(movements // 5)
    await day.grow_deaf()
    await day.lend_badly(movements * 2 // 5)
    await day.repay(movements * 2 // 5)
    for bank in day.banks:
        await day.strangers(bank)
    mizuho = await day.at(BankCode.MIZUHO).movements()
    await day.pay_out_again(mizuho[0]["reference"])
    await day.fill_up(movements)


async def reconciled(day: BadDay) -> dict[BankCode, DayReport]:
    return {bank: await until_believed(day, bank) for bank in day.banks}


async def until_believed(day: BadDay, bank: BankCode) -> DayReport:
    """Reconcile until the statement can be had: a busy machine misses its scaled deadline.

    Where it missed a few, the breaker lets nobody ask for a moment.
    """
    async with asyncio.timeout(WITHIN_S):
        while True:
            report = await reconcile_day(day.gateway.loops, bank, TODAY)
            if report.refused is None:
                return report
            assert report.refused in {Reason.OUTCOME_UNKNOWN, Reason.BANK_BUSY}


async def check_books(world: World, day: BadDay) -> None:
    """The ledger proves itself, and each cash account equals the bank's own balance."""
    report = await verify_ledger(day.gateway.office.db)
    assert report.findings == ()
    for bank in day.banks:
        balance = int((await world.books(bank))["settlement"]["balance"])
        ours = report.balances.get(settlement_cash(bank), 0)
        assert ours == balance - OPENING_BALANCE, bank


async def try_a_day(database_url: str, owner: Any, seed: int, *, movements: int) -> None:
    clock = TravelClock(shift_to(START))
    async with (
        open_world(
            database_url, owner, banks=tuple(BANKS), clock=clock, repayment_return_urls=(BACK,)
        ) as world,
        world.process() as gateway,
    ):
        day = BadDay(world, gateway, Random(seed))  # noqa: S311 - repeatable, no secret
        await live_through(day, seed, movements=movements)
        await hold_bank(gateway.office.db, None, reason="night", by="test", now=clock.now())
        await day.until_quiet()  # what is out already arrives on this day
        clock.travel_to(MORNING)

        first = await reconciled(day)
        there = await written(owner)
        again = await reconciled(day)

        assert await written(owner) == there
        assert {(one.booked, one.set_aside, one.raised) for one in again.values()} == {(0, 0, 0)}
        for bank, report in first.items():
            assert report.lines == again[bank].lines == await day.lines(bank, TODAY)
        found = Counter(one.kind for report in first.values() for one in report.breaks)
        # Where the answer to the second file was lost it went out once more, with its other amount.
        assert set(found) - {Break.AMOUNT_DIFFERS} == MADE_BY_BANKS
        assert sum(report.lines for report in first.values()) >= movements
        await every_line_is_matched_or_has_an_item(owner, again)
        await check_books(world, day)


async def every_line_is_matched_or_has_an_item(
    owner: Any, reports: dict[BankCode, DayReport]
) -> None:
    for bank, report in reports.items():
        items = await owner.fetch(
            "SELECT kind, details ->> 'bank_id' AS bank_id FROM review_items WHERE bank = $1", bank
        )
        raised = {(item["kind"], item["bank_id"]) for item in items}
        assert {one.treatment for one in report.breaks} <= {Treatment.SET_ASIDE}
        assert all((one.review, one.bank_id) in raised for one in report.breaks)
        matched = report.verdicts[Verdict.MATCHED]
        assert matched + len(report.breaks) == report.lines
        assert all(BREAKS[one.kind].review is not None for one in report.breaks)


@pytest.mark.timeout(300)
async def test_after_a_day_of_faults_every_line_is_matched_or_has_a_reason(
    database_url: str, owner: Any
) -> None:
    await try_a_day(database_url, owner, 5, movements=400)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [1, 2])
async def test_after_a_long_day_of_faults_every_line_is_matched_or_has_a_reason(
    database_url: str, owner: Any, seed: int
) -> None:
    await try_a_day(database_url, owner, seed, movements=2_000)
