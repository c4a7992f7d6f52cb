"""An answer that should not exist: people are called, the bank is asked, and it is booked once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from gateway.adapters.registry import BANKS
from gateway.app import Gateway
from gateway.domain.account import BankCode
from gateway.domain.transfer import State
from gateway.ops.commands.stops import release_bank
from gateway.services.accept_transfer import accept_transfer
from tests.flows.world import World, open_world, request

UNREADABLE = [{"operation": "submit", "action": {"kind": "garbage"}}]


@pytest.mark.parametrize("bank", list(BANKS))
async def test_an_answer_that_nobody_can_read_raises_an_alert_and_books_once(
    database_url: str, owner, bank: BankCode
) -> None:
    with capture_logs() as logs:
        async with (
            open_world(database_url, owner, banks=(bank,)) as world,
            world.process() as gateway,
        ):
            await world.put("faults", UNREADABLE, bank=bank)
            wanted = request(await world.member(bank=bank))

            transfer = (await accept_transfer(gateway.desk, wanted)).transfer
            found = await world.until_at_rest(gateway, transfer)

            await world.check(gateway, found)
    assert found.state is State.SETTLED
    alerts = {line["code"] for line in logs if line["event"] == "alert.raised"}
    assert alerts == {"file_untrusted" if bank is BankCode.MIZUHO else "bank_answer_untrusted"}


@asynccontextmanager
async def releasing(world: World, gateway: Gateway, bank: BankCode) -> AsyncIterator[None]:
    """Lift every stop of the bank, as an operator would who finds the contract in order."""

    async def release() -> None:
        while True:
            await release_bank(gateway.office.db, bank, by="sato", now=world.clock.now())
            await asyncio.sleep(0.1)

    operator = asyncio.create_task(release())
    try:
        yield
    finally:
        operator.cancel()
        await asyncio.gather(operator, return_exceptions=True)


@pytest.mark.parametrize("bank", list(BANKS))
async def test_a_bare_status_after_the_bank_took_it_pays_once(
    database_url: str, owner, bank: BankCode
) -> None:
    """Something in front of the bank says no to what it had passed on.

    Mizuho paid a second time; elsewhere the transfer could be cancelled while it was paid.
    """
    async with (
        open_world(database_url, owner, banks=(bank,)) as world,
        world.process() as gateway,
    ):
        member = await world.member(bank=bank)
        found = []
        for number, status in enumerate((401, 403, 429, 503)):
            action = {"kind": "status", "status": status, "done": True}
            await world.put("faults", [{"operation": "submit", "action": action}], bank=bank)

            asked = request(member, amount=1_000 + number)
            transfer = (await accept_transfer(gateway.desk, asked)).transfer
            async with releasing(world, gateway, bank):
                found.append(await world.until_at_rest(gateway, transfer))
        await world.check(gateway, *found)
        payouts = [one["amount"] for one in (await world.books(bank))["movements"]]
    assert [transfer.state for transfer in found] == [State.SETTLED] * 4
    assert payouts == [1_000, 1_001, 1_002, 1_003]
