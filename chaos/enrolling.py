"""Enrol the run's members: `python enrolling.py NUMBER:ACCOUNT …`, by the gateway that is tried.

Run by that gateway's own Python, with its settings in the environment.
"""

import asyncio
import sys

from gateway.app import Role, open_gateway
from gateway.config import load_settings
from gateway.domain.account import AccountType, BankCode
from gateway.domain.money import Yen
from gateway.ops.clock import SystemClock
from gateway.ops.logging import configure_logging
from gateway.services.add_account import AccountOnPaper, add_account_on_paper
from gateway.services.enrol_member import Enrolment, enrol_member

LIMIT, PIN, HOLDER = 2_000_000, "2468", "ﾔﾏﾀﾞ ﾀﾛｳ"
BRANCHES = {"paypay": "002", "rakuten": "201"}


async def enrol(pairs: list[str]) -> None:
    settings = load_settings()
    if settings.database_url is None:
        raise SystemExit("GATEWAY_DATABASE_URL: not set")
    url = settings.database_url.get_secret_value()
    clock = SystemClock(settings.clock_shift_s)
    async with open_gateway(settings, url=url, clock=clock, role=Role.API) as gateway:
        # A version that is tried may be older than operators' own desk.
        office = getattr(gateway, "office", gateway.desk)
        for member, account in (pair.split(":") for pair in pairs):
            enrolment = Enrolment(member, HOLDER, PIN, Yen(LIMIT))
            await enrol_member(office, gateway.pins, enrolment)
            for bank in BankCode:
                seen = AccountOnPaper(
                    member,
                    bank,
                    BRANCHES.get(bank.value, "001"),
                    AccountType.ORDINARY,
                    account,
                    "rig",
                )
                await add_account_on_paper(office.db, seen, now=clock.now())


if __name__ == "__main__":
    writer = configure_logging(load_settings(), fd=2)
    asyncio.run(enrol(sys.argv[1:]))
    writer.close()
