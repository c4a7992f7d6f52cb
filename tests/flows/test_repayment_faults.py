"""Money that comes when or as nobody asked: after the end, another amount, twice, over midnight."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.conformance.suite import EXPECTED
from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from gateway.domain.repayment import RepaymentKind, State
from gateway.domain.review import ReviewKind
from gateway.ops.clock import shift_to
from gateway.services.cancel_repayment import cancel_repayment
from gateway.services.collection_order import collection_order
from gateway.services.reconcile import reconcile_day
from tests.flows.chaos import rule
from tests.flows.paying import BORROWED, PAID, Payer, paying
from tests.flows.serving import until
from tests.flows.test_time_travel import TravelClock
from tests.manual_clock import START

BEFORE_MIDNIGHT = datetime(2026, 11, 26, 23, 59, 40, tzinfo=JST)
AFTER_MIDNIGHT = datetime(2026, 11, 27, 0, 0, 20, tzinfo=JST)
A_DAYS_INTEREST = 24  # 50,000 yen at 17.8 % a year
STARTED_BY_CALL = [bank for bank in BankCode if not EXPECTED[bank].starts_collections_itself]
DEAF = [
    rule("inquire_collection", 1, "drop_before"),
    rule("callback", 1, "callback", lose=True),
]
every_bank = pytest.mark.parametrize("bank", list(BankCode))


async def reviews(owner: Any) -> list[tuple[str, int | None]]:
    """Return what people have to look at: kinds and amounts."""
    rows = await owner.fetch("SELECT kind, amount FROM review_items ORDER BY kind")
    return [(row["kind"], row["amount"]) for row in rows]


async def hear_again(payer: Payer) -> None:
    await payer.emulator.put("faults", [])


@every_bank
async def test_money_that_comes_after_the_member_cancelled_is_booked(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        asked = await payer.opens()
        await cancel_repayment(payer.gateway.desk, member_id=payer.member.id, repayment_id=asked.id)

        await payer.comes_back(await payer.approves(asked))
        settled = await payer.until(asked, State.SETTLED)

        assert settled.reason is None
        assert await payer.owes() == BORROWED - PAID
        assert await reviews(owner) == []


@every_bank
async def test_money_that_is_found_after_the_expiry_is_booked_on_the_day_of_the_bank(
    database_url: str, owner, bank: BankCode
) -> None:
    """The payer paid in time, nobody told us, the watch ended; the statement tells."""
    clock = TravelClock(shift_to(START))
    async with paying(database_url, owner, bank, clock=clock) as payer:
        asked = await payer.opens()
        with capture_logs() as records:
            await payer.emulator.put("faults", DEAF)
            await payer.is_booked(asked)
            clock.travel_to(clock.now() + timedelta(minutes=26))
            expired = await payer.until(asked, State.EXPIRED)
            await until_said(records, "repayment_unanswered")
        await hear_again(payer)

        report = await reconcile_day(payer.gateway.loops, bank, clock.now().date())

        assert expired.reason is Reason.SESSION_EXPIRED
        assert expired.inquire_at is None
        assert report.booked == 1
        assert (await payer.now(asked)).state is State.SETTLED
        assert await payer.owes() == BORROWED - PAID


async def until_said(records: list[Any], alert: str) -> None:
    """Return once the alert was raised: that is after the row was written."""

    async def is_so() -> bool:
        return alert in [record.get("code") for record in records]

    await until(is_so)


@pytest.mark.parametrize("bank", STARTED_BY_CALL)
async def test_money_for_an_order_whose_start_was_given_up_here_is_booked(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        await payer.emulator.put("faults", [rule("start_collection", 1, "drop_after")])
        given_up = await payer.until(await payer.asks(), State.REJECTED)
        assert given_up.reason is Reason.BANK_UNAVAILABLE
        await hear_again(payer)

        await payer.is_booked(given_up)
        settled = await payer.until(given_up, State.SETTLED)

        assert settled.starts > 1
        assert await payer.owes() == BORROWED - PAID


@pytest.mark.parametrize("bank", STARTED_BY_CALL)
async def test_a_start_whose_answer_is_lost_is_made_again_and_is_one_order(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        await payer.emulator.fault("start_collection", "drop_after")
        opened = await payer.opens()

        await payer.comes_back(await payer.approves(opened))
        await payer.until(opened, State.SETTLED)

        assert opened.starts > 1
        assert await payer.owes() == BORROWED - PAID


@every_bank
async def test_another_amount_than_was_asked_for_is_booked_as_it_came(
    database_url: str, owner, bank: BankCode
) -> None:
    """Less pays less; more than is owed is owed to the member, and people look at it."""
    async with paying(database_url, owner, bank) as payer:
        less = await payer.opens()
        with capture_logs() as records:
            await payer.is_booked(less, amount=9_000)
            assert (await payer.until(less, State.SETTLED)).paid_amount == Yen(9_000)
            await until_said(records, "repayment_amount_differs")
        assert await payer.owes() == BORROWED - 9_000
        assert await reviews(owner) == []

        more = await payer.opens()
        await payer.is_booked(more, amount=BORROWED)
        await payer.until(more, State.SETTLED)

        position = await payer.position()
        assert (position.payoff, position.suspense) == (Yen(0), Yen(9_000))
        assert await reviews(owner) == [(ReviewKind.AMOUNT_DIFFERS, 9_000)]


@every_bank
async def test_what_is_paid_twice_is_booked_twice_and_people_look_at_the_second(
    database_url: str, owner, bank: BankCode
) -> None:
    """The inquiry knows of one payment only; the statement shows the other."""
    async with paying(database_url, owner, bank) as payer:
        asked = await payer.opens()
        await payer.is_booked(asked)
        await payer.until(asked, State.SETTLED)
        await payer.is_booked(asked, again=True)
        today = payer.world.clock.now().date()

        first = await reconcile_day(payer.gateway.loops, bank, today)
        again = await reconcile_day(payer.gateway.loops, bank, today)

        assert (first.booked, again.booked) == (1, 0)
        assert [kind for kind, _ in await reviews(owner)] == [ReviewKind.PAID_TWICE]


@every_bank
async def test_a_payoff_that_the_bank_books_after_midnight_leaves_a_days_interest(
    database_url: str, owner, bank: BankCode
) -> None:
    clock = TravelClock(shift_to(START))
    async with paying(database_url, owner, bank, clock=clock) as payer:
        clock.travel_to(BEFORE_MIDNIGHT)
        asked = await payer.opens(RepaymentKind.PAYOFF, None)
        assert asked.amount == Yen(BORROWED + A_DAYS_INTEREST)

        await payer.is_booked(asked, at="2026-11-27T00:00:01+09:00")
        clock.travel_to(AFTER_MIDNIGHT)
        await payer.until(asked, State.SETTLED)

        position = await payer.position()
        assert position.payoff == Yen(A_DAYS_INTEREST)
        assert position.suspense == Yen(0)
        assert await reviews(owner) == []


@every_bank
async def test_a_payoff_that_the_bank_books_before_midnight_leaves_a_days_interest_too_much(
    database_url: str, owner, bank: BankCode
) -> None:
    """It is owed to the member, who has to be given it back by people."""
    clock = TravelClock(shift_to(START))
    async with paying(database_url, owner, bank, clock=clock) as payer:
        clock.travel_to(AFTER_MIDNIGHT)
        asked = await payer.opens(RepaymentKind.PAYOFF, None)

        await payer.is_booked(asked, at="2026-11-26T23:59:59+09:00")
        await payer.until(asked, State.SETTLED)

        position = await payer.position()
        assert (position.payoff, position.suspense) == (Yen(0), Yen(A_DAYS_INTEREST))
        assert await reviews(owner) == [(ReviewKind.OVERPAID, A_DAYS_INTEREST)]


@every_bank
async def test_a_browser_that_says_paid_after_the_payer_declined_is_not_believed(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        asked = await payer.opens()
        said = await payer.approves(asked, "decline")
        tampered = said.replace("CANCEL", "PAID").replace("cancelled", "paid")
        assert tampered != said

        await payer.comes_back(tampered)

        declined = await payer.until(asked, State.REJECTED)
        assert declined.reason is Reason.PAYER_CANCELLED
        assert await payer.owes() == BORROWED


async def test_a_browser_that_comes_back_too_late_or_by_another_banks_way_is_refused(
    database_url: str, owner
) -> None:
    clock = TravelClock(shift_to(START))
    async with paying(database_url, owner, BankCode.SMBC, clock=clock) as payer:
        asked = await payer.opens()
        way = collection_order(payer.gateway.desk, asked).return_url
        before = await payer.kept()
        with capture_logs() as records:
            other = await status_of(payer, way.replace("/returns/smbc", "/returns/mufg"))
            altered = await status_of(payer, way[:-1] + ("A" if way[-1] != "A" else "B"))
            assert await payer.kept() == before
            clock.travel_to(asked.expires_at + timedelta(minutes=10))
            late = await status_of(payer, way)

        assert (other, altered, late) == (400, 400, 400)
        assert [record["event"] for record in records].count("return.refused") == 3
        assert await payer.owes() == BORROWED


async def status_of(payer: Payer, address: str) -> int:
    async with payer.world.control.get(address, allow_redirects=False) as answer:
        return answer.status
