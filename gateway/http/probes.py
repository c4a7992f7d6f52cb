"""/livez, /readyz and /metrics, for the machines that look after this one."""

import hmac

from aiohttp import web

from gateway.domain.errors import Busy, OperatorTokenMissing
from gateway.http.answers import json_response
from gateway.http.deps import HttpDeps, deps_of, desk_of
from gateway.http.headers import bearer_of

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def is_alive(request: web.Request) -> web.Response:
    """Say that the process runs; nothing else is looked at."""
    del request
    return json_response({"status": "alive"})


async def is_ready(request: web.Request) -> web.Response:
    """Say whether requests may be sent here, and if not, why not."""
    deps = deps_of(request)
    reasons = ["draining"] if deps.is_draining() else []
    reasons += await _database_reasons(deps)
    document = {"status": "not_ready" if reasons else "ready", "reasons": reasons}
    return json_response(document, status=503 if reasons else 200)


async def show_metrics(request: web.Request) -> web.Response:
    """Show them to whoever has the token: they tell what lies on the lender's accounts.

    The token is a setting: metrics are wanted most while the database is away.
    """
    wanted = desk_of(request).settings.metrics_token
    given = (bearer_of(request) or "").encode("utf-8", "surrogateescape")
    if wanted is not None and not hmac.compare_digest(given, wanted.get_secret_value().encode()):
        raise OperatorTokenMissing
    body = deps_of(request).render_metrics()
    return web.Response(body=body, headers={"Content-Type": METRICS_TYPE})


async def _database_reasons(deps: HttpDeps) -> list[str]:
    try:
        problem = await deps.schema_problem()
    except Busy:
        return ["database"]
    return [] if problem is None else ["schema"]
