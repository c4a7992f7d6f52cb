"""One poll for everybody, and none for nobody."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from gateway.domain.errors import Busy, TooManyStreams
from gateway.services.authenticate import Caller
from gateway.services.desk import TransferDesk
from gateway.services.follow_events import EventFeed, Stream
from gateway.store.database import Database
from gateway.store.events import READ_AFTER

MEMBER, OTHER = UUID(int=1), UUID(int=2)
ROUNDS = 5


class Reads:
    """Counts what is read on its way to the database, and for how many; fails as told."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.count = 0
        self.places = 0
        self.another = asyncio.Event()
        self.failures: list[Exception] = []

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        self.count += 1
        if sql == READ_AFTER:
            self.places = max(self.places, len(cast("list[UUID]", args[0])))
        self.another.set()
        if self.failures:
            raise self.failures.pop()
        return await self._db.fetch(sql, *args)


class StuckLine:
    def __init__(self) -> None:
        self.is_cut = False

    def is_open(self) -> bool:
        return not self.is_cut

    def cut(self) -> None:
        self.is_cut = True


class OpenLine:
    def is_open(self) -> bool:
        return True

    def cut(self) -> None:
        raise AssertionError("nobody is slow here")


@pytest.fixture
def reads(database: Database) -> Reads:
    return Reads(database)


@pytest.fixture
async def feed(desk: TransferDesk, reads: Reads) -> Any:
    feed = EventFeed(desk, cast("Database", reads))
    running = asyncio.create_task(feed.run())
    yield feed
    feed.end()
    await running


@contextmanager
def followed(
    feed: EventFeed, member_id: UUID, session_id: UUID, *, after: int = 0
) -> Iterator[Stream]:
    with feed.opened(Caller(member_id, session_id), OpenLine(), after=after) as stream:
        yield stream


@pytest.fixture
async def session_id(owner: Any, desk: TransferDesk) -> UUID:
    now = desk.clock.now()
    await owner.execute(
        "INSERT INTO sessions"
        " VALUES ($1, $1, '\\x00', $2, $2, $2::timestamptz + interval '1 hour')",
        MEMBER,
        now,
    )
    await owner.execute("INSERT INTO loans (member_id, credit_limit) VALUES ($1, 1)", MEMBER)
    return MEMBER


async def add(owner: Any, count: int = 1) -> None:
    """Add so many events, numbered on."""
    await owner.execute(
        "WITH l AS (UPDATE loans SET event_no = event_no + $2 WHERE member_id = $1"
        " RETURNING event_no)"
        " INSERT INTO events (member_id, no, kind, data, at)"
        " SELECT $1, no, 'x.y', '{}', now()"
        " FROM l, generate_series(event_no - $2 + 1, event_no) AS no",
        *(MEMBER, count),
    )


async def test_nothing_is_read_while_nobody_is_connected(
    feed: EventFeed, reads: Reads, session_id: UUID
) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await reads.another.wait()

    with followed(feed, MEMBER, session_id):
        async with asyncio.timeout(2):
            await reads.another.wait()


async def test_a_round_reads_once_for_all_who_are_connected(
    feed: EventFeed, reads: Reads, session_id: UUID, owner: Any
) -> None:
    loop = asyncio.get_running_loop()
    await add(owner)
    async with AsyncExitStack() as stack:
        streams = [stack.enter_context(followed(feed, MEMBER, session_id)) for _ in range(10)]
        began = loop.time()
        taken = [await stream.take(5) for stream in streams]
        took = loop.time() - began

    assert [[event.no for event in events] for events in taken] == [[1]] * 10
    # Sessions are looked at twice a second, events twenty times.
    assert reads.count <= 2 + 22 * took
    assert reads.places == 1


async def test_a_page_that_catches_up_from_far_back_keeps_no_other_page_waiting(
    feed: EventFeed, session_id: UUID, owner: Any
) -> None:
    """A live event came only when the other page had all 3,000 that it lacked: after 1.4 s."""
    await add(owner, 1001)
    with (
        followed(feed, MEMBER, session_id) as behind,
        followed(feed, MEMBER, session_id, after=1000) as live,
    ):
        catching_up = asyncio.create_task(take(behind, 1001))
        events = await live.take(5)
        was_behind_at = behind.last_no
        caught_up = await catching_up

    assert [event.no for event in events] == [1001]
    assert was_behind_at <= 200
    assert caught_up == list(range(1, 1002))


