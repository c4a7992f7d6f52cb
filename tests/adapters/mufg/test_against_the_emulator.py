"""What is MUFG's alone, tried against its emulator; the rest is the conformance kit's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from uuid import UUID

import httpx
import pytest

from gateway.adapters.line import Parts
from gateway.adapters.mufg.bank import Mufg
from gateway.adapters.mufg.opening import open_mufg
from gateway.adapters.spool import Body
from gateway.config import load_settings
from gateway.domain.account import BankCode
from gateway.domain.bank import Callback, CollectionOrder, Statement, TransferOrder
from gateway.domain.identifier import reference_for
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Authorizing,
    NotFound,
    Paid,
    Rejected,
    Returned,
    Settled,
    Submitted,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.sandbox.server import running_sandbox
from tests.adapters.emulator import Emulator, Letterbox, emulator_at, letterbox
from tests.adapters.mufg.mocked import COLLECTION, ORDER
from tests.adapters.mufg.schema import faults_of
from tests.adapters.stand_ins import (
    REAL_PROFILES,
    FreeLanes,
    Seconds,
    Tally,
    nothing_happens,
    submit,
)
from tests.manual_clock import ManualClock

# The tests ask as fast as they can; how often we may ask is the conformance kit's.
UNLIMITED = {"money": 0, "inquiry": 0}
numbers = count()


def reference() -> str:
    member = UUID(int=next(numbers))
    return reference_for(b"mufg", member_id=member, flow="transfer", idempotency_key="k")


@dataclass(slots=True)
class Pair:
    """The adapter, the emulator, and every document that went between them."""

    bank: Mufg
    emulator: Emulator
    clock: ManualClock
    lanes: FreeLanes
    box: Letterbox
    heard: list[httpx.Response] = field(default_factory=list)

    def order(self, number: str = "1234567", amount: int = 10_000) -> TransferOrder:
        creditor = replace(ORDER.creditor, number=number)
        return replace(ORDER, reference=reference(), creditor=creditor, amount=Yen(amount))

    def collection(self) -> CollectionOrder:
        return replace(
            COLLECTION,
            reference=reference(),
            callback_url=self.box.url,
            expires_at=self.clock.now() + timedelta(minutes=15),
        )

    async def became(self, order: TransferOrder) -> object:
        """Inquire until the payment is neither hidden nor pending."""
        async with asyncio.timeout(10):
            while True:
                outcome = (await self.bank.inquire(order)).outcome
                if not isinstance(outcome, Submitted | NotFound):
                    return outcome

    async def came_back(self, order: TransferOrder) -> Returned:
        async with asyncio.timeout(10):
            while True:
                outcome = (await self.bank.inquire(order)).outcome
                if isinstance(outcome, Returned):
                    return outcome

    async def was_paid(self, order: CollectionOrder) -> Paid:
        async with asyncio.timeout(10):
            while True:
                outcome = (await self.bank.inquire_collection(order)).outcome
                if isinstance(outcome, Paid):
                    return outcome


@pytest.fixture
async def pair(clock: ManualClock) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(
            running_sandbox(clock=clock, banks=("mufg",), port_base=0, time_scale=0.01)
        )
        settings = await asyncio.to_thread(load_settings, mufg_base_url=sandbox.urls["mufg"])
        lanes = FreeLanes()
        parts = Parts(clock, Tally(), lanes, nothing_happens, Seconds(), 1.0)
        bank = await stack.enter_async_context(
            open_mufg(settings, REAL_PROFILES[BankCode.MUFG], parts)
        )
        emulator = await stack.enter_async_context(emulator_at(sandbox.urls["mufg"]))
        box = await stack.enter_async_context(letterbox())
        await emulator.put("settings", {"callback_url": box.url, "rate_limits": UNLIMITED})
        pair = Pair(bank, emulator, clock, lanes, box)

        async def hear(answer: httpx.Response) -> None:
            pair.heard.append(answer)

        bank._channel._client.event_hooks = {"request": [], "response": [hear]}
        yield pair


def content_of(answer: httpx.Response) -> bytes:
    """Return what an answer brought; a statement's bytes lie in a file."""
    body: Body | None = answer.extensions.get("body")
    return answer.content if body is None else body.read(0, body.size)


