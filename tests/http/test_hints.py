"""A bank's call is a hint: whatever it says, the bank is asked, and sooner."""

from typing import Any

import pytest

from gateway.services.desk import TransferDesk
from gateway.services.work_callbacks import work_callbacks
from tests.http.conftest import ACCOUNT, Client

GENUINE = {"X-Signature": "genuine"}
KEY = {"Idempotency-Key": "0192f3a1-7c1e-7a33-8f00-000000000001"}


@pytest.fixture
async def reference(member: Client, desk: TransferDesk) -> str:
    """The reference of a transfer that the bank has taken and not decided."""
    account = (await member.call("POST", "/v1/accounts", json=ACCOUNT)).body["id"]
    body = {"account_id": account, "amount": 1}
    reply = await member.call("POST", "/v1/transfers", json=body, headers=KEY)
    await desk.senders.drain(5)
    return str(reply.body["reference"])


@pytest.mark.parametrize("state", ["submitted", "unknown", "review", "settled", "rejected"])
async def test_what_was_called_about_is_inquired_about_now(
    client: Client, work: TransferDesk, owner: Any, reference: str, state: str
) -> None:
    await owner.execute("UPDATE transfers SET state = $1, inquire_at = NULL", state)
    call = f"event-1 {reference} transfer.returned".encode()

    await client.call("POST", "/callbacks/smbc", data=call, headers=GENUINE)
    await work_callbacks(work)

    row = await owner.fetchrow("SELECT state, inquire_at FROM transfers")
    assert (row["state"], row["inquire_at"]) == (state, work.clock.now())


async def test_a_call_waits_until_the_sender_has_its_own_answer(
    client: Client, work: TransferDesk, owner: Any, reference: str
) -> None:
    await owner.execute("UPDATE transfers SET state = 'submitting', inquire_at = NULL")
    call = f"event-1 {reference} transfer.settled".encode()

    await client.call("POST", "/callbacks/smbc", data=call, headers=GENUINE)
    await work_callbacks(work)

    assert await owner.fetchval("SELECT inquire_at FROM transfers") is None
    assert await owner.fetchval("SELECT worked_at FROM callbacks_inbox") is None
