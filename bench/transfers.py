"""Transfers settled a second over HTTP, beside the same SQL functions called directly; latency."""

import asyncio
import hashlib
import itertools
import secrets
import statistics
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import cast
from uuid import UUID

import aiohttp
import asyncpg

from bench.children import unlimited_profiles
from bench.stage import HOLDER, BenchStage, Member
from bench.stand_ins import NoLanes, NoMetrics, no_checkpoint
from gateway.adapters.registry import open_banks
from gateway.config import Settings
from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.bank import InstantBank, TransferOrder
from gateway.domain.booking import advance_entry, book_advance, journal_of
from gateway.domain.identifier import parse_public_id, public_id, reference_for, uuid7
from gateway.domain.money import Yen
from gateway.domain.transfer import State
from gateway.store.connections import PoolRole, prepare_connection
from gateway.store.database import Database
from gateway.store.transfers import BankCall, Move, NewTransfer, accept, move

ACCEPTED = 202
LOOK_S = 0.01
DRAIN_S_MAX = 20.0
POOL_SIZE = 10


@dataclass(frozen=True, slots=True)
class Throughput:
    """Transfers settled a second; how long the rest took; what was not accepted."""

    per_second: float
    drain_s: float = 0.0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from the intended start, the 50th and 99th of a hundred."""

    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Latencies:
    """Open loop: until the 202, until the commit of `settled`, and that without the bank's call."""

    answered: Latency
    settled: Latency
    added: Latency
    bank_p50: float


class Load:
    """The member sites' side of the bench."""

    def __init__(self, stage: BenchStage, client: aiohttp.ClientSession) -> None:
        self._client = client
        self._turns = itertools.cycle(
            list(zip(stage.members, itertools.cycle(stage.gateways), strict=False))
        )
        self.accepted = 0
        self.refused = 0

    async def transfer(self) -> UUID | None:
        """Ask for one yen; return the id, None when it was refused."""
        member, gateway = next(self._turns)
        async with self._client.post(
            f"{gateway}/v1/transfers",
            json={
                "account_id": public_id("ac", member.account_id),
                "amount": 1,
                "again": True,
            },
            headers={
                "Authorization": f"Bearer {member.token}",
                "Idempotency-Key": secrets.token_hex(16),
            },
        ) as answer:
            document = await answer.json()
        if answer.status != ACCEPTED:
            self.refused += 1
            return None
        self.accepted += 1
        return parse_public_id("tr", document["id"])


async def over_http(
    stage: BenchStage, *, warm_up_s: float, seconds: float, window: int
) -> Throughput:
    """Keep `window` transfers between request and settled for so long; then let the rest settle."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=window)) as client:
        load = Load(stage, client)
        pump = asyncio.create_task(_keep_open(stage, load, window))
        await asyncio.sleep(warm_up_s)
        begun, before = _monotonic(), await stage.settled()
        await asyncio.sleep(seconds)
        took, after = _monotonic() - begun, await stage.settled()
        pump.cancel()
        with suppress(asyncio.CancelledError):
            await pump
        drain_s = await _drained(stage)
        return Throughput((after - before) / took, drain_s, load.refused)


async def _keep_open(stage: BenchStage, load: Load, window: int) -> None:
    first = await stage.settled()
    asking: set[asyncio.Task[UUID | None]] = set()
    try:
        while True:
            is_open = load.accepted + len(asking) - (await stage.settled() - first)
            for _ in range(window - is_open):
                task = asyncio.create_task(load.transfer())
                asking.add(task)
                task.add_done_callback(asking.discard)
            await asyncio.sleep(LOOK_S)
    finally:
        await asyncio.gather(*asking, return_exceptions=True)


async def _drained(stage: BenchStage) -> float:
    """Return after how long nothing was open any more."""
    begun = _monotonic()
    while await stage.owner.fetchval("SELECT sum(reserved) FROM loans"):
        if _monotonic() - begun > DRAIN_S_MAX:
            raise RuntimeError(f"transfers were still open after {DRAIN_S_MAX:g} s")
        await asyncio.sleep(LOOK_S)
    return _monotonic() - begun


async def directly(stage: BenchStage, *, seconds: float, window: int) -> Throughput:
    """Call the two money steps with as many callers and connections, and no more."""
    async with asyncpg.create_pool(
        stage.app_url,
        min_size=POOL_SIZE,
        max_size=POOL_SIZE,
        init=partial(prepare_connection, role=PoolRole.MEMBER),
    ) as pool:
        steps = cast("Database", _Steps(pool))
        ends = _monotonic() + seconds
        members = itertools.cycle(stage.members)

        async def settle_on() -> int:
            done = 0
            while _monotonic() < ends:
                await _settle(steps, next(members), stage.clock.now())
                done += 1
            return done

        counts = await asyncio.gather(*(settle_on() for _ in range(window)))
    return Throughput(sum(counts) / seconds)


class _Steps:
    """`Database.step` without anything around the statement."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def step(self, sql: str, *args: object) -> asyncpg.Record:
        row = await self._pool.fetchrow(sql, *args)
        if row is None:
            raise LookupError(sql)
        return row


