"""What open event streams cost: memory, and how soon a change of state is at the member's page."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import aiohttp

from bench.stage import BenchStage, Member
from bench.transfers import Latencies, Latency, _latency, at_a_rate
from gateway.ops.garbage import spare_what_stays

PAGE_BYTES = 4096
MEBI = 1024 * 1024
OPENED_AT_ONCE = 50
LAST_ONES_S = 0.5
OK = 200


@dataclass(frozen=True, slots=True)
class StreamCost:
    """`told`: from the commit of an event until a page has it; `transfers` meanwhile."""

    told: Latency
    transfers: Latencies


class Pages:
    """Pages that follow: the first one of each member writes down when it was told what."""

    def __init__(self, stage: BenchStage, client: aiohttp.ClientSession) -> None:
        self._stage = stage
        self._client = client
        self._room = asyncio.Semaphore(OPENED_AT_ONCE)
        self.told_at: dict[tuple[UUID, int], datetime] = {}
        self.connected = asyncio.Semaphore(0)

    async def follow(self, number: int, member: Member) -> None:
        """Follow until cancelled."""
        gateway = self._stage.gateways[number % len(self._stage.gateways)]
        headers = {"Authorization": f"Bearer {member.token}"}
        is_first = number < len(self._stage.members)
        async with self._room:
            answer = await self._client.get(f"{gateway}/v1/events", headers=headers)
        async with answer:
            if answer.status != OK:
                raise RuntimeError(f"/v1/events answered {answer.status}")
            self.connected.release()
            no = 0
            async for line in answer.content:
                if line.startswith(b"id: "):
                    no = int(line[4:])
                elif is_first and line.startswith(b"event: ") and b" stream." not in line:
                    self.told_at[member.id, no] = self._stage.clock.now()


@asynccontextmanager
async def open_pages(stage: BenchStage, count: int) -> AsyncIterator[Pages]:
    """Yield when so many streams are open."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as client:
        pages = Pages(stage, client)
        members = itertools.islice(itertools.cycle(stage.members), count)
        tasks = [asyncio.create_task(pages.follow(n, m)) for n, m in enumerate(members)]
        for _ in tasks:
            await pages.connected.acquire()
        spare_what_stays()
        try:
            yield pages
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def memory_of_streams(stage: BenchStage, count: int) -> float:
    """Return by how much a process that has done nothing yet grows."""
    before = _mebibytes_of(stage.pids[0])
    async with open_pages(stage, count):
        return _mebibytes_of(stage.pids[0]) - before


async def cost_of_streams(
    stage: BenchStage, *, count: int, per_second: int, seconds: float
) -> StreamCost:
    """Open the streams, then offer transfers as without them."""
    async with open_pages(stage, count) as pages:
        begun = stage.clock.now()
        transfers = await at_a_rate(stage, per_second=per_second, seconds=seconds)
        await asyncio.sleep(LAST_ONES_S)
        commits = await _commits(stage, begun)
    told = [(at - commits[one]) / timedelta(milliseconds=1) for one, at in pages.told_at.items()]
    return StreamCost(_latency(told), transfers)


def _mebibytes_of(pid: int) -> float:
    """Return the memory of a process, 0 where the system does not tell."""
    told = Path(f"/proc/{pid}/statm")
    return int(told.read_text().split()[1]) * PAGE_BYTES / MEBI if told.exists() else 0.0


async def _commits(stage: BenchStage, since: datetime) -> dict[tuple[UUID, int], datetime]:
    """Return when each event since then was committed, in business time."""
    rows = await stage.owner.fetch(
        "SELECT member_id, no, pg_xact_commit_timestamp(xmin) AS at FROM events WHERE at >= $1",
        since,
    )
    return {(row["member_id"], row["no"]): row["at"] + stage.shift for row in rows}
