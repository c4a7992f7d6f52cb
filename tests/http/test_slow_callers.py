"""Callers that keep connections without asking for anything: they get no place for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from gateway.config import Settings, load_settings
from tests.http.conftest import Client

HEAD_WAIT_S = 0.3
ROOM = 40
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def settings() -> Settings:
    return load_settings(head_wait_s=HEAD_WAIT_S, connections_max=ROOM, time_scale=0.05)


@asynccontextmanager
async def connection(
    client: Client,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, port = client.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


async def read_all(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(5):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /livez HT", id="half a line"),
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: x\r\nA: b\r\n", id="headers without an end"),
    ],
)
async def test_a_head_that_does_not_come_ends_the_connection(client: Client, sent: bytes) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with connection(client) as (reader, writer):
        writer.write(sent)

        assert await read_all(reader) == b""
    assert HEAD_WAIT_S * 0.9 < loop.time() - began < 3


async def test_a_head_that_drips_in_is_not_waited_for_longer(client: Client) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with connection(client) as (reader, writer):
        writer.write(b"GET /livez HTTP/1.1\r\n")
        ended = asyncio.create_task(read_all(reader))
        while not ended.done() and loop.time() - began < 5:
            writer.write(b"X: y\r\n")
            await asyncio.wait({ended}, timeout=0.05)
    assert loop.time() - began < 3


async def test_a_connection_that_asked_once_may_rest_before_it_asks_again(client: Client) -> None:
    async with connection(client) as (reader, writer):
        writer.write(LIVEZ)
        await reader.readuntil(b'"alive"}')
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2 * HEAD_WAIT_S):
                await reader.read(1)
        writer.write(LIVEZ)

        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")


async def test_a_long_answer_is_not_cut_off_because_of_a_body_that_nobody_reads(
    member: Client,
) -> None:
    head = f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {member.token}\r\n"
    async with connection(member) as (reader, writer), asyncio.timeout(10):
        writer.write(LIVEZ)
        await reader.readuntil(b'"alive"}')
        writer.write(f"{head}Content-Length: 2\r\n\r\n".encode())
        # Due callbacks run after what was received: the body follows the head that has been read,
        # and is there before the answer is begun.
        asyncio.get_running_loop().call_later(0, writer.write, b"{}")

        for _ in range(2):  # heartbeats, of which the second comes after HEAD_WAIT_S
            await reader.readuntil(b":\n\n")


async def test_whoever_sends_nothing_frees_its_place_for_others(client: Client) -> None:
    async with AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(connection(client)) for _ in range(ROOM // 2)]
        await asyncio.gather(*(read_all(reader) for reader, _ in silent))

        assert (await client.call("GET", "/livez")).status == 200


async def test_others_are_served_while_many_drip(client: Client) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(ROOM // 2 - 5):  # as many as one address may have, but for a few
            _, writer = await stack.enter_async_context(connection(client))
            writer.write(b"GET /livez HTTP/1.1\r\nX: ")

        async with asyncio.timeout(1):
            replies = [await client.call("GET", "/livez") for _ in range(10)]
    assert {reply.status for reply in replies} == {200}
