"""Repayments on a real database, with a bank of a few lines that collects as it is told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from gateway.domain.account import BankCode
from gateway.domain.errors import (
    AmountAboveItemLimit,
    BankClosed,
    BankNotConnected,
    Busy,
    CommitUnknown,
    IdempotencyKeyReused,
    NotCancellable,
    NothingOwed,
    QuoteOutdated,
    RepaymentAmountWrong,
    ReturnUrlRefused,
    StaleTransfer,
)
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    NotSent,
    Paid,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.domain.repayment import Repayment, RepaymentKind, State
from gateway.domain.repayment_quote import RepaymentQuote
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.review import NewReview, Resolution, ReviewKind
from gateway.domain.transfer import State as TransferState
from gateway.ops.metrics import PrometheusMetrics
from gateway.services.accept_repayment import (
    AcceptedRepayment,
    RepaymentRequest,
    accept_repayment,
)
from gateway.services.accept_transfer import accept_transfer
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.cancel_repayment import cancel_repayment
from gateway.services.desk import Senders, TransferDesk
from gateway.services.inquire_repayment import inquire_repayment
from gateway.services.quote_repayment import RepaymentWish, quote_repayment
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.services.return_browser import return_browser
from gateway.services.start_repayment import start_due_repayment
from gateway.services.work_repayments import (
    ask_repayments,
    measure_repayments,
    start_repayments,
)
from gateway.store.database import Database
from gateway.store.loan_books import read_loan_book
from gateway.store.repayments import ACCEPT, FIND, RECORD, TAKE_INQUIRY, find_repayment
from gateway.store.review_items import (
    Confirmation,
    Proposal,
    ReviewItem,
    Subject,
    list_items,
    raise_reviews,
)
from gateway.store.stops import Stop, hold
from gateway.store.transfers import find_transfer
from tests.manual_clock import ManualClock
from tests.services.collecting import REDIRECT, CollectingBank
from tests.services.conftest import Member, kept_waiting, request
from tests.services.restless import failing, restless

BACK = "http://127.0.0.1:8080/back"
KEY = "repayment-key-00001"
A_DAY_S = 86_400
PAYOFF, DUE, AMOUNT = RepaymentKind.PAYOFF, RepaymentKind.DUE, RepaymentKind.AMOUNT


@pytest.fixture
def bank(clock: ManualClock) -> CollectingBank:
    return CollectingBank(clock)


@pytest.fixture
async def debtor(desk: TransferDesk, member: Member) -> Member:
    """A member who was paid 50,000 yen a moment ago."""
    accepted = await accept_transfer(desk, request(member, amount=50_000))
    async with asyncio.timeout(5):
        while True:
            found = await find_transfer(
                desk.db, member_id=member.id, transfer_id=accepted.transfer.id
            )
            if found is not None and found.state is TransferState.SETTLED:
                return member
            await asyncio.sleep(0.005)


def wish(
    member: Member, kind: RepaymentKind = AMOUNT, amount: int | None = 10_000
) -> RepaymentWish:
    return RepaymentWish(member.id, kind, BankCode.SMBC, None if amount is None else Yen(amount))


async def ask(
    desk: TransferDesk, wanted: RepaymentWish, *, key: str = KEY, **more: Any
) -> AcceptedRepayment:
    asked = RepaymentRequest(wanted, more.pop("return_url", BACK), key, "req", **more)
    return await accept_repayment(desk, asked)


async def now_is(desk: TransferDesk, repayment: Repayment) -> Repayment:
    found = await find_repayment(desk.db, member_id=repayment.member_id, repayment_id=repayment.id)
    assert found is not None
    return found


async def until(desk: TransferDesk, repayment: Repayment, state: State) -> Repayment:
    async with asyncio.timeout(5):
        while True:
            found = await now_is(desk, repayment)
            if found.state is state:
                return found
            await asyncio.sleep(0.005)


async def owed(desk: TransferDesk, member: Member) -> tuple[int, int]:
    """Return (principal, suspense) of the loan's row."""
    book = await read_loan_book(desk.db, member.id)
    assert book is not None
    return book.loan.principal.amount, book.loan.suspense.amount


