"""What every bank of the registry must do, tried against its emulator over loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

import pytest

from gateway.adapters.registry import BANKS, open_banks
from gateway.config import load_settings
from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.bank import (
    Bank,
    Direction,
    NameFound,
    NameRefused,
    Statement,
    StatementUnavailable,
    TransferOrder,
)
from gateway.domain.hours import JST
from gateway.domain.identifier import reference_for
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    NotFound,
    NotSent,
    Rejected,
    Returned,
    Settled,
    SubmitOutcome,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.sandbox.server import running_sandbox
from tests.adapters.emulator import Emulator, emulator_at, letterbox
from tests.adapters.stand_ins import FreeLanes, Tally, nothing_happens, profile, submit
from tests.manual_clock import ManualClock

BRANCH = {BankCode.PAYPAY: "002", BankCode.RAKUTEN: "201"}
HOLDER = "ﾔﾏﾀﾞ ﾀﾛｳ"
DEADLINE_S = 0.8  # real seconds; calls that are answered take a few milliseconds
numbers = count()


@dataclass(frozen=True, slots=True)
class Pair:
    """A bank's adapter and its emulator."""

    bank: Bank
    emulator: Emulator
    clock: ManualClock

    def order(self, number: str = "1234567", amount: int = 10_000) -> TransferOrder:
        """Return an order under a reference of its own."""
        code = self.bank.code
        branch = BRANCH.get(code, "001")
        creditor = BankAccount(code, branch, AccountType.ORDINARY, number, HOLDER)
        member = UUID(int=next(numbers))
        reference = reference_for(b"test", member_id=member, flow="transfer", idempotency_key="k")
        return TransferOrder(reference, creditor, Yen(amount), "ﾌﾟﾛﾐｽ")


@pytest.fixture(params=[pytest.param(code, id=code.value) for code in BANKS])
async def pair(request: pytest.FixtureRequest, clock: ManualClock) -> AsyncIterator[Pair]:
    code: BankCode = request.param
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(
            running_sandbox(clock=clock, banks=(code.value,), port_base=0, time_scale=0.01)
        )
        url = sandbox.urls[code.value]
        settings = await asyncio.to_thread(load_settings, **{f"{code.value}_base_url": url})
        banks = await stack.enter_async_context(
            open_banks(
                settings,
                clock=clock,
                metrics=Tally(),
                lanes=FreeLanes(),
                checkpoint=nothing_happens,
                profiles=profile(deadline_s=DEADLINE_S),
            )
        )
        emulator = await stack.enter_async_context(emulator_at(url))
        yield Pair(banks[code], emulator, clock)


async def test_a_transfer_settles_and_the_bank_booked_it_once(pair: Pair) -> None:
    order = pair.order()

    got = await submit(pair.bank, order)
    asked = await pair.bank.inquire(order)

    assert isinstance(got.outcome, Settled)
    assert got.outcome.booked_at == pair.clock.now()
    assert asked.outcome == got.outcome
    assert await pair.emulator.booked(order.reference) == [("payout", 10_000)]


async def test_the_same_order_twice_is_one_booking(pair: Pair) -> None:
    order = pair.order()

    first = await submit(pair.bank, order)
    again = await submit(pair.bank, order)

    assert isinstance(first.outcome, Settled)
    assert again.outcome == first.outcome
    assert len(await pair.emulator.booked(order.reference)) == 1


async def test_a_used_reference_with_another_amount_means_inquire(pair: Pair) -> None:
    order = pair.order()
    other = replace(order, amount=Yen(20_000))
    await submit(pair.bank, order)

    got = await submit(pair.bank, other)
    asked = await pair.bank.inquire(other)

    assert got.outcome == Unknown(Reason.DUPLICATE)
    assert asked.outcome == Unknown(integrity=True)
    assert await pair.emulator.booked(order.reference) == [("payout", 10_000)]


async def test_a_reference_that_the_bank_never_saw_is_not_found(pair: Pair) -> None:
    assert (await pair.bank.inquire(pair.order())).outcome == NotFound()


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        pytest.param("0000001", Reason.ACCOUNT_NOT_FOUND, id="no such account"),
        pytest.param("0000002", Reason.NAME_MISMATCH, id="another name"),
        pytest.param("0000003", Reason.ACCOUNT_FROZEN, id="frozen"),
    ],
)
async def test_a_refusal_is_final_and_leaves_the_reference_unused(
    pair: Pair, number: str, reason: Reason
) -> None:
    order = pair.order(number)

    got = await submit(pair.bank, order)

    assert got.outcome == Rejected(reason)
    assert (await pair.bank.inquire(order)).outcome == NotFound()
    assert await pair.emulator.booked(order.reference) == []


