"""Stands between the gateway and one bank, and spoils the statements that pass through."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web

STATEMENT = re.compile(r"/(statements/|meisai|settlement-account/)")
OF_ONE_HOP = {"host", "connection", "content-length", "transfer-encoding", "keep-alive"}


@dataclass(slots=True)
class SpoilingProxy:
    """Passes everything on to `target`, statements by way of `spoil`."""

    client: aiohttp.ClientSession
    url: str = ""
    target: str = ""
    spoil: Callable[[bytes], bytes] = bytes

    async def pass_on(self, request: web.Request) -> web.Response:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in OF_ONE_HOP}
        async with self.client.request(
            request.method,
            f"{self.target}{request.raw_path}",
            data=await request.read(),
            headers=headers,
            allow_redirects=False,
        ) as answer:
            body = await answer.read()
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in OF_ONE_HOP}
            if STATEMENT.search(request.path):
                body = self.spoil(body)
            return web.Response(status=answer.status, body=body, headers=kept)


@asynccontextmanager
async def spoiling_proxy() -> AsyncIterator[SpoilingProxy]:
    """Listen on loopback for as long as the block lasts."""
    async with aiohttp.ClientSession(auto_decompress=False) as client:
        proxy = SpoilingProxy(client)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", proxy.pass_on)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield proxy
        finally:
            await runner.cleanup()