async def test_every_document_of_a_day_is_iso_20022(pair: Pair) -> None:
    paid_out, back, refused = pair.order(), pair.order("0000005"), pair.order("0000001")
    collected = pair.collection()

    for order in (paid_out, back, refused, paid_out):
        await submit(pair.bank, order)
    await pair.came_back(back)
    assert isinstance(await pair.became(paid_out), Settled)
    assert await pair.became(refused) == Rejected(Reason.ACCOUNT_NOT_FOUND)
    assert isinstance((await pair.bank.start_collection(collected)).outcome, Authorizing)
    await pair.emulator.post(f"approve/{collected.reference}", {})
    await pair.was_paid(collected)
    await pair.bank.start_collection(collected)
    assert isinstance(await pair.bank.statement(pair.clock.now().date()), Statement)
    letters = [await pair.box.take(), await pair.box.take()]

    answers = [content_of(answer) for answer in pair.heard]
    documents = [content for content in answers if b"<Document" in content]
    documents += [
        answer.request.content for answer in pair.heard if answer.request.content[:1] == b"<"
    ]
    documents += [body for _, body in letters]
    kinds = {document.split(b"xsd:")[1].split(b'"')[0] for document in documents}
    assert [faults for document in documents if (faults := faults_of(document))] == []
    assert kinds == {
        b"pain.001.001.03",
        b"pain.002.001.03",
        b"pain.013.001.07",
        b"pain.014.001.07",
        b"camt.053.001.02",
        b"camt.054.001.02",
    }
    for letter in letters:
        assert isinstance(await pair.bank.read_callback(*letter), Callback)


async def test_a_bank_that_forgot_our_token_is_asked_for_another(pair: Pair) -> None:
    await submit(pair.bank, pair.order())
    await pair.emulator.post("reset", {})
    await pair.emulator.put("settings", {"rate_limits": UNLIMITED})
    order = pair.order()

    got = await submit(pair.bank, order)

    assert got.outcome == Submitted()
    assert isinstance(await pair.became(order), Settled)
    assert [answer.status_code for answer in pair.heard[2:5]] == [401, 200, 202]


async def test_a_number_that_was_used_before_takes_nothing(pair: Pair) -> None:
    await submit(pair.bank, pair.order())
    pair.bank._payments._readiness._numbers._next = 1
    order = pair.order()

    got = await submit(pair.bank, order)
    again = await submit(pair.bank, order)

    assert got.outcome == Unknown(Reason.CONTRACT_ERROR)
    assert again.outcome == Submitted()
    assert isinstance(await pair.became(order), Settled)


async def test_a_payment_is_hidden_pending_and_then_booked_once(pair: Pair) -> None:
    await pair.emulator.put("settings", {"time_scale": 0.1})
    order = pair.order()
    seen: list[type] = []

    await submit(pair.bank, order)
    async with asyncio.timeout(10):
        while not isinstance(outcome := (await pair.bank.inquire(order)).outcome, Settled):
            seen.append(type(outcome))

    assert set(seen) <= {NotFound, Submitted}
    assert outcome.booked_at == pair.clock.now()
    assert await pair.emulator.booked(order.reference) == [("payout", 10_000)]


async def test_money_back_and_its_line_are_of_the_same_day(pair: Pair) -> None:
    order = pair.order("0000005")
    await submit(pair.bank, order)

    returned = await pair.came_back(order)
    statement = await pair.bank.statement(pair.clock.now().date())

    assert isinstance(statement, Statement)
    line = statement.movements[-1]
    assert line.is_return
    assert line.reference == order.reference
    assert line.booked_at.date() == returned.returned_at.date()
    assert line.counterparty == order.creditor.holder
    assert statement.movements[0].bank_id == returned.bank_id