async def test_a_closed_account_is_refused(pair: Pair) -> None:
    order = pair.order("7654321")
    place = {"branch": order.creditor.branch, "type": "1", "number": "7654321"}
    closed = {"holder": HOLDER, "balance": 0, "status": "closed", "password": "x"}
    await pair.emulator.post("accounts", place | closed)

    got = await submit(pair.bank, order)

    assert got.outcome == Rejected(Reason.ACCOUNT_CLOSED)


async def test_an_item_above_the_limit_is_refused(pair: Pair) -> None:
    got = await submit(pair.bank, pair.order(amount=10_000_001))

    assert got.outcome == Rejected(Reason.LIMIT_EXCEEDED)


async def test_a_short_settlement_account_is_not_the_members_refusal(pair: Pair) -> None:
    order = pair.order()
    await pair.emulator.put("settings", {"balances": {"settlement": 9_999}})
    short = await submit(pair.bank, order)
    await pair.emulator.put("settings", {"balances": {"settlement": 10_000}})

    funded = await submit(pair.bank, order)

    assert short.outcome == NotSent(Reason.SETTLEMENT_BALANCE_SHORT)
    assert isinstance(funded.outcome, Settled)


async def test_a_cut_answer_is_unknown_and_the_inquiry_finds_it(pair: Pair) -> None:
    order = pair.order("0000006")

    got = await submit(pair.bank, order)

    assert got.outcome == Unknown()
    assert isinstance((await pair.bank.inquire(order)).outcome, Settled)
    assert len(await pair.emulator.booked(order.reference)) == 1


async def test_a_slow_answer_is_waited_for(pair: Pair) -> None:
    assert isinstance((await submit(pair.bank, pair.order("0000007"))).outcome, Settled)


async def test_a_throttled_transfer_may_come_again_when_the_bank_says(pair: Pair) -> None:
    order = pair.order("0000008")

    first, second, third = [await submit(pair.bank, order) for _ in range(3)]

    not_before = pair.clock.now() + timedelta(seconds=1)
    assert first.outcome == second.outcome == NotSent(Reason.THROTTLED, not_before)
    assert isinstance(third.outcome, Settled)
    assert len(await pair.emulator.booked(order.reference)) == 1


async def test_over_the_contracts_limit_nothing_is_taken(pair: Pair) -> None:
    await pair.emulator.put("settings", {"rate_limits": {"money": 1}})
    orders = [pair.order() for _ in range(4)]

    got = [(await submit(pair.bank, order)).outcome for order in orders]

    refused = [order for order, out in zip(orders, got, strict=True) if isinstance(out, NotSent)]
    assert refused
    for order in refused:
        assert await pair.emulator.booked(order.reference) == []


async def test_in_a_closed_window_nothing_is_taken_until_it_ends(pair: Pair) -> None:
    if pair.bank.code is not BankCode.SMBC:
        pytest.skip("each bank has other windows; their own tests know them")
    pair.clock.instant = datetime(2026, 11, 29, 21, 0, tzinfo=JST)
    order = pair.order()

    got = await submit(pair.bank, order)

    reopens = datetime(2026, 11, 30, 7, 0, tzinfo=JST)
    assert got.outcome == NotSent(Reason.OUT_OF_HOURS, reopens)
    assert (await pair.bank.inquire(order)).outcome == NotFound()
    assert isinstance(await pair.bank.statement(pair.clock.now().date()), Statement)


BROKEN = Unknown()
FORGED = Unknown(integrity=True)


