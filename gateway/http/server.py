"""The server under the application: what cannot be parsed is answered by a problem document too."""

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest

from gateway.http.middlewares import fault
from gateway.http.problems import problem_response
from gateway.http.refusals import RequestMalformed
from gateway.http.stamp import SECURITY_HEADERS

KEEP_ALIVE_S = 75.0  # aiohttp's own choice under an AppRunner would be an hour
LINGER_S = 2.0
SERVER_ERROR = 500


class HttpRunner(web.AppRunner):
    """Runs the application; give it to a `web.TCPSite`."""

    def __init__(self, app: web.Application, **options: Any) -> None:
        defaults = {
            "access_log": None,  # `request.answered` is the one line a request
            "keepalive_timeout": KEEP_ALIVE_S,
            "lingering_time": LINGER_S,
        }
        super().__init__(app, **(defaults | options))

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        return _Server(
            server.request_handler,
            request_factory=server.request_factory,
            loop=asyncio.get_running_loop(),
            **self._kwargs,
        )


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(RequestHandler):
    def handle_error(
        self,
        request: BaseRequest,
        status: int = SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what no middleware saw; the parser's words, which quote it, go nowhere."""
        del message
        is_ours = status >= SERVER_ERROR
        response = problem_response(request, fault(exc) if is_ours else RequestMalformed())
        response.headers.update(SECURITY_HEADERS)
        response.force_close()
        return response
