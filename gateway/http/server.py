"""The server under the application: what cannot be parsed is answered by a problem document too."""

import asyncio
import secrets
import socket
from contextlib import suppress
from http import HTTPStatus
from typing import Any, cast
from uuid import uuid4

import orjson
import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest

from gateway.domain.errors import Busy
from gateway.domain.ports import Metrics
from gateway.http.deps import DEPS
from gateway.http.middlewares import answer_unseen, fault, tell
from gateway.http.places import Places
from gateway.http.problems import language_headers, language_of, problem_document
from gateway.http.refusals import RequestMalformed
from gateway.http.stamp import SECURITY_HEADERS
from gateway.services.desk import TransferDesk

LINGER_S = 2.0
# A caller who takes neither all that was written for it nor so much of it in so long is cut off.
TAKEN_S_MAX, TAKEN_BYTES_MIN = 20.0, 64 * 1024
# Of the time for ending; the rest is for what runs beside the requests.
ANSWERING_PART = 0.8
NO_PLACE, SERVER_ERROR = HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INTERNAL_SERVER_ERROR
UNREAD = "UNKNOWN"  # aiohttp's word for the method of a request that it could not read


class HttpRunner(web.AppRunner):
    """Runs the application; give it to a `web.TCPSite`."""

    def __init__(self, app: web.Application, **options: Any) -> None:
        defaults = {
            "access_log": None,  # `request.answered` is the one line a request
            "auto_decompress": False,  # a few bytes of a stranger's would be megabytes here
            "keepalive_timeout": app[DEPS].desk.settings.keep_alive_s,
            "lingering_time": LINGER_S,
        }
        super().__init__(app, **(defaults | options))
        self._desk = app[DEPS].desk

    async def end(self, seconds: float) -> None:
        """Answer what has begun, and end everything else; cut off what takes longer in all."""
        self._shutdown_timeout = seconds * ANSWERING_PART
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.cleanup()

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        return _Server(
            server.request_handler,
            request_factory=server.request_factory,
            desk=self._desk,
            loop=asyncio.get_running_loop(),
            **self._kwargs,
        )


class _Server(web.Server):
    def __init__(self, handler: Any, *, desk: TransferDesk, **options: Any) -> None:
        super().__init__(handler, **options)
        self.settings = desk.settings
        self.metrics = desk.metrics
        self.places = Places(desk.settings)

    @property
    def taken_s(self) -> float:
        """How long a caller may take for what was written for it."""
        return TAKEN_S_MAX * self.settings.time_scale

    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(RequestHandler):
    """One connection. A head that does not come in time ends it, as does an answer not taken.

    aiohttp itself counts no connections, waits for a head as long as for a next request, and for
    a caller who does not read for ever.
    """

    __slots__ = ("_head_timer", "_holder", "_line", "_server", "_taken_timer")

    _line: asyncio.Transport

    def __init__(self, server: _Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._server = server
        self._holder: str | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        self._taken_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # uvloop's transports are none of asyncio's by their class.
        self._line = cast("asyncio.Transport", transport)
        self._holder = self._server.places.take(_address_of(self._line))
        if self._holder is None:
            below = self._server.settings.public_path
            self._line.write(_refusal(self._server.metrics, below))
            self.force_close()
            return
        # Whatever the kernel does not take at once is timed until it has the last byte of it.
        self._line.set_write_buffer_limits(high=0)
        _limit_silence(self._line, self._server.taken_s)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        seen = self._request_count
        super().data_received(data)
        if self._request_count > seen:
            self._forget_head()
        elif self._head_timer is None and self._is_idle():
            self._expect_head()

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._holder is not None:
            self._server.places.give_back(self._holder)
        self._forget_head()
        self._forget_taken()
        super().connection_lost(exc)

    async def shutdown(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - aiohttp's
        """Let the answer that has begun be sent, then hang up.

        aiohttp waits twice for as long as it is given, and then until the caller has read.
        """
        await super().shutdown(None if timeout is None else timeout / 2)
        self._line.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_taken()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget_taken()

    def _is_idle(self) -> bool:
        """Whether nothing is waited for but a head; a body may come before its answer is begun."""
        return self._waiter is not None and not self._waiter.done()

    def _expect_head(self) -> None:
        loop = asyncio.get_running_loop()
        wait_s = self._server.settings.head_wait_s
        self._head_timer = loop.call_later(wait_s, self.force_close)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _expect_taken(self) -> None:
        """Look again after a while at what has not been taken: nothing is added to it meanwhile."""
        loop, untaken = asyncio.get_running_loop(), self._line.get_write_buffer_size()
        self._taken_timer = loop.call_later(self._server.taken_s, self._look_at_untaken, untaken)

    def _look_at_untaken(self, before: int) -> None:
        if before - self._line.get_write_buffer_size() < TAKEN_BYTES_MIN:
            self._line.abort()
        else:
            self._expect_taken()

    def _forget_taken(self) -> None:
        if self._taken_timer is not None:
            self._taken_timer.cancel()
            self._taken_timer = None

    def handle_error(
        self,
        request: BaseRequest,
        status: int = SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what no middleware saw; the parser's words, which quote it, go nowhere."""
        del message
        # aiohttp would quote an `Expect` that no encoding takes, and fails.
        is_ours = status >= SERVER_ERROR and not isinstance(exc, UnicodeEncodeError)
        # The application makes every request of a connection.
        seen, error = cast("web.Request", request), fault(exc) if is_ours else RequestMalformed()
        below = self._server.settings.public_path
        response = answer_unseen(seen, error, self._server.metrics, below=below)
        response.force_close()
        return response


def _refusal(metrics: Metrics, below: str) -> bytes:
    """Return what somebody is told for whom there is no place, whatever it wanted to ask."""
    error, request_id, trace_id = Busy(), uuid4().hex, secrets.token_hex(16)
    language = language_of(None)
    document = problem_document(error, language, path="/", request_id=request_id, below=below)
    body = orjson.dumps(document)
    headers = {
        "Content-Type": "application/problem+json",
        **language_headers(language),
        **SECURITY_HEADERS,
        "X-Request-Id": request_id,
        "traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-00",
        "Retry-After": str(error.retry_after_s),
        "Connection": "close",
        "Content-Length": str(len(body)),
    }
    metrics.count("refusals", code=error.code)
    with structlog.contextvars.bound_contextvars(request_id=request_id, trace_id=trace_id):
        tell(metrics, NO_PLACE, method=UNREAD)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {NO_PLACE} {NO_PLACE.phrase}\r\n{lines}\r\n".encode() + body


def _address_of(line: asyncio.Transport) -> str:
    peer = line.get_extra_info("peername")  # None where it has hung up already
    return str(peer[0]) if peer else ""


def _limit_silence(line: asyncio.Transport, seconds: float) -> None:
    """Let the kernel end a connection whose other side takes nothing for so long, or is gone.

    What the kernel has taken is out of our sight; of a page whose network vanished it would wait
    for a sign of life for a quarter of an hour.
    """
    link = line.get_extra_info("socket")
    if hasattr(socket, "TCP_USER_TIMEOUT") and link.family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):  # who connected has hung up already
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(seconds * 1_000))
