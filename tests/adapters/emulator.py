"""An emulated bank as a test sees it: its control API, its books, and a place for its callbacks."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web


@dataclass(frozen=True, slots=True)
class Emulator:
    url: str
    client: aiohttp.ClientSession

    async def put(self, what: str, value: object) -> None:
        async with self.client.put(f"{self.url}/_sandbox/{what}", json=value) as answer:
            assert answer.status == 200, await answer.text()

    async def post(self, what: str, value: object) -> None:
        async with self.client.post(f"{self.url}/_sandbox/{what}", json=value) as answer:
            assert answer.status == 200, await answer.text()

    async def fault(self, operation: str, kind: str, *, times: int = 1, **more: object) -> None:
        """Let the next `times` calls of an operation go wrong."""
        action = {"kind": kind, **more}
        await self.put("faults", [{"operation": operation, "times": times, "action": action}])

    async def movements(self) -> list[dict[str, Any]]:
        async with self.client.get(f"{self.url}/_sandbox/ledger") as answer:
            movements: list[dict[str, Any]] = (await answer.json())["movements"]
            return movements

    async def booked(self, reference: str) -> list[tuple[str, int]]:
        """Return kind and amount of every movement under a reference."""
        return [
            (movement["kind"], movement["amount"])
            for movement in await self.movements()
            if movement["reference"] == reference
        ]


@asynccontextmanager
async def emulator_at(url: str) -> AsyncIterator[Emulator]:
    async with aiohttp.ClientSession() as client:
        yield Emulator(url, client)


@dataclass(slots=True)
class Letterbox:
    """Where a bank's callbacks arrive."""

    url: str = ""
    letters: asyncio.Queue[tuple[Mapping[str, str], bytes]] = field(default_factory=asyncio.Queue)

    async def take(self) -> tuple[Mapping[str, str], bytes]:
        async with asyncio.timeout(10):
            return await self.letters.get()


@asynccontextmanager
async def letterbox() -> AsyncIterator[Letterbox]:
    box = Letterbox()

    async def receive(request: web.Request) -> web.Response:
        box.letters.put_nowait((request.headers, await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    box.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield box
    finally:
        await runner.cleanup()
