"""A pooler between the gateway and PostgreSQL, as managed services put one in front of it."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.store.tcp_proxy import Proxy

SSL_REQUEST = 80877103
READY, IDLE = b"Z", b"I"
LAST_OF_A_CALL = (b"Q", b"S")
Way = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Pooler(Proxy):
    """Gives each transaction the session that was free last, or first where they take turns."""

    takes_turns: bool = False
    _free: list[Way] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held: Way | None = None
        server = await self._connect()
        self._writers |= {writer, server[1]}
        try:
            server[1].write(await self._startup(reader, writer))
            await self._until_ready(server[0], writer, reader, server[1])
            self._free.append(server)
            while call := await _call(reader):
                held = held or self._free.pop(0 if self.takes_turns else -1)
                held[1].write(call)
                status = await self._until_ready(held[0], writer)
                if status == IDLE:
                    self._free.append(held)
                    held = None
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.transport.abort()

    async def _startup(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Return the client's first message."""
        while True:
            (length,) = struct.unpack("!i", await reader.readexactly(4))
            body = await reader.readexactly(length - 4)
            if struct.unpack("!i", body[:4])[0] != SSL_REQUEST:
                break
            writer.write(b"N")
        return struct.pack("!i", len(body) + 4) + body

    async def _until_ready(
        self,
        answers: asyncio.StreamReader,
        client: asyncio.StreamWriter,
        asks: asyncio.StreamReader | None = None,
        server: asyncio.StreamWriter | None = None,
    ) -> bytes:
        """Pass on what the server says until it is ready; return in what state it is then."""
        while True:
            kind, message = await _message(answers)
            client.write(message)
            if kind == READY:
                return message[-1:]
            # While signing in, each question wants an answer: SASL, and its end wants none.
            if asks is not None and server is not None and kind == b"R" and _wants_more(message):
                server.write((await _message(asks))[1])


def _wants_more(message: bytes) -> bool:
    return struct.unpack("!i", message[5:9])[0] in {3, 5, 10, 11}


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    body = await reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)
    return head[:1], head + body


async def _call(reader: asyncio.StreamReader) -> bytes:
    """Return what the client asks until it waits for an answer; nothing when it goes."""
    asked = b""
    while True:
        kind, message = await _message(reader)
        if kind == b"X":
            return b""
        asked += message
        if kind in LAST_OF_A_CALL:
            return asked


@asynccontextmanager
async def running_pooler(target: str, *, takes_turns: bool) -> AsyncIterator[Pooler]:
    """Listen on a free port of the loopback in front of the database at `target`."""
    pooler = Pooler(target, takes_turns=takes_turns)
    async with await asyncio.start_server(pooler.serve, "127.0.0.1", 0) as server:
        pooler.url = pooler.url_at(server.sockets[0].getsockname()[1])
        yield pooler
        server.close()
        pooler.cut()