async def _settle(steps: Database, member: Member, now: datetime) -> None:
    _, transfer = await accept(steps, _new_transfer(member, now))
    if transfer is None:
        raise RuntimeError("the bench's members have credit enough")
    after = replace(transfer, state=State.SETTLED, settled_at=now, due_at=None, bank_id="bench")
    booking = book_advance(advance_entry(after))
    hashes = [hashlib.sha256(b"bench").hexdigest()] * 2
    change = Move(
        before=transfer,
        after=after,
        step=_new_id(now),
        now=now,
        reserved_change=-transfer.amount.amount,
        events=[("transfer.settled", {"attempt": 1, "reason": None})],
        journals=[journal_of(booking, lambda: _new_id(now), source_id=transfer.id)],
        call=BankCall("submit", 1, now, now, "Settled", "COMPLETED", *hashes),
    )
    if await move(steps, change) != "moved":
        raise RuntimeError("nobody else moves the bench's transfers")


def _new_transfer(member: Member, now: datetime) -> NewTransfer:
    key = secrets.token_hex(16)
    return NewTransfer(
        member_id=member.id,
        id=_new_id(now),
        idempotency_key=key,
        fingerprint=hashlib.sha256(key.encode()).digest(),
        account_id=member.account_id,
        reference=_reference(member.id, key),
        amount=Yen(1),
        now=now,
        due_at=now,
        send_now=True,
        lease_s=12.0,
        owner="bench",
        request_id=key,
        step=_new_id(now),
    )


async def at_a_rate(stage: BenchStage, *, per_second: int, seconds: float) -> Latencies:
    """Offer transfers at intended instants, whatever became of those before."""
    bank_ms = await bank_alone(stage)
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as client:
        load = Load(stage, client)
        begun, wall = loop.time() + 0.1, stage.clock.now() + timedelta(seconds=0.1)

        async def one(offset: float) -> tuple[UUID | None, datetime, float]:
            await asyncio.sleep(begun + offset - loop.time())
            transfer_id = await load.transfer()
            answered_ms = (loop.time() - begun - offset) * 1000
            return transfer_id, wall + timedelta(seconds=offset), answered_ms

        offsets = [number / per_second for number in range(int(seconds * per_second))]
        asked = await asyncio.gather(*(one(offset) for offset in offsets))
    await _drained(stage)
    intended = {transfer_id: at for transfer_id, at, _ in asked if transfer_id is not None}
    commits = await _commits(stage, list(intended))
    settled = [(commits[one] - at) / timedelta(milliseconds=1) for one, at in intended.items()]
    return Latencies(
        answered=_latency([ms for _, _, ms in asked]),
        settled=_latency(settled),
        added=_latency([ms - bank_ms for ms in settled]),
        bank_p50=bank_ms,
    )


async def _commits(stage: BenchStage, transfers: list[UUID]) -> Mapping[UUID, datetime]:
    """Return when each transfer was settled: the instant of that commit, in business time."""
    rows = await stage.owner.fetch(
        "SELECT id, pg_xact_commit_timestamp(xmin) AS at FROM transfers"
        " WHERE id = ANY($1) AND state = 'settled'",
        transfers,
    )
    return {row["id"]: row["at"] + stage.shift for row in rows}


async def bank_alone(stage: BenchStage, calls: int = 100) -> float:
    """Return the median milliseconds of a call to the bank by itself, signatures included."""
    settings = Settings.model_validate({"smbc_base_url": stage.bank})
    loop = asyncio.get_running_loop()
    took = []
    async with open_banks(
        settings,
        clock=stage.clock,
        metrics=NoMetrics(),
        lanes=NoLanes(),
        checkpoint=no_checkpoint,
        profiles=unlimited_profiles(),
    ) as banks:
        bank = banks[BankCode.SMBC]
        assert isinstance(bank, InstantBank)  # noqa: S101 - the bench's own choice of a bank
        for _ in range(calls):
            begun = loop.time()
            await bank.submit(_order(), send_before=begun + 1)
            took.append((loop.time() - begun) * 1000)
    return statistics.median(took)


def _order() -> TransferOrder:
    creditor = BankAccount(BankCode.SMBC, "001", AccountType.ORDINARY, "1234567", HOLDER)
    reference = _reference(UUID(int=1), secrets.token_hex(16))
    return TransferOrder(reference, creditor, Yen(1), HOLDER)


def _reference(member_id: UUID, key: str) -> str:
    return reference_for(b"bench", member_id=member_id, flow="transfer", idempotency_key=key)


def _new_id(now: datetime) -> UUID:
    return uuid7(now, secrets.token_bytes(10))


def _latency(milliseconds: list[float]) -> Latency:
    hundredths = statistics.quantiles(milliseconds, n=100)
    return Latency(hundredths[49], hundredths[98])


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
