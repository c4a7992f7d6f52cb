"""A search over every order of events around one transfer: sender, bank, inquiry, member, crash.

The world is the real decisions and a model of a bank that keeps its contract: one reference is
booked at most once, a refused one is as if never used. Requests may arrive late, answers may be
lost, senders may die or wake up late. Searched breadth first, without bound but for the attempts
that the domain allows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from gateway.domain.booking import transfer_entries
from gateway.domain.decision import (
    Decision,
    after_cancel,
    after_inquiry,
    after_lease_end,
    after_submit,
    after_taking_back,
)
from gateway.domain.outcome import (
    Inquiry,
    InquiryOutcome,
    NotFound,
    NotSent,
    Rejected,
    Settled,
    SubmitOutcome,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.domain.resolution import after_resolution
from gateway.domain.review import Resolution, TakenBack
from gateway.domain.transfer import ATTEMPTS_MAX, CRASHES_MAX, State, Transfer
from tests.domain.transfers import NOW, POLICY, transfer

AT_ONCE = replace(POLICY, visibility_s=0)
MUCH_LATER = NOW + timedelta(hours=2)
REFUSED = Rejected(Reason.LIMIT_EXCEEDED)
THROTTLED = NotSent(Reason.BANK_UNREACHABLE)


@dataclass(frozen=True)
class World:
    """`sending`: the attempt whose sender lives and has not sent yet; `waiting`: has sent, waits.

    `flying`: requests on their way; `answers`: answers on theirs; `posted`: journals of advances.
    """

    row: Transfer
    sending: int = 0
    waiting: int = 0
    flying: frozenset[int] = frozenset()
    answers: frozenset[tuple[int, SubmitOutcome]] = frozenset()
    booked: int = 0
    posted: int = 0
    back: int = 0  # how often people took back what they had said


class Broken(AssertionError):
    """A world that must not be."""


def decided(world: World, decision: Decision | None) -> World:
    """Return the world after a decision, its instants made one so that worlds can be compared."""
    if decision is None:
        return world
    row = decision.transfer
    posted = world.posted + len(transfer_entries(row, decision.events))
    row = replace(
        row,
        due_at=row.due_at and NOW,
        inquire_at=row.inquire_at and NOW,
        inquired_at=row.inquired_at and NOW,
        attempt_over_at=row.attempt_over_at and NOW,
        unresolved_since=row.unresolved_since and NOW,
        give_up_at=NOW + timedelta(days=1),
        inquiries=0,
        fence=0,
    )
    return replace(world, row=row, posted=posted)


def sends(world: World) -> Iterator[World]:
    """Claim; the request leaves, or provably not; the sender hears, stops waiting, or dies."""
    row = world.row
    if row.state is State.SCHEDULED:
        claimed = replace(row, state=State.SUBMITTING, attempt=row.attempt + 1, due_at=None)
        yield replace(world, row=claimed, sending=claimed.attempt)
    if world.sending:
        attempt = world.sending
        yield replace(world, sending=0, waiting=attempt, flying=world.flying | {attempt})
        yield told(replace(world, sending=0), attempt, THROTTLED)
        yield replace(world, sending=0)
    if world.waiting:
        yield told(replace(world, waiting=0), world.waiting, Unknown())
        yield replace(world, waiting=0)
    for attempt, outcome in world.answers:
        rest = replace(world, answers=world.answers - {(attempt, outcome)})
        yield rest
        if world.waiting == attempt:
            yield told(replace(rest, waiting=0), attempt, outcome)


def told(world: World, attempt: int, outcome: SubmitOutcome) -> World:
    decision = after_submit(world.row, attempt=attempt, outcome=outcome, now=NOW, policy=AT_ONCE)
    return decided(world, decision)


def bank_works(world: World) -> Iterator[World]:
    """A request arrives, however late: booked, refused or not taken; or it is lost for good."""
    for attempt in world.flying:
        landed = replace(world, flying=world.flying - {attempt})
        yield landed
        settled = (attempt, Settled(NOW))
        yield replace(landed, booked=1, answers=landed.answers | {settled})
        if not world.booked:
            yield replace(landed, answers=landed.answers | {(attempt, REFUSED)})
            yield replace(landed, answers=landed.answers | {(attempt, THROTTLED)})


def gateway_asks(world: World) -> Iterator[World]:
    """The inquiry, the lease that ends while the sender is dead or asleep, and age."""
    if world.row.state is State.SUBMITTING:
        yield decided(world, after_lease_end(world.row, now=NOW, policy=AT_ONCE))
    if world.row.inquire_at is not None:
        outcome: InquiryOutcome = Settled(NOW) if world.booked else NotFound()
        yield decided(world, asked(world.row, outcome, NOW))
        yield decided(world, asked(world.row, Unknown(), MUCH_LATER))


def asked(row: Transfer, outcome: InquiryOutcome, now: datetime) -> Decision | None:
    return after_inquiry(
        row, Inquiry(row.attempt, NOW, outcome, is_answered=True), now=now, policy=AT_ONCE
    )


def people_act(world: World) -> Iterator[World]:
    for reason in (Reason.CANCELLED_BY_MEMBER, Reason.MEMBER_SUSPENDED):
        decision = after_cancel(world.row, reason=reason, now=NOW, policy=AT_ONCE)
        yield decided(world, decision)


def careless_member(world: World) -> Iterator[World]:
    """Cancel whatever is scheduled, unclear or not: what the mark `unclear` is there to forbid."""
    if world.row.state is State.SCHEDULED:
        cancelled = replace(world.row, state=State.CANCELLED, due_at=None, inquire_at=None)
        yield replace(world, row=cancelled)


def check(world: World) -> None:
    row = world.row
    if world.posted > 1:
        raise Broken(f"booked twice: {world}")
    if world.posted and not world.booked:
        raise Broken(f"booked, not paid: {world}")
    if (row.state is State.SETTLED) != bool(world.posted):
        raise Broken(f"settled and booked are not one: {world}")
    is_over = not (world.sending or world.waiting or world.flying)
    is_watched = row.inquire_at is not None or row.state in {State.SUBMITTING, State.SCHEDULED}
    if is_over and world.booked and not world.posted and not is_watched:
        raise Broken(f"paid, and nobody will ever know: {world}")
    if row.state is State.REVIEW and row.reason is None:
        raise Broken(f"in review without a reason: {world}")


def search(start: World, *actors, check=check) -> int:
    """Return how many worlds there are; raise Broken at the first that must not be."""
    seen, frontier = {start}, [start]
    while frontier:
        following = []
        for world in frontier:
            for actor in actors:
                for after in actor(world):
                    if after not in seen:
                        check(after)
                        seen.add(after)
                        following.append(after)
        frontier = following
    return len(seen)


SETTLED_BY = {"booked_at": NOW.isoformat()}


def people_err(world: World) -> Iterator[World]:
    """Two people say settled or rejected, right or wrong; and take back what they said."""
    row = world.row
    words = {Resolution.SETTLED: SETTLED_BY, Resolution.REJECTED: {}}
    for word, said in words.items() if row.state is State.REVIEW else ():
        decision = after_resolution(row, word, said, item_id=ITEM, now=NOW, policy=AT_ONCE)
        yield decided(world, decision)
    if row.decided_by is not None and world.back < BACK_MAX:
        why, reason = TakenBack("wrong"), Reason.OUTCOME_UNKNOWN
        back = decided(world, after_taking_back(row, why, reason=reason, now=NOW))
        withdrawn = int(row.state is State.SETTLED)
        yield replace(back, posted=back.posted - withdrawn, back=world.back + 1)


def check_people(world: World) -> None:
    """Raise Broken where people's errors lead to what is worse than an error."""
    row = world.row
    if world.posted > 1 or world.posted != (row.state is State.SETTLED):
        raise Broken(f"booked twice, or settled and booked are not one: {world}")
    if world.posted and not world.booked and row.decided_by is None:
        raise Broken(f"booked, not paid, and nobody said so: {world}")
    if row.decided_by is not None and row.state not in {State.SETTLED, State.REJECTED}:
        raise Broken(f"it has gone on, and would be taken back: {world}")
    if world.back and row.state is State.REVIEW and row.inquire_at is None:
        raise Broken(f"taken back, and nobody asks: {world}")
    if world.back and not row.unclear:
        raise Broken(f"taken back, and may be cancelled: {world}")


