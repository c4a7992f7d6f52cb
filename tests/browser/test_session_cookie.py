"""A page of the lender's in a real browser: signed in by a cookie, told what happens by it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.demo.stage import MEMBER_NUMBER, MEMBER_PIN, Stage, open_stage
from gateway.ops.clock import SystemClock, shift_to
from tests.browser.chromium import Page
from tests.browser.member_site import member_site
from tests.manual_clock import START

CREDENTIALS = {"method": "member_number", "member_number": MEMBER_NUMBER, "pin": MEMBER_PIN}
MEMBER = """
const base = %s;
const call = async (method, path, body, more) => {
  const headers = { "Content-Type": "application/json", ...more };
  const answer = await fetch(base + path, {
    method, headers, credentials: "include", ...(body && { body: JSON.stringify(body) }),
  });
  return answer.status === 204 ? 204 : answer.json();
};
window.told = [];
window.found = null;
(async () => {
  await call("POST", "/v1/sessions", { ...%s, as_cookie: true });
  const events = new EventSource(base + "/v1/events", { withCredentials: true });
  for (const kind of ["transfer.accepted", "transfer.settled"])
    events.addEventListener(kind, () => window.told.push(kind));
  await new Promise((done) => events.addEventListener("open", done));
  const account_id = (await call("GET", "/v1/accounts")).items[0].id;
  const key = { "Idempotency-Key": crypto.randomUUID() };
  await call("POST", "/v1/transfers", { account_id, amount: 3000 }, key);
})().catch((error) => { window.told.push(String(error)); });
"""
LEAVE = """
(async () => {
  const out = await call("DELETE", "/v1/sessions");
  window.found = [out, (await call("GET", "/v1/loan")).code];
})();
"""


@asynccontextmanager
async def opened(database_url: str, directory: Path, listed: str | None) -> AsyncIterator[Stage]:
    """Run the gateway and the banks on an instant at which both are open."""
    settings = Settings.model_validate(
        {
            "data_dir": directory,
            "database_url": database_url,
            "port": 0,
            "cors_origins": () if listed is None else (listed,),
        }
    )
    clock = SystemClock(shift_to(START))
    async with open_stage(settings, clock=clock, sandbox_port=0, books_dir=None) as stage:
        yield stage


async def is_a_members(page: Page, base: str) -> None:
    """Sign in, ask for cash, be told; find no cookie to read; sign out, and be out."""
    await page.see(MEMBER % (json.dumps(base), json.dumps(CREDENTIALS)))
    await page.until("window.told.length >= 2")

    assert await page.see("window.told") == ["transfer.accepted", "transfer.settled"]
    assert await page.see("document.cookie") == ""
    await page.see(LEAVE)
    assert await page.until("window.found") == [204, "session_missing"]


async def test_no_script_reads_the_cookie_and_events_come_by_it(
    page: Page, database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url, tmp_path, None) as stage:
        await page.open(f"{stage.address}/docs")
        await page.shows("#page")

        await is_a_members(page, stage.address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_page_of_a_listed_origin_of_the_same_site_does_the_same(
    page: Page, database_url: str, tmp_path: Path, host: str
) -> None:
    async with member_site() as site:
        own = site.address.replace("127.0.0.1", host)
        async with opened(database_url, tmp_path, own) as stage:
            await page.open(f"{own}/repaid")
            await page.shows("h1")

            await is_a_members(page, stage.address.replace("127.0.0.1", host))


@pytest.mark.parametrize("listed", [None, "http://localhost:1"])
async def test_a_page_that_is_not_listed_gets_no_session(
    page: Page, database_url: str, tmp_path: Path, listed: str | None
) -> None:
    async with member_site() as site, opened(database_url, tmp_path, listed) as stage:
        await page.open(f"{site.address}/repaid")
        await page.shows("h1")

        await page.see(MEMBER % (json.dumps(stage.address), json.dumps(CREDENTIALS)))

        assert await page.until("window.told[0]") == "TypeError: Failed to fetch"
