"""The steps of `file_worlds`, and the search through all worlds that they lead to."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.bank_file import OPEN_STATES, FileState, FileWord
from gateway.domain.outcome import (
    FileOutcome,
    InquiryOutcome,
    NotFound,
    Rejected,
    Settled,
    SubmitOutcome,
    Submitted,
    TurnedAway,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.domain.review import Resolution
from gateway.domain.transfer import ATTEMPTS_MAX, CRASHES_MAX, State, Transfer
from tests.domain.file_worlds import (
    ANOTHER_ATTEMPT,
    ANOTHER_FILE,
    AT_FAULT,
    BARRED,
    DENIED,
    FATES,
    FILE_FIRST,
    FILES,
    FIRST_SENDER,
    GATHERING,
    GIVEN_UP,
    HASTY,
    HOLDING,
    IDLE,
    NOT_FOUND_FREES_NOTHING,
    NOTHING,
    PAID,
    PAID_TWICE,
    READ,
    REFERENCE,
    REFUSALS,
    REFUSED_ITEM,
    RESTS,
    ROWS,
    SAYS,
    STORED_FIRST,
    STUCK,
    TAKEN,
    TAKEN_AS_READ,
    THREE_WORDS,
    TOMBSTONE,
    TURNED_AWAY,
    TURNED_AWAY_IS_UNSURE,
    UNREADABLE,
    UNSENT,
    WAITING,
    Broken,
    Sender,
    World,
    answered,
    asked,
    cancelled,
    claimed,
    ended,
    file_no,
    finished,
    left,
    new_file,
    outcome_of,
    recovered,
    resolved,
    rests,
    row_no,
    told,
    told_as_if_its_own,
)
from tests.domain.transfers import NOW, transfer


def set_at(values: tuple, place: int, value: object) -> tuple:  # type: ignore[type-arg]
    return (*values[:place], value, *values[place + 1 :])


def with_sender(world: World, place: int, sender: Sender) -> World:
    """Return the world with a sender's next step; the two are alike."""
    senders = tuple(sorted(set_at(world.senders, place, sender)))
    return world._replace(senders=senders)


def with_file(world: World, number: int, file: int) -> World:
    """Return the world with a file's row as it now is: it is no more as anybody got it."""
    senders = tuple(
        sorted(
            (what, which, False, no)
            if which == number and is_fresh
            else (what, which, is_fresh, no)
            for what, which, is_fresh, no in world.senders
        )
    )
    return world._replace(files=set_at(world.files, number, file), senders=senders)


def with_row(world: World, step: tuple[int, int]) -> World:
    row, books = step
    return world._replace(row=row, posted=world.posted + books)


def is_named_by_an_open_file(world: World) -> bool:
    return any(file >= 0 and FILES[file].state in OPEN_STATES for file in world.files)