async def take(stream: Stream, count: int) -> list[int]:
    """Take so many events; return their numbers."""
    numbers: list[int] = []
    while len(numbers) < count:
        numbers += [event.no for event in await stream.take(5)]
    return numbers


async def test_a_failure_delays_events_and_ends_no_stream(
    feed: EventFeed, reads: Reads, session_id: UUID, owner: Any
) -> None:
    reads.failures = [ValueError("a fault of ours"), Busy("busy")]
    await add(owner)

    with capture_logs() as records, followed(feed, MEMBER, session_id) as stream:
        events = await stream.take(10)

    assert [event.no for event in events] == [1]
    told = [(record["event"], record.get("code")) for record in records[:2]]
    assert told == [("events.delayed", None), ("alert.raised", "events_not_read")]


async def test_no_more_is_read_for_a_stream_than_it_takes(
    feed: EventFeed, session_id: UUID, owner: Any
) -> None:
    await add(owner, 250)

    with followed(feed, MEMBER, session_id) as stream:
        first = await stream.take(5)
        rest = [await stream.take(5), await stream.take(5)]

    assert [event.no for event in first] == list(range(1, 101))
    assert [event.no for events in rest for event in events] == list(range(101, 251))


async def test_a_stream_resumes_after_what_its_caller_has_taken_whatever_was_read_for_it(
    feed: EventFeed, session_id: UUID, owner: Any
) -> None:
    """Else a connection that breaks before the first event would leave out what was read."""
    await add(owner, 2)

    with followed(feed, MEMBER, session_id) as stream:
        await stream._woken.wait()
        before = stream.last_no
        await stream.take(5)
        after = stream.last_no

    assert (before, after) == (0, 2)


async def test_a_stream_that_has_more_than_a_database_that_was_set_back_ends_and_begins_anew(
    feed: EventFeed, session_id: UUID, owner: Any
) -> None:
    """A standby took over without the last commits: the numbers are given again, to others."""
    await add(owner, 3)
    with followed(feed, MEMBER, session_id) as stream:
        await stream.take(5)
        await owner.execute("DELETE FROM events WHERE no > 1")
        await owner.execute("UPDATE loans SET event_no = 1")
        assert await stream.take(5) == []
    assert (stream.ended_by, stream.last_no) == ("set_back", 1)

    await add(owner, 3)
    resumed_at = await feed.start_after(stream.caller, stream.last_no)
    with followed(feed, MEMBER, session_id, after=resumed_at) as stream:
        assert await take(stream, 3) == [2, 3, 4]


async def test_a_stream_that_is_opened_while_the_process_stops_ends_at_once(
    feed: EventFeed, session_id: UUID
) -> None:
    feed.end()

    with followed(feed, MEMBER, session_id) as stream:
        assert await stream.take(5) == []
        assert stream.ended_by == "stopping"


async def test_a_process_keeps_a_bounded_number_of_streams_open(
    desk: TransferDesk, database: Database
) -> None:
    settings = desk.settings.model_copy(update={"streams_max": 1})
    feed = EventFeed(replace(desk, settings=settings), database)

    with followed(feed, MEMBER, MEMBER), pytest.raises(Busy), followed(feed, OTHER, MEMBER):
        raise AssertionError("there was room")

    with followed(feed, MEMBER, MEMBER) as stream:
        assert stream.wants_more


async def test_a_member_has_a_bounded_number_of_streams_and_the_others_theirs(
    desk: TransferDesk, database: Database
) -> None:
    settings = desk.settings.model_copy(update={"streams_per_member_max": 1})
    feed = EventFeed(replace(desk, settings=settings), database)

    with (
        followed(feed, MEMBER, MEMBER),
        followed(feed, OTHER, OTHER),
        pytest.raises(TooManyStreams),
        followed(feed, MEMBER, MEMBER),
    ):
        raise AssertionError("there was room")


async def test_a_process_that_stops_cuts_off_who_does_not_read(
    desk: TransferDesk, database: Database
) -> None:
    feed, line = EventFeed(desk, database), StuckLine()

    with feed.opened(Caller(MEMBER, MEMBER), line, after=0) as stream:
        stream.is_sending = True
        feed.end()

    assert line.is_cut
