"""The lender's callback address: takes what みずほ delivers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.sandbox.mizuho.lender import digest, text_of

PATIENCE_S = 5


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery as it came."""

    body: bytes
    digest: str
    content_type: str

    @property
    def is_authentic(self) -> bool:
        return self.digest == digest(self.body)

    @property
    def record(self) -> str:
        return text_of(self.body[:-2])

    @property
    def reference(self) -> str:
        return self.record[91:111]

    @property
    def result(self) -> str:
        return self.record[111:118]


@dataclass(slots=True)
class Receiver:
    """Takes deliveries, answering with the statuses given, then 200."""

    statuses: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    deliveries: "asyncio.Queue[Delivered]" = field(default_factory=asyncio.Queue)
    url: str = ""

    async def receive(self, request: web.Request) -> web.Response:
        self.times.append(asyncio.get_running_loop().time())
        headers = request.headers
        self.deliveries.put_nowait(
            Delivered(await request.read(), headers["X-Digest"], headers["Content-Type"])
        )
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def next(self) -> Delivered:
        async with asyncio.timeout(PATIENCE_S):
            return await self.deliveries.get()

    async def gets_nothing_for(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.deliveries.get()
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def listening() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/callbacks/mizuho", receiver.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/callbacks/mizuho"
    try:
        yield receiver
    finally:
        await runner.cleanup()