async def test_a_repayment_is_written_down_before_the_bank_is_called(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    bank.opens.clear()
    asking = asyncio.create_task(ask(desk, wish(debtor)))
    async with asyncio.timeout(5):
        await bank.was_called.wait()

    (order,) = bank.started
    row = await desk.db.fetchrow(
        "SELECT state, reference FROM repayments WHERE member_id = $1", debtor.id
    )
    bank.opens.set()
    accepted = await asking

    assert row is not None
    assert (row["state"], row["reference"]) == ("created", order.reference)
    assert accepted.repayment.state is State.AUTHORIZING
    assert accepted.repayment.redirect == REDIRECT


async def test_a_bank_that_takes_its_time_is_not_waited_for(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    bank.opens.clear()

    accepted = await ask(desk, wish(debtor))
    bank.opens.set()
    opened = await until(desk, accepted.repayment, State.AUTHORIZING)

    assert accepted.repayment.state is State.CREATED
    assert opened.redirect == REDIRECT


async def test_the_bank_is_told_where_to_call_and_where_to_send_the_browser(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    await ask(desk, wish(debtor))

    (order,) = bank.started
    assert order.callback_url == "http://127.0.0.1:8080/callbacks/smbc"
    assert order.return_url.startswith("http://127.0.0.1:8080/returns/smbc?state=")
    assert "&" not in order.return_url
    assert order.expires_at == desk.clock.now() + timedelta(minutes=15)


async def test_the_same_request_again_is_the_same_repayment(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    first = await ask(desk, wish(debtor, PAYOFF, None))
    bank.ends.append(Paid(desk.clock.now(), Yen(50_000)))
    await inquire_repayment(desk, first.repayment)

    again = await ask(desk, wish(debtor, PAYOFF, None))

    assert (first.is_replay, again.is_replay) == (False, True)
    assert again.repayment.id == first.repayment.id
    assert again.repayment.state is State.SETTLED
    assert len(bank.started) == 1


async def test_one_request_sent_ten_times_at_once_is_one_repayment(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    answers = await asyncio.gather(*(ask(desk, wish(debtor)) for _ in range(10)))

    assert len({answer.repayment.id for answer in answers}) == 1
    assert sum(not answer.is_replay for answer in answers) == 1
    assert len(bank.started) == 1


async def test_a_key_that_was_used_for_something_else_is_refused(
    desk: TransferDesk, debtor: Member
) -> None:
    await ask(desk, wish(debtor))

    with pytest.raises(IdempotencyKeyReused):
        await ask(desk, wish(debtor, amount=20_000))
    with pytest.raises(IdempotencyKeyReused):
        await ask(desk, wish(debtor), key="key-0000000000000001")  # of the transfer
    with pytest.raises(IdempotencyKeyReused):
        await accept_transfer(desk, request(debtor, key=KEY))


AMOUNTS = [
    pytest.param(AMOUNT, 199, RepaymentAmountWrong, id="too little"),
    pytest.param(AMOUNT, 50_001, RepaymentAmountWrong, id="more than is owed"),
    pytest.param(AMOUNT, None, RepaymentAmountWrong, id="no amount"),
    pytest.param(PAYOFF, 49_999, RepaymentAmountWrong, id="not all that is owed"),
    pytest.param(DUE, 1_999, RepaymentAmountWrong, id="not what is due"),
    pytest.param(AMOUNT, 200, None, id="the least"),
    pytest.param(AMOUNT, 50_000, None, id="the most"),
    pytest.param(PAYOFF, 50_000, None, id="all"),
    pytest.param(PAYOFF, None, None, id="all, unsaid"),
    pytest.param(DUE, 2_000, None, id="what is due"),
    pytest.param(DUE, None, None, id="what is due, unsaid"),
]


@pytest.mark.parametrize(("kind", "amount", "refused"), AMOUNTS)
async def test_what_may_be_paid_follows_from_the_kind(
    desk: TransferDesk,
    bank: CollectingBank,
    debtor: Member,
    kind: RepaymentKind,
    amount: int | None,
    refused: type[Exception] | None,
) -> None:
    if refused is None:
        await ask(desk, wish(debtor, kind, amount))
        assert len(bank.started) == 1
        return

    with pytest.raises(refused):
        await ask(desk, wish(debtor, kind, amount))
    assert bank.started == []


async def test_a_wrong_amount_is_told_what_may_be_paid(desk: TransferDesk, debtor: Member) -> None:
    with pytest.raises(RepaymentAmountWrong) as refused:
        await quote_repayment(desk, wish(debtor, AMOUNT, 60_000))

    assert (refused.value.least, refused.value.most) == (Yen(200), Yen(50_000))


@pytest.mark.parametrize("kind", list(RepaymentKind))
async def test_who_owes_nothing_pays_nothing(
    desk: TransferDesk, member: Member, kind: RepaymentKind
) -> None:
    with pytest.raises(NothingOwed):
        await ask(desk, wish(member, kind))


async def test_more_than_the_bank_takes_at_once_is_refused(
    desk: TransferDesk, debtor: Member
) -> None:
    small = {BankCode.SMBC: replace(desk.profiles[BankCode.SMBC], item_limit=5_000)}

    with pytest.raises(AmountAboveItemLimit):
        await ask(replace(desk, profiles=small), wish(debtor))


async def test_a_bank_that_is_not_connected_is_refused(desk: TransferDesk, debtor: Member) -> None:
    with pytest.raises(BankNotConnected):
        await ask(desk, replace(wish(debtor), bank=BankCode.MUFG))


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1:8081/back", id="another port"),
        pytest.param("https://127.0.0.1:8080/back", id="another scheme"),
        pytest.param("https://evil.example/back", id="another host"),
        pytest.param("http://127.0.0.1:8080@evil.example/", id="a user"),
        pytest.param("http://127.0.0.1:8080/back#x", id="a fragment"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("//127.0.0.1:8080/back", id="no scheme"),
        pytest.param("http://127.0.0.1:8080/%2e%2e/x", id="a way upwards"),
        pytest.param("http://127.0.0.1:8080/\\evil.example", id="a backslash"),
    ],
)
async def test_the_browser_comes_back_to_addresses_of_the_lender_only(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, url: str
) -> None:
    with pytest.raises(ReturnUrlRefused):
        await ask(desk, wish(debtor), return_url=url)
    assert bank.started == []


async def test_a_closed_bank_says_when_it_opens(
    desk: TransferDesk, debtor: Member, clock: ManualClock
) -> None:
    clock.instant = datetime(2026, 11, 29, 22, 0, tzinfo=JST)

    with pytest.raises(BankClosed) as refused:
        await ask(desk, wish(debtor))
    quote = await quote_repayment(desk, wish(debtor))

    assert refused.value.reopens_at == datetime(2026, 11, 30, 7, 0, tzinfo=JST)
    assert not quote.opening.is_open
    assert quote.opening.reopens_at == refused.value.reopens_at
    assert [why.name for why in quote.opening.why] == ["日曜夜のシステム停止"]


async def test_a_held_bank_starts_nothing_and_nobody_knows_until_when(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    await hold(desk.db, Stop(desk.new_id(), "smbc", "test", "op", desk.clock.now()))

    with pytest.raises(BankClosed) as refused:
        await ask(desk, wish(debtor))

    assert refused.value.reopens_at is None
    assert bank.started == []


async def test_a_bank_whose_account_is_short_pays_nothing_out_and_takes_repayments(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    short = Reason.SETTLEMENT_BALANCE_SHORT
    await hold(desk.db, Stop(desk.new_id(), "smbc", short, "gateway", desk.clock.now()))

    lent = (await accept_transfer(desk, request(debtor, key="while-it-is-short-1"))).transfer
    quote = await quote_repayment(desk, wish(debtor))
    started = await ask(desk, wish(debtor))

    assert lent.state is TransferState.SCHEDULED
    assert quote.opening.is_open
    assert started.repayment.state is State.AUTHORIZING
    assert len(bank.started) == 1


async def test_a_quote_says_what_it_pays_and_what_is_due_after(
    desk: TransferDesk, debtor: Member, clock: ManualClock
) -> None:
    clock.advance(10 * A_DAY_S)

    quote = await quote_repayment(desk, wish(debtor, PAYOFF, None))
    part = await quote_repayment(desk, wish(debtor, DUE, None))

    # 50,000 at 17.8 % for ten days.
    assert quote.terms.split.interest == Yen(243)
    assert (quote.terms.amount, quote.terms.payoff_after) == (Yen(50_243), Yen(0))
    assert quote.terms.due_after is None
    assert part.terms.due_after is not None
    assert (part.terms.amount, part.terms.due_after.amount) == (Yen(2_000), Yen(2_000))
    assert (quote.fee, quote.partner_atm_fee) == (Yen(0), Yen(220))
    assert quote.valid_until == datetime(2026, 12, 6, 0, 0, tzinfo=JST)


async def test_a_quote_dies_at_midnight_and_with_every_payment(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, clock: ManualClock
) -> None:
    wanted = wish(debtor, PAYOFF, None)
    quote = await quote_repayment(desk, wanted)
    clock.advance(1 * A_DAY_S)
    with pytest.raises(QuoteOutdated) as outdated:
        await ask(desk, wanted, quote_id=quote.id)
    fresh = outdated.value.quote
    assert isinstance(fresh, RepaymentQuote)
    assert fresh.terms.amount == Yen(50_024)

    paid = (await ask(desk, wish(debtor), key="another-key-00001")).repayment
    bank.ends.append(Paid(clock.now(), Yen(10_000)))
    await inquire_repayment(desk, paid)
    with pytest.raises(QuoteOutdated) as again:
        await ask(desk, wanted, quote_id=fresh.id)
    accepted = await ask(desk, wanted, quote_id=again.value.quote.id)

    assert accepted.repayment.amount == Yen(40_024)


async def test_a_retry_is_not_refused_while_the_first_request_is_about_to_commit(
    desk: TransferDesk, debtor: Member, clock: ManualClock, owner: Any
) -> None:
    """Told that the quote died, a page makes a new wish of it, and the member pays twice."""
    quote = await quote_repayment(desk, wish(debtor))
    async with owner.transaction():
        await owner.execute("SELECT FROM loans FOR UPDATE")
        first = asyncio.create_task(ask(desk, wish(debtor), quote_id=quote.id))
        await kept_waiting(owner, 1)
        clock.advance(1 * A_DAY_S)
        again = asyncio.create_task(ask(desk, wish(debtor), quote_id=quote.id))
        await kept_waiting(owner, 2)

    assert (await again).repayment.id == (await first).repayment.id
    assert (await again).is_replay


async def test_what_is_paid_is_booked_once_whoever_asks(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    bank.ends.extend([Paid(desk.clock.now(), Yen(10_000))] * 5)

    await asyncio.gather(*(inquire_repayment(desk, asked) for _ in range(5)))

    assert await owed(desk, debtor) == (40_000, 0)
    entries = await desk.db.fetch(
        "SELECT id FROM loan_entries WHERE member_id = $1 AND kind = 'payment'", debtor.id
    )
    assert len(entries) == 1


async def test_two_payments_at_once_are_both_booked(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    """Each was worked out from a loan that the other one moved."""
    asked = [(await ask(desk, wish(debtor), key=f"{KEY}{n}")).repayment for n in range(4)]
    bank.ends.extend([Paid(desk.clock.now(), Yen(10_000))] * 4)

    await asyncio.gather(*(inquire_repayment(desk, one) for one in asked))

    assert await owed(desk, debtor) == (10_000, 0)


REVIEWS = [
    pytest.param(50_000, None, 0, None, id="what was asked for"),
    pytest.param(40_000, None, 0, None, id="less, and it fits"),
    pytest.param(60_000, None, 10_000, "amount_differs", id="more than was asked for"),
    pytest.param(50_000, 20_000, 20_000, "overpaid", id="paid in another way meanwhile"),
]


@pytest.mark.parametrize(("paid", "meanwhile", "suspense", "review"), REVIEWS)
async def test_what_fits_nowhere_is_the_members_and_people_look_at_it(
    desk: TransferDesk,
    bank: CollectingBank,
    debtor: Member,
    paid: int,
    meanwhile: int | None,
    suspense: int,
    review: str | None,
) -> None:
    asked = (await ask(desk, wish(debtor, PAYOFF, None))).repayment
    if meanwhile is not None:
        beside = await ask(
            desk, wish(debtor, amount=meanwhile), key="another-key-00001", beside_open=True
        )
        other = beside.repayment
        bank.ends.append(Paid(desk.clock.now(), Yen(meanwhile)))
        await inquire_repayment(desk, other)
    bank.ends.append(Paid(desk.clock.now(), Yen(paid)))

    await inquire_repayment(desk, asked)

    assert (await owed(desk, debtor))[1] == suspense
    items = await desk.db.fetch("SELECT kind, amount, repayment_id FROM review_items")
    expected = [] if review is None else [(review, suspense, asked.id)]
    assert [tuple(item) for item in items] == expected


async def test_money_that_comes_after_the_end_and_fits_nowhere_is_looked_at(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    over = (await ask(desk, wish(debtor, PAYOFF, None))).repayment
    await cancel_repayment(desk, member_id=debtor.id, repayment_id=over.id)
    other = (
        await ask(desk, wish(debtor, PAYOFF, None), key="another-key-00001", beside_open=True)
    ).repayment
    bank.ends.extend([Paid(desk.clock.now(), Yen(50_000))] * 2)

    await inquire_repayment(desk, other)
    late = await inquire_repayment(desk, over)

    assert late.state is State.SETTLED
    assert await owed(desk, debtor) == (0, 50_000)
    items = await desk.db.fetch("SELECT kind, amount FROM review_items")
    assert [tuple(item) for item in items] == [("paid_after_end", 50_000)]


async def test_the_banks_charge_is_posted_with_the_payment(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    bank.ends.append(Paid(desk.clock.now(), Yen(10_000)))

    await inquire_repayment(desk, asked)

    rows = await desk.db.fetch(
        "SELECT debit, credit, amount FROM postings WHERE repayment_id = $1 ORDER BY debit",
        asked.id,
    )
    assert [tuple(row) for row in rows] == [
        ("fee_expense:smbc", "bank_charges_payable:smbc", 55),
        ("settlement_cash:smbc", "principal", 10_000),
    ]


async def test_what_a_dead_process_left_is_started_by_another_one(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, clock: ManualClock
) -> None:
    bank.opens.clear()
    asked = (await ask(desk, wish(debtor))).repayment
    await desk.senders.drain(0)  # as if the process had died
    bank.opens.set()
    clock.advance(1)

    await start_repayments(desk)
    opened = await until(desk, asked, State.AUTHORIZING)

    assert [order.reference for order in bank.started] == [opened.reference] * 2
    assert opened.starts == 2


async def test_what_nobody_could_start_in_time_is_rejected(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, clock: ManualClock
) -> None:
    bank.opens.clear()
    asked = (await ask(desk, wish(debtor))).repayment
    await desk.senders.drain(0)
    clock.advance(60)

    await start_repayments(desk)
    rejected = await until(desk, asked, State.REJECTED)

    assert rejected.reason is Reason.BANK_UNAVAILABLE
    assert len(bank.started) == 1


async def test_what_nobody_approves_is_expired_at_its_limit_and_watched_a_while(
    desk: TransferDesk, debtor: Member, clock: ManualClock
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    clock.advance(902)

    await ask_repayments(desk)
    expired = await until(desk, asked, State.EXPIRED)
    await desk.senders.drain(5)
    clock.advance(600)
    await ask_repayments(desk)
    await desk.senders.drain(5)

    assert expired.inquire_at is not None
    assert (await now_is(desk, asked)).inquire_at is None


async def test_what_is_paid_cannot_be_cancelled(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    bank.ends.append(Paid(desk.clock.now(), Yen(10_000)))
    await inquire_repayment(desk, asked)

    with pytest.raises(NotCancellable):
        await cancel_repayment(desk, member_id=debtor.id, repayment_id=asked.id)


async def test_in_the_last_second_of_a_day_no_payoff_is_begun(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, clock: ManualClock
) -> None:
    clock.instant = datetime(2026, 11, 25, 23, 59, 59, tzinfo=JST)

    with pytest.raises(Busy):
        await ask(desk, wish(debtor, PAYOFF, None))
    part = await ask(desk, wish(debtor))

    assert part.repayment.state is State.AUTHORIZING
    assert len(bank.started) == 1


async def test_a_quote_made_while_the_bank_was_closed_dies_when_it_opens(
    desk: TransferDesk, debtor: Member, clock: ManualClock
) -> None:
    clock.instant = datetime(2026, 11, 30, 6, 59, tzinfo=JST)
    quote = await quote_repayment(desk, wish(debtor))
    clock.instant = datetime(2026, 11, 30, 7, 0, tzinfo=JST)

    with pytest.raises(QuoteOutdated):
        await ask(desk, wish(debtor), quote_id=quote.id)

    assert quote.valid_until == clock.instant


async def test_a_row_that_cannot_be_read_stands_aside_and_the_others_go_on(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, clock: ManualClock, owner: Any
) -> None:
    broken = (await ask(desk, wish(debtor))).repayment
    asked = (await ask(desk, wish(debtor), key="another-key-00001")).repayment
    await owner.execute("UPDATE repayments SET bank = 'nobody' WHERE id = $1", broken.id)
    bank.ends.append(Paid(clock.now(), Yen(10_000)))
    clock.advance(1)

    with capture_logs() as records:
        await ask_repayments(desk)
        await until(desk, asked, State.SETTLED)
        await desk.senders.drain(5)

    alerts = [record["code"] for record in records if record["event"] == "alert.raised"]
    aside = await owner.fetchval("SELECT inquire_at FROM repayments WHERE id = $1", broken.id)
    assert alerts == ["repayment_not_workable"]
    assert aside == clock.now() + timedelta(seconds=30)


async def test_operators_see_how_many_are_open(desk: TransferDesk, debtor: Member) -> None:
    metrics = PrometheusMetrics()
    await ask(desk, wish(debtor))

    counted = await measure_repayments(replace(desk, metrics=metrics))

    assert counted == 1
    assert 'gateway_repayments_open{state="authorizing"} 1.0' in metrics.render().decode()
    assert 'gateway_repayments_open{state="created"} 0.0' in metrics.render().decode()


async def test_trouble_with_our_contract_holds_the_bank(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    bank.starts.append(NotSent(Reason.CONTRACT_ERROR))

    asked = (await ask(desk, wish(debtor))).repayment
    with pytest.raises(BankClosed):
        await ask(desk, wish(debtor), key="another-key-00001")

    assert asked.state is State.CREATED
    assert asked.start_at is not None


async def test_a_bank_that_will_not_be_asked_is_held_and_asked_again(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    bank.ends.append(Unknown(Reason.CONTRACT_ERROR))

    waiting = await inquire_repayment(desk, asked)
    with pytest.raises(BankClosed):
        await ask(desk, wish(debtor), key="another-key-00001")

    assert waiting.state is State.AUTHORIZING
    assert waiting.inquire_at is not None


async def test_a_process_with_its_hands_full_lets_the_browser_go_on(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, clock: ManualClock
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    (order,) = bank.started
    (state,) = parse_qs(urlsplit(order.return_url).query)["state"]
    clock.advance(0.1)

    back = await return_browser(replace(desk, senders=Senders(0)), BankCode.SMBC, state)

    assert back.id == asked.id
    assert (await now_is(desk, asked)).inquire_at == clock.now()


async def test_a_browser_that_comes_back_to_what_is_known_asks_nobody(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    bank.ends.append(Paid(desk.clock.now(), Yen(10_000)))
    settled = await inquire_repayment(desk, asked)
    (state,) = parse_qs(urlsplit(bank.started[0].return_url).query)["state"]

    back = await return_browser(desk, BankCode.SMBC, state)

    assert back == settled
    assert (await now_is(desk, asked)).inquiries == 1


async def told_long_ago(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> tuple[Repayment, ReviewItem]:
    """Let the bank say paid, on a day that cannot be; return the repayment and its item."""
    accepted = await ask(desk, wish(debtor))
    bank.ends.append(Paid(desk.clock.now() - timedelta(days=300), Yen(10_000)))
    await inquire_repayment(desk, accepted.repayment)
    (item,) = await list_items(desk.db)
    assert item.kind is ReviewKind.DATE_NOT_BELIEVED
    return accepted.repayment, item


@pytest.mark.parametrize(
    ("resolution", "said", "says"),
    [
        pytest.param(Resolution.NOTED, {}, "not settled yet", id="noted before it is settled"),
        pytest.param(
            Resolution.SETTLED, {"booked_at": "2026-11-25"}, "paid, not settled", id="settled"
        ),
        pytest.param(
            Resolution.PAID,
            {"booked_at": "2026-11-24"},
            "from 2026-11-25",
            id="before it was asked",
        ),
    ],
)
async def test_what_people_say_of_a_repayment_fits_it(
    desk: TransferDesk,
    bank: CollectingBank,
    debtor: Member,
    resolution: Resolution,
    said: dict[str, str],
    says: str,
) -> None:
    _, item = await told_long_ago(desk, bank, debtor)
    wrong = Proposal(resolution, "asked the bank", "sato", said)

    with pytest.raises(ResolutionRefused, match=says):
        await propose_resolution(desk.db, item.id, wrong, now=desk.clock.now())

    assert await owed(desk, debtor) == (50_000, 0)


async def test_two_people_give_the_day_of_a_repayment_and_nobody_gives_it_twice(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    repayment, item = await told_long_ago(desk, bank, debtor)
    now, said = desk.clock.now(), {"booked_at": desk.clock.now().isoformat()}
    paid = Proposal(Resolution.PAID, "asked the bank", "sato", said)
    await propose_resolution(desk.db, item.id, paid, now=now)
    given = Confirmation(Resolution.PAID, "suzuki", "checked", said)
    await confirm_resolution(desk.db, item.id, given, now=now)

    assert await act_on_reviews(desk) == 1

    assert (await now_is(desk, repayment)).state is State.SETTLED
    assert await owed(desk, debtor) == (40_000, 0)
    for identifier, says in ((repayment.id, "settled already"), (item.id, "not there")):
        again = NewReview(str(identifier), ReviewKind.DATE_NOT_BELIEVED, BankCode.SMBC)
        about = Subject(debtor.id, repayment_id=identifier)
        await raise_reviews(desk.db, about, [again], now=now)
        (other,) = [one for one in await list_items(desk.db) if one.repayment_id == identifier]
        with pytest.raises(ResolutionRefused, match=says):
            await propose_resolution(desk.db, other.id, paid, now=now)


async def too_busy() -> None:
    raise Busy("the database is busy")


async def test_a_start_that_could_not_be_written_down_is_made_again(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, clock: ManualClock
) -> None:
    lost = failing(desk, RECORD, CommitUnknown("the connection was lost"))

    asked = (await ask(lost, wish(debtor))).repayment
    assert asked.state is State.CREATED
    clock.advance(1)
    await start_repayments(desk)
    opened = await until(desk, asked, State.AUTHORIZING)

    assert [order.reference for order in bank.started] == [opened.reference] * 2


async def test_what_was_accepted_is_never_told_as_busy(desk: TransferDesk, debtor: Member) -> None:
    busy, _ = restless(desk, after=FIND, move=too_busy)

    accepted = await ask(busy, wish(debtor))

    assert (await now_is(desk, accepted.repayment)).state is State.AUTHORIZING


async def test_two_processes_that_find_the_same_start_make_it_once(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, clock: ManualClock
) -> None:
    bank.opens.clear()
    asked = (await ask(desk, wish(debtor))).repayment
    await desk.senders.drain(0)
    bank.opens.set()
    clock.advance(1)

    await asyncio.gather(*(start_due_repayment(desk, asked) for _ in range(2)))

    assert len(bank.started) == 2  # the one that was lost, and one more
    assert (await now_is(desk, asked)).starts == 2


async def test_an_answer_to_a_start_that_comes_after_the_cancellation_is_kept_and_opens_nothing(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, owner: Any
) -> None:
    bank.opens.clear()
    asked = (await ask(desk, wish(debtor))).repayment
    await cancel_repayment(desk, member_id=debtor.id, repayment_id=asked.id)

    bank.opens.set()
    await desk.senders.drain(5)

    found = await now_is(desk, asked)
    assert (found.state, found.redirect) == (State.CANCELLED, None)
    calls = await owner.fetch(
        "SELECT operation, outcome FROM bank_attempts WHERE repayment_id = $1", asked.id
    )
    assert [tuple(row) for row in calls] == [("start_collection", "Authorizing")]


async def test_a_repayment_that_moves_at_each_look_is_left_to_the_next_inquiry(
    desk: TransferDesk, bank: CollectingBank, debtor: Member, owner: Any
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    bank.ends.append(Paid(desk.clock.now(), Yen(10_000)))

    async def move() -> None:
        await owner.execute("UPDATE repayments SET fence = fence + 1")

    moving, _ = restless(desk, after=FIND, move=move)
    await move()
    with pytest.raises(StaleTransfer, match=str(asked.id)):
        await inquire_repayment(moving, asked)
    assert await owed(desk, debtor) == (50_000, 0)

    bank.ends.append(Paid(desk.clock.now(), Yen(10_000)))
    assert (await inquire_repayment(desk, asked)).state is State.SETTLED
    assert await owed(desk, debtor) == (40_000, 0)


async def test_money_on_a_day_that_is_not_believed_is_not_booked_and_people_look_at_it(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    told = Paid(desk.clock.now() + timedelta(days=400), Yen(10_000), "B1")
    bank.ends.append(told)

    with capture_logs() as records:
        await inquire_repayment(desk, asked)

    assert [line["code"] for line in records if line["event"] == "alert.raised"] == [
        "date_not_believed"
    ]
    assert await owed(desk, debtor) == (50_000, 0)
    (item,) = await desk.db.fetch("SELECT kind, amount, details FROM review_items")
    assert (item["kind"], item["amount"]) == ("date_not_believed", 10_000)
    assert item["details"]["told_booked_at"] == told.booked_at.isoformat()
    assert item["details"]["told_bank_id"] == told.bank_id


async def test_a_busy_database_defers_an_inquiry_and_calls_nobody(
    desk: TransferDesk, debtor: Member, clock: ManualClock
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    clock.advance(902)
    busy, _ = restless(desk, after=TAKE_INQUIRY, move=too_busy)

    with capture_logs() as records:
        await ask_repayments(busy)
        await desk.senders.drain(5)

    assert [line["event"] for line in records if line["log_level"] != "info"] == [
        "repayment.deferred"
    ]
    assert (await now_is(desk, asked)).state is State.AUTHORIZING


async def test_a_browser_goes_on_although_the_banks_answer_could_not_be_written_down(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    asked = (await ask(desk, wish(debtor))).repayment
    (state,) = parse_qs(urlsplit(bank.started[0].return_url).query)["state"]
    bank.ends.append(Paid(desk.clock.now(), Yen(10_000)))
    lost = failing(desk, RECORD, CommitUnknown("the connection was lost"))

    back = await return_browser(lost, BankCode.SMBC, state)

    assert (back.id, back.state) == (asked.id, State.AUTHORIZING)
    assert await owed(desk, debtor) == (50_000, 0)
    assert (await now_is(desk, asked)).inquire_at is not None


class Late(Database):
    """Answers an acceptance late: something happens between the commit and the answer."""

    def __init__(self, database: Database, meanwhile: Callable[[UUID], Awaitable[object]]) -> None:
        super().__init__(database._pool, wait_s=60, lost_s=1)
        self._meanwhile = meanwhile

    async def step(self, sql: str, *args: Any) -> Any:
        row = await super().step(sql, *args)
        if sql == ACCEPT:
            await self._meanwhile(args[1])
            return await super().step(sql, *args)  # as after a lost commit
        return row


async def test_a_process_that_works_on_what_it_just_accepted_starts_it_no_second_time(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    ends = asyncio.Event()

    async def work() -> None:
        await ends.wait()

    async def found(repayment_id: UUID) -> None:
        desk.senders.try_start(repayment_id, work)

    accepted = await ask(replace(desk, db=Late(desk.db, found)), wish(debtor))
    ends.set()
    await desk.senders.drain(5)

    assert accepted.repayment.state is State.CREATED
    assert bank.started == []
    assert (await now_is(desk, accepted.repayment)).start_at is not None


async def test_what_another_process_started_before_the_commit_was_known_is_not_started_again(
    desk: TransferDesk, bank: CollectingBank, debtor: Member
) -> None:
    async def started(repayment_id: UUID) -> None:
        found = await find_repayment(desk.db, member_id=debtor.id, repayment_id=repayment_id)
        assert found is not None
        await start_due_repayment(desk, found)

    accepted = await ask(replace(desk, db=Late(desk.db, started)), wish(debtor))

    assert (accepted.repayment.state, accepted.repayment.redirect) == (State.AUTHORIZING, REDIRECT)
    assert len(bank.started) == 1