ITEM, BACK_MAX = UUID(int=77), 2
ACTORS = (sends, bank_works, gateway_asks, people_act)
NEARLY_USED_UP = {"tries": ATTEMPTS_MAX - 3, "crashes": CRASHES_MAX - 2}


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(
            World(transfer(State.SUBMITTING, **NEARLY_USED_UP), sending=1), id="sent at once"
        ),
        pytest.param(World(transfer(State.SCHEDULED, attempt=0, **NEARLY_USED_UP)), id="scheduled"),
    ],
)
def test_no_order_of_events_pays_without_booking_or_books_twice(start: World) -> None:
    assert search(start, *ACTORS) > 500


@pytest.mark.parametrize("unclear", [False, True], ids=["clear", "unclear"])
def test_people_who_err_and_go_back_pay_nothing_twice(unclear: bool) -> None:
    """While a request is on its way still: however they err, it is asked about, and booked once."""
    start = World(transfer(State.REVIEW, unclear=unclear), flying=frozenset({1}))

    assert search(start, *ACTORS, people_err, check=check_people) > 50


def test_the_search_finds_the_loss_when_what_is_taken_back_is_sent_by_itself() -> None:
    def sends_on(world: World) -> Iterator[World]:
        if world.back and world.row.state is State.REVIEW:
            again = replace(world.row, state=State.SCHEDULED, unclear=False, due_at=NOW)
            yield replace(world, row=again)

    start = World(transfer(State.REVIEW), flying=frozenset({1}))

    with pytest.raises(Broken, match="may be cancelled"):
        search(start, *ACTORS, people_err, sends_on, check=check_people)


def test_the_search_finds_the_loss_when_an_unclear_transfer_may_be_cancelled() -> None:
    start = World(transfer(State.SUBMITTING, **NEARLY_USED_UP), sending=1)

    with pytest.raises(Broken, match="nobody will ever know"):
        search(start, *ACTORS, careless_member)


def test_the_search_finds_the_loss_when_a_refused_unclear_transfer_is_not_watched() -> None:
    def forgetful(world: World) -> Iterator[World]:
        if world.row.state is State.REJECTED:
            yield replace(world, row=replace(world.row, inquire_at=None))

    start = World(transfer(State.SUBMITTING, **NEARLY_USED_UP), sending=1)

    with pytest.raises(Broken, match="nobody will ever know"):
        search(start, *ACTORS, forgetful)
