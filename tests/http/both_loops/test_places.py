"""Places for connections: there are so many, and whoever finds none is told so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import orjson
import pytest

from gateway.config import Settings, load_settings
from gateway.http.places import Places
from tests.http.conftest import Client
from tests.http.test_slow_callers import LIVEZ, read_all

ROOM = 6
HERE, THERE, ELSEWHERE, PROXY = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.1.1"
LAST = LIVEZ.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@pytest.fixture
def settings() -> Settings:
    return load_settings(connections_max=ROOM, trusted_proxies="127.0.1.0/24")


@asynccontextmanager
async def connection(client: Client, address: str) -> AsyncIterator[asyncio.StreamReader]:
    """Connect from an address, and ask whether the gateway lives."""
    host, port = client.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), local_addr=(address, 0))
    writer.write(LIVEZ)
    try:
        yield reader
    finally:
        writer.close()


async def status(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(5):
        return (await reader.readuntil(b"\r\n"))[9:12]


async def statuses(client: Client, stack: AsyncExitStack, *addresses: str) -> list[bytes]:
    """Connect from each address, stay connected, and return what they were told."""
    return [await status(await stack.enter_async_context(connection(client, a))) for a in addresses]


async def test_a_caller_for_whom_there_is_no_place_is_told_so(client: Client) -> None:
    async with AsyncExitStack() as stack:
        others = [HERE, THERE] * (ROOM // 2)
        assert set(await statuses(client, stack, *others)) == {b"200"}
        async with connection(client, ELSEWHERE) as reader:
            answer = await read_all(reader)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503")
    assert b"Retry-After: 1" in head
    assert orjson.loads(body)["code"] == "busy"


async def test_one_address_has_half_of_the_places_and_others_are_served(client: Client) -> None:
    async with AsyncExitStack() as stack:
        told = await statuses(client, stack, *[HERE] * ROOM)

        assert told == [b"200"] * (ROOM // 2) + [b"503"] * (ROOM // 2)
        assert await statuses(client, stack, THERE, ELSEWHERE) == [b"200", b"200"]


async def test_a_proxy_that_is_named_may_have_every_place(client: Client) -> None:
    async with AsyncExitStack() as stack:
        told = await statuses(client, stack, *[PROXY] * ROOM, PROXY)

    assert told == [b"200"] * ROOM + [b"503"]


async def test_whoever_hangs_up_gives_its_place_back(client: Client) -> None:
    async with AsyncExitStack() as stack:
        await statuses(client, stack, *[HERE] * ROOM)

    async with asyncio.timeout(5), AsyncExitStack() as stack:
        while set(await statuses(client, stack, *[HERE] * (ROOM // 2))) != {b"200"}:
            await stack.aclose()


def test_a_network_of_ipv6_counts_as_one_caller() -> None:
    places = Places(load_settings(connections_max=4))

    assert [places.take(f"2001:db8::{number}") is None for number in range(3)] == [
        False,
        False,
        True,
    ]
    assert places.take("2001:db8:0:1::1") is not None


def test_who_has_only_one_place_to_give_gives_it() -> None:
    places = Places(load_settings(connections_max=1))

    assert places.take(HERE) == HERE
    assert places.take(THERE) is None
