"""A proxy between the gateway and PostgreSQL that can lose what the server answers."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

READY_FOR_QUERY = b"Z\x00\x00\x00\x05I"
END_FIELDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"
END_OF_SESSION = b"E" + struct.pack("!i", len(END_FIELDS) + 4) + END_FIELDS


@dataclass(slots=True)
class Proxy:
    """Forwards everything, unless told otherwise. `url` is the database's, through here."""

    target: str
    url: str = ""
    is_refusing: bool = False
    answers_to_lose: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _clients: set[asyncio.StreamWriter] = field(default_factory=set)
    _ended: set[asyncio.StreamWriter] = field(default_factory=set)

    def url_at(self, port: int) -> str:
        """Return the database's address, through that port of the loopback."""
        parts = urlsplit(self.target)
        return f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{port}{parts.path}"

    def lose_answers(self, number: int) -> None:
        """Cut the connection `number` times: the server has committed, and we do not hear of it."""
        self.answers_to_lose = number

    async def announce_end(self) -> None:
        """Tell every session that it has ended, and close it only when something is asked."""
        for client in self._clients:
            self._ended.add(client)
            client.write(END_OF_SESSION)
            await client.drain()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_refusing:
            writer.transport.abort()
            return
        server_reader, server_writer = await self._connect()
        pair = {writer, server_writer}
        self._writers |= pair
        self._clients.add(writer)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._ask(reader, writer, server_writer))
            tasks.create_task(self._answer(server_reader, writer))
        self._writers -= pair
        self._clients.discard(writer)

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        client: asyncio.StreamWriter,
        server: asyncio.StreamWriter,
    ) -> None:
        while (data := await _read(reader)) and client not in self._ended:
            server.write(data)
        server.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await _read(reader):
            if self.answers_to_lose and data.endswith(READY_FOR_QUERY):
                self.answers_to_lose -= 1
                break
            writer.write(data)
        writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.target)
        query = parse_qs(parts.query)
        if "host" in query:
            path = f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"
            return await asyncio.open_unix_connection(path)
        return await asyncio.open_connection(parts.hostname, parts.port or 5432)


async def _read(reader: asyncio.StreamReader) -> bytes:
    with suppress(OSError):
        return await reader.read(65536)
    return b""


@asynccontextmanager
async def running_proxy(target: str) -> AsyncIterator[Proxy]:
    """Listen on a free port of the loopback in front of the database at `target`."""
    proxy = Proxy(target)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
        proxy.url = proxy.url_at(server.sockets[0].getsockname()[1])
        yield proxy
        server.close()
        proxy.cut()
