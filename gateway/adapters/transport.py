"""The one place that speaks HTTP to banks: an httpx transport on aiohttp's client.

It answers one question that decides about money: can the bank have seen this request? Its errors
are httpx's, used strictly:

- `httpx.ConnectError` (`TlsFailed`, `TooLate`), `httpx.ConnectTimeout`: nothing left us;
- every other `httpx.TransportError`: the request, or a part of it, may have arrived.

The line between them is aiohttp's trace event `on_request_headers_sent`, which aiohttp fires right
*before* it hands the first byte to the socket: without the event nothing left. It never sends
twice, follows no redirect, keeps no cookie, reads no environment and unpacks nothing.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import aiohttp
import httpx
import structlog
from aiohttp.connector import Connection

from gateway.adapters.spool import BLOCK_BYTES, STATEMENT_BYTES_MAX, Body

ANSWER_BYTES_MAX = 1 << 20
KEEP_ALIVE_S = 15.0  # below what servers keep (75 s is usual), so that we close first
SETS_ITSELF = frozenset({b"host", b"content-length"})
Notice: TypeAlias = Callable[[], None]

log = structlog.get_logger()


class TlsFailed(httpx.ConnectError):
    """The handshake failed: authority, host, dates or version. Never goes on in plain."""


class TooLate(httpx.ConnectError):
    """The connection stood only when the request had to be gone: it was not sent."""


class AnswerRefused(httpx.RemoteProtocolError):
    """The answer is packed or too large: not looked at."""


class NotKept(AnswerRefused):
    """The answer cannot be kept on this machine; nothing is wrong with it."""


class NotBegunInTime(aiohttp.ClientError):
    """Raised on the way out of the trace event, before the first byte."""


class SentOnce(aiohttp.ClientError):
    """Wraps what aiohttp would take as a reason to send an idempotent request again by itself."""


class SpokeUnasked(aiohttp.ClientError):
    """A kept connection held an answer before its question had left."""


class _Answer(aiohttp.ClientResponse):
    """An answer that came after its question.

    aiohttp would take bytes that arrived on an idle connection as the answer to the next request;
    a refusal names no reference, and the next transfer would be rejected for the last one's sake.
    """

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        # Nothing was read since the request was handed over: what is there now is older than it.
        if connection.protocol is None or connection.protocol.should_close:
            raise SpokeUnasked
        return await super().start(connection)


@dataclass(slots=True)
class Flight:
    """How far one request came. The notices are checkpoints: what they raise goes through.

    After `send_before` (loop time) the first byte must not leave any more.
    """

    on_headers: Notice | None = None
    on_answer: Notice | None = None
    send_before: float | None = None
    has_left: bool = False


class BankTransport(httpx.AsyncBaseTransport):
    """Carries requests to one bank.

    `request.extensions` may hold `deadline_at` (loop time; else `deadline_s` from now), `flight`,
    `fresh` (True: on a connection of its own) and `body`, which a success is written to instead of
    being held in memory. Such an answer has begun by `deadline_at`, does not stand still for
    `deadline_s` and is whole by `whole_at`; the response bears it as its extension `body`.
    """

    def __init__(
        self,
        bank: str,
        *,
        deadline_s: float,
        connect_timeout_s: float,
        keep_alive_s: float = KEEP_ALIVE_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._bank = bank
        self._deadline_s = deadline_s
        self._tls: ssl.SSLContext | bool = True if tls is None else tls
        timeout = aiohttp.ClientTimeout(total=None, connect=connect_timeout_s)
        self._pooled = _session(timeout, keepalive_timeout=keep_alive_s)
        self._fresh = _session(timeout, force_close=True)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        flight: Flight = request.extensions.get("flight") or Flight()
        loop = asyncio.get_running_loop()
        deadline_at = request.extensions.get("deadline_at", loop.time() + self._deadline_s)
        try:
            async with asyncio.timeout_at(deadline_at) as deadline:
                return await self._send(request, flight, deadline)
        except (aiohttp.ClientError, OSError) as error:
            raised = _named(error, flight, request)
            if isinstance(raised, TlsFailed):
                self._alert()
            raise raised from error

    def _alert(self) -> None:
        log.error(
            "alert.raised",
            code="bank_tls_failed",
            severity="page",
            runbook="docs/runbook.md#bank_tls_failed",
            bank=self._bank,
        )

    async def aclose(self) -> None:
        await self._pooled.close()
        await self._fresh.close()

    async def _send(
        self, request: httpx.Request, flight: Flight, deadline: asyncio.Timeout
    ) -> httpx.Response:
        session = self._fresh if request.extensions.get("fresh") else self._pooled
        async with session.request(
            request.method,
            str(request.url),
            data=request.content or None,
            headers=[
                (name.decode("ascii"), value.decode("ascii"))
                for name, value in request.headers.raw
                if name.lower() not in SETS_ITSELF
            ],
            allow_redirects=False,
            ssl=self._tls,
            trace_request_ctx=flight,
        ) as answer:
            if flight.on_answer is not None:
                flight.on_answer()
            _refuse_packed(answer, request)
            body: Body | None = request.extensions.get("body")
            if body is not None and answer.status == httpx.codes.OK:
                await self._keep(answer, request, body, deadline)
                content, extensions = b"", {"body": body}
            else:
                content, extensions = await _read_whole(answer, request), {}
        fields = [*answer.raw_headers]
        return httpx.Response(
            answer.status, headers=fields, content=content, request=request, extensions=extensions
        )

    async def _keep(
        self,
        answer: aiohttp.ClientResponse,
        request: httpx.Request,
        body: Body,
        deadline: asyncio.Timeout,
    ) -> None:
        """Write an answer to its file as it comes, off the event loop."""
        loop, whole_at = asyncio.get_running_loop(), request.extensions["whole_at"]
        waiting = bytearray()
        async for part in answer.content.iter_any():
            deadline.reschedule(min(loop.time() + self._deadline_s, whole_at))
            waiting += part
            if body.size + len(waiting) > STATEMENT_BYTES_MAX:
                answer.close()
                raise AnswerRefused("answer larger than 128 MiB", request=request)
            if len(waiting) >= BLOCK_BYTES:
                await _write(body, bytes(waiting), request)
                waiting.clear()
        await _write(body, bytes(waiting), request)


def tls_context(
    *, authority: Path | None, certificate: Path | None, key: Path | None
) -> ssl.SSLContext:
    """Return a context that trusts `authority` only (None: the machine's) and shows our own.

    Reads files: call it outside the event loop.
    """
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep none: looking for them is a tenth of the cost of a call."""


class _Client(httpx.AsyncClient):
    """httpx's client without a memory."""

    @property
    def cookies(self) -> httpx.Cookies:
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise AttributeError(f"cookies are not kept, not even {cookies!r}")


_NO_COOKIES = _NoCookies()


@asynccontextmanager
async def bank_client(transport: httpx.AsyncBaseTransport) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that adds nothing of its own to what the transport does."""
    # The transport's own deadlines hold; httpx's per-read time-outs would never be looked at.
    async with _Client(transport=transport, trust_env=False, follow_redirects=False) as client:
        yield client


def _session(timeout: aiohttp.ClientTimeout, **connections: Any) -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(_mark_left)
    return aiohttp.ClientSession(
        # No limit here: a queue inside the client would hide waiting that `line` bounds and names.
        connector=aiohttp.TCPConnector(limit=0, **connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=timeout,
        trace_configs=[trace],
        middlewares=(_send_once,),
        response_class=_Answer,
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
        auto_decompress=False,
        trust_env=False,
    )


async def _send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating GETs whose kept connection died: only these errors do that."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise SentOnce(str(error)) from error


async def _mark_left(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    del session, params
    flight: Flight = context.trace_request_ctx
    if flight.send_before is not None and asyncio.get_running_loop().time() > flight.send_before:
        raise NotBegunInTime
    flight.has_left = True
    if flight.on_headers is not None:
        flight.on_headers()


async def _write(body: Body, part: bytes, request: httpx.Request) -> None:
    try:
        await asyncio.to_thread(body.write, part)
    except OSError as error:
        raise NotKept(type(error).__name__, request=request) from error


def _refuse_packed(answer: aiohttp.ClientResponse, request: httpx.Request) -> None:
    encoding = answer.headers.get("Content-Encoding", "identity")
    if encoding.strip().lower() != "identity":
        answer.close()
        raise AnswerRefused(f"answer packed as {encoding[:20]!r}", request=request)


async def _read_whole(answer: aiohttp.ClientResponse, request: httpx.Request) -> bytes:
    size = 0
    parts: list[bytes] = []
    async for part in answer.content.iter_any():
        size += len(part)
        if size > ANSWER_BYTES_MAX:
            answer.close()
            raise AnswerRefused("answer larger than 1 MiB", request=request)
        parts.append(part)
    return b"".join(parts)


def _named(error: Exception, flight: Flight, request: httpx.Request) -> httpx.TransportError:
    """Return what an error means: with `has_left` the request may have arrived, without it not."""
    name = type(error).__name__
    is_late = isinstance(error, TimeoutError)
    if flight.has_left:
        return (httpx.ReadTimeout if is_late else httpx.ReadError)(name, request=request)
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return TlsFailed(name, request=request)
    if isinstance(error, NotBegunInTime):
        return TooLate(name, request=request)
    return (httpx.ConnectTimeout if is_late else httpx.ConnectError)(name, request=request)
