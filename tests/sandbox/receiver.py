"""A receiver of the bank's calls on a free port."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.sandbox.lender import Json

PATIENCE_S = 5


@dataclass(slots=True)
class Receiver:
    """Takes what is delivered, answering with the statuses given."""

    statuses: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    deliveries: "asyncio.Queue[tuple[bytes, str]]" = field(default_factory=asyncio.Queue)
    url: str = ""

    async def receive(self, request: web.Request) -> web.Response:
        self.times.append(asyncio.get_running_loop().time())
        self.deliveries.put_nowait((await request.read(), request.headers["X-Jws-Signature"]))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)

    async def next(self) -> tuple[Json, str, bytes]:
        async with asyncio.timeout(PATIENCE_S):
            body, signature = await self.deliveries.get()
        return json.loads(body), signature, body


@asynccontextmanager
async def listening() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/callbacks/smbc", receiver.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/callbacks/smbc"
    try:
        yield receiver
    finally:
        await runner.cleanup()
