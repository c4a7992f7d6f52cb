"""Mizuho's adapter tried against its emulator over loopback: files, collections, statement."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from gateway.adapters.line import Parts
from gateway.adapters.mizuho.bank import Mizuho
from gateway.adapters.mizuho.opening import open_mizuho
from gateway.config import load_settings
from gateway.domain.account import BankCode
from gateway.domain.bank import (
    CollectionOrder,
    Direction,
    Statement,
    TransferFile,
    TransferOrder,
)
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Authorizing,
    CollectionOutcome,
    FileAccepted,
    FileOutcome,
    FileRejected,
    FileResult,
    FileResultOutcome,
    InquiryOutcome,
    NotFound,
    NotSent,
    Paid,
    Pending,
    Rejected,
    Returned,
    Settled,
    Submitted,
    TurnedAway,
    Unknown,
)
from gateway.domain.ports import Slot
from gateway.domain.reason import Reason
from gateway.sandbox.server import running_sandbox
from tests.adapters.emulator import Emulator, Letterbox, emulator_at, letterbox
from tests.adapters.mocked_mizuho import PAYEE, PAYOUT
from tests.adapters.stand_ins import FreeLanes, Tally, nothing_happens, now_s, profile
from tests.manual_clock import ManualClock

numbers = count(1)
PATIENCE_S = 10
AT_ONCE = {"settle_s_min": 0, "settle_s_max": 0}


def reference() -> str:
    """Return a reference of its own, in the letters that ours have."""
    digits = f"{next(numbers):05}".translate(str.maketrans("0123456789", "ABCDEFGHIJ"))
    return f"{'MIZUHO':A<15}{digits}"


@dataclass(frozen=True, slots=True)
class Pair:
    bank: Mizuho
    emulator: Emulator
    clock: ManualClock

    def order(self, number: str = "1234567", amount: int = 10_000) -> TransferOrder:
        return replace(
            PAYOUT,
            reference=reference(),
            creditor=replace(PAYEE, number=number),
            amount=Yen(amount),
        )

    def file(self, orders: Sequence[TransferOrder]) -> TransferFile:
        return self.bank.encode_file(f"F-{next(numbers)}", orders)

    async def send(self, file: TransferFile) -> FileOutcome:
        answer = await self.bank.submit_file(file, slot=Slot(0.0), send_before=now_s() + 60)
        return answer.outcome

    async def result(self, file: TransferFile) -> FileResultOutcome:
        """Send a file and return its result when it is there."""
        taken = await self.send(file)
        assert isinstance(taken, FileAccepted)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                outcome = (await self.bank.fetch_result(file, taken.receipt)).outcome
                if not isinstance(outcome, Pending):
                    return outcome

    async def ends(self, orders: Sequence[TransferOrder]) -> list[Settled | Rejected | NotSent]:
        outcome = await self.result(self.file(orders))
        assert isinstance(outcome, FileResult)
        return [outcome.items[order.reference] for order in orders]

    async def asked(self, order: TransferOrder) -> InquiryOutcome:
        return (await self.bank.inquire(order)).outcome

    def collection(self, callback_url: str = "http://127.0.0.1:9/") -> CollectionOrder:
        return CollectionOrder(
            reference=reference(),
            amount=Yen(30_000),
            description="ﾌﾟﾛﾐｽ ﾍﾝｻｲ",
            return_url="https://lender.example/return?id=7",
            callback_url=callback_url,
            expires_at=self.clock.now() + timedelta(minutes=15),
        )

    async def ended(self, order: CollectionOrder) -> CollectionOutcome:
        return (await self.bank.inquire_collection(order)).outcome


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    clock = ManualClock()
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(
            running_sandbox(clock=clock, banks=("mizuho",), port_base=0, time_scale=0.01)
        )
        url = sandbox.urls["mizuho"]
        settings = await asyncio.to_thread(load_settings, mizuho_base_url=url)
        parts = Parts(clock, Tally(), FreeLanes(), nothing_happens, time.monotonic, 1.0)
        contract = profile(deadline_s=2.0)[BankCode.MIZUHO]
        bank = await stack.enter_async_context(open_mizuho(settings, contract, parts))
        emulator = await stack.enter_async_context(emulator_at(url))
        await emulator.put("settings", {**AT_ONCE, "rate_limits": {"money": 0, "inquiry": 0}})
        yield Pair(bank, emulator, clock)


@pytest.fixture
async def box() -> AsyncIterator[Letterbox]:
    async with letterbox() as opened:
        yield opened


async def test_a_file_settles_and_the_bank_booked_each_item_once(pair: Pair) -> None:
    orders = [pair.order(amount=amount) for amount in (1, 10_000, 10_000_000)]

    ends = await pair.ends(orders)

    assert ends == [Settled(pair.clock.now())] * 3
    for order in orders:
        assert await pair.asked(order) == Settled(pair.clock.now())
        booked = await pair.emulator.booked(order.reference)
        assert booked == [("payout", order.amount.amount)]


async def test_a_full_file_settles(pair: Pair) -> None:
    orders = [pair.order(amount=amount + 1) for amount in range(pair.bank.items_max)]

    ends = await pair.ends(orders)

    assert all(isinstance(end, Settled) for end in ends)


async def test_each_item_of_a_file_has_an_end_of_its_own(pair: Pair) -> None:
    orders = [
        pair.order(),
        pair.order("0000001"),
        pair.order("0000002"),
        pair.order("0000003"),
        pair.order(amount=10_000_001),
    ]

    ends = await pair.ends(orders)

    refused = [
        Rejected(Reason.ACCOUNT_NOT_FOUND),
        Rejected(Reason.NAME_MISMATCH),
        Rejected(Reason.ACCOUNT_FROZEN),
        Rejected(Reason.LIMIT_EXCEEDED),
    ]
    assert ends == [Settled(pair.clock.now()), *refused]
    assert [await pair.asked(order) for order in orders] == ends


@pytest.mark.parametrize(
    ("code", "end"),
    [
        pytest.param("1", Rejected(Reason.ACCOUNT_NOT_FOUND), id="1"),
        pytest.param("2", Rejected(Reason.NAME_MISMATCH), id="2"),
        pytest.param("3", Rejected(Reason.ACCOUNT_FROZEN), id="3"),
        pytest.param("4", Rejected(Reason.LIMIT_EXCEEDED), id="4"),
        pytest.param("8", NotSent(Reason.SETTLEMENT_BALANCE_SHORT), id="8"),
        pytest.param("9", Rejected(Reason.CREDIT_REFUSED), id="9"),
    ],
)
async def test_every_code_of_an_item_is_understood(
    pair: Pair, code: str, end: Rejected | NotSent
) -> None:
    order = pair.order()
    await pair.emulator.fault("submit", "code", code=code)

    assert await pair.ends([order]) == [end]
    assert await pair.asked(order) == (Unknown() if isinstance(end, NotSent) else end)
    assert await pair.emulator.booked(order.reference) == []


async def test_a_file_that_is_sent_again_is_the_first(pair: Pair) -> None:
    file = pair.file([pair.order()])

    first = await pair.send(file)
    again = await pair.send(file)

    assert isinstance(first, FileAccepted)
    assert again == first
    assert len(await pair.emulator.booked(file.orders[0].reference)) == 1


async def test_other_bytes_under_a_used_id_are_unknown_with_an_alert(pair: Pair) -> None:
    file = pair.file([pair.order()])
    await pair.send(file)

    other = pair.bank.encode_file(file.file_id, [pair.order()])

    assert await pair.send(other) == Unknown(integrity=True)


async def test_a_file_whose_answer_was_lost_is_cleared_by_sending_it_again(pair: Pair) -> None:
    file = pair.file([pair.order()])
    await pair.emulator.fault("submit", "drop_after")

    lost = await pair.send(file)
    again = await pair.send(file)

    assert lost == Unknown()
    assert isinstance(again, FileAccepted)
    assert len(await pair.emulator.booked(file.orders[0].reference)) <= 1


async def test_a_file_that_was_cut_off_was_in_no_file(pair: Pair) -> None:
    order = pair.order()
    await pair.emulator.fault("submit", "drop_before")

    assert await pair.send(pair.file([order])) == Unknown()
    assert await pair.asked(order) == NotFound()


async def test_a_file_under_way_has_no_result_yet(pair: Pair) -> None:
    await pair.emulator.put("settings", {"settle_s_min": 3600, "settle_s_max": 3600})
    order = pair.order()
    file = pair.file([order])

    taken = await pair.send(file)

    assert isinstance(taken, FileAccepted)
    assert (await pair.bank.fetch_result(file, taken.receipt)).outcome == Pending()
    assert await pair.asked(order) == Submitted()


async def test_a_file_of_another_day_is_refused_and_nobody_is_at_fault(pair: Pair) -> None:
    file = pair.file([pair.order()])
    pair.clock.advance(86_400)

    assert await pair.send(file) == FileRejected(Reason.BANK_BUSY)


async def test_a_fault_names_the_item_it_is_in(pair: Pair) -> None:
    orders = [pair.order(), pair.order()]
    file = pair.file(orders)
    at = 2 * 122 + 50
    broken = replace(file, content=file.content[:at] + b"\xde" + file.content[at + 1 :])

    outcome = await pair.send(broken)

    assert outcome == FileRejected(Reason.FORMAT_ERROR, orders[1].reference)


async def test_a_fault_in_the_header_is_no_items(pair: Pair) -> None:
    file = pair.file([pair.order()])
    broken = replace(file, content=file.content[:4] + b"9" + file.content[5:])

    assert await pair.send(broken) == FileRejected(Reason.FORMAT_ERROR)


async def test_a_closed_bank_takes_no_file_and_says_until_when(pair: Pair) -> None:
    pair.clock.instant = datetime(2026, 11, 28, 22, 0, tzinfo=JST)

    outcome = await pair.send(pair.file([pair.order()]))

    assert outcome == TurnedAway(Reason.OUT_OF_HOURS, datetime(2026, 11, 29, 8, 0, tzinfo=JST))


async def test_a_third_file_in_a_second_is_throttled(pair: Pair) -> None:
    await pair.emulator.put("settings", {"rate_limits": {"money": 2, "inquiry": 10}})

    outcomes = [await pair.send(pair.file([pair.order()])) for _ in range(3)]

    assert isinstance(outcomes[0], FileAccepted)
    throttled = [outcome for outcome in outcomes if isinstance(outcome, TurnedAway)]
    assert [outcome.reason for outcome in throttled] == [Reason.THROTTLED] * len(throttled)
    assert throttled


@pytest.mark.parametrize(
    "kind", ["garbage", "hang_after", "drop_after", "drop_before"], ids=lambda kind: kind
)
async def test_no_answer_or_garbage_about_a_result_is_unknown(pair: Pair, kind: str) -> None:
    file = pair.file([pair.order()])
    taken = await pair.send(file)
    assert isinstance(taken, FileAccepted)
    await pair.emulator.fault("inquire", kind, times=0)

    outcome = (await pair.bank.fetch_result(file, taken.receipt)).outcome
    asked = await pair.asked(file.orders[0])

    assert isinstance(outcome, Unknown)
    assert isinstance(asked, Unknown)


@pytest.mark.parametrize("code", ["UNBALANCED_COUNT", "UNBALANCED_SUM", "UNBALANCED_REFERENCE"])
async def test_a_result_that_does_not_balance_is_asked_for_again(pair: Pair, code: str) -> None:
    file = pair.file([pair.order(), pair.order("0000001")])
    await pair.emulator.fault("inquire", "code", code=code)

    doubtful = await pair.result(file)
    certain = await pair.result(file)

    assert doubtful == Unknown(integrity=True)
    assert isinstance(certain, FileResult)


async def test_a_link_takes_no_place_of_a_file(pair: Pair) -> None:
    await pair.emulator.put("settings", {"rate_limits": {"money": 1, "inquiry": 1}})

    outcomes = [(await pair.bank.start_collection(pair.collection())).outcome for _ in range(5)]

    assert all(isinstance(outcome, Authorizing) for outcome in outcomes)
    assert isinstance(await pair.send(pair.file([pair.order()])), FileAccepted)


async def test_money_that_comes_back_is_returned_and_on_the_statement(pair: Pair) -> None:
    order = pair.order("0000005")
    await pair.ends([order])
    async with asyncio.timeout(PATIENCE_S):
        while isinstance(outcome := await pair.asked(order), Settled):
            continue

    statement = await pair.bank.statement(pair.clock.now().date())

    assert outcome == Returned(pair.clock.now(), pair.clock.now())
    assert isinstance(statement, Statement)
    told = [
        (line.direction, line.amount, line.is_return)
        for line in statement.movements
        if line.reference == order.reference
    ]
    assert told == [
        (Direction.OUT, Yen(10_000), False),
        (Direction.IN, Yen(10_000), True),
    ]


async def test_a_statement_has_every_movement_of_its_day_only(pair: Pair) -> None:
    orders = [pair.order(amount=amount) for amount in (1, 2, 3)]
    await pair.ends(orders)
    today = pair.clock.now().date()
    pair.clock.advance(86_400)
    later = pair.order(amount=4)
    await pair.ends([later])

    of_today = await pair.bank.statement(today)
    of_tomorrow = await pair.bank.statement(today + timedelta(days=1))
    of_no_day = await pair.bank.statement(today - timedelta(days=1))

    assert isinstance(of_today, Statement)
    assert isinstance(of_tomorrow, Statement)
    assert isinstance(of_no_day, Statement)
    assert {line.reference for line in of_today.movements} == {o.reference for o in orders}
    assert [line.reference for line in of_tomorrow.movements] == [later.reference]
    assert of_no_day.movements == ()
    assert {line.booked_at.date() for line in of_today.movements} == {today}


async def test_a_collection_is_paid_and_the_bank_calls(pair: Pair, box: Letterbox) -> None:
    await pair.emulator.put("settings", {"callback_url": box.url})
    order = pair.collection(box.url)

    started = (await pair.bank.start_collection(order)).outcome
    again = (await pair.bank.start_collection(order)).outcome
    opened = await pair.ended(order)
    await pair.emulator.post(f"approve/{order.reference}", {})
    headers, body = await box.take()
    call = await pair.bank.read_callback(headers, body)

    assert isinstance(started, Authorizing)
    assert started.redirect.url.startswith("http://127.0.0.1:")
    assert again == started
    assert opened == Pending()
    assert call is not None
    assert call.reference == order.reference
    assert await pair.ended(order) == Paid(pair.clock.now(), Yen(30_000))
    after = await pair.bank.start_collection(order)
    assert after.outcome == Unknown(Reason.DUPLICATE)
    statement = await pair.bank.statement(pair.clock.now().date())
    assert isinstance(statement, Statement)
    told = [(line.direction, line.amount, line.reference) for line in statement.movements]
    assert told == [(Direction.IN, Yen(30_000), order.reference)]


async def test_what_the_bank_booked_counts_and_not_what_was_asked(pair: Pair) -> None:
    order = pair.collection()
    await pair.bank.start_collection(order)

    await pair.emulator.post(f"approve/{order.reference}", {"amount": 29_999})

    assert await pair.ended(order) == Paid(pair.clock.now(), Yen(29_999))


async def test_a_payer_may_say_no(pair: Pair, box: Letterbox) -> None:
    await pair.emulator.put("settings", {"callback_url": box.url})
    order = pair.collection(box.url)
    await pair.bank.start_collection(order)

    await pair.emulator.post(f"decline/{order.reference}", {})
    call = await pair.bank.read_callback(*(await box.take()))

    assert call is not None
    assert await pair.ended(order) == Rejected(Reason.PAYER_CANCELLED)


async def test_a_payer_without_money_pays_nothing(pair: Pair) -> None:
    order = pair.collection()
    await pair.bank.start_collection(order)

    poor = {"payer": {"branch": "001", "type": "1", "number": "0000004"}}
    await pair.emulator.post(f"approve/{order.reference}", poor)

    assert await pair.ended(order) == Rejected(Reason.INSUFFICIENT_FUNDS)


async def test_a_collection_ends_at_its_limit(pair: Pair) -> None:
    order = pair.collection()
    await pair.bank.start_collection(order)

    pair.clock.advance(900)

    assert await pair.ended(order) == Rejected(Reason.SESSION_EXPIRED)


async def test_a_collection_that_was_never_started_is_not_found(pair: Pair) -> None:
    assert await pair.ended(pair.collection()) == NotFound()


async def test_a_collection_that_the_form_cannot_have_is_refused(pair: Pair) -> None:
    too_late = replace(pair.collection(), expires_at=pair.clock.now())
    too_much = replace(pair.collection(), amount=Yen(10_000_001))

    assert (await pair.bank.start_collection(too_late)).outcome == Rejected(Reason.FORMAT_ERROR)
    assert (await pair.bank.start_collection(too_much)).outcome == Rejected(Reason.FORMAT_ERROR)


async def test_a_forged_call_is_none(pair: Pair, box: Letterbox) -> None:
    await pair.emulator.put("settings", {"callback_url": box.url})
    await pair.emulator.fault("callback", "bad_signature")
    order = pair.collection(box.url)
    await pair.bank.start_collection(order)

    await pair.emulator.post(f"decline/{order.reference}", {})
    forged = await pair.bank.read_callback(*(await box.take()))

    assert forged is None


async def test_the_clocks_agree_to_a_second(pair: Pair) -> None:
    skew_s = await pair.bank.clock_skew_s()

    assert skew_s is not None
    assert abs(skew_s) < 1
