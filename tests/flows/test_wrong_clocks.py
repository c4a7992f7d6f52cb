"""A bank whose clock is wrong: its money is believed, and two people give the day."""

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.app import Gateway
from gateway.domain.account import BankCode
from gateway.domain.ledger import settlement_cash
from gateway.domain.reason import Reason
from gateway.domain.repayment import OPEN
from gateway.domain.repayment import State as RepaymentState
from gateway.domain.review import Resolution, ReviewKind
from gateway.domain.transfer import State, Transfer
from gateway.ops.clock import shift_to
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.accept_transfer import accept_transfer
from gateway.services.reconcile import reconcile_day
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.store.review_items import Confirmation, Proposal, ReviewItem, list_items
from gateway.store.transfers import find_transfer
from tests.flows.paying import BORROWED, PAID, Payer, paying
from tests.flows.serving import until
from tests.flows.test_time_travel import TravelClock
from tests.flows.world import OPENING_BALANCE, open_world, request
from tests.manual_clock import START

TODAY = START.date().isoformat()
DAY_S = 86_400
YEAR_BACK_S = -365 * DAY_S
DAYS_ONLY = {BankCode.MIZUHO}  # whose answers name a day, and no time
FINAL = frozenset(RepaymentState) - OPEN
# SMBC's emulator refuses the value date of such an order, and books nothing.
CLOCKS = [
    pytest.param(BankCode.SMBC, YEAR_BACK_S, id="smbc a year back"),
    pytest.param(BankCode.RAKUTEN, YEAR_BACK_S, id="rakuten a year back"),
    pytest.param(BankCode.MIZUHO, YEAR_BACK_S, id="mizuho a year back, without a time"),
]


async def distrusted(gateway: Gateway) -> ReviewItem:
    """Return the item about a date, once it is there."""

    async def is_there() -> bool:
        return bool(await list_items(gateway.office.db))

    await until(is_there)
    (item,) = await list_items(gateway.office.db)
    assert item.kind is ReviewKind.DATE_NOT_BELIEVED
    return item


async def two_people_say(gateway: Gateway, item: ReviewItem, word: Resolution) -> None:
    said, now = {"booked_at": TODAY}, gateway.desk.clock.now()
    proposal = Proposal(word, "the bank's paper says so", "sato", said)
    await propose_resolution(gateway.office.db, item.id, proposal, now=now)
    confirmation = Confirmation(word, "suzuki", "seen", said)
    await confirm_resolution(gateway.office.db, item.id, confirmation, now=now)


@pytest.mark.parametrize(("bank", "shift_s"), CLOCKS[1:])
async def test_a_pay_out_by_a_wrong_clock_waits_until_two_people_give_its_day(
    database_url: str, owner: Any, bank: BankCode, shift_s: int
) -> None:
    with capture_logs() as records:
        async with (
            open_world(database_url, owner, banks=(bank,)) as world,
            world.process() as gateway,
        ):
            member = await world.member(bank=bank)
            await world.put("clock", {"shift_s": shift_s}, bank=bank)
            wanted = await accept_transfer(gateway.desk, request(member))
            waiting = await world.until_at_rest(gateway, wanted.transfer)

            assert (waiting.state, waiting.reason) == (State.REVIEW, Reason.DATE_NOT_BELIEVED)
            item = await distrusted(gateway)
            assert (await verify_ledger(gateway.office.db)).balances == {}
            assert await owner.fetchval("SELECT count(*) FROM loan_entries") == 0
            await two_people_say(gateway, item, Resolution.SETTLED)
            await until(lambda: is_settled(owner))
            settled = await world.until_at_rest(gateway, waiting)
            days = await owner.fetch("SELECT effective_on::text FROM loan_entries")
            assert [row["effective_on"] for row in days] == [TODAY]
            await world.check(gateway, settled)
    assert "date_not_believed" in {record.get("code") for record in records}