@pytest.mark.parametrize(
    ("fault", "expected", "bookings"),
    [
        pytest.param({"kind": "delay", "seconds": 1}, Settled, 1, id="late but in time"),
        pytest.param({"kind": "drop_before"}, BROKEN, 0, id="cut before it was done"),
        pytest.param({"kind": "drop_after"}, BROKEN, 1, id="cut after it was done"),
        pytest.param({"kind": "hang_after"}, BROKEN, 1, id="done and never answered"),
        pytest.param({"kind": "status", "status": 500, "done": True}, FORGED, 1, id="500, done"),
        pytest.param({"kind": "status", "status": 502, "done": False}, FORGED, 0, id="502"),
        pytest.param({"kind": "status", "status": 503, "done": False}, FORGED, 0, id="503"),
        pytest.param({"kind": "status", "status": 504, "done": True}, FORGED, 1, id="504, done"),
        pytest.param({"kind": "status", "status": 429, "done": True}, FORGED, 1, id="429, done"),
        pytest.param({"kind": "status", "status": 403, "done": False}, FORGED, 0, id="403"),
        pytest.param({"kind": "status", "status": 404, "done": True}, FORGED, 1, id="404, done"),
        pytest.param({"kind": "status", "status": 200, "done": False}, FORGED, 0, id="bare 200"),
        pytest.param({"kind": "garbage"}, FORGED, 1, id="garbage"),
        pytest.param({"kind": "bad_signature"}, FORGED, 1, id="bad signature"),
    ],
)
async def test_a_fault_on_the_way_never_settles_or_rejects_what_it_should_not(
    pair: Pair, fault: dict[str, object], expected: object, bookings: int
) -> None:
    order = pair.order()
    await pair.emulator.put("faults", [{"operation": "submit", "action": fault}])

    got = await submit(pair.bank, order)
    asked = await pair.bank.inquire(order)

    is_settled = isinstance(got.outcome, Settled)
    assert is_settled if expected is Settled else got.outcome == expected
    assert len(await pair.emulator.booked(order.reference)) == bookings
    assert isinstance(asked.outcome, Settled if bookings else NotFound)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "drop_before"}, id="cut"),
        pytest.param({"kind": "hang_after"}, id="no answer"),
        pytest.param(
            {"kind": "status", "status": 404, "done": True}, id="a 404 that is not theirs"
        ),
        pytest.param({"kind": "status", "status": 500, "done": True}, id="500"),
        pytest.param({"kind": "garbage"}, id="garbage"),
        pytest.param({"kind": "bad_signature"}, id="bad signature"),
    ],
)
async def test_a_fault_on_an_inquiry_is_not_knowing(pair: Pair, fault: dict[str, object]) -> None:
    order = pair.order()
    rules = [{"operation": "inquire", "times": 2, "action": fault}]
    await pair.emulator.put("faults", rules)

    before = await pair.bank.inquire(order)
    await submit(pair.bank, order)
    after = await pair.bank.inquire(order)

    assert isinstance(before.outcome, Unknown)
    assert isinstance(after.outcome, Unknown)
    assert isinstance((await pair.bank.inquire(order)).outcome, Settled)


async def test_a_request_that_arrives_late_is_booked_once_under_its_reference(pair: Pair) -> None:
    """The bank says "not found" while the request is still on its way: the same order again."""
    order = pair.order()
    await pair.emulator.fault("submit", "delay", seconds=DEADLINE_S * 100 * 1.2)

    lost = await submit(pair.bank, order)
    asked = await pair.bank.inquire(order)
    again = await submit(pair.bank, order)

    assert lost.outcome == Unknown()
    assert isinstance(asked.outcome, NotFound | Settled)
    assert isinstance(again.outcome, Settled)
    assert await pair.emulator.booked(order.reference) == [("payout", 10_000)]


async def until_returned(pair: Pair, order: TransferOrder) -> Returned:
    async with asyncio.timeout(10):
        while True:
            outcome = (await pair.bank.inquire(order)).outcome
            if isinstance(outcome, Returned):
                return outcome


async def test_money_that_comes_back_is_returned_called_back_and_on_the_statement(
    pair: Pair,
) -> None:
    async with letterbox() as box:
        await pair.emulator.put("settings", {"callback_url": box.url})
        order = pair.order("0000005")

        first = await submit(pair.bank, order)
        returned = await until_returned(pair, order)
        called = await pair.bank.read_callback(*await box.take())
        statement = await pair.bank.statement(pair.clock.now().date())

    assert isinstance(first.outcome, Settled)
    assert returned.booked_at == first.outcome.booked_at <= returned.returned_at
    assert called is not None
    assert called.reference == order.reference
    assert isinstance(statement, Statement)
    assert [(line.direction, line.amount, line.is_return) for line in statement.movements] == [
        (Direction.OUT, order.amount, False),
        (Direction.IN, order.amount, True),
    ]


