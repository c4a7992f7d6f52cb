"""Requests as bytes, for what a client library would not send."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson

WAIT_S = 5


@dataclass(frozen=True, slots=True)
class RawReply:
    """Status line, headers (lower case) and the whole body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, object]:
        document = orjson.loads(self.body)
        assert isinstance(document, dict)
        return document


async def exchange(url: str, request: bytes) -> RawReply:
    """Send the bytes and read until the server closes."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(request)
    async with asyncio.timeout(WAIT_S):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    status_line, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return RawReply(int(status_line.split()[1]), headers, body)
