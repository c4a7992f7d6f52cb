"""Two gateway processes on one database; one is killed with SIGKILL at a named point."""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from gateway.domain.account import AccountType, BankCode
from gateway.domain.identifier import public_id
from gateway.domain.money import Yen
from gateway.domain.ports import Point
from gateway.services.enrol_member import Enrolment, enrol_member
from gateway.services.register_account import AccountRequest, register_account
from gateway.store.transfers import find_transfer
from tests.flows.world import TIME_SCALE, World, open_world, transfer_id_of

UP_WITHIN_S = 30
END_WITHIN_S = 30
LOST = [{"operation": "submit", "action": {"kind": "drop_after"}}]
THROTTLED = [{"operation": "submit", "action": {"kind": "code", "code": "TOO_MANY_REQUESTS"}}]
# point: the fault that leads there, and the point of an earlier death where one is needed.
WAYS: Mapping[Point, tuple[list[dict[str, Any]], Point | None]] = {
    Point.ACCEPT_BEFORE_WRITE: ([], None),
    Point.ACCEPT_AFTER_WRITE: ([], None),
    Point.CLAIM_BEFORE_WRITE: (THROTTLED, None),
    Point.CLAIM_AFTER_WRITE: (THROTTLED, None),
    Point.SUBMIT_BEFORE_SLOT: ([], None),
    Point.SUBMIT_BEFORE_REQUEST: ([], None),
    Point.SUBMIT_HEADERS_SENT: ([], None),
    Point.SUBMIT_ANSWER_BEGUN: ([], None),
    Point.SUBMIT_ANSWERED: ([], None),
    Point.RECORD_BEFORE_WRITE: ([], None),
    Point.RECORD_AFTER_WRITE: ([], None),
    Point.INQUIRY_CLAIMED: (LOST, None),
    Point.INQUIRY_BEFORE_REQUEST: (LOST, None),
    Point.INQUIRY_ANSWERED: (LOST, None),
    Point.RECOVERY_BEFORE_WRITE: ([], Point.SUBMIT_BEFORE_REQUEST),
    Point.RECOVERY_AFTER_WRITE: ([], Point.SUBMIT_ANSWERED),
}


@dataclass
class Process:
    """A `gateway serve` in a process of its own."""

    child: asyncio.subprocess.Process
    address: asyncio.Future[str]
    reader: asyncio.Task[None]

    async def killed(self) -> None:
        """Wait for the death that was ordered."""
        async with asyncio.timeout(END_WITHIN_S):
            assert await self.child.wait() == -signal.SIGKILL

    async def up(self) -> str:
        """Return the address once it listens."""
        async with asyncio.timeout(UP_WITHIN_S):
            return await self.address


@dataclass(frozen=True)
class Ask:
    """One request for 10,000 yen, the same wherever it is sent."""

    account_id: str
    headers: dict[str, str]

    def post(
        self, client: aiohttp.ClientSession, address: str
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        body = {"account_id": self.account_id, "amount": 10_000, "again": True}
        return client.post(f"{address}/v1/transfers", json=body, headers=self.headers)


@asynccontextmanager
async def running(
    world: World, name: str, *, role: str = "all", crash_at: Point | None = None
) -> AsyncIterator[Process]:
    """Run `gateway serve`; at the end it drains, unless it has died."""
    measured = {name: os.environ[name] for name in os.environ if name.startswith("COVERAGE")}
    banks = {f"GATEWAY_{bank.upper()}_BASE_URL": url for bank, url in world.sandbox.urls.items()}
    environment = (
        measured
        | banks
        | {
            "PATH": os.environ["PATH"],
            "GATEWAY_INSTANCE": name,
            "GATEWAY_DATABASE_URL": world.url,
            "GATEWAY_TIME_SCALE": str(TIME_SCALE),
            "GATEWAY_CLOCK_SHIFT_S": str(world.settings.clock_shift_s),
            "GATEWAY_CRASH_AT": f"{crash_at}:1" if crash_at else "",
        }
    )
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "serve", "--port", "0", "--role", role),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    process = Process(child, address, asyncio.create_task(_read_log(child, address)))
    try:
        yield process
    finally:
        if child.returncode is None:
            child.terminate()
        async with asyncio.timeout(END_WITHIN_S):
            await child.wait()
            await process.reader
        address.cancel()


