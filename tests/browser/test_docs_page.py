"""The page of the API in a real browser: it is drawn, asks nobody else, and breaks no policy."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.http import description
from gateway.http.core import ROUTES
from tests.browser.chromium import Page

LISTEN = """
window.broken = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.broken.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""
ONE = "#operations-transfers-createTransfer"
ASKED = "performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)"
ASKED_WHERE = (
    "[...new Set(performance.getEntriesByType('resource').map((e) => new URL(e.name).origin))]"
)


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """The routes of the page, and nothing else of the gateway."""
    app = web.Application()
    app[description.FILES] = dict(await asyncio.to_thread(description.files_of, ROUTES, below=""))
    app.add_routes(
        route.registered() for route in ROUTES if route.path.startswith(("/docs", "/openapi"))
    )
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_the_operations_are_drawn_without_anybody_else_and_within_the_policy(
    page: Page, address: str
) -> None:
    operations = [route.operation for route in ROUTES if route.operation is not None]
    await page.call("Page.enable")
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=LISTEN)

    await page.open(f"{address}/docs")
    await page.until(f"document.querySelectorAll('.opblock').length === {len(operations)}")
    await page.see(f"document.querySelector('{ONE} .opblock-summary-control').click()")
    await page.shows(f"{ONE} .responses-table")
    shown = await page.see(f"document.querySelector('{ONE}').innerText")

    assert "quote_outdated" in shown
    assert await page.see("window.broken") == []
    assert await page.see(ASKED_WHERE) == [address]
    assert set(await page.see(ASKED)) == {
        "/docs/swagger-ui.css",
        "/docs/swagger-ui-bundle.js",
        "/docs/start.js",
        "/openapi.json",
    }