class Model:
    """The steps under `rules`, with so many files, each sent so often at most."""

    def __init__(self, rules: frozenset[str], *, files: int = 2, sendings: int = 2) -> None:
        self.rules = rules
        self.files = files
        self.sendings = sendings

    def start(self) -> World:
        row = replace(
            transfer(State.SCHEDULED, attempt=0, tries=ATTEMPTS_MAX - 3),
            bank=BankCode.MIZUHO,
            member_id=UUID(int=1),
            id=UUID(int=2),
            reference=REFERENCE,
        )
        none = (-1,) * self.files
        return World(
            row_no(row), none, (RESTS, RESTS), (NOTHING,) * self.files, (False,) * self.files, 0
        )

    def steps(self, world: World) -> Iterator[World]:
        """Yield every world that can follow."""
        yield from self._claims(world)
        for place, sender in enumerate(world.senders):
            if sender is not RESTS and (place == 0 or sender != world.senders[place - 1]):
                yield with_sender(world, place, RESTS)  # it dies
                yield from DOES[sender[0]](self, world, place)
        yield from self._bank_works(world)
        yield from self._workers_read(world)
        yield from self._workers_tell(world)
        yield from self._gateway_recovers(world)
        yield from self._gateway_asks(world)
        yield from self._people_act(world)

    def _claims(self, world: World) -> Iterator[World]:
        row = ROWS[world.row]
        if row.state is State.SCHEDULED and row.attempt < self.files and RESTS in world.senders:
            place, number = world.senders.index(RESTS), row.attempt
            gathering = with_sender(world, place, (GATHERING, number, False, 1))
            for crashes in (0, CRASHES_MAX - 1):
                yield gathering._replace(row=claimed(world.row, crashes))

    def gathers(self, world: World, place: int) -> Iterator[World]:
        """Store the file; or find its number taken, and let the item go."""
        number = world.senders[place][1]
        if world.files[number] >= 0:
            item = new_file(number, is_stored=True)
            yield self._recorded(
                with_sender(world, place, RESTS), self._told(world, item, UNSENT), has_call=False
            )
            return
        stored = world._replace(files=set_at(world.files, number, new_file(number, is_stored=True)))
        yield with_sender(stored, place, (HOLDING, number, True, 1))
        if STORED_FIRST not in self.rules:
            yield world._replace(sent=set_at(world.sent, number, True))

    def takes(self, world: World, place: int) -> Iterator[World]:
        """Take a file that was read as stored, unless it has moved since."""
        _, number, is_fresh, no = world.senders[place]
        file = FILES[world.files[number]]
        is_as_read = is_fresh if TAKEN_AS_READ in self.rules else file.sendings == no
        if is_as_read:
            taken = file_no(replace(file, sendings=no + 1))
            rest = with_file(with_sender(world, place, RESTS), number, taken)
            place = rest.senders.index(RESTS)
            yield with_sender(rest, place, (HOLDING, number, True, no + 1))

    def sends(self, world: World, place: int) -> Iterator[World]:
        """Let a copy leave, or find that none can."""
        _, number, is_fresh, no = world.senders[place]
        gone = world._replace(sent=set_at(world.sent, number, True))
        yield with_sender(gone, place, (WAITING, number, is_fresh, no))
        yield from self._hears(world, place, UNSENT)
        if FILE_FIRST not in self.rules:
            rest = with_sender(world, place, RESTS)
            yield with_row(rest, self._told(rest, world.files[number], UNSENT))

    def waits(self, world: World, place: int) -> Iterator[World]:
        """Hear the bank, or something in front of it, whatever the bank did, or nothing."""
        fate = world.bank[world.senders[place][1]]
        for outcome in (Unknown(), TURNED_AWAY, SAYS.get(fate)):
            if outcome is not None:
                yield from self._hears(world, place, outcome)

    def _hears(self, world: World, place: int, outcome: FileOutcome) -> Iterator[World]:
        """Decide the file's row first; the item follows by `_workers_tell`, or after a crash."""
        _, number, is_fresh, no = world.senders[place]
        file, word = world.files[number], outcome
        if isinstance(outcome, TurnedAway) and TURNED_AWAY_IS_UNSURE not in self.rules:
            word = UNSENT
        asked_of = file
        if FIRST_SENDER not in self.rules:
            asked_of = file_no(replace(FILES[file], sendings=1))
        after = answered(asked_of, word, is_fresh=is_fresh)
        rest = with_sender(world, place, RESTS)
        if after is not None:
            rest = with_file(rest, number, after)
        yield rest
        if no == 1 and isinstance(outcome, Unknown | TurnedAway):
            now = rest.files[number]
            if outcome_of(now) is None:
                yield with_row(rest, self._told(rest, now, Unknown()))

    def _told(self, world: World, file: int, outcome: SubmitOutcome) -> tuple[int, int]:
        is_about_another = isinstance(outcome, Submitted)
        rule = ANOTHER_FILE if is_about_another else ANOTHER_ATTEMPT
        if rule not in self.rules:
            return told_as_if_its_own(world.row, outcome)
        return told(world.row, file, outcome)

    def _recorded(self, world: World, step: tuple[int, int], *, has_call: bool) -> World:
        """Return the world with the item's row moved, unless the statement refuses it."""
        after = ROWS[step[0]]
        rule = REFUSALS.get((ROWS[world.row].state, after.state))
        if rule == GIVEN_UP and after.reason is not Reason.SENDER_CRASHED:
            rule = None
        if has_call or rule not in self.rules or not is_named_by_an_open_file(world):
            return with_row(world, step)
        return world

    def _bank_works(self, world: World) -> Iterator[World]:
        """A copy arrives, however late; or the bank's people bar the number before one does."""
        for number, fate in enumerate(world.bank):
            if fate == NOTHING and world.files[number] >= 0:
                yield world._replace(bank=set_at(world.bank, number, BARRED))
            if fate == NOTHING and world.sent[number]:
                for comes in (UNREADABLE, AT_FAULT, *FATES):
                    yield world._replace(bank=set_at(world.bank, number, comes))

    def _workers_read(self, world: World) -> Iterator[World]:
        """Read a stored file, to send it again, while its sender is dead or asleep."""
        if RESTS not in world.senders:
            return
        place = world.senders.index(RESTS)
        for number, file in enumerate(world.files):
            if file >= 0 and FILES[file].state is FileState.STORED:
                no = FILES[file].sendings
                if no < self.sendings:
                    yield with_sender(world, place, (READ, number, True, no))

    def _workers_tell(self, world: World) -> Iterator[World]:
        """Let the item follow its file, or its result, and lay the file aside; or die between."""
        for number, file in enumerate(world.files):
            if file < 0 or FILES[file].next_at is None:
                continue
            outcome, state = outcome_of(file), FILES[file].state
            if outcome is not None:
                after = self._recorded(world, self._told(world, file, outcome), has_call=False)
                yield after
                if state in {FileState.REFUSED, FileState.VOID}:
                    yield with_file(after, number, rests(file))
            if state is FileState.ACCEPTED and world.bank[number] in TAKEN:
                fate = FATES[world.bank[number]]
                after = with_row(world, self._told(world, file, fate))
                yield after
                yield with_file(after, number, finished(file))

    def _gateway_recovers(self, world: World) -> Iterator[World]:
        """A lease ends while the sender is dead or asleep; the item goes where its file went."""
        row = ROWS[world.row]
        if row.state is not State.SUBMITTING:
            return
        number = row.attempt - 1
        file = world.files[number]
        if file < 0 and TOMBSTONE not in self.rules:
            yield self._recorded(world, left(world.row, is_unsent=True), has_call=False)
            return
        if file < 0:
            file = new_file(number, is_stored=False)
            world = world._replace(files=set_at(world.files, number, file))
            yield world
        yield self._recorded(world, recovered(world.row, file), has_call=False)
        if GIVEN_UP not in self.rules and outcome_of(file) is None:
            yield with_row(world, left(world.row, is_unsent=False))

    def _gateway_asks(self, world: World) -> Iterator[World]:
        if ROWS[world.row].inquire_at is None:
            return
        words: list[InquiryOutcome] = []
        if PAID in world.bank:
            words = [Settled(NOW), Submitted()]
        elif REFUSED_ITEM in world.bank:
            words = [Rejected(Reason.ACCOUNT_CLOSED), Submitted()]
        else:
            words = [NotFound()]
        is_single = NOT_FOUND_FREES_NOTHING not in self.rules
        for word in words:
            for is_late in (False, True):
                yield with_row(world, asked(world.row, word, is_late=is_late, is_single=False))
            if is_single and isinstance(word, NotFound):
                yield with_row(world, asked(world.row, word, is_late=False, is_single=True))

    def _people_act(self, world: World) -> Iterator[World]:
        """The member, the lender, two operators about the item, two about a file's number."""
        for reason in (Reason.CANCELLED_BY_MEMBER, Reason.MEMBER_SUSPENDED):
            yield with_row(world, cancelled(world.row, reason))
        if ROWS[world.row].state is State.REVIEW:
            for resolution in (Resolution.SEND_AGAIN, Resolution.REJECTED):
                yield self._recorded(world, resolved(world.row, resolution), has_call=False)
            if PAID in world.bank:
                yield with_row(world, resolved(world.row, Resolution.SETTLED))
        for number, file in enumerate(world.files):
            if file >= 0 and FILES[file].state is FileState.STORED:
                for word in self._true_words(world.bank[number]):
                    yield with_file(world, number, ended(file, word))

    def _true_words(self, fate: int) -> tuple[FileWord, ...]:
        if fate in TAKEN:
            return (FileWord.ACCEPTED,)
        if fate == NOTHING:
            return () if THREE_WORDS in self.rules else (FileWord.REFUSED,)
        return (FileWord.BARRED,) if fate == BARRED else (FileWord.REFUSED,)


