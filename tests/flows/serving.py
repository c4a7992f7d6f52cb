"""Gateways with an HTTP address: in this process, or in processes of their own."""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from gateway.app import Gateway
from gateway.domain.account import AccountType, BankCode
from gateway.domain.identifier import public_id
from gateway.domain.money import Yen
from gateway.serve import listen
from gateway.services.enrol_member import Enrolment, enrol_member
from gateway.services.register_account import AccountRequest, register_account
from gateway.store.transfers import read_transfer
from tests.flows.world import LIMITS, World

NUMBER, PIN, KANA, ACCOUNT = "10000001", "2468", "ﾔﾏﾀﾞ ﾀﾛｳ", "1234567"
WITHIN_S = 30
POLL_S = 0.01
SECRETS = (
    "pin_pepper",
    "reference_key",
    "log_key",
    "smbc_api_key",
    "mufg_client_secret",
    "mufg_callback_secret",
    "paypay_mac_secret",
    "mizuho_password",
    "mizuho_callback_secret",
    "rakuten_password",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was read to its end."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def is_honest_refusal(self) -> bool:
        """Whether it says: busy, a problem document, when to come back."""
        return (
            self.status == 503
            and self.headers["Content-Type"] == "application/problem+json"
            and int(self.headers["Retry-After"]) >= 1
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """A member's page: it asks for transfers of one account."""

    session: aiohttp.ClientSession
    address: str
    account_id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str) -> Reply:
        return await call(self.session, "GET", self.address + path, headers=self.headers)

    async def ask(self, key: str, *, amount: int = 10_000, wait_s: int = 0) -> Reply:
        """Ask for a transfer under an Idempotency-Key, and wait so long for its end."""
        return await call(
            self.session,
            "POST",
            f"{self.address}/v1/transfers",
            json={"account_id": self.account_id, "amount": amount, "again": True},
            headers=self.headers | {"Idempotency-Key": key, "Prefer": f"wait={wait_s}"},
        )


async def call(session: aiohttp.ClientSession, method: str, url: str, **options: Any) -> Reply:
    async with session.request(method, url, **options) as answer:
        text = (await answer.read()).decode("utf-8", "backslashreplace")
        return Reply(answer.status, answer.headers.copy(), text)


def new_key() -> str:
    return secrets.token_hex(16)


async def until(is_so: Callable[[], Awaitable[bool]], within_s: float = WITHIN_S) -> None:
    """Return once it is so; TimeoutError if it does not come to be."""
    async with asyncio.timeout(within_s):
        while True:
            if await is_so():
                return
            await asyncio.sleep(POLL_S)


async def enrol(world: World, *, limit: int = 100_000) -> str:
    """Enrol the member with an account; return the account's public id."""
    async with world.process(name="enrolment") as gateway:
        return await enrol_at(gateway, limit=limit)


async def enrol_at(gateway: Gateway, *, limit: int = 100_000) -> str:
    member = await enrol_member(
        gateway.office, gateway.pins, Enrolment(NUMBER, KANA, PIN, Yen(limit))
    )
    wanted = AccountRequest(
        member, BankCode.SMBC, "001", AccountType.ORDINARY, ACCOUNT, holder=None
    )
    return public_id("ac", (await register_account(gateway.desk, wanted)).id)


async def log_in(session: aiohttp.ClientSession, address: str) -> str:
    """Return the token of a new session."""
    body = {"method": "member_number", "member_number": NUMBER, "pin": PIN}
    reply = await call(session, "POST", f"{address}/v1/sessions", json=body)
    assert reply.status == 201, reply.text
    return str(reply.body["token"])


@asynccontextmanager
async def calling(address: str, account_id: str) -> AsyncIterator[Caller]:
    """Sign in; every request has a connection of its own, as from many pages."""
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Caller(session, address, account_id, await log_in(session, address))


@asynccontextmanager
async def served(world: World) -> AsyncIterator[tuple[Gateway, str]]:
    """Run a gateway with its HTTP side in this process; yield it and its address."""
    async with world.process(name="http-1") as gateway, AsyncExitStack() as stack:
        host, port = await listen(stack, gateway, world.settings)
        yield gateway, f"http://{host}:{port}"


@asynccontextmanager
async def page(world: World, *, limit: int = 100_000) -> AsyncIterator[Caller]:
    """Yield the page of a member of a gateway in this process."""
    async with served(world) as (gateway, address):
        account_id = await enrol_at(gateway, limit=limit)
        async with calling(address, account_id) as caller:
            yield caller


@dataclass(slots=True)
class Process:
    """A gateway in a process of its own, and all that it has written."""

    child: asyncio.subprocess.Process
    written: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.written]

    def count(self, event: str) -> int:
        return sum(f'"event":"{event}"' in line.replace(": ", ":") for line in self.written)

    async def up(self) -> str:
        """Return the address once it listens."""

        async def listens() -> bool:
            assert self.child.returncode is None, "".join(self.errors)
            return self.count("gateway.started") > 0

        await until(listens)
        (started, *_) = [line for line in self.log if line["event"] == "gateway.started"]
        return f"http://127.0.0.1:{started['port']}"

    async def ended(self, within_s: float = WITHIN_S) -> int:
        async with asyncio.timeout(within_s):
            return await self.child.wait()


