"""Every bank's approval page in a real browser: by keyboard, by thumb, without any script."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from gateway.conformance.rig import Rig, open_rig
from gateway.conformance.suite import EXPECTED
from gateway.domain.account import BankCode
from gateway.domain.bank import CollectionOrder
from gateway.domain.outcome import Authorizing, Paid, Pending, Rejected
from gateway.domain.reason import Reason
from tests.browser.chromium import Page
from tests.browser.member_site import BACK, MemberSite, member_site

PASSWORD = "demo1234"
AT_HOME = f"location.pathname === '{BACK}'"
every_bank = pytest.mark.parametrize("bank", list(BankCode))


@dataclass(frozen=True, slots=True)
class Visit:
    """A payer in front of the member site, who is about to go to the bank."""

    page: Page
    rig: Rig
    site: MemberSite
    order: CollectionOrder

    async def go_to_the_bank(self) -> None:
        """Follow the link, or post the form, by keyboard; wait for the bank's page."""
        await self.page.open(f"{self.site.address}/pay")
        await self.page.shows("#pay")
        await self.page.press("Tab")
        await self.page.press("Enter")
        await self.page.shows("[name=branch]")

    async def log_in(self, password: str = PASSWORD) -> None:
        """Fill in the three fields by keyboard, from the top of the page."""
        for text in (self.rig.expected.branch, "1234567", password):
            await self.page.press("Tab")
            await self.page.type(text)

    async def became(self) -> object:
        outcome = await self.rig.until(
            lambda: self.rig.bank.inquire_collection(self.order),
            lambda asked: not isinstance(asked, Pending),
        )
        return replace(outcome, bank_id=None) if isinstance(outcome, Paid) else outcome


@asynccontextmanager
async def visiting(page: Page, bank: BankCode) -> AsyncIterator[Visit]:
    """Start a collection, and put its way to the bank on the member site."""
    async with open_rig(EXPECTED[bank], time_scale=0.05) as rig, member_site() as site:
        order = replace(rig.collection(), return_url=f"{site.address}{BACK}?visit=1")
        started = (await rig.bank.start_collection(order)).outcome
        assert isinstance(started, Authorizing)
        site.redirect = started.redirect
        yield Visit(page, rig, site, order)


@every_bank
async def test_a_payer_approves_by_keyboard_and_comes_back(page: Page, bank: BankCode) -> None:
    async with visiting(page, bank) as visit:
        await visit.go_to_the_bank()
        assert "10,000円" in await page.see("document.querySelector('.amount').innerText")
        await visit.log_in()
        await page.press("Tab")
        assert await page.see("document.activeElement.innerText") == "承認"
        await page.press("Enter")
        await page.until(AT_HOME)

        assert isinstance(await visit.became(), Paid)
        assert await visit.rig.emulator.booked(visit.order.reference) == [("collection", 10_000)]
        assert visit.site.came_back is not None
        assert visit.site.came_back.startswith(f"{BACK}?visit=1&")


@every_bank
async def test_a_payer_leaves_by_keyboard_without_logging_in(page: Page, bank: BankCode) -> None:
    async with visiting(page, bank) as visit:
        await visit.go_to_the_bank()
        await page.press("Tab", times=5)
        assert await page.see("document.activeElement.innerText") == "やめる"
        await page.press("Enter")
        await page.until(AT_HOME)

        assert await visit.became() == Rejected(Reason.PAYER_CANCELLED)
        assert await visit.rig.emulator.booked(visit.order.reference) == []


async def test_on_a_phone_nothing_is_cut_off_and_a_thumb_finds_every_button(page: Page) -> None:
    async with visiting(page, BankCode.SMBC) as visit:
        await page.be_a_phone()
        await visit.go_to_the_bank()
        width = await page.see("document.documentElement.scrollWidth")
        heights = await page.see(
            "[...document.querySelectorAll('input, button')].map(one => one.offsetHeight)"
        )
        for name, text in (("branch", "００１"), ("number", "1234567"), ("password", PASSWORD)):
            await page.tap(f"[name={name}]")
            await page.type(text)
        await page.tap("button[value=approve]")
        await page.until(AT_HOME)

        assert width <= 360
        assert min(heights) >= 44
        assert isinstance(await visit.became(), Paid)


async def test_a_wrong_password_is_told_and_the_next_try_pays(page: Page) -> None:
    async with visiting(page, BankCode.SMBC) as visit:
        await page.call("Emulation.setScriptExecutionDisabled", value=True)
        await visit.go_to_the_bank()
        await visit.log_in("wrong")
        await page.press("Enter")
        alert = await page.until("document.querySelector('[role=alert]')?.innerText")
        await page.press("Tab", times=3)
        await page.type(PASSWORD)
        await page.press("Enter")
        await page.until(AT_HOME)

        assert "正しくありません" in alert
        assert isinstance(await visit.became(), Paid)