DOES: dict[int, Callable[[Model, World, int], Iterator[World]]] = {
    IDLE: lambda *_: iter(()),
    GATHERING: Model.gathers,
    READ: Model.takes,
    HOLDING: Model.sends,
    WAITING: Model.waits,
}


def _is_at_rest(world: World) -> bool:
    has_work = any(file >= 0 and FILES[file].next_at is not None for file in world.files)
    return not has_work and all(what == IDLE for what, *_ in world.senders)


def _is_watched(row: Transfer) -> bool:
    return row.inquire_at is not None or row.state in {State.SUBMITTING, State.SCHEDULED}


def _is_hasty(world: World) -> bool:
    row = ROWS[world.row]
    is_given_up = row.state is State.REVIEW and row.reason is Reason.SENDER_CRASHED
    return is_given_up and is_named_by_an_open_file(world)


def _is_denied(world: World) -> bool:
    return PAID in world.bank and ROWS[world.row].state in {State.REJECTED, State.CANCELLED}


def _is_forgotten(world: World) -> bool:
    is_unbooked = PAID in world.bank and not world.posted
    return is_unbooked and not _is_watched(ROWS[world.row]) and _is_at_rest(world)


def _is_stuck(world: World) -> bool:
    return ROWS[world.row].state in {State.UNKNOWN, State.SUBMITTED} and _is_at_rest(world)


