"""What every answer carries: hardening, the ids of its request, the connection's end."""

from aiohttp import web

from gateway.http.deps import deps_of, desk_of
from gateway.http.limits import STANDINGS, limit_headers
from gateway.http.origins import origin_headers
from gateway.http.problems import REQUEST_ID

TRACEPARENT = web.RequestKey("traceparent", str)
VARY = "Vary"
HSTS = "max-age=31536000; includeSubDomains"
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Server": "gateway",  # no versions for strangers
}


def stamp(request: web.Request, response: web.StreamResponse) -> None:
    """Put it all on an answer whose head has not left; a header that it has already stays."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request[REQUEST_ID]
    response.headers["traceparent"] = request[TRACEPARENT]
    if desk_of(request).settings.public_url.startswith("https:"):
        response.headers["Strict-Transport-Security"] = HSTS
    told = origin_headers(request)
    vary = [one for one in (response.headers.get(VARY), told.get(VARY)) if one]
    response.headers.update(told)
    if vary:
        response.headers[VARY] = ", ".join(vary)
    response.headers.update(limit_headers(request.get(STANDINGS, [])))
    if deps_of(request).is_draining():
        response.force_close()
