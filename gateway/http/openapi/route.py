"""One row of the route table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from gateway.http.openapi.operation import Operation

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """Where a handler is reached, and what the API description says of it.

    `operation` None: not described yet; tests/http/test_openapi.py names those, and they get fewer.
    """

    method: str
    path: str
    handler: Handler
    operation: Operation | None = None

    def registered(self) -> web.RouteDef:
        """Return it as aiohttp wants it; what may be read by GET answers HEAD too."""
        if self.method == "GET":
            return web.get(self.path, self.handler)
        return web.route(self.method, self.path, self.handler)
