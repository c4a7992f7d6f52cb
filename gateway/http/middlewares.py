"""Around every request, outermost first: context and one log line, problems, hours."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from gateway.domain.errors import GatewayError
from gateway.domain.hours import LENDER_CLOSED, closed_until
from gateway.domain.ports import Metrics
from gateway.http.deps import desk_of, public_path_of
from gateway.http.headers import request_id_of, traceparent_of
from gateway.http.limits import PROBES, count_source
from gateway.http.origins import preflight
from gateway.http.problems import REQUEST_ID, error_code, problem_response
from gateway.http.refusals import (
    BodyTooLarge,
    ExpectationUnknown,
    InternalFault,
    MethodWrong,
    RequestMalformed,
    RouteUnknown,
    ServiceClosed,
    VersionUnknown,
)
from gateway.http.stamp import SECURITY_HEADERS, TRACEPARENT, stamp

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MEMBER_REF = "member_ref"
UNMATCHED = "unmatched"
VERSIONS = frozenset({(1, 0), (1, 1)})
WRITES = frozenset({"POST", "PATCH", "DELETE"})

log = structlog.get_logger()


@web.middleware
async def with_context(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Bind the ids once, answer, and write the one line that says all about the request."""
    began = asyncio.get_running_loop().time()
    _bind_ids(request)
    response = await handler(request)
    if not response.prepared:  # the head of a stream has left
        stamp(request, response)
    _tell(request, response, asyncio.get_running_loop().time() - began)
    return response


def _bind_ids(request: web.Request) -> None:
    request[REQUEST_ID] = request_id_of(request)
    trace_id, request[TRACEPARENT] = traceparent_of(request)
    # A connection's requests share a task and therefore a context.
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request[REQUEST_ID], trace_id=trace_id)


def _tell(request: web.Request, response: web.StreamResponse, seconds: float) -> None:
    method, route, metrics = request.method, _route_of(request), desk_of(request).metrics
    if isinstance(response, web.Response):  # how long a stream lasted says nothing about speed
        metrics.observe("request", seconds, method=method, route=route)
    tell(metrics, response.status, method=method, route=route, seconds=seconds)


def tell(
    metrics: Metrics, status: int, *, method: str, route: str = UNMATCHED, seconds: float = 0.0
) -> None:
    """Count an answer and write its line; what no middleware saw took no time worth telling."""
    metrics.count("requests", method=method, route=route, status=str(status))
    if route in PROBES:
        return
    log.info(
        "request.answered",
        method=method,
        route=route,
        status=status,
        duration_ms=round(seconds * 1000, 1),
    )


def _route_of(request: web.Request) -> str:
    """Return the route's template: addresses with ids in them would be a label without end."""
    resource = request.match_info.route.resource
    return UNMATCHED if resource is None else resource.canonical


@web.middleware
async def with_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever is raised into a problem document."""
    try:
        _check_version(request)
        return await handler(request)
    except GatewayError as error:
        return _refuse(request, error)
    except web.HTTPException as error:
        return _refuse(request, _translated(error))
    except (web.RequestPayloadError, ConnectionError):
        return _refuse(request, RequestMalformed())
    except Exception as error:  # noqa: BLE001 - the last resort: every answer is a problem document
        return _refuse(request, fault(error))


def _check_version(request: web.Request) -> None:
    if tuple(request.version) not in VERSIONS:
        raise VersionUnknown


def _refuse(request: web.Request, error: GatewayError) -> web.Response:
    code = error_code(error)
    if code == InternalFault.code and not isinstance(error, InternalFault):
        error = fault(error)
    desk_of(request).metrics.count("refusals", code=code)
    log.debug("request.refused", code=code)
    return problem_response(request, error, below=public_path_of(request))


def fault(error: BaseException | None) -> InternalFault:
    """Raise the alarm about what should not happen, and return what the caller is told."""
    log.error(
        "alert.raised",
        code="internal_error",
        severity="ticket",
        runbook="docs/runbook.md#internal_error",
        exc_info=error,
    )
    return InternalFault()


def _translated(error: web.HTTPException) -> GatewayError:
    match error:
        case web.HTTPMethodNotAllowed():
            return MethodWrong(sorted(error.allowed_methods))
        case web.HTTPNotFound():
            return RouteUnknown()
        case web.HTTPRequestEntityTooLarge():
            return BodyTooLarge()
        case web.HTTPClientError():
            return RequestMalformed()
        case _:
            return fault(error)


@web.middleware
async def within_limits(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count every request of its source; those of members are counted when they are known.

    Then answer a browser that only asks whether a page may call.
    """
    await count_source(request)
    return preflight(request) or await handler(request)


@web.middleware
async def within_hours(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Take nothing new while the lender is closed; reading, banks and probes are never held up."""
    if request.method in WRITES and request.path.startswith("/v1/"):
        now = desk_of(request).clock.now()
        reopens_at = closed_until(LENDER_CLOSED, now)
        if reopens_at is not None:
            raise ServiceClosed(now=now, reopens_at=reopens_at)
    return await handler(request)


async def without_plain_text(request: web.Request, response: web.StreamResponse) -> None:
    """Turn the one answer that aiohttp gives before any middleware runs into a problem."""
    if isinstance(response, web.HTTPExpectationFailed):
        desk = desk_of(request)
        below = desk.settings.public_path
        problem = answer_unseen(request, ExpectationUnknown(), desk.metrics, below=below)
        response.body = problem.body
        response.headers.update(problem.headers)
        stamp(request, response)


def answer_unseen(
    request: web.Request, error: GatewayError, metrics: Metrics, *, below: str
) -> web.Response:
    """Refuse what no middleware saw as if they had: with ids, hardened, counted, in the log."""
    if REQUEST_ID not in request:
        _bind_ids(request)
    response = problem_response(request, error, below=below)
    response.headers.update(SECURITY_HEADERS)
    response.headers["X-Request-Id"] = request[REQUEST_ID]
    response.headers["traceparent"] = request[TRACEPARENT]
    metrics.count("refusals", code=error_code(error))
    tell(metrics, response.status, method=request.method)
    return response
