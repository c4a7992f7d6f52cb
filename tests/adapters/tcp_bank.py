"""A bank's server written by hand on sockets, so that it can fail in every way a socket can."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson

from gateway.adapters.jws import Signer
from tests.adapters.stand_ins import BANK_KID, REFERENCE, bank_signer, jwks

CLOSE_BY_RST = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Wire:
    """One connection as the server sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    ended: asyncio.Event

    def reset(self) -> None:
        """Close by RST rather than FIN."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_BY_RST)
        self.writer.transport.abort()

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        with suppress(ConnectionError):
            await self.writer.drain()

    async def hang(self) -> None:
        """Do nothing until the test is over."""
        await self.ended.wait()


Behaviour: TypeAlias = Callable[[Wire], Awaitable[None]]


@dataclass(slots=True)
class TcpBank:
    """What the server saw. Requests for the keys are answered well and counted apart."""

    url: str = ""
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    key_requests: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    seen: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def tcp_bank(
    behave: Behaviour, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[TcpBank]:
    """Run a server that treats every request as `behave` says."""
    bank, ended, tasks = TcpBank(), asyncio.Event(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bank.connections += 1
        wire = Wire(reader, writer, ended)
        try:
            while not writer.is_closing():
                await _serve_one(bank, wire, behave)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
            bank.closed.set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls)
    scheme = "http" if tls is None else "https"
    bank.url = f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}"
    try:
        yield bank
    finally:
        ended.set()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _serve_one(bank: TcpBank, wire: Wire, behave: Behaviour) -> None:
    request = await _read_request(wire.reader)
    if b"/jwks" in request.split(b"\r\n", 1)[0]:
        bank.key_requests += 1
        await wire.say(answer(jwks(BANK_KID), signed=False))
        return
    bank.requests.append(request)
    bank.seen.set()
    await behave(wire)


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return head + await reader.readexactly(length)


def answer(
    body: bytes,
    *,
    status: int = 200,
    headers: bytes = b"",
    signed: bool = True,
    signer: Signer | None = None,
) -> bytes:
    """Return the bytes of a whole HTTP answer that keeps the connection."""
    signature = (signer or bank_signer()).sign(body).encode() if signed else b""
    head = b"HTTP/1.1 %d X\r\nContent-Type: application/json; charset=utf-8\r\n" % status
    if signed:
        head += b"X-Jws-Signature: " + signature + b"\r\n"
    return head + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


def completed(**changed: object) -> bytes:
    """Return the body that says that the order of these tests was done."""
    return orjson.dumps(
        {
            "transferId": "T0001",
            "clientReference": REFERENCE,
            "status": "COMPLETED",
            "executedAt": "2026-11-25T10:00:00.120+09:00",
            "valueDate": "2026-11-25",
            "amount": "10000",
        }
        | changed
    )


async def says_completed(wire: Wire) -> None:
    await wire.say(answer(completed()))
