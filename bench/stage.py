"""The bench's stage: PostgreSQL as it comes (fsync on), the emulator, the gateway, and members."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import aiohttp
import asyncpg

from gateway.app import apply_migrations
from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.identifier import uuid7
from gateway.ops.clock import SystemClock, shift_to
from gateway.services.token import new_token
from gateway.store.postgres import running_postgres

# Every service is open then.
START = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
MEMBERS = 1000
HOLDER = "ﾔﾏﾀﾞ ﾀﾛｳ"
CHILD_STOPS_S = 15.0


@dataclass(frozen=True, slots=True)
class Member:
    """A member who is signed in and has an account."""

    id: UUID
    account_id: UUID
    token: str


@dataclass(frozen=True, slots=True)
class BenchStage:
    """What is running, and the members. `clock` is the machine's, shifted by `shift`."""

    gateways: tuple[str, ...]
    pids: tuple[int, ...]
    bank: str
    clock: SystemClock
    shift: timedelta
    owner: "asyncpg.Pool[asyncpg.Record]"
    app_url: str
    members: tuple[Member, ...]

    async def settled(self) -> int:
        """Return how many transfers are settled: each is of one yen."""
        return int(await self.owner.fetchval("SELECT sum(principal) FROM loans"))


@asynccontextmanager
async def open_bench(directory: Path, *, processes: int) -> AsyncIterator[BenchStage]:
    """Yield everything running on a new database below `directory`."""
    shift = shift_to(START)
    clock = SystemClock(shift)
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(
            running_postgres(directory, options=("track_commit_timestamp=on",))
        )
        await apply_migrations(postgres.owner_url)
        owner = await stack.enter_async_context(
            asyncpg.create_pool(postgres.owner_url, min_size=2, max_size=4)
        )
        members = await _enrol(owner, clock.now())
        bank, _ = await start_child(stack, "sandbox", f"--shift={shift}")
        await _lift_limit(bank)
        children = [
            await start_child(
                stack,
                *("gateway", f"--shift={shift}", f"--database={postgres.app_url}"),
                *(f"--bank={bank}", f"--name=bench-{number}"),
            )
            for number in range(1, processes + 1)
        ]
        gateways, pids = tuple(a for a, _ in children), tuple(p for _, p in children)
        yield BenchStage(
            gateways, pids, bank, clock, timedelta(seconds=shift), owner, postgres.app_url, members
        )


async def start_child(stack: AsyncExitStack, *arguments: str) -> tuple[str, int]:
    """Start a child and return its address and process id once it is ready."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.children", *arguments), stdout=asyncio.subprocess.PIPE
    )
    stack.push_async_callback(_end, child)
    if child.stdout is None:
        raise RuntimeError("the child was started with a pipe")
    address = (await child.stdout.readline()).decode().strip()
    if not address:
        raise RuntimeError(f"{arguments[0]} did not start")
    return address, child.pid


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        child.terminate()
    try:
        async with asyncio.timeout(CHILD_STOPS_S):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


async def _lift_limit(bank: str) -> None:
    settings = {"rate_limits": {"money": 0, "inquiry": 0}}
    async with (
        aiohttp.ClientSession(bank) as control,
        control.put("/_sandbox/settings", json=settings) as answer,
    ):
        answer.raise_for_status()


async def _enrol(owner: "asyncpg.Pool[asyncpg.Record]", now: datetime) -> tuple[Member, ...]:
    """Write members straight into the tables: what signing in costs is not measured here."""
    tokens = [new_token(uuid7(now, secrets.token_bytes(10))) for _ in range(MEMBERS)]
    members = [
        Member(token.member_id, uuid7(now, secrets.token_bytes(10)), token.text) for token in tokens
    ]
    rows: dict[str, list[dict[str, object]]] = {"members": [], "loans": [], "accounts": []}
    for number, member in enumerate(members):
        of_member = {"member_id": member.id}
        rows["members"].append(
            of_member
            | {"member_number": f"{number:08}", "kana": HOLDER, "sender_name": HOLDER}
            | {"pin_hash": "none", "created_at": now}
        )
        rows["loans"].append(of_member | {"credit_limit": 1_000_000})
        account = {"id": member.account_id, "bank": BankCode.SMBC.value, "branch": "001"}
        account |= {"type": "1", "number": "1234567", "holder": HOLDER, "registered_at": now}
        rows["accounts"].append(of_member | account)
    rows["sessions"] = [
        {"member_id": token.member_id, "id": uuid7(now, secrets.token_bytes(10))}
        | {"secret_sha256": token.secret_sha256, "opened_at": now, "seen_at": now}
        | {"ends_at": now + timedelta(days=1)}
        for token in tokens
    ]
    for table, records in rows.items():
        await owner.copy_records_to_table(
            table,
            columns=list(records[0]),
            records=[tuple(record.values()) for record in records],
        )
    return tuple(members)
