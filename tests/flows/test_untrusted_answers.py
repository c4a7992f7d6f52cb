"""An answer that should not exist: people are called, the bank is asked, and it is booked once."""

import pytest
from structlog.testing import capture_logs

from gateway.adapters.registry import BANKS
from gateway.domain.account import BankCode
from gateway.domain.transfer import State
from gateway.services.accept_transfer import accept_transfer
from tests.flows.world import open_world, request

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
