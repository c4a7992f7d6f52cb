"""Banks call: authentic calls are kept once and answered alike, forged ones change nothing."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.account import BankCode
from gateway.http.callbacks import answer_to
from gateway.services.desk import TransferDesk
from gateway.services.work_callbacks import work_callbacks
from tests.http.conftest import Client

GENUINE = {"X-Signature": "genuine"}
CALL = b"event-1 ABCDEFGHIJKLMNOPQRST transfer.settled"


async def test_an_authentic_call_is_kept_before_it_is_answered(client: Client, owner: Any) -> None:
    reply = await client.call("POST", "/callbacks/smbc", data=CALL, headers=GENUINE)

    kept = await owner.fetchrow("SELECT * FROM callbacks_inbox")
    assert reply.status == 200
    assert (kept["bank"], kept["event_id"], kept["kind"]) == ("smbc", "event-1", "transfer.settled")
    assert kept["worked_at"] is None


async def test_a_second_delivery_is_answered_the_same_and_kept_once(
    client: Client, owner: Any
) -> None:
    deliveries = [
        client.call("POST", "/callbacks/smbc", data=CALL, headers=GENUINE) for _ in range(20)
    ]

    replies = await asyncio.gather(*deliveries)

    assert {(reply.status, reply.raw) for reply in replies} == {(200, b'{"received":true}')}
    assert await owner.fetchval("SELECT count(*) FROM callbacks_inbox") == 1


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="unsigned"),
        pytest.param({"X-Signature": "forged"}, id="signed by another"),
    ],
)
async def test_a_forged_call_is_refused_logged_and_not_kept(
    client: Client, owner: Any, headers: dict[str, str]
) -> None:
    with capture_logs() as records:
        reply = await client.call("POST", "/callbacks/smbc", data=CALL, headers=headers)

    assert (reply.status, reply.body["code"]) == (401, "callback_not_authentic")
    assert "callback.refused" in {record["event"] for record in records}
    assert await owner.fetchval("SELECT count(*) FROM callbacks_inbox") == 0


@pytest.mark.parametrize(
    ("bank", "body"),
    [
        *((bank, b'{"received":true}') for bank in BankCode if bank is not BankCode.PAYPAY),
        (BankCode.PAYPAY, b"OK"),
    ],
)
def test_each_bank_reads_what_ends_its_deliveries(bank: BankCode, body: bytes) -> None:
    answer = answer_to(bank)

    payload = answer.body
    assert answer.status == 200
    assert isinstance(payload, bytes)
    assert payload == body


async def test_an_unknown_reference_is_kept_answered_and_told_once(
    client: Client, work: TransferDesk
) -> None:
    with capture_logs() as records:
        for _ in range(3):
            reply = await client.call("POST", "/callbacks/smbc", data=CALL, headers=GENUINE)
            assert reply.status == 200
            await work_callbacks(work)

    alerts = [record["code"] for record in records if record["event"] == "alert.raised"]
    assert alerts == ["callback_reference_unknown"]


async def test_a_call_is_worked_once(client: Client, work: TransferDesk, owner: Any) -> None:
    await client.call("POST", "/callbacks/smbc", data=CALL, headers=GENUINE)

    assert await work_callbacks(work) == 1
    assert await work_callbacks(work) == 0

    assert await owner.fetchval("SELECT worked_at FROM callbacks_inbox") == work.clock.now()
