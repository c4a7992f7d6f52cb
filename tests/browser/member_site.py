"""The lender's member site, as little of it as a payer's browser passes through."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import escape

from aiohttp import web

from gateway.domain.outcome import Redirect

BACK = "/repaid"
_PAGE = """<!doctype html><html lang="ja"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>会員ページ</title>{body}"""


@dataclass(slots=True)
class MemberSite:
    """Leads to the bank from `/pay`; `came_back` is with what the browser returned."""

    redirect: Redirect | None = None
    address: str = ""
    came_back: str | None = None

    async def pay(self, _: web.Request) -> web.Response:
        assert self.redirect is not None
        return _shown(_way(self.redirect))

    async def back(self, request: web.Request) -> web.Response:
        self.came_back = request.path_qs
        return _shown("<h1>ご返済の受付</h1>")


def _way(to: Redirect) -> str:
    """Return a link, or a form in the charset that the bank reads."""
    if not to.fields:
        return f'<a id="pay" href="{escape(to.url)}">銀行へ</a>'
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in to.fields
    )
    form = f'<form method="post" action="{escape(to.url)}" accept-charset="{to.charset}">'
    return f'{form}{fields}<button id="pay">銀行へ</button></form>'


def _shown(body: str) -> web.Response:
    return web.Response(text=_PAGE.format(body=body), content_type="text/html")


@asynccontextmanager
async def member_site() -> AsyncIterator[MemberSite]:
    """Serve it on loopback for as long as the block lasts."""
    site = MemberSite()
    app = web.Application()
    app.router.add_get("/pay", site.pay)
    app.router.add_get(BACK, site.back)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        site.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield site
    finally:
        await runner.cleanup()
