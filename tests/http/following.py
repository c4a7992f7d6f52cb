"""A caller of /v1/events that reads as a browser does, and can be cut off anywhere."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import aiohttp
import orjson

from tests.http.conftest import Client
from tests.http.described import fault_of_body

WITHIN_S = 10


@dataclass(slots=True)
class Block:
    """What stands between two empty lines."""

    fields: dict[str, str]

    @property
    def no(self) -> int:
        return int(self.fields["id"])

    @property
    def kind(self) -> str:
        return self.fields["event"]

    @property
    def data(self) -> dict[str, Any]:
        document: dict[str, Any] = orjson.loads(self.fields["data"])
        return document

    @property
    def is_event(self) -> bool:
        """Whether it is something that happened, and not the stream's own word or a heartbeat."""
        return not self.fields.get("event", "stream.").startswith("stream.")


def parse(block: bytes) -> Block:
    lines = (line.partition(":") for line in block.decode().split("\n"))
    return Block({name: value.removeprefix(" ") for name, _, value in lines})


@dataclass(slots=True)
class Following:
    """One open stream."""

    response: aiohttp.ClientResponse
    rest: bytes = b""

    async def block(self) -> Block | None:
        """Return the next block, None at the end of the stream."""
        async with asyncio.timeout(WITHIN_S):
            while b"\n\n" not in self.rest:
                chunk = await self.response.content.readany()
                if not chunk:
                    return None
                self.rest += chunk
        block, _, self.rest = self.rest.partition(b"\n\n")
        return parse(block)

    async def event(self) -> Block:
        """Return the next event."""
        while (block := await self.block()) is not None:
            if block.is_event:
                fault = fault_of_body("#/components/schemas/MemberEvent", block.data)
                assert fault is None, f"mend it, or gateway/http/openapi/events.py: {fault}"
                return block
        raise EOFError("the stream ended")

    async def events(self, count: int) -> list[Block]:
        return [await self.event() for _ in range(count)]

    async def until_end(self) -> None:
        """Return when the server has ended the stream in good order."""
        while await self.block() is not None:
            pass


@asynccontextmanager
async def following(
    client: Client,
    path: str = "/v1/events",
    *,
    after: int | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Following]:
    """Open a stream that resumes after a number, read its first block, and hang up at the end."""
    sent = dict(headers) or {"Authorization": f"Bearer {client.token}"}
    if after is not None:
        sent["Last-Event-ID"] = str(after)
    response = await client.session.get(client.url + path, headers=sent)
    try:
        assert response.status == 200, await response.text()
        yield Following(response)
    finally:
        response.close()
