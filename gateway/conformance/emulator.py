"""The bank's emulator as the kit sees it: control API, books, callbacks, and a payer's browser."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote, urljoin

import aiohttp
from aiohttp import web

from gateway.domain.outcome import Redirect

WITHIN_S = 10
Letter = tuple[Mapping[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Emulator:
    """One emulated bank, by its control API."""

    url: str
    client: aiohttp.ClientSession

    async def put(self, what: str, value: object) -> None:
        """Change something; RuntimeError says why the emulator would not."""
        await self._call("PUT", what, value)

    async def post(self, what: str, value: object) -> None:
        """Do something; RuntimeError says why the emulator would not."""
        await self._call("POST", what, value)

    async def fault(self, operation: str, kind: str, *, times: int = 1, **more: object) -> None:
        """Let the next `times` calls of an operation go wrong (0: all of them)."""
        action = {"kind": kind, **more}
        await self.put("faults", [{"operation": operation, "times": times, "action": action}])

    async def movements(self) -> list[dict[str, Any]]:
        """Return every movement in the bank's books, in booking order."""
        async with self.client.get(f"{self.url}/_sandbox/ledger") as answer:
            found: list[dict[str, Any]] = (await answer.json())["movements"]
            return found

    async def booked(self, reference: str) -> list[tuple[str, int]]:
        """Return kind and amount of every movement under a reference."""
        return [
            (found["kind"], found["amount"])
            for found in await self.movements()
            if found["reference"] == reference
        ]

    async def visit(self, redirect: Redirect) -> tuple[int, str]:
        """Go where a payer's browser is sent; return the status and the page."""
        if not redirect.fields:
            async with self.client.get(redirect.url) as answer:
                return answer.status, await answer.text()
        form = "&".join(
            f"{quote(name)}={quote(value.encode(redirect.charset), safe='')}"
            for name, value in redirect.fields
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with self.client.post(redirect.url, data=form.encode(), headers=headers) as answer:
            return answer.status, await answer.text()

    async def decide_on_page(self, redirect: Redirect, branch: str, action: str) -> str:
        """Approve or decline on the page as the demo account's holder; return the way back."""
        page = await self._page(redirect)
        return await self._post(page, branch, "demo1234", action)

    async def fail_to_log_in(self, redirect: Redirect, branch: str) -> None:
        """Give a wrong password three times."""
        page = await self._page(redirect)
        for _ in range(3):
            await self._post(page, branch, "wrong", "approve")

    async def _page(self, redirect: Redirect) -> str:
        """Return the address that the form of the approval page is posted to."""
        _, page = await self.visit(redirect)
        found = re.search(r'<form[^>]* action="([^"]+)"', page)
        if found is None:
            raise RuntimeError("the approval page has no form")
        return urljoin(redirect.url, unescape(found[1]))

    async def _post(self, page: str, branch: str, password: str, action: str) -> str:
        form = {"branch": branch, "number": "1234567", "password": password, "action": action}
        async with self.client.post(page, data=form, allow_redirects=False) as answer:
            return answer.headers.get("Location", "")

    async def _call(self, method: str, what: str, value: object) -> None:
        url = f"{self.url}/_sandbox/{what}"
        async with self.client.request(method, url, json=value) as answer:
            if answer.status != web.HTTPOk.status_code:
                raise RuntimeError(f"{method} {what}: {answer.status} {await answer.text()}")


@dataclass(slots=True)
class Letterbox:
    """Where the bank's callbacks arrive; each is taken with the answer that any bank wants."""

    url: str = ""
    letters: asyncio.Queue[Letter] = field(default_factory=asyncio.Queue)

    async def take(self, *, within_s: float = WITHIN_S) -> Letter:
        """Return the next one; TimeoutError if none comes in time."""
        async with asyncio.timeout(within_s):
            return await self.letters.get()


@asynccontextmanager
async def letterbox() -> AsyncIterator[Letterbox]:
    """Listen on loopback for as long as the block lasts."""
    box = Letterbox()

    async def receive(request: web.Request) -> web.Response:
        box.letters.put_nowait((request.headers, await request.read()))
        return web.Response(text="OK")

    app = web.Application()
    app.router.add_post("/callbacks", receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    box.url = f"http://127.0.0.1:{runner.addresses[0][1]}/callbacks"
    try:
        yield box
    finally:
        await runner.cleanup()
