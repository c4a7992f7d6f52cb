"""Five things that happen to one repayment, in every order they can come in: it ends the same."""

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from gateway.domain.account import BankCode
from gateway.domain.bank import Callback, CollectionOrder
from gateway.domain.errors import NotCancellable
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Answer,
    Authorizing,
    CollectionOutcome,
    Paid,
    Pending,
    Redirect,
    Rejected,
    StartOutcome,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.domain.repayment import OPEN, Repayment, RepaymentKind, State
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import accept_transfer
from gateway.services.cancel_repayment import cancel_repayment
from gateway.services.collection_order import collection_order
from gateway.services.desk import TransferDesk
from gateway.services.inquire_repayment import inquire_due_repayment
from gateway.services.quote_repayment import RepaymentWish
from gateway.services.receive_callback import receive_callback
from gateway.services.return_browser import return_browser
from gateway.services.work_callbacks import work_callbacks
from gateway.store.repayments import find_repayment, inquiry_rows, read_repayment
from tests.manual_clock import START, ManualClock
from tests.services.conftest import ToldBank, evidence, new_member, request

BORROWED, PAID = 50_000, 10_000
WITHIN_S = 10
SENT_BACK = "http://127.0.0.1:8080/"
# Whatever the row's history was, this is what it came to.
ENDS = {
    "state": "SELECT state || coalesce(reason, '') FROM repayments WHERE member_id = $1",
    "entries": "SELECT string_agg(concat_ws(' ', kind, amount, effective_on), ', ' ORDER BY at)"
    " FROM loan_entries WHERE member_id = $1",
    "postings": "SELECT string_agg(concat_ws(' ', debit, credit, amount, effective_on), ', '"
    " ORDER BY debit, credit, amount) FROM postings WHERE member_id = $1",
    "loan": "SELECT concat_ws(' ', principal, suspense, due_on) FROM loans WHERE member_id = $1",
    "reviews": "SELECT count(*)::text FROM review_items WHERE member_id = $1",
    "planned": "SELECT inquire_at FROM repayments WHERE member_id = $1",
}


# Each is a method of `Story`. In the first list the payer has approved before anything else.
PAID_BEFORE = ("call", "come_back", "poll", "pass_the_limit", "cancel")
PAID_SOMETIME = ("approve", "call", "come_back", "pass_the_limit", "cancel")


@dataclass
class OneOrderBank(ToldBank):
    """Has one order at a time: open, paid, or over. The first answers may be lost."""

    paid_at: datetime | None = None
    lost: int = 0
    questions: int = 0
    asked_anew: asyncio.Event = field(default_factory=asyncio.Event)

    async def start_collection(self, order: CollectionOrder) -> Answer[StartOutcome]:
        return Answer(Authorizing(Redirect(f"http://127.0.0.1:9/{order.reference}")), evidence())

    async def inquire_collection(self, order: CollectionOrder) -> Answer[CollectionOutcome]:
        self.questions += 1
        self.asked_anew.set()
        return Answer(self._truth(order), evidence())

    def _truth(self, order: CollectionOrder) -> CollectionOutcome:
        if self.questions <= self.lost:
            return Unknown(Reason.OUTCOME_UNKNOWN)
        if self.paid_at is not None:
            return Paid(self.paid_at, order.amount)
        if self.clock.now() >= order.expires_at:
            return Rejected(Reason.SESSION_EXPIRED)
        return Pending()

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        del headers
        return Callback(secrets.token_hex(8), body.decode(), "collection")