@pytest.mark.parametrize(("bank", "shift_s"), CLOCKS)
async def test_a_repayment_by_a_wrong_clock_waits_until_two_people_give_its_day(
    database_url: str, owner: Any, bank: BankCode, shift_s: int
) -> None:
    with capture_logs() as records:
        async with paying(database_url, owner, bank, is_clock_right=False) as payer:
            repayment = await payer.opens()
            await payer.world.put("clock", {"shift_s": shift_s}, bank=bank)
            await payer.is_booked(repayment)
            before = await payer.owes()

            item = await distrusted(payer.gateway)
            marked = await payer.now(repayment)
            assert (marked.state, marked.reason, item.amount) == (
                RepaymentState.AUTHORIZING,
                Reason.DATE_NOT_BELIEVED,
                PAID,
            )
            assert await payer.owes() == before
            await two_people_say(payer.gateway, item, Resolution.PAID)

            await payer.until(repayment, RepaymentState.SETTLED)
            entries = await owner.fetch(
                "SELECT amount, effective_on::text FROM loan_entries WHERE kind = 'payment'"
            )
            assert [tuple(row) for row in entries] == [(PAID, TODAY)]
            assert await payer.owes() == BORROWED - PAID
            await agree(payer)
    assert "date_not_believed" in {record.get("code") for record in records}


async def days_of(owner: Any) -> set[str]:
    """Return the days on which anything is booked on a loan."""
    rows = await owner.fetch("SELECT DISTINCT effective_on::text FROM loan_entries")
    return {row["effective_on"] for row in rows}


async def agree(payer: Payer) -> None:
    """The ledger has at the bank what the bank's own books have."""
    report = await verify_ledger(payer.gateway.office.db)
    assert report.findings == ()
    balance = int((await payer.world.books(payer.bank))["settlement"]["balance"])
    assert report.balances[settlement_cash(payer.bank)] == balance - OPENING_BALANCE


async def decided(gateway: Gateway, transfer: Transfer) -> Transfer:
    """Return the transfer once it is at rest, or refused for now and to be sent again."""
    found = None

    async def is_decided() -> bool:
        nonlocal found
        found = await find_transfer(
            gateway.desk.db, member_id=transfer.member_id, transfer_id=transfer.id
        )
        return found is not None and (
            found.is_final
            or found.state is State.REVIEW
            or (found.state is State.SCHEDULED and found.reason is not None)
        )

    await until(is_decided)
    assert found is not None
    return found


async def is_settled(owner: Any) -> bool:
    return bool(await owner.fetchval("SELECT state = 'settled' FROM transfers"))


@pytest.mark.parametrize("bank", BankCode)
async def test_a_pay_out_by_a_clock_a_day_ahead_is_refused_or_waits_for_its_day(
    database_url: str, owner: Any, bank: BankCode
) -> None:
    """What the bank refuses for its clock only, goes once the clock is right."""
    async with (
        open_world(database_url, owner, banks=(bank,)) as world,
        world.process() as gateway,
    ):
        member = await world.member(bank=bank)
        await world.put("clock", {"shift_s": DAY_S}, bank=bank)
        wanted = await accept_transfer(gateway.desk, request(member))
        told = await decided(gateway, wanted.transfer)

        is_paid = bool((await world.books(bank))["movements"])
        assert told.reason is not None
        assert (told.reason is Reason.DATE_NOT_BELIEVED) is is_paid
        assert await days_of(owner) == set()
        await world.put("clock", {"shift_s": 0}, bank=bank)
        if is_paid:
            await two_people_say(gateway, await distrusted(gateway), Resolution.SETTLED)
        if not told.is_final:
            await until(lambda: is_settled(owner))
            told = await world.until_at_rest(gateway, told)
        assert await days_of(owner) == ({TODAY} if told.state is State.SETTLED else set())
        await world.check(gateway, told)


