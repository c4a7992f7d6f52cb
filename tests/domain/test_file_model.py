"""A search over every order of events around one item of files: senders, bank, recovery, crash.

The world is the real decisions and a model of a bank that forgives nothing: it takes the number of
a file once, and pays a reference in each file that it takes. Copies may arrive late, answers may be
lost, senders may die or wake up late, at any step. Searched breadth first; bounded are the files
that the item is put into, and how often each is sent.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from gateway.domain.account import BankCode
from gateway.domain.bank_file import (
    BankFile,
    FileItem,
    FileState,
    after_file,
    after_result,
    after_sending,
    at_rest,
    item_outcome,
)
from gateway.domain.booking import transfer_entries
from gateway.domain.decision import Decision, after_cancel, after_inquiry, after_lease_end
from gateway.domain.outcome import (
    FileAccepted,
    FileOutcome,
    FileRejected,
    FileResult,
    Inquiry,
    NotFound,
    NotSent,
    Rejected,
    Settled,
    SubmitOutcome,
    TurnedAway,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.domain.transfer import ATTEMPTS_MAX, State, Transfer
from tests.domain.transfers import NOW, POLICY, transfer

FILES_MAX = 2
SENDINGS_MAX = 2
AT_ONCE = replace(POLICY, visibility_s=0)
UNSENT = NotSent(Reason.BANK_BUSY)
THROTTLED = TurnedAway(Reason.THROTTLED)
SHORT = NotSent(Reason.SETTLEMENT_BALANCE_SHORT)
MEMBER, TRANSFER = UUID(int=1), UUID(int=2)

Sending = tuple[int, int]  # a file's number, and the fence of its sender


@dataclass(frozen=True)
class World:
    """One item. `gathering`: whose sender has claimed it and not stored the file yet.

    `ready`: senders that live and have not sent; `waiting`: have sent, and wait; `flying`: copies
    on their way; `answers`: on theirs; `taken`: what the bank has, and what it did to the item;
    `unreadable`: what it refuses whenever it comes.
    """

    row: Transfer
    files: tuple[BankFile, ...] = ()
    gathering: frozenset[int] = frozenset()
    ready: frozenset[Sending] = frozenset()
    waiting: frozenset[Sending] = frozenset()
    flying: frozenset[Sending] = frozenset()
    answers: frozenset[tuple[Sending, FileOutcome]] = frozenset()
    taken: frozenset[tuple[int, SubmitOutcome]] = frozenset()
    unreadable: frozenset[int] = frozenset()
    paid: int = 0
    posted: int = 0

    def file(self, number: int) -> BankFile | None:
        return next((file for file in self.files if file.file_id == f"F{number}"), None)


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
        crashes=0,
        fence=0,
    )
    return replace(world, row=row, posted=posted)


def kept(world: World, file: BankFile | None) -> World:
    """Return the world with a file's row as it now is."""
    if file is None:
        return world
    file = replace(file, next_at=file.next_at and NOW, tries=0, not_before=None)
    others = [other for other in world.files if other.file_id != file.file_id]
    return replace(world, files=tuple(sorted([*others, file], key=lambda one: one.file_id)))


def stored(number: int, *, items: bool = True) -> BankFile:
    item = FileItem(MEMBER, TRANSFER, "A" * 20, number)
    return BankFile(
        bank=BankCode.MIZUHO,
        file_id=f"F{number}",
        items=(item,) if items else (),
        content=b"",
        state=FileState.STORED if items else FileState.VOID,
        stored_at=NOW,
        next_at=NOW if items else None,
    )


def gathers(world: World) -> Iterator[World]:
    """Claim; store, unless somebody voided the number; or die on the way."""
    row = world.row
    if row.state is State.SCHEDULED and row.attempt < FILES_MAX:
        number = row.attempt + 1
        claimed = replace(
            row, state=State.SUBMITTING, attempt=number, file_id=f"F{number}", due_at=None
        )
        claiming = replace(world, row=claimed, gathering=world.gathering | {number})
        yield claiming
        yield replace(claiming, unreadable=world.unreadable | {number})
    for number in world.gathering:
        rest = replace(world, gathering=world.gathering - {number})
        yield rest
        if world.file(number) is None:
            yield kept(replace(rest, ready=world.ready | {(number, 0)}), stored(number))


