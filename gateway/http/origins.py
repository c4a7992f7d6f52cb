"""Pages of other origins (CORS): those on the list may call, and read what they need; no others.

No wildcards: a listed page may bring the browser's cookie, too (`session_cookie`).
"""

from collections.abc import Mapping

from aiohttp import web

from gateway.http.deps import desk_of

ORIGIN, WANTED = "Origin", "Access-Control-Request-Method"
PREFLIGHT_S = 600
SENT = (
    *("Authorization", "Content-Type", "Accept-Language", "Idempotency-Key", "Prefer"),
    *("If-None-Match", "Last-Event-ID", "X-Request-Id", "traceparent"),
)
READ = (
    *("Location", "Retry-After", "Link", "ETag", "Allow", "Content-Language"),
    *("Idempotency-Replayed", "Preference-Applied", "WWW-Authenticate"),
    *("RateLimit", "RateLimit-Policy", "X-Request-Id", "traceparent"),
)


def origin_headers(request: web.Request) -> Mapping[str, str]:
    """Return what lets a page of a listed origin read the answer."""
    allowed = desk_of(request).settings.cors_origins
    if not allowed:
        return {}
    origin = request.headers.get(ORIGIN)
    if origin not in allowed:
        return {"Vary": ORIGIN}
    return {
        "Vary": ORIGIN,
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": ", ".join(READ),
    }


def preflight(request: web.Request) -> web.Response | None:
    """Return the answer to a browser that asks for a page of a listed origin; else None."""
    missing = request.match_info.http_exception
    is_listed = request.headers.get(ORIGIN) in desk_of(request).settings.cors_origins
    if (
        request.method != "OPTIONS"
        or WANTED not in request.headers
        or not is_listed
        or not isinstance(missing, web.HTTPMethodNotAllowed)
    ):
        return None
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Methods": ", ".join(sorted(missing.allowed_methods)),
            "Access-Control-Allow-Headers": ", ".join(SENT),
            "Access-Control-Max-Age": str(PREFLIGHT_S),
        },
    )