FAULTS: dict[str, Callable[[World], bool]] = {
    PAID_TWICE: lambda world: world.bank.count(PAID) > 1,
    "booked twice": lambda world: world.posted > 1,
    "booked, not paid": lambda world: world.posted > 0 and PAID not in world.bank,
    "settled and booked are not one": lambda world: (
        (ROWS[world.row].state is State.SETTLED) != (world.posted > 0)
    ),
    DENIED: _is_denied,
    HASTY: _is_hasty,
    "paid, and nobody will ever know": _is_forgotten,
    STUCK: _is_stuck,
}


def fault(world: World) -> str | None:
    """Return what is wrong with a world that must not be."""
    return next((name for name, is_so in FAULTS.items() if is_so(world)), None)


def shown(world: World) -> str:
    row = ROWS[world.row]
    files = [
        "none" if file < 0 else f"{FILES[file].state}, sent {FILES[file].sendings}"
        for file in world.files
    ]
    return (
        f"{row.state} (attempt {row.attempt}, {row.file_id}, {row.reason}); files {files}; "
        f"senders {world.senders}; bank {world.bank}; posted {world.posted}"
    )


class Found(NamedTuple):
    """How many worlds there are, and from which state to which a file's row went."""

    worlds: int
    edges: frozenset[tuple[FileState | None, FileState]]


def _moves(before: World, after: World) -> Iterator[tuple[FileState | None, FileState]]:
    for old, new in zip(before.files, after.files, strict=True):
        if old != new:
            yield None if old < 0 else FILES[old].state, FILES[new].state


def search(model: Model, *, only: str | None = None) -> Found:
    """Return what there is to find; raise Broken at the first world that must not be.

    `only`: look for that one fault, and live with the others.
    """
    start = model.start()
    seen, frontier = {start}, [start]
    edges: set[tuple[FileState | None, FileState]] = set()
    while frontier:
        following = []
        for world in frontier:
            for after in model.steps(world):
                if after not in seen:
                    if after.files is not world.files:
                        edges.update(_moves(world, after))
                    wrong = fault(after)
                    if wrong is not None and only in (None, wrong):
                        raise Broken(f"{wrong}: {shown(after)}")
                    seen.add(after)
                    following.append(after)
        frontier = following
    return Found(len(seen), frozenset(edges))