def sends(world: World) -> Iterator[World]:
    """A copy leaves, or provably does not; its sender hears, stops waiting, or dies."""
    for sending in world.ready:
        rest = replace(world, ready=world.ready - {sending})
        yield rest
        yield heard(rest, sending, UNSENT)
        yield replace(rest, waiting=world.waiting | {sending}, flying=world.flying | {sending})
    for sending in world.waiting:
        mine = {answer for answer in world.answers if answer[0] == sending}
        rest = replace(world, waiting=world.waiting - {sending}, answers=world.answers - mine)
        yield rest
        yield heard(rest, sending, Unknown())
        for _, outcome in mine:
            yield heard(rest, sending, outcome)


def heard(world: World, sending: Sending, outcome: FileOutcome) -> World:
    """The file's row is decided first; the item follows by `follows`, or after a crash."""
    number, fence = sending
    file = world.file(number)
    assert file is not None
    after = after_sending(file, outcome, fence=fence, now=NOW, policy=AT_ONCE)
    world = kept(world, after)
    if isinstance(outcome, Unknown | TurnedAway) and fence == 0 and after is not None:
        lost = after_file(world.row, after, Unknown(), now=NOW, policy=AT_ONCE)
        return decided(world, lost)
    return world


def bank_works(world: World) -> Iterator[World]:
    """A copy arrives, however late, or is lost for good."""
    for sending in world.flying:
        number, _ = sending
        landed = replace(world, flying=world.flying - {sending})
        yield landed
        yield answered(landed, sending, THROTTLED)
        if number in {taken for taken, _ in world.taken}:
            yield answered(landed, sending, FileAccepted("R"))
            continue
        if number in world.unreadable:
            yield answered(landed, sending, FileRejected(Reason.FORMAT_ERROR))
            continue
        fates: list[SubmitOutcome] = [Settled(NOW), SHORT, Rejected(Reason.ACCOUNT_CLOSED)]
        for fate in fates:
            has = replace(
                landed,
                taken=world.taken | {(number, fate)},
                paid=world.paid + isinstance(fate, Settled),
            )
            yield answered(has, sending, FileAccepted("R"))


def answered(world: World, sending: Sending, outcome: FileOutcome) -> World:
    is_heard = sending in world.waiting
    return replace(world, answers=world.answers | {(sending, outcome)}) if is_heard else world


def worker_takes_over(world: World) -> Iterator[World]:
    """Take a stored file while its sender is dead or asleep."""
    for file in world.files:
        if file.state is FileState.STORED and file.fence + 1 < SENDINGS_MAX:
            taken = replace(file, fence=file.fence + 1, sendings=file.sendings + 1)
            sending = (int(file.file_id[1:]), taken.fence)
            yield kept(replace(world, ready=world.ready | {sending}), taken)


def worker_tells(world: World) -> Iterator[World]:
    """Let the item follow its file, and lay the file aside; or die in between."""
    for file in world.files:
        outcome = item_outcome(file, world.row.reference)
        if file.next_at is not None and outcome is not None:
            told = follows(world, file, outcome)
            yield told
            if file.state in {FileState.REFUSED, FileState.VOID}:
                yield kept(told, at_rest(file))


def worker_fetches(world: World) -> Iterator[World]:
    """Let the item follow the file's result, and lay the file aside; or die in between."""
    for number, fate in world.taken:
        file = world.file(number)
        if file is not None and file.state is FileState.ACCEPTED:
            told = follows(world, file, fate)
            yield told
            result = after_result(file, FileResult({}), now=NOW, policy=AT_ONCE)
            yield kept(told, result)


def follows(world: World, file: BankFile, outcome: SubmitOutcome) -> World:
    return decided(world, after_file(world.row, file, outcome, now=NOW, policy=AT_ONCE))


def gateway_recovers(world: World) -> Iterator[World]:
    """A lease ends while the sender is dead or asleep; the item goes where its file went."""
    row = world.row
    if row.state is not State.SUBMITTING or row.file_id is None:
        return
    file = world.file(row.attempt)
    if file is None:
        file = stored(row.attempt, items=False)
        world = kept(world, file)
        yield world
    outcome = item_outcome(file, row.reference)
    if not file.items or outcome is None:
        is_unsent = not file.items
        yield decided(world, after_lease_end(row, now=NOW, policy=AT_ONCE, is_unsent=is_unsent))
    else:
        yield follows(world, file, outcome)