async def _read_log(child: asyncio.subprocess.Process, address: asyncio.Future[str]) -> None:
    assert child.stdout is not None
    async for line in child.stdout:
        record = json.loads(line)
        if record["event"] == "gateway.started":
            address.set_result(f"http://127.0.0.1:{record['port']}")


async def log_in(client: aiohttp.ClientSession, address: str) -> dict[str, str]:
    body = {"method": "member_number", "member_number": "10000001", "pin": "2468"}
    async with client.post(f"{address}/v1/sessions", json=body) as answer:
        assert answer.status == 201, await answer.text()
        return {"Authorization": f"Bearer {(await answer.json())['token']}"}


async def until_at_rest(
    client: aiohttp.ClientSession, address: str, transfer_id: str, headers: dict[str, str]
) -> str:
    """Follow a transfer over HTTP to its final state."""
    url = f"{address}/v1/transfers/{transfer_id}"
    async with asyncio.timeout(END_WITHIN_S):
        while True:
            async with client.get(url, headers=headers | {"Prefer": "wait=5"}) as answer:
                transfer = await answer.json()
            if transfer["is_final"] or transfer["state"] == "review":
                return str(transfer["state"])


async def enrol(world: World) -> str:
    """Enrol the member with an account; return the account's public id."""
    async with world.process(name="enrolment") as gateway:
        member = await enrol_member(
            gateway.office,
            gateway.pins,
            Enrolment("10000001", "ﾔﾏﾀﾞ ﾀﾛｳ", "2468", Yen(100_000)),
        )
        wanted = AccountRequest(
            member, BankCode.SMBC, "001", AccountType.ORDINARY, "1234567", holder=None
        )
        return public_id("ac", (await register_account(gateway.desk, wanted)).id)


async def kill_at(
    world: World, client: aiohttp.ClientSession, point: Point, ask: Ask | None
) -> None:
    """Run a process until it dies at `point`: while it starts, or once it was asked."""
    async with running(world, "a", crash_at=point) as process:
        if ask is not None:
            address = await process.up()
            with suppress(aiohttp.ClientError):
                async with ask.post(client, address) as answer:
                    await answer.read()
        await process.killed()


@pytest.mark.parametrize("point", WAYS)
async def test_a_process_killed_at_a_named_point_loses_nothing_and_pays_nothing_twice(
    database_url: str, owner, point: Point
) -> None:
    rules, earlier = WAYS[point]
    async with (
        open_world(database_url, owner) as world,
        aiohttp.ClientSession() as client,
    ):
        account_id = await enrol(world)
        await world.put("faults", rules)
        async with running(world, "b", role="api") as other:
            address = await other.up()
            headers = await log_in(client, address)
            ask = Ask(account_id, headers | {"Idempotency-Key": secrets.token_hex(16)})

            await kill_at(world, client, earlier or point, ask)
            if earlier is not None:
                await kill_at(world, client, point, None)
            async with running(world, "a") as again:
                await again.up()
                async with ask.post(client, address) as answer:
                    assert answer.status == 202
                    transfer = await answer.json()
                state = await until_at_rest(client, address, transfer["id"], headers)

        async with world.process(name="oracle") as gateway:
            (member,) = [row["member_id"] for row in await owner.fetch("SELECT * FROM members")]
            found = await find_transfer(
                gateway.desk.db, member_id=member, transfer_id=transfer_id_of(transfer["id"])
            )
            assert found is not None
            await world.check(gateway, found)
    assert state == "settled"


async def test_a_gateway_told_to_stop_drains_and_ends_well(database_url: str, owner) -> None:
    async with open_world(database_url, owner) as world, running(world, "a") as process:
        await process.up()

        process.child.terminate()

        async with asyncio.timeout(10):
            assert await process.child.wait() == 0


async def test_a_second_process_under_the_same_name_is_refused(database_url: str, owner) -> None:
    async with open_world(database_url, owner) as world, running(world, "a") as process:
        await process.up()

        async with running(world, "a") as second, asyncio.timeout(UP_WITHIN_S):
            assert await second.child.wait() == 1
