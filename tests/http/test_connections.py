"""Callers that are slow, hang up or speak oddly harm nobody and raise no alarm."""

import asyncio

import pytest
import structlog
from structlog.typing import EventDict

from gateway.config import Settings, load_settings
from tests.http.conftest import Client
from tests.http.raw import exchange

HEAD = "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
def settings() -> Settings:
    return load_settings(time_scale=0.05)


async def test_a_body_that_drips_in_is_given_up(client: Client) -> None:
    request = f"{HEAD}Connection: close\r\nContent-Length: 100\r\n\r\n{{".encode()

    reply = await exchange(client.url, request)

    assert (reply.status, reply.problem["code"]) == (408, "body_too_slow")


async def test_a_caller_who_hangs_up_in_the_middle_raises_no_alarm(client: Client) -> None:
    host, port = client.url.removeprefix("http://").split(":")
    is_answered = asyncio.Event()
    records: list[EventDict] = []

    def keep(logger: object, name: str, record: EventDict) -> EventDict:
        del logger, name
        records.append(record)
        if record["event"] == "request.answered":
            is_answered.set()
        raise structlog.DropEvent

    structlog.configure(processors=[keep])
    try:
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"{HEAD}Content-Length: 100\r\n\r\n{{".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(5):
            await is_answered.wait()
    finally:
        structlog.reset_defaults()

    assert "alert.raised" not in {record["event"] for record in records}


async def test_an_expectation_that_nobody_knows_is_a_problem(client: Client) -> None:
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n"

    reply = await exchange(client.url, request)

    assert (reply.status, reply.problem["code"]) == (417, "expectation_unknown")
    assert reply.headers["x-content-type-options"] == "nosniff"


async def test_requests_of_one_connection_do_not_share_their_ids(client: Client) -> None:
    replies = [await client.call("GET", "/livez") for _ in range(3)]

    assert len({reply.headers["X-Request-Id"] for reply in replies}) == 3