def gateway_asks(world: World) -> Iterator[World]:
    if world.row.inquire_at is not None:
        outcome = Settled(NOW) if world.paid else NotFound()
        inquiry = Inquiry(world.row.attempt, NOW, outcome, is_answered=True)
        yield decided(world, after_inquiry(world.row, inquiry, now=NOW, policy=AT_ONCE))


def people_act(world: World) -> Iterator[World]:
    for reason in (Reason.CANCELLED_BY_MEMBER, Reason.MEMBER_SUSPENDED):
        yield decided(world, after_cancel(world.row, reason=reason, now=NOW, policy=AT_ONCE))


def check_payments(world: World) -> None:
    if world.paid > 1:
        raise Broken(f"paid twice: {world}")


def check(world: World) -> None:
    check_payments(world)
    row = world.row
    if world.posted > 1:
        raise Broken(f"booked twice: {world}")
    if world.posted and not world.paid:
        raise Broken(f"booked, not paid: {world}")
    if (row.state is State.SETTLED) != bool(world.posted):
        raise Broken(f"settled and booked are not one: {world}")
    is_over = not (world.ready or world.waiting or world.flying or world.gathering)
    is_watched = row.inquire_at is not None or row.state in {State.SUBMITTING, State.SCHEDULED}
    has_open_file = any(file.next_at is not None for file in world.files)
    if is_over and world.paid and not world.posted and not (is_watched or has_open_file):
        raise Broken(f"paid, and nobody will ever know: {world}")
    if is_over and row.state in {State.UNKNOWN, State.SUBMITTED} and not has_open_file:
        raise Broken(f"unclear, and nobody will clear its file: {world}")


Actor = Callable[[World], Iterator[World]]
ACTORS: tuple[Actor, ...] = (
    gathers,
    sends,
    bank_works,
    worker_takes_over,
    worker_tells,
    worker_fetches,
    gateway_recovers,
    gateway_asks,
    people_act,
)
START = World(
    replace(
        transfer(State.SCHEDULED, attempt=0, tries=ATTEMPTS_MAX - 3),
        bank=BankCode.MIZUHO,
        member_id=MEMBER,
        id=TRANSFER,
    )
)


def search(*actors: Actor, check: Callable[[World], None] = check) -> int:
    """Return how many worlds there are; raise Broken at the first that must not be."""
    seen, frontier = {START}, [START]
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


def test_no_order_of_events_pays_an_item_twice_or_loses_it() -> None:
    assert search(*ACTORS) > 10_000


def hasty_void(world: World) -> Iterator[World]:
    """Take "not taken" for an answer to the first sending when it is one to the second."""
    for sending in world.ready:
        file = world.file(sending[0])
        if file is not None and sending[1] == file.fence and file.state is FileState.STORED:
            void = replace(file, state=FileState.VOID, reason=Reason.THROTTLED, next_at=NOW)
            yield kept(replace(world, ready=world.ready - {sending}), void)


def no_tombstone(world: World) -> Iterator[World]:
    """Take an item whose file is not stored for never sent, and leave the number free."""
    row = world.row
    if row.state is State.SUBMITTING and world.file(row.attempt) is None:
        yield decided(world, after_lease_end(row, now=NOW, policy=AT_ONCE, is_unsent=True))


def believed_not_found(world: World) -> Iterator[World]:
    """Let the bank's "not found" free an item, as it does where single transfers are sent."""
    if world.row.inquire_at is not None and not world.paid:
        single = replace(world.row, file_id=None)
        inquiry = Inquiry(single.attempt, NOW, NotFound(), is_answered=True)
        decision = after_inquiry(single, inquiry, now=NOW, policy=AT_ONCE)
        if decision is not None and decision.transfer.state is State.SCHEDULED:
            yield decided(world, decision)


@pytest.mark.parametrize("mistake", [hasty_void, no_tombstone, believed_not_found])
def test_the_search_finds_the_second_payment_when_a_rule_is_taken_away(mistake: Actor) -> None:
    with pytest.raises(Broken, match="paid twice"):
        search(*ACTORS, mistake, check=check_payments)
