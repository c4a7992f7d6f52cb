"""A client's address for callbacks, which answers as it is told to."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.sandbox.mufg.documents import message_of, read

PATIENCE_S = 5
SECRET = b"sandbox-mufg-callback-secret"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery, with the only entry that its document holds."""

    body: bytes
    signature: str
    content_type: str

    @property
    def is_signed(self) -> bool:
        digest = hmac.digest(SECRET, self.body, hashlib.sha256)
        return base64.b64decode(self.signature, validate=True) == digest

    @property
    def notification(self) -> Any:
        assert message_of(self.body) == "camt.054.001.02"
        assert self.content_type == "application/xml; charset=utf-8"
        return read(self.body).bk_to_cstmr_dbt_cdt_ntfctn

    @property
    def entry(self) -> Any:
        (found,) = self.notification.ntfctn[0].ntry
        return found

    @property
    def reference(self) -> str:
        return str(self.entry.ntry_dtls[0].tx_dtls[0].refs.end_to_end_id)


@dataclass(slots=True)
class Receiver:
    """Takes what is delivered, answering with the statuses given."""

    statuses: list[int] = field(default_factory=list)
    deliveries: "asyncio.Queue[Delivered]" = field(default_factory=asyncio.Queue)
    url: str = ""

    async def receive(self, request: web.Request) -> web.Response:
        headers = request.headers
        delivered = Delivered(await request.read(), headers["X-Signature"], headers["Content-Type"])
        self.deliveries.put_nowait(delivered)
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)

    async def next(self) -> Delivered:
        async with asyncio.timeout(PATIENCE_S):
            return await self.deliveries.get()


@asynccontextmanager
async def listening() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/callbacks/mufg", receiver.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/callbacks/mufg"
    try:
        yield receiver
    finally:
        await runner.cleanup()
