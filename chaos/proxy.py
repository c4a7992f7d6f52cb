"""A proxy between gateways and PostgreSQL: it delays, cuts, and throws answers away.

It reads the protocol's frames, so that it knows which statement an answer belongs to: an answer is
thrown away only after the server has done the work and said so.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
HEAD = struct.Struct("!cI")
# Frames that begin a statement, and those with which it is to be answered.
BEGUN, ASKED, WORK_DONE = b"PBDEC", b"SQ", b"Z"


@dataclass(slots=True, eq=False)
class Session:
    """One connection: the peer's port, and the statement that is being worked on.

    `asked` is the statement's frames: its parameters are in them. `pid` is whose it is, once
    somebody has looked that up.
    """

    port: int
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    statement: str = ""
    asked: bytes = b""
    pid: int | None = None
    is_asking: bool = False
    prepared: dict[str, str] = field(default_factory=dict)


Hook = Callable[[Session], Awaitable[None]]


def is_write(statement: str) -> bool:
    """Whether a statement can change something: functions are the gateway's money steps."""
    text = statement.upper()
    words = ("INSERT", "UPDATE", "DELETE", "COMMIT", "FROM ACCEPT_", "FROM RECORD_", "FROM CLAIM_")
    return any(word in text for word in (*words, "FROM STORE_", "FROM TAKE_", "FROM MOVE_"))


@dataclass(slots=True, eq=False)
class Proxy:
    """Forwards to the server's socket, unless told otherwise.

    `before` and `after` are called with each statement: before it reaches the server, and when the
    server has answered it, before the client sees the answer.
    """

    socket: str
    random: Random
    port: int = 0
    before: Hook | None = None
    after: Hook | None = None
    is_refusing: bool = False
    to_lose: int = 0
    to_lose_reads: int = 0
    lost: list[str] = field(default_factory=list)
    delay_s: float = 0.0
    on_lost: Callable[[Session], None] | None = None
    _sessions: set[Session] = field(default_factory=set)

    def cut(self) -> int:
        """Cut every connection; return how many there were."""
        sessions = list(self._sessions)
        for session in sessions:
            session.client.transport.abort()
            session.server.transport.abort()
        return len(sessions)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await _startup(reader, writer)
            if self.is_refusing or first is None:
                return
            server_reader, server_writer = await asyncio.open_unix_connection(self.socket)
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            if self.is_refusing:
                writer.transport.abort()
        session = Session(writer.get_extra_info("peername")[1], writer, server_writer)
        self._sessions.add(session)
        server_writer.write(first)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._ask(reader, session))
                tasks.create_task(self._answer(server_reader, session))
        finally:
            self._sessions.discard(session)

    async def _ask(self, reader: asyncio.StreamReader, session: Session) -> None:
        """Pass on what is asked, a whole statement at a time: the server begins at once."""
        asked = bytearray()
        with suppress(OSError, asyncio.IncompleteReadError):
            while frame := await _frame(reader):
                _follow(session, frame)
                asked += frame
                if frame[:1] in BEGUN:
                    continue
                if frame[:1] in ASKED:
                    session.is_asking, session.asked = True, bytes(asked)
                    if self.delay_s:
                        await asyncio.sleep(self.random.uniform(0, self.delay_s))
                    if self.before is not None:
                        await self.before(session)
                session.server.write(asked)
                asked.clear()
                await session.server.drain()
        session.server.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, session: Session) -> None:
        answer = bytearray()
        with suppress(OSError, asyncio.IncompleteReadError):
            while frame := await _frame(reader):
                answer += frame
                if session.is_asking and frame[:1] != WORK_DONE:
                    continue
                if session.is_asking:
                    session.is_asking = False
                    if self.after is not None:
                        await self.after(session)
                    if self._is_lost(session):
                        break
                session.client.write(answer)
                answer.clear()
                await session.client.drain()
        session.client.transport.abort()
        session.server.transport.abort()

    def _is_lost(self, session: Session) -> bool:
        """Whether this answer is thrown away, as was ordered."""
        if self.to_lose and is_write(session.statement):
            self.to_lose -= 1
        elif self.to_lose_reads and not is_write(session.statement):
            self.to_lose_reads -= 1
        else:
            return False
        self.lost.append(session.statement)
        if self.on_lost is not None:
            self.on_lost(session)
        return True


def _follow(session: Session, frame: bytes) -> None:
    """Keep in mind which statement the session is about to run."""
    if frame[:1] == b"Q":
        session.statement = frame[5:].rstrip(b"\0").decode("utf-8", "replace")
    elif frame[:1] == b"P":
        name, text = frame[5:].split(b"\0", 2)[:2]
        session.prepared[name.decode()] = text.decode("utf-8", "replace")
        session.statement = "PREPARE"
    elif frame[:1] == b"B":
        name = frame[5:].split(b"\0", 2)[1]
        session.statement = session.prepared.get(name.decode(), "")


async def _startup(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
    """Return the start message; whoever asks for encryption first is told that there is none."""
    while True:
        head = await reader.readexactly(8)
        length, code = struct.unpack("!II", head)
        if code not in {SSL_REQUEST, GSS_REQUEST}:
            return head + await reader.readexactly(length - 8)
        writer.write(b"N")


async def _frame(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    _, length = HEAD.unpack(head)
    return head + await reader.readexactly(length - 4)


@asynccontextmanager
async def running_proxy(socket: str, random: Random) -> AsyncIterator[Proxy]:
    """Listen on a free port of the loopback for as long as the block lasts."""
    proxy = Proxy(socket, random)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
