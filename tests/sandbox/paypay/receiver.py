"""The shop's side of a callback: takes what is delivered and answers as it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.sandbox.paypay.shop import FORM, is_sealed, read_form

PATIENCE_S = 5
Answer = tuple[int, str]


@dataclass(slots=True)
class Receiver:
    """`answers` are given in turn, then OK for ever."""

    answers: list[Answer] = field(default_factory=list)
    deliveries: "asyncio.Queue[dict[str, str]]" = field(default_factory=asyncio.Queue)
    url: str = ""

    async def receive(self, request: web.Request) -> web.Response:
        assert request.headers["Content-Type"] == FORM
        self.deliveries.put_nowait(read_form(await request.read()))
        status, text = self.answers.pop(0) if self.answers else (200, " OK\r\n")
        return web.Response(status=status, text=text)

    async def next(self) -> dict[str, str]:
        async with asyncio.timeout(PATIENCE_S):
            return await self.deliveries.get()

    async def is_quiet_for(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.deliveries.get()
        except TimeoutError:
            return True
        return False


def what_it_says(callback: dict[str, str]) -> dict[str, str]:
    """Return a genuine callback without what every message carries."""
    assert is_sealed(callback)
    carried = {"DATETIME", "NONCE", "MAC"}
    assert carried <= callback.keys()
    return {key: value for key, value in callback.items() if key not in carried}


@asynccontextmanager
async def listening() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/callbacks/paypay", receiver.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/callbacks/paypay"
    try:
        yield receiver
    finally:
        await runner.cleanup()
