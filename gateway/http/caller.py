"""Who is calling: the session behind a request."""

import structlog
from aiohttp import web

from gateway.domain.errors import SessionMissing
from gateway.http.deps import deps_of, desk_of
from gateway.http.headers import bearer_of
from gateway.http.limits import count_member
from gateway.http.session_cookie import brought_token
from gateway.services.authenticate import Caller, authenticate


async def caller_of(request: web.Request) -> Caller:
    """Return the caller, whom every log line that follows will name.

    Raises SessionMissing, OriginNotAllowed or RequestsExceeded.
    """
    caller = await authenticate(desk_of(request), _token_of(request))
    member_ref = deps_of(request).member_ref(caller.member_id)
    structlog.contextvars.bind_contextvars(member_ref=member_ref)
    await count_member(request, caller.member_id)
    return caller


def _token_of(request: web.Request) -> str:
    """Return what the caller shows: in `Authorization`, or else in the cookie of a page."""
    if "Authorization" not in request.headers:
        return brought_token(request)
    token = bearer_of(request)
    if token is None:
        raise SessionMissing
    return token
