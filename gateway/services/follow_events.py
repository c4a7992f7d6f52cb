"""Follow what happens to members: one poll of this process for everybody who is connected.

Numbers are given in the statement that writes an event, behind the lock on the member's loan, so
that their order is the order of commits: whoever has all up to a number resumes after it without
a gap and without a repeat.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import structlog

from gateway.domain.errors import Busy, TooManyStreams
from gateway.services.authenticate import Caller, idle_since
from gateway.services.desk import TransferDesk
from gateway.store.database import Database
from gateway.store.events import Bookmark, MemberEvent, last_number, read_after
from gateway.store.sessions import find_ended

POLL_S = 0.05
# A round takes half of the process's time at most, however many are connected.
REST_PART_MIN = 1.0
SESSIONS_EVERY_S = 0.5
FAILURE_REST_S = 1.0
EACH_MAX = 100
SET_BACK = "set_back"

log = structlog.get_logger()


class Line(Protocol):
    """The way to one caller."""

    def is_open(self) -> bool:
        """Whether the caller is still there, as far as one knows."""
        ...

    def cut(self) -> None:
        """Hang up, without sending what has not left yet."""
        ...


@dataclass(slots=True, eq=False)
class Stream:
    """What one caller is told: everything after `last_no`, which is the last that it has taken.

    No more is read than was taken.
    """

    caller: Caller
    line: Line
    last_no: int
    is_sending: bool = False
    ended_by: str | None = None
    _news: list[MemberEvent] = field(default_factory=list)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def wants_more(self) -> bool:
        return not self._news and self.ended_by is None

    @property
    def bookmark(self) -> Bookmark:
        return Bookmark(self.caller.member_id, self.last_no)

    def give(self, events: list[MemberEvent]) -> None:
        """Keep what comes after the stream's place, until it is taken."""
        self._news = events
        self._woken.set()

    def end(self, why: str) -> None:
        self.ended_by = self.ended_by or why
        self._woken.set()

    def set_back(self, latest: int) -> None:
        """End what would never be told of the events that get its numbers now.

        The database was set back to an earlier state; it is resumed after the latest that is there.
        """
        self.last_no = latest
        self.end(SET_BACK)

    async def take(self, wait_s: float) -> list[MemberEvent]:
        """Return what is new, in order; nothing after `wait_s`, or when the stream has ended."""
        try:
            async with asyncio.timeout(wait_s):
                await self._woken.wait()
        except TimeoutError:
            return []
        taken, self._news = self._news, []
        if taken:
            self.last_no = taken[-1].no
        if self.ended_by is None:
            self._woken.clear()
        return taken


class EventFeed:
    """The streams of this process, and the one loop that reads for them all.

    `db` is a way to the database of its own: a burst of requests does not keep events waiting.
    """

    def __init__(self, desk: TransferDesk, db: Database) -> None:
        self._desk = desk
        self._db = db
        self._streams: dict[UUID, list[Stream]] = {}
        self._count = 0
        self._somebody = asyncio.Event()
        self._is_over = False
        self._look_at_sessions_at = 0.0

    async def start_after(self, caller: Caller, after: int | None) -> int:
        """Return the number after which the caller is told: `after`, or what is the latest now.

        A number that was never given, as after a restore of the database, counts as the latest.
        """
        latest = await last_number(self._desk.db, caller.member_id)
        return latest if after is None else min(after, latest)

    @contextmanager
    def opened(self, caller: Caller, line: Line, *, after: int) -> Iterator[Stream]:
        """Give a stream for as long as the block lasts. Raises TooManyStreams or Busy."""
        stream = Stream(caller, line, after)
        self._admit(stream)
        self._tell_count(1)
        try:
            yield stream
        finally:
            self._forget(stream)
            self._tell_count(-1)
            reason = stream.ended_by or "caller_left"
            self._desk.metrics.count("event_streams_ended", reason=reason)
            log.info("stream.ended", reason=reason)

    def end(self) -> None:
        """End every stream: the process stops."""
        self._is_over = True
        self._somebody.set()
        for stream in self._all():
            stream.end("stopping")
            if stream.is_sending:
                # Whoever does not read would hold the process up; nothing is lost by cutting.
                stream.line.cut()

    async def run(self) -> None:
        """Read for everybody until the end; nothing is read while nobody is connected."""
        loop = asyncio.get_running_loop()
        while not self._is_over:
            await self._somebody.wait()
            began = loop.time()
            rest_s = await self._round_or_rest(began)
            took = loop.time() - began
            await asyncio.sleep(rest_s or max(POLL_S - took, took * REST_PART_MIN))

    async def _round_or_rest(self, now_s: float) -> float:
        """Do a round; return how long to rest after a failure, 0 if there was none."""
        try:
            await self._round(now_s)
        except Busy as error:
            log.warning("events.delayed", error=str(error))
            return FAILURE_REST_S
        except Exception:
            log.exception(
                "alert.raised",
                code="events_not_read",
                severity="page",
                runbook="docs/runbook.md#events_not_read",
            )
            return FAILURE_REST_S
        return 0.0

    async def _round(self, now_s: float) -> None:
        if now_s >= self._look_at_sessions_at:
            self._look_at_sessions_at = now_s + SESSIONS_EVERY_S
            await self._end_without_session()
        # Pages of one member mostly stand at one place, and are read for together. One that catches
        # up from far back is read for beside them: they do not wait until it is there.
        waiting: dict[Bookmark, list[Stream]] = {}
        for stream in self._all():
            if stream.wants_more:
                waiting.setdefault(stream.bookmark, []).append(stream)
        if not waiting:
            return
        found = await read_after(self._db, waiting.keys(), each_max=EACH_MAX)
        for bookmark, read in found.items():
            for stream in waiting[bookmark]:
                if read.events:
                    stream.give(read.events)
                else:
                    stream.set_back(read.latest)

    async def _end_without_session(self) -> None:
        """End the streams of who hung up, or whose session has ended. A stream is no use of it."""
        members: dict[UUID, UUID] = {}
        for stream in self._all():
            members[stream.caller.session_id] = stream.caller.member_id
            if not stream.line.is_open():
                stream.end("caller_left")
        if not members:
            return
        now = self._desk.clock.now()
        ended = await find_ended(self._db, members, now=now, seen_after=idle_since(self._desk, now))
        for stream in self._all() if ended else ():
            if stream.caller.session_id in ended:
                stream.end("session_ended")

    def _all(self) -> Iterator[Stream]:
        return (stream for streams in list(self._streams.values()) for stream in streams)

    def _admit(self, stream: Stream) -> None:
        settings = self._desk.settings
        own = self._streams.setdefault(stream.caller.member_id, [])
        try:
            if sum(one.line.is_open() for one in own) >= settings.streams_per_member_max:
                raise TooManyStreams
            if self._count >= settings.streams_max:
                raise Busy("there are too many event streams")
            own.append(stream)
        finally:
            if not own:
                del self._streams[stream.caller.member_id]
        if self._is_over:
            stream.end("stopping")
        self._somebody.set()

    def _forget(self, stream: Stream) -> None:
        own = self._streams[stream.caller.member_id]
        own.remove(stream)
        if not own:
            del self._streams[stream.caller.member_id]
        if not self._streams and not self._is_over:
            self._somebody.clear()

    def _tell_count(self, change: int) -> None:
        self._count += change
        self._desk.metrics.gauge("event_streams", self._count)
