"""`gateway ops audit-trace`: hold every change of a row to the state tables, as it is committed.

What tests and other programs call is `watch_trace`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from gateway.domain.errors import NotReady
from gateway.domain.trace import WATCHED, WRITTEN_ONCE, Row
from gateway.store.change_log import LOST, Change, ChangeLog, Kind, open_change_log

READ_EVERY_S = 1.0
FINDINGS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class TraceFinding:
    """A change that the state tables lack. It names ids and states, nothing about people.

    `xid` and `lsn`: the transaction, and where it stands in the log.
    """

    table: str
    key: tuple[str, ...]
    problem: str
    xid: int
    lsn: str

    def __str__(self) -> str:
        return f"{self.table} {' '.join(self.key)}: {self.problem} (transaction {self.xid})"


@dataclass(frozen=True, slots=True)
class TraceReport:
    """What was seen: changes held to the tables, changes by hand, interruptions.

    `edges`: how often each was taken, as `transfers: submitting → settled`.
    """

    changes: int
    by_hand: int
    gaps: int
    edges: Mapping[str, int]
    findings: tuple[TraceFinding, ...]


class Trace:
    """What was seen of a database so far. Made by `watch_trace`.

    `edges`: how often each edge of a table was taken, by (table, from, to). `changes`: how many
    changes were held to the tables, `by_hand` how many were not, because their transaction said
    that people made it. `gaps`: how often the reading broke off and began anew; what happened
    between was not seen.
    """

    def __init__(self, url: str) -> None:
        self.edges: Counter[tuple[str, str, str]] = Counter()
        self.changes = 0
        self.by_hand = 0
        self.gaps = 0
        self._url = url
        self._found: list[TraceFinding] = []
        self._rows: dict[tuple[str, tuple[str, ...]], Row] = {}
        self._stack = AsyncExitStack()
        self._log: ChangeLog | None = None
        self._turn = asyncio.Lock()

    async def findings(self) -> tuple[TraceFinding, ...]:
        """Read to this moment; return everything found since the beginning, in order.

        Raises NotReady while the database cannot be reached.
        """
        async with self._turn:
            try:
                await self._read(self._log or await self._begun_anew())
            except LOST:
                await self._begun_anew()
        return tuple(self._found)

    def report(self) -> TraceReport:
        """Return what was seen so far, as `findings` read it last."""
        taken = {f"{table}: {was} → {now}": n for (table, was, now), n in self.edges.items()}
        return TraceReport(
            changes=self.changes,
            by_hand=self.by_hand,
            gaps=self.gaps,
            edges=dict(sorted(taken.items())),
            findings=tuple(self._found),
        )

    async def begin(self) -> ChangeLog:
        """Begin to read. Raises NotReady."""
        self._log = await self._stack.enter_async_context(open_change_log(self._url))
        return self._log

    async def end(self) -> None:
        await self._stack.aclose()

    async def keep_reading(self, every_s: float) -> None:
        """Read again and again, so that the server keeps no more of its log than it must."""
        while True:
            await asyncio.sleep(every_s)
            with suppress(NotReady):  # a server that is down comes back, or the caller gives up
                await self.findings()

    async def _begun_anew(self) -> ChangeLog:
        """Count the gap; what was known of rows may be old by now."""
        if self._log is not None:
            self.gaps += 1
        self._log = None
        self._rows.clear()
        await self.end()
        return await self.begin()

    async def _read(self, reading: ChangeLog) -> None:
        async for change in reading.changes():
            await self._hold(reading, change)

    async def _hold(self, reading: ChangeLog, change: Change) -> None:
        watched = WATCHED.get(change.table)
        if watched is None:
            self._hold_written_once(change)
            return
        key = tuple(str(change.row.get(name)) for name in watched.key)
        if change.kind in {Kind.DELETE, Kind.TRUNCATE} or change.is_new_key:
            self._find(change, key, "its key changed" if change.is_new_key else "a row is gone")
            self._rows.pop((change.table, key), None)
            return
        before = None
        if change.kind is Kind.UPDATE:
            before = self._rows.get((change.table, key)) or await reading.row_before(
                change.table, key
            )
        row = {**(before or {}), **change.row}
        self._rows[change.table, key] = row
        if change.by_hand:
            self.by_hand += 1
            return
        self.changes += 1
        fault = watched.fault_of(before, row)
        if fault is not None:
            self._find(change, key, fault)
        elif before is not None and (was := watched.label(before)) != (now := watched.label(row)):
            self.edges[change.table, was, now] += 1

    def _hold_written_once(self, change: Change) -> None:
        if change.table not in WRITTEN_ONCE:
            return
        if change.by_hand:
            self.by_hand += 1
            return
        self.changes += 1
        if change.kind is not Kind.INSERT:
            self._find(change, (), f"{change.kind} of what is written once")

    def _find(self, change: Change, key: tuple[str, ...], problem: str) -> None:
        if change.by_hand:
            self.by_hand += 1
        elif len(self._found) < FINDINGS_MAX:
            self._found.append(TraceFinding(change.table, key, problem, change.xid, change.lsn))


@asynccontextmanager
async def watch_trace(url: str, *, every_s: float | None = READ_EVERY_S) -> AsyncIterator[Trace]:
    """Hold every row change that is committed to a database meanwhile to the state tables.

        async with watch_trace(url) as trace:
            ...
            assert await trace.findings() == ()

    `url`: a login that may replicate and read the four watched tables, on a server whose
    wal_level is logical (NotReady says what is missing, before anything is read). The log is read
    every `every_s` seconds, or with None only by `findings()`; a server that goes away is
    tried again, and `trace.gaps` counts that. Begin before the first write that is to be seen.
    Nothing is left on the server: the slot is temporary. While it lasts, the server keeps old row
    versions, and of its log at most max_slot_wal_keep_size.
    """
    trace = Trace(url)
    await trace.begin()
    reading = None if every_s is None else asyncio.create_task(trace.keep_reading(every_s))
    try:
        yield trace
    finally:
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        await trace.end()