@dataclass
class Story:
    """One repayment, and what happens to it."""

    desk: TransferDesk
    bank: OneOrderBank
    clock: ManualClock
    repayment: Repayment
    browsers: list[asyncio.Task[Repayment]] = field(default_factory=list)

    async def live(self, events: tuple[str, ...]) -> None:
        for event in events:
            await getattr(self, event)()
        await self.end()

    async def approve(self) -> None:
        """Let the payer approve on the bank's page, while it is open."""
        if self.clock.now() < self.repayment.expires_at:
            self.bank.paid_at = self.clock.now()

    async def call(self) -> None:
        """Let the bank call, and work the call."""
        body = self.repayment.reference.encode()
        await receive_callback(self.desk, BankCode.SMBC, {}, body)
        await work_callbacks(self.desk)
        await self.work()

    async def come_back(self) -> None:
        """Let the browser come back; what it waits for goes on behind its back."""
        way = collection_order(self.desk, self.repayment).return_url
        state = way.partition("state=")[2]
        self.bank.asked_anew.clear()
        coming = asyncio.create_task(return_browser(self.desk, BankCode.SMBC, state))
        asked = asyncio.create_task(self.bank.asked_anew.wait())
        await asyncio.wait((coming, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        self.browsers.append(coming)

    async def poll(self) -> None:
        """Let time pass until an inquiry is due."""
        self.clock.advance(5)
        await self.work()

    async def pass_the_limit(self) -> None:
        """Let the order's time run out, here and at the bank; a browser may be asking just now."""
        self.clock.instant = self.repayment.expires_at + timedelta(seconds=1)
        async with asyncio.timeout(WITHIN_S):
            while (await self.now()).state in OPEN:
                await self.work()
                self.clock.advance(1)

    async def cancel(self) -> None:
        """Let the member change their mind, here; the bank is not told."""
        with suppress(NotCancellable):
            await cancel_repayment(
                self.desk, member_id=self.repayment.member_id, repayment_id=self.repayment.id
            )

    async def work(self) -> None:
        """Ask what is due, as the worker does; what a browser waits for goes on beside it."""
        for row in await inquiry_rows(self.desk.db, now=self.clock.now(), limit=10):
            await inquire_due_repayment(self.desk, read_repayment(row))

    async def end(self) -> None:
        """Let the rest of the day pass, until nothing is planned any more."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                self.clock.advance(60)
                await self.work()
                if (await self.now()).inquire_at is None:
                    break
        await asyncio.gather(*self.browsers)

    async def now(self) -> Repayment:
        member, number = self.repayment.member_id, self.repayment.id
        found = await find_repayment(self.desk.db, member_id=member, repayment_id=number)
        assert found is not None
        return found


@pytest.fixture
def bank(clock: ManualClock) -> OneOrderBank:
    return OneOrderBank(clock)


async def begin(desk: TransferDesk, bank: OneOrderBank, owner: Any, clock: ManualClock) -> Story:
    """Lend a new member 50,000 yen, and let the bank open a repayment of 10,000."""
    clock.instant = START
    bank.paid_at, bank.lost, bank.questions = None, 0, 0
    member = await new_member(owner, clock, limit=100_000)
    await accept_transfer(desk, request(member, amount=BORROWED))
    await desk.senders.drain(WITHIN_S)
    clock.advance(60)
    wish = RepaymentWish(member.id, RepaymentKind.AMOUNT, BankCode.SMBC, Yen(PAID))
    wanted = RepaymentRequest(wish, SENT_BACK, secrets.token_hex(16), "orders")
    repayment = (await accept_repayment(desk, wanted)).repayment
    assert repayment.state is State.AUTHORIZING
    return Story(desk, bank, clock, repayment)


async def ended(owner: Any, story: Story) -> dict[str, str | None]:
    member = story.repayment.member_id
    return {name: await owner.fetchval(query, member) for name, query in ENDS.items()}


async def test_what_was_paid_is_booked_once_in_every_order_of_five_events(
    desk: TransferDesk, bank: OneOrderBank, owner: Any, clock: ManualClock
) -> None:
    """The payer has approved; none, one or two of the bank's answers are lost on the way."""
    ends = []
    for number, events in enumerate(permutations(PAID_BEFORE)):
        story = await begin(desk, bank, owner, clock)
        bank.lost = number % 3
        await story.approve()
        await story.live(events)
        ends.append(await ended(owner, story))

    assert len(ends) == 120
    assert [end for end in ends if end != ends[0]] == []
    assert ends[0]["state"] == "settled"
    assert (ends[0]["loan"] or "").startswith(f"{BORROWED - PAID} 0 ")


async def test_money_is_booked_once_if_it_was_approved_in_time_and_never_if_not(
    desk: TransferDesk, bank: OneOrderBank, owner: Any, clock: ManualClock
) -> None:
    """Approving is one of the five: before the limit it pays, afterwards the bank refuses."""
    ends: dict[str, list[dict[str, str | None]]] = {}
    for events in permutations(PAID_SOMETIME):
        story = await begin(desk, bank, owner, clock)
        await story.live(events)
        ends.setdefault(expected(events), []).append(await ended(owner, story))

    assert {state: len(found) for state, found in ends.items()} == {
        "settled": 60,
        "cancelledcancelled_by_member": 20,
        "expiredsession_expired": 40,
    }
    for state, found in ends.items():
        assert [end for end in found if end != found[0]] == []
        assert found[0]["state"] == state


def expected(events: tuple[str, ...]) -> str:
    """Return the state and the reason that an order of events ends in."""
    limit = events.index("pass_the_limit")
    if events.index("approve") < limit:
        return "settled"
    is_cancelled = events.index("cancel") < limit
    return "cancelledcancelled_by_member" if is_cancelled else "expiredsession_expired"
