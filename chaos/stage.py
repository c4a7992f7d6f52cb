"""The stage of a run: PostgreSQL, proxies, banks, two machines, members; all in one directory."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from chaos.banks import Banks, running_banks
from chaos.gateways import Machine, Program, free_port, run
from chaos.members import Crowd, Member
from chaos.plan import Shape
from chaos.postgres import Server, own_server
from chaos.proxy import Proxy, running_proxy
from chaos.tape import Tape
from gateway.ops.clock import SystemClock, shift_to

UP_WITHIN_S = 90.0
UNLIMITED = (
    "MEMBER_MONEY", "MEMBER_READS", "MEMBER_WRITES", "SOURCE_REQUESTS", "SOURCE_LOGINS",
    "SOURCE_CALLBACKS",
)  # fmt: skip
MEMBERS_FROM, ACCOUNTS_FROM = 20_000_000, 3_000_000


@dataclass(slots=True)
class Stage:
    """Everything that runs. `shift_s` is how far business time is from the machine's."""

    program: Program
    server: Server
    banks: Banks
    machines: Sequence[Machine]
    proxies: Sequence[Proxy]
    crowd: Crowd
    tape: Tape
    random: Random
    clock: SystemClock
    time_scale: float
    environment: Mapping[str, str]
    client: aiohttp.ClientSession
    _reader: "asyncpg.Connection[asyncpg.Record] | None" = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def rows(self, sql: str, *arguments: object) -> list[dict[str, Any]]:
        """Read from the database as its owner, past the proxies, on one connection."""
        async with self._turn:
            if self._reader is None or self._reader.is_closed():
                self._reader = await asyncpg.connect(self.server.owner_url)
            return [dict(row) for row in await self._reader.fetch(sql, *arguments)]

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.terminate()

    async def ops(self, *arguments: str) -> tuple[int, str]:
        """Run an operators' command; return its exit code and what it printed."""
        code, written = await run((self.program.gateway, "ops", *arguments), self.environment)
        self.tape.write("ops", command=" ".join(arguments), code=code, said=written[-400:])
        return code, written


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a run: its seed, how much happens, and the instant at which business begins."""

    seed: int
    shape: Shape
    begins: datetime


@asynccontextmanager
async def open_stage(
    program: Program, home: Path, tape: Tape, terms: Terms
) -> AsyncIterator[Stage]:
    """Start everything, enrol members and sign them in. Logs lie beside the tape."""
    random = _seeded(terms.seed)
    time_scale = terms.shape.time_scale
    shift_s = shift_to(terms.begins)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(own_server(home / "postgres"))
        proxies = [
            await stack.enter_async_context(
                running_proxy(server.socket, _seeded(terms.seed + number))
            )
            for number in range(2)
        ]
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        client = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        base = _environment(server, home, shift_s, time_scale)
        banks = await stack.enter_async_context(
            running_banks(program, base, tape.path.with_name("banks.log"), client)
        )
        base |= {f"GATEWAY_{bank.upper()}_BASE_URL": url for bank, url in banks.urls.items()}
        await _migrated(program, base)
        numbers = [
            (str(MEMBERS_FROM + n), str(ACCOUNTS_FROM + n)) for n in range(terms.shape.members)
        ]
        await _enrolled(program, base, numbers)
        machines = [
            _machine(program, tape, base, (number, proxy)) for number, proxy in enumerate(proxies)
        ]
        await banks.prepare(
            [account for _, account in numbers],
            seed=terms.seed,
            time_scale=time_scale,
            at=machines[0].address,
        )
        for machine in machines:
            stack.push_async_callback(machine.end)
            machine.start()
        addresses = [machine.address for machine in machines]
        await until_ready(client, addresses)
        people = [Member(number, addresses, random) for number, _ in numbers]
        crowd = await _crowd(Crowd(client, people, banks, tape, random), addresses[0])
        stage = Stage(
            program, server, banks, machines, proxies, crowd, tape, random,
            SystemClock(shift_s), time_scale, base, client,
        )  # fmt: skip
        stack.push_async_callback(stage.close)
        yield stage


async def _crowd(crowd: Crowd, address: str) -> Crowd:
    """Sign everybody in, and learn what the API describes."""
    crowd.described = await _described(crowd.client, address)
    for member in crowd.members:
        await member.sign_in(crowd.client)
    return crowd


def _seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - repeatable, no secret


def _environment(server: Server, home: Path, shift_s: float, time_scale: float) -> dict[str, str]:
    # Another checkout's Python must not find this one's packages.
    ours = ("GATEWAY_", "PYTHON")
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(ours)}
    return kept | {
        "GATEWAY_DATABASE_URL": server.app_url,
        "GATEWAY_DATABASE_OWNER_URL": server.owner_url,
        "GATEWAY_DATA_DIR": str(home / "data"),
        "GATEWAY_SESSION_IDLE_S": "7200",
        "GATEWAY_TIME_SCALE": str(time_scale),
        "GATEWAY_CLOCK_SHIFT_S": str(shift_s),
        **{f"GATEWAY_{name}_PER_MINUTE": "0" for name in UNLIMITED},
    }


def _machine(
    program: Program, tape: Tape, base: Mapping[str, str], which: tuple[int, Proxy]
) -> Machine:
    number, proxy = which
    name, port = f"machine-{'ab'[number]}", free_port()
    parts = urlsplit(base["GATEWAY_DATABASE_URL"])
    address = f"127.0.0.1:{proxy.port}{parts.path}"
    environment = dict(base) | {
        "GATEWAY_INSTANCE": name,
        "GATEWAY_DATABASE_URL": f"postgresql://{parts.username}:{parts.password}@{address}",
        "GATEWAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    return Machine(name, program, port, environment, tape.path.with_name(f"{name}.log"))


async def _migrated(program: Program, environment: Mapping[str, str]) -> None:
    code, written = await run((program.gateway, "migrate"), environment)
    if code != 0:
        raise RuntimeError(f"gateway migrate: {written}")


async def _enrolled(
    program: Program, environment: Mapping[str, str], numbers: Sequence[tuple[str, str]]
) -> None:
    pairs = [f"{number}:{account}" for number, account in numbers]
    script = str(Path(__file__).with_name("enrolling.py"))
    code, written = await run((program.python, "-P", script, *pairs), environment)
    if code != 0:
        raise RuntimeError(f"enrolling: {written}")


async def until_ready(client: aiohttp.ClientSession, addresses: Sequence[str]) -> None:
    """Return once every machine says that it is ready."""
    async with asyncio.timeout(UP_WITHIN_S):
        for address in addresses:
            while True:
                try:
                    async with client.get(f"{address}/readyz") as answer:
                        if answer.status == HTTPStatus.OK:
                            break
                except (aiohttp.ClientError, OSError):
                    pass
                await asyncio.sleep(0.2)


async def _described(client: aiohttp.ClientSession, address: str) -> set[str]:
    """Return every property that the API description names in what is asked for."""
    async with client.get(f"{address}/openapi.json") as answer:
        described = await answer.json()
    schemas = described.get("components", {}).get("schemas", {})
    return {
        name
        for schema in schemas.values()
        for name in schema.get("properties", {})
        if name in {"again", "beside_open"}
    }


def days_from(begins: datetime, now: datetime) -> list[str]:
    """Return the Japanese days of the run, as ISO dates."""
    days = (now.date() - begins.date()).days
    return [(begins.date() + timedelta(days=n)).isoformat() for n in range(days + 1)]
