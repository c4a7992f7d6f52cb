"""Places for connections: there are so many, and whoever finds none is told so."""

from contextlib import AsyncExitStack

import orjson
import pytest

from gateway.config import Settings, load_settings
from tests.http.conftest import Client
from tests.http.test_slow_callers import connection, read_all

ROOM = 4


@pytest.fixture
def settings() -> Settings:
    return load_settings(connections_max=ROOM)


async def test_a_caller_for_whom_there_is_no_place_is_told_so(client: Client) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(ROOM):
            await stack.enter_async_context(connection(client))
        async with connection(client) as (reader, _):
            answer = await read_all(reader)

        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503")
        assert b"Retry-After: 1" in head
        assert orjson.loads(body)["code"] == "busy"
