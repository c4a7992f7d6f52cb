"""Repayments at all banks through two processes, every bank misbehaving, and SIGKILL amid them."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest

from gateway.adapters.registry import BANKS
from gateway.conformance.emulator import Emulator
from gateway.demo.stage import DEMO_BRANCHES
from gateway.domain.account import BankCode
from gateway.domain.outcome import Redirect
from tests.flows.chaos import FAULTS, begin_faults, end_faults
from tests.flows.paying import check_payments, free_port
from tests.flows.serving import Caller, Reply, call, calling, new_key, running, until
from tests.flows.test_killed import accounts_everywhere
from tests.flows.world import World, open_world

REPAYMENTS, BORROWED, PAID = 15, 5_000, 300
SETTLED = "SELECT count(*) FROM repayments WHERE state = 'settled'"


@dataclass(frozen=True, slots=True)
class Page:
    """A member's page that tries one gateway after the other, and pays at the bank's."""

    world: World
    caller: Caller
    addresses: tuple[str, ...]
    home: str

    async def pay_back(self, bank: BankCode) -> None:
        """Ask, approve on the bank's page as soon as it is open, and let the browser come back."""
        while (shown := await self._opened(bank)) is None:
            pass
        way = Redirect(shown["url"], tuple(shown["fields"].items()), shown["charset"])
        back = await self._approved(bank, way)
        # The browser may meet a gateway that is gone: then nobody comes back, and that is all.
        with suppress(aiohttp.ClientError):
            await call(self.world.control, "GET", back, allow_redirects=False)

    async def _opened(self, bank: BankCode) -> Any:
        """Return where the bank opened it; None if it could not be started in time."""
        wish = {"kind": "amount", "amount": PAID, "bank": bank, "return_url": self.home}
        wish |= {"beside_open": True}
        headers = {"Idempotency-Key": new_key()}
        asked = await self._tried("POST", "/v1/repayments", json=wish, headers=headers)
        while asked.body["redirect"] is None and not asked.body["is_final"]:
            asked = await self._tried("GET", f"/v1/repayments/{asked.body['id']}")
        return asked.body["redirect"]

    async def _approved(self, bank: BankCode, way: Redirect) -> str:
        """Reload the bank's page until the payer got through; return where it sends the browser."""
        emulator = Emulator(self.world.sandbox.urls[bank], self.world.control)
        for _ in range(100):
            with suppress(aiohttp.ClientError, RuntimeError):
                return await emulator.decide_on_page(way, DEMO_BRANCHES.get(bank, "001"), "approve")
            await asyncio.sleep(0.05)
        raise AssertionError(f"{bank} has no page")

    async def _tried(self, method: str, path: str, **options: Any) -> Reply:
        """Call until a gateway answers, always with the same request."""
        options["headers"] = self.caller.headers | options.get("headers", {})
        for attempt in range(200):
            address = self.addresses[attempt % len(self.addresses)]
            with suppress(aiohttp.ClientError):
                reply = await call(self.caller.session, method, address + path, **options)
                if reply.status < 300:
                    return reply
                assert reply.status >= 500, reply.text
            await asyncio.sleep(0.05)
        raise AssertionError(f"nobody answers {path}")


@pytest.mark.timeout(180)
async def test_a_process_killed_amid_repayments_at_all_banks_loses_nothing(
    database_url: str, owner: Any
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    reached = {"GATEWAY_PUBLIC_URL": address, "GATEWAY_REPAYMENT_RETURN_URLS": address}
    async with open_world(database_url, owner, banks=tuple(BANKS)) as world:
        accounts = await accounts_everywhere(world, owner)
        async with (
            running(world, "survivor", "--port", str(port), **reached) as survivor,
            running(world, "mortal", **reached) as mortal,
            calling(await survivor.up(), "") as caller,
        ):
            for account in accounts.values():
                lent = await replace(caller, account_id=account).ask(
                    new_key(), amount=BORROWED, wait_s=10
                )
                assert lent.body["state"] == "settled"
            await begin_faults(world, 7, FAULTS)
            addresses = (await survivor.up(), await mortal.up())
            begun = mortal.count("bank.answered")
            pages = [Page(world, caller, way, address) for way in (addresses, addresses[::-1])]
            paying = [
                asyncio.create_task(pages[number % 2].pay_back(list(BANKS)[number % len(BANKS)]))
                for number in range(REPAYMENTS)
            ]

            async def has_asked_some() -> bool:
                return mortal.count("bank.answered") >= begun + 8

            await until(has_asked_some)
            mortal.child.kill()
            await asyncio.gather(*paying)
            async with running(world, "mortal", **reached) as again:
                await again.up()
                await until(lambda: all_settled(owner))
                await end_faults(world)
        async with world.process(name="oracle") as gateway:
            await world.check(gateway)
            await check_payments(world)

    owed = await owner.fetchval("SELECT sum(principal) FROM loans")
    assert owed == len(BANKS) * BORROWED - REPAYMENTS * PAID


async def all_settled(owner: Any) -> bool:
    return bool(await owner.fetchval(SETTLED) == REPAYMENTS)