async def test_a_forged_altered_or_old_callback_is_none(pair: Pair) -> None:
    async with letterbox() as box:
        await pair.emulator.put("settings", {"callback_url": box.url})
        await submit(pair.bank, pair.order("0000005"))
        headers, body = await box.take()
        plan = {"kind": "callback", "bad_signature": True}
        await pair.emulator.put("faults", [{"operation": "callback", "action": plan}])
        await submit(pair.bank, pair.order("0000005"))
        badly_signed = await box.take()

    assert await pair.bank.read_callback(*badly_signed) is None
    assert await pair.bank.read_callback({}, body) is None
    assert await pair.bank.read_callback(headers, body.replace(b"10000", b"10001")) is None
    assert await pair.bank.read_callback(headers, body + b" ") is None
    assert await pair.bank.read_callback(headers, body) is not None
    pair.clock.advance(301)
    assert await pair.bank.read_callback(headers, body) is None


async def test_the_statement_agrees_with_the_books_over_all_its_pages(pair: Pair) -> None:
    await pair.emulator.put("settings", {"rate_limits": {"money": 0, "inquiry": 0}})
    orders = [pair.order(amount=100 + number) for number in range(230)]
    for order in orders:
        await submit(pair.bank, order)

    statement = await pair.bank.statement(pair.clock.now().date())
    books = await pair.emulator.movements()

    assert isinstance(statement, Statement)
    assert [(line.reference, line.amount.amount) for line in statement.movements] == [
        (movement["reference"], movement["amount"]) for movement in books
    ]
    assert [line.bank_id for line in statement.movements] == [row["bank_id"] for row in books]
    yesterday = await pair.bank.statement(pair.clock.now().date() - timedelta(days=1))
    assert isinstance(yesterday, Statement)
    assert yesterday.movements == ()


@pytest.mark.parametrize("kind", ["drop_before", "garbage", "bad_signature"])
async def test_one_page_that_cannot_be_read_refuses_the_statement(pair: Pair, kind: str) -> None:
    await pair.emulator.put("settings", {"rate_limits": {"money": 0, "inquiry": 0}})
    for _ in range(201):
        await submit(pair.bank, pair.order(amount=1))
    rules = [{"operation": "statement", "nth": 2, "action": {"kind": kind}}]
    await pair.emulator.put("faults", rules)

    statement = await pair.bank.statement(pair.clock.now().date())

    assert statement == StatementUnavailable(Reason.OUTCOME_UNKNOWN)


async def test_the_bank_names_the_holder_or_knows_no_such_account(pair: Pair) -> None:
    known, unknown = pair.order().creditor, pair.order("0000001").creditor

    assert await pair.bank.verify_name(known) == NameFound(HOLDER)
    assert await pair.bank.verify_name(unknown) == NameRefused(Reason.ACCOUNT_NOT_FOUND)


@pytest.mark.parametrize("kind", ["drop_before", "hang_after", "garbage", "bad_signature"])
async def test_a_name_that_cannot_be_had_is_refused(pair: Pair, kind: str) -> None:
    await pair.emulator.fault("verify_name", kind)

    got = await pair.bank.verify_name(pair.order().creditor)

    assert got == NameRefused(Reason.OUTCOME_UNKNOWN)


async def test_a_sixth_look_at_an_account_waits_for_the_next_day(pair: Pair) -> None:
    if pair.bank.code is not BankCode.SMBC:
        pytest.skip("this bank's names have no daily limit")
    account = pair.order().creditor
    for _ in range(5):
        await pair.bank.verify_name(account)

    assert await pair.bank.verify_name(account) == NameRefused(Reason.LIMIT_EXCEEDED)
    pair.clock.advance(24 * 3600)
    assert await pair.bank.verify_name(account) == NameFound(HOLDER)


async def test_the_banks_clock_is_compared_with_ours(pair: Pair) -> None:
    await pair.emulator.put("clock", {"shift_s": 240})

    skew_s = await pair.bank.clock_skew_s()

    assert skew_s is not None
    assert abs(skew_s - 240) <= 1


def is_final(outcome: SubmitOutcome) -> bool:
    return isinstance(outcome, Settled | Rejected)


async def test_a_bank_that_is_gone_takes_nothing_and_tells_nothing(pair: Pair) -> None:
    order = pair.order()
    await submit(pair.bank, pair.order())  # so that its keys are known
    rules = [{"operation": "submit", "times": 0, "action": {"kind": "drop_before"}}]
    await pair.emulator.put("faults", rules)

    outcomes = [(await submit(pair.bank, order)).outcome for _ in range(8)]

    assert not any(is_final(outcome) for outcome in outcomes)
    assert isinstance(outcomes[-1], NotSent)  # the breaker
