"""From the member site to the bank and back again, in a real browser through a real gateway."""

import pytest

from gateway.demo.stage import DEMO_BRANCHES, DEMO_NUMBER, DEMO_PASSWORD
from gateway.domain.account import BankCode
from gateway.domain.identifier import public_id
from gateway.domain.repayment import State
from tests.browser.chromium import Page
from tests.browser.member_site import BACK, member_site
from tests.flows.paying import BORROWED, PAID, paying


@pytest.mark.parametrize("bank", list(BankCode))
async def test_a_member_pays_back_and_is_home_again_with_the_money_booked(
    page: Page, database_url: str, owner, bank: BankCode
) -> None:
    async with (
        member_site() as site,
        paying(database_url, owner, bank, home=site.address + BACK) as payer,
    ):
        asked = await payer.opens()
        site.redirect = asked.redirect
        await page.be_a_phone()
        await page.open(f"{site.address}/pay")
        await page.shows("#pay")
        await page.tap("#pay")
        await page.shows("[name=branch]")
        answers = {"branch": DEMO_BRANCHES.get(bank, "001"), "number": DEMO_NUMBER}
        for name, text in (answers | {"password": DEMO_PASSWORD}).items():
            await page.tap(f"[name={name}]")
            await page.type(text)
        await page.tap("button[value=approve]")
        await page.until(f"location.pathname === '{BACK}'")

        assert site.came_back == f"{BACK}?repayment_id={public_id('rp', asked.id)}"
        assert (await payer.until(asked, State.SETTLED)).paid_amount == asked.amount
        assert await payer.owes() == BORROWED - PAID