@pytest.mark.parametrize("bank", BankCode)
async def test_a_repayment_by_a_clock_ten_minutes_ahead_is_paid_on_its_day(
    database_url: str, owner: Any, bank: BankCode
) -> None:
    """The page is open still, and the instant is beyond what a clock may be wrong by."""
    async with paying(database_url, owner, bank, is_clock_right=False) as payer:
        opened = await payer.opens()
        await payer.world.put("clock", {"shift_s": 600}, bank=bank)
        await payer.is_booked(opened)
        if bank not in DAYS_ONLY:
            item = await distrusted(payer.gateway)
            assert (item.amount, await payer.owes()) == (PAID, BORROWED)
            await two_people_say(payer.gateway, item, Resolution.PAID)
        await payer.until(opened, RepaymentState.SETTLED)
        assert await payer.owes() == BORROWED - PAID
        assert await days_of(owner) == {TODAY}
        await agree(payer)


@pytest.mark.parametrize("bank", [bank for bank in BankCode if bank is not BankCode.PAYPAY])
async def test_an_approval_by_a_clock_a_day_ahead_comes_too_late(
    database_url: str, owner: Any, bank: BankCode
) -> None:
    """At PayPay nothing is open before the member comes to its page."""
    async with paying(database_url, owner, bank, is_clock_right=False) as payer:
        opened = await payer.opens()
        await payer.world.put("clock", {"shift_s": DAY_S}, bank=bank)
        with pytest.raises(RuntimeError):
            await payer.is_booked(opened)
        ended = await payer.until(opened, *FINAL)
        assert (ended.state, ended.reason) == (RepaymentState.EXPIRED, Reason.SESSION_EXPIRED)
        assert await payer.owes() == BORROWED
        await agree(payer)


@pytest.mark.parametrize("bank", BankCode)
async def test_a_repayment_that_is_asked_for_by_a_clock_a_day_ahead_is_refused_or_paid_later(
    database_url: str, owner: Any, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank, is_clock_right=False) as payer:
        await payer.world.put("clock", {"shift_s": DAY_S}, bank=bank)
        asked = await payer.until(await payer.asks(), RepaymentState.AUTHORIZING, *FINAL)
        if asked.state is RepaymentState.AUTHORIZING:
            await payer.world.put("clock", {"shift_s": 0}, bank=bank)
            await payer.is_booked(asked)
            await payer.until(asked, RepaymentState.SETTLED)
        else:
            assert asked.reason is Reason.FORMAT_ERROR
        assert await days_of(owner) == {TODAY}
        await agree(payer)


@pytest.mark.parametrize("bank", [BankCode.RAKUTEN, BankCode.PAYPAY])
async def test_the_statement_gives_the_day_that_no_answer_could_give(
    database_url: str, owner: Any, bank: BankCode
) -> None:
    """The bank says tomorrow; once tomorrow has come, its statement says so, too."""
    clock, tomorrow = TravelClock(shift_to(START)), START.date() + timedelta(days=1)
    async with (
        open_world(database_url, owner, banks=(bank,), clock=clock) as world,
        world.process() as gateway,
    ):
        member = await world.member(bank=bank)
        await world.put("clock", {"shift_s": DAY_S}, bank=bank)
        wanted = await accept_transfer(gateway.desk, request(member))
        told = await decided(gateway, wanted.transfer)
        assert (told.state, told.reason) == (State.REVIEW, Reason.DATE_NOT_BELIEVED)
        assert (await distrusted(gateway)).amount == told.amount.amount
        await world.put("clock", {"shift_s": 0}, bank=bank)

        clock.travel_to(START + timedelta(days=1, hours=1))
        await reconcile_day(gateway.loops, bank, tomorrow)

        await until(lambda: is_settled(owner))
        settled = await world.until_at_rest(gateway, told)
        assert await days_of(owner) == {tomorrow.isoformat()}
        await world.check(gateway, settled)
