"""Every order of what can happen to a repayment, searched: money that the bank took is booked.

The bank is a model of its page: it opens an order once, lets it be approved until the limit, and
tells what became of it. Requests may be lost, arrive late, or stay without an answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from gateway.domain.outcome import (
    Authorizing,
    CollectionOutcome,
    NotFound,
    NotSent,
    Paid,
    Pending,
    Rejected,
    StartOutcome,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.domain.repayment import Event, Repayment, State
from gateway.domain.repayment_decision import (
    CALLING_BACK,
    Decision,
    after_cancel,
    after_inquiry,
    after_start,
    after_start_time,
)
from gateway.domain.waits import Policy
from tests.domain.repayments import LIMIT, REDIRECT, REPAYMENT
from tests.domain.transfers import NOW

POLICY = Policy(visibility_s=2, review_after_s=1800)
INSTANTS = (
    NOW,
    NOW + timedelta(seconds=20),
    REPAYMENT.start_until + timedelta(seconds=1),
    LIMIT + timedelta(seconds=5),
    REPAYMENT.watch_until + timedelta(seconds=1),
)
STARTS_MAX = 3
Cancel = Callable[[Repayment, datetime], Decision | None]


class Order(Enum):
    """What the bank has."""

    NONE = auto()
    OPEN = auto()
    PAID = auto()
    DECLINED = auto()
    EXPIRED = auto()


@dataclass(frozen=True)
class World:
    """The row, the bank, and what is between them. `is_told`: people were called."""

    row: Repayment = REPAYMENT
    order: Order = Order.NONE
    is_under_way: bool = False  # a start that nobody answered, and that has not arrived
    settled: int = 0
    is_told: bool = False
    at: int = 0

    @property
    def now(self) -> datetime:
        return INSTANTS[self.at]

    @property
    def is_at_rest(self) -> bool:
        return self.row.start_at is None and self.row.inquire_at is None


def decided(world: World, decision: Decision | None) -> World:
    """Return the world after a decision; how often was asked, and when, plays no part."""
    if decision is None:
        return world
    row = replace(
        decision.repayment,
        inquiries=0,
        inquired_at=None,
        ended_at=None,
        start_at=decision.repayment.start_at and NOW,
        inquire_at=decision.repayment.inquire_at and NOW,
    )
    return replace(
        world,
        row=row,
        settled=world.settled + decision.events.count(Event.SETTLE),
        is_told=world.is_told or decision.alert == "repayment_unanswered",
    )


def arrived(world: World) -> tuple[World, StartOutcome]:
    """Return what a start does at the bank, and the bank's answer to it."""
    if world.order is Order.NONE and world.now < LIMIT:
        return replace(world, order=Order.OPEN), Authorizing(REDIRECT)
    if world.order is Order.OPEN:
        return world, Authorizing(REDIRECT)
    if world.order is Order.NONE:
        return world, Rejected(Reason.FORMAT_ERROR)
    return world, Unknown(Reason.DUPLICATE)


def starts(world: World) -> Iterator[World]:
    row = world.row
    if row.start_at is None:
        return
    if world.now >= row.start_until:
        yield decided(world, after_start_time(row, now=world.now))
        return
    reached, told = arrived(world)
    under_way = replace(world, is_under_way=True)
    yield answered(reached, told)
    yield answered(world, NotSent(Reason.BANK_UNREACHABLE))
    for after in (reached, under_way):
        yield answered(after, Unknown())
    for after in (world, reached, under_way):
        yield counted(after)  # the process that started it is dead


def answered(world: World, outcome: StartOutcome) -> World:
    decision = after_start(world.row, outcome, now=world.now, policy=POLICY)
    return counted(decided(world, decision))


def counted(world: World) -> World:
    """Return the world before the next start; how many there were plays a part up to a few."""
    return replace(world, row=replace(world.row, starts=min(world.row.starts + 1, STARTS_MAX)))


def said(world: World) -> CollectionOutcome:
    answers: dict[Order, CollectionOutcome] = {
        Order.NONE: NotFound(),
        Order.OPEN: Pending(),
        Order.PAID: Paid(NOW, REPAYMENT.amount),
        Order.DECLINED: Rejected(Reason.PAYER_CANCELLED),
        Order.EXPIRED: Rejected(Reason.SESSION_EXPIRED),
    }
    return answers[world.order]


def asks(world: World) -> Iterator[World]:
    if world.row.inquire_at is None:
        return
    for outcome in (said(world), Unknown()):
        decision = after_inquiry(
            world.row,
            outcome,
            asked_at=world.now,
            now=world.now,
            policy=POLICY,
            pace=CALLING_BACK,
        )
        yield decided(world, decision)


def at_the_bank(world: World) -> Iterator[World]:
    if world.is_under_way:
        yield replace(arrived(world)[0], is_under_way=False)
    if world.order is Order.OPEN and world.now < LIMIT:
        yield replace(world, order=Order.PAID)
        yield replace(world, order=Order.DECLINED)
    if world.order is Order.OPEN and world.now >= LIMIT:
        yield replace(world, order=Order.EXPIRED)


def later(world: World) -> Iterator[World]:
    """Time goes on; what was asked for may be done long after it was due."""
    if world.at + 1 < len(INSTANTS):
        yield replace(world, at=world.at + 1)


def search(cancel: Cancel) -> set[World]:
    """Return every world that can come to be."""
    found, todo = {World()}, [World()]
    while todo:
        world = todo.pop()
        cancelled = decided(world, cancel(world.row, world.now))
        reached = [*starts(world), *asks(world), *at_the_bank(world), *later(world), cancelled]
        fresh = set(reached) - found
        found |= fresh
        todo += fresh
    return found


def as_it_is(row: Repayment, now: datetime) -> Decision | None:
    return after_cancel(row, now=now)


def losses(worlds: set[World]) -> list[World]:
    """Return where nobody asks any more, and money has come or may come that nobody heard of."""
    return [
        world
        for world in worlds
        if world.is_at_rest
        and not world.is_told
        and (
            (world.order is Order.PAID and world.row.state is not State.SETTLED)
            or (world.order is Order.OPEN and world.now < LIMIT)
            or (world.is_under_way and world.order is Order.NONE and world.now < LIMIT)
        )
    ]


def test_no_order_of_events_loses_money_or_books_it_twice() -> None:
    worlds = search(as_it_is)

    assert len(worlds) > 500
    assert losses(worlds) == []
    assert {world.settled for world in worlds} == {0, 1}
    assert all(
        (world.row.state is State.SETTLED) is (world.settled == 1)
        and (world.settled == 0 or world.order is Order.PAID)
        for world in worlds
    )
    assert {world.row.state for world in worlds} == set(State)


def test_a_gateway_that_stopped_asking_after_a_cancel_would_lose_money() -> None:
    def forgetful(row: Repayment, now: datetime) -> Decision | None:
        decision = after_cancel(row, now=now)
        if decision is None:
            return None
        return replace(decision, repayment=replace(decision.repayment, inquire_at=None))

    assert losses(search(forgetful)) != []