@asynccontextmanager
async def running(
    world: World, name: str, *arguments: str, program: Sequence[str] = (), **settings: str
) -> AsyncIterator[Process]:
    """Run `gateway serve`, or another program of the tests; at the end it drains."""
    program = program or ("-m", "gateway", "serve", "--port", "0")
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, *program, *arguments),
        env=environment(world, name) | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    process = Process(child)
    async with asyncio.TaskGroup() as readers:
        readers.create_task(_keep(child.stdout, process.written))
        readers.create_task(_keep(child.stderr, process.errors))
        try:
            yield process
        finally:
            if child.returncode is None:
                child.terminate()
            await process.ended()


def environment(world: World, name: str) -> dict[str, str]:
    """Return what tells a gateway process about the world; nothing of ours is inherited."""
    settings = world.settings
    return {
        "PATH": os.environ["PATH"],
        "GATEWAY_INSTANCE": name,
        "GATEWAY_DATABASE_URL": world.url,
        **{f"GATEWAY_{bank.upper()}_BASE_URL": url for bank, url in world.sandbox.urls.items()},
        **{f"GATEWAY_{name.upper()}": str(getattr(settings, name)) for name in LIMITS},
        "GATEWAY_TIME_SCALE": str(settings.time_scale),
        "GATEWAY_CLOCK_SHIFT_S": str(settings.clock_shift_s),
        **{
            f"GATEWAY_{name.upper()}": getattr(settings, name).get_secret_value()
            for name in SECRETS
        },
    }


async def _keep(stream: asyncio.StreamReader | None, lines: list[str]) -> None:
    assert stream is not None
    while line := await stream.readline():
        lines.append(line.decode())


async def all_at_rest(owner: Any) -> bool:
    return not await owner.fetchval(
        "SELECT count(*) FROM transfers"
        " WHERE state NOT IN ('settled', 'rejected', 'cancelled', 'returned', 'review')"
    )


async def check_all(world: World, owner: Any) -> dict[str, str]:
    """Bring everything to rest and hold all books together; return the state of each key.

    On top of the world's oracle: what the bank booked has a transfer here.
    """
    async with world.process(name="oracle") as gateway:
        await until(lambda: all_at_rest(owner))
        rows = await owner.fetch("SELECT * FROM transfers")
        await world.check(gateway, *(read_transfer(row) for row in rows))
    references = {row["reference"] for row in rows}
    for bank in world.sandbox.urls:
        for movement in (await world.books(BankCode(bank)))["movements"]:
            assert movement["reference"] in references
    keys = await owner.fetch(
        "SELECT k.key, t.state FROM idempotency_keys k"
        " JOIN transfers t ON t.member_id = k.member_id AND t.id = k.resource_id"
    )
    assert len(keys) == len(rows)
    return {row["key"]: str(row["state"]) for row in keys}
