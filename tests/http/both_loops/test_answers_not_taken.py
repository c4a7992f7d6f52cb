"""Callers that ask and do not read: they keep no place for ever."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from gateway.config import Settings, load_settings
from gateway.http.server import TAKEN_S_MAX
from tests.http.conftest import Client
from tests.http.test_slow_callers import LIVEZ, connection, read_all

ROOM = 4  # for one address
TAKEN_S = 0.8
LAST = LIVEZ.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
DOCUMENT = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
# More than the kernel keeps for somebody who does not read.
DOCUMENTS = DOCUMENT * 30
SCRIPTS = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n" * 8


@pytest.fixture
def settings() -> Settings:
    return load_settings(time_scale=TAKEN_S / TAKEN_S_MAX, connections_max=2 * ROOM)


@asynccontextmanager
async def caller(client: Client, *, room_for: int = 4_096) -> AsyncIterator[socket.socket]:
    """Connect with room for so many bytes that were not read yet."""
    host, port = client.url.removeprefix("http://").split(":")
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room_for)
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, (host, int(port)))
        yield line


async def is_served(client: Client) -> bool:
    async with connection(client) as (reader, writer):
        writer.write(LAST)
        return (await read_all(reader)).startswith(b"HTTP/1.1 200")


async def until_there_is_a_place(client: Client) -> None:
    async with asyncio.timeout(10):
        while not await is_served(client):
            pass


async def take_every_place_and_read_nothing(client: Client, request_bytes: bytes) -> None:
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        for _ in range(ROOM):
            line = await stack.enter_async_context(caller(client))
            await loop.sock_sendall(line, request_bytes)

        await until_there_is_a_place(client)


async def test_whoever_asks_and_does_not_read_frees_its_place_for_others(client: Client) -> None:
    await take_every_place_and_read_nothing(client, DOCUMENTS)


# asyncio leaves a file to the kernel, and does not say so.
@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_whoever_asks_for_a_file_and_does_not_read_it_frees_its_place(client: Client) -> None:
    await take_every_place_and_read_nothing(client, SCRIPTS)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the kernel's to end")
async def test_whoever_leaves_a_whole_answer_to_the_kernel_frees_its_place_for_others(
    client: Client,
) -> None:
    await take_every_place_and_read_nothing(client, DOCUMENT)


async def test_whoever_reads_a_little_now_and_then_frees_its_place_for_others(
    client: Client,
) -> None:
    loop = asyncio.get_running_loop()

    async def sip(line: socket.socket) -> None:
        is_open = True
        while is_open:
            is_open = bool(await loop.sock_recv(line, 2_048))
            await asyncio.sleep(TAKEN_S / 4)

    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        sipping = []
        for _ in range(ROOM):
            line = await stack.enter_async_context(caller(client))
            await loop.sock_sendall(line, DOCUMENTS)
            sipping.append(group.create_task(sip(line)))

        await until_there_is_a_place(client)
        for task in sipping:
            task.cancel()


async def test_whoever_has_read_its_answers_may_rest_before_it_asks_again(client: Client) -> None:
    async with connection(client) as (reader, writer), asyncio.timeout(10):
        writer.write(DOCUMENTS + LIVEZ)
        while not (await reader.read(1_000_000)).endswith(b'"alive"}'):
            pass
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2 * TAKEN_S):
                await reader.read(1)
        writer.write(LIVEZ)

        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
