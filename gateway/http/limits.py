"""How many requests a member and a source may make, and what each answer says of it.

`RateLimit` and `RateLimit-Policy` are those of draft-ietf-httpapi-ratelimit-headers-11.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from enum import StrEnum
from uuid import UUID

from aiohttp import web

from gateway.config import Settings
from gateway.domain.quota import Quota, Standing
from gateway.http.deps import DEPS, deps_of, desk_of
from gateway.http.refusals import RequestsExceeded
from gateway.http.source import source_of

STANDINGS = web.RequestKey("standings", list[Standing])
POLICY, LEFT = "RateLimit-Policy", "RateLimit"
MONEY = ("/v1/transfers", "/v1/repayments")
STREAM = "/v1/events"
LOGINS = "/v1/sessions"
CALLBACKS = "/callbacks/"
PROBES = frozenset({"/livez", "/readyz", "/metrics"})


class Class(StrEnum):
    """Routes that are counted together."""

    MONEY = "money"
    WRITE = "write"
    READ = "read"
    STREAM = "stream"


def class_of(method: str, path: str) -> Class:
    """Return the class of a member's request."""
    if path == STREAM:
        return Class.STREAM
    if method in {"GET", "HEAD", "OPTIONS"}:
        return Class.READ
    is_money = any(path == one or path.startswith(f"{one}/") for one in MONEY)
    return Class.MONEY if is_money else Class.WRITE


def member_quota(settings: Settings, kind: Class) -> Quota | None:
    """Return what a member has for a class of routes, None where it is not limited."""
    per_minute = {
        Class.MONEY: settings.member_money_per_minute,
        Class.WRITE: settings.member_writes_per_minute,
        Class.READ: settings.member_reads_per_minute,
        Class.STREAM: settings.member_streams_per_minute,
    }[kind]
    return Quota(f"member_{kind}", per_minute) if per_minute else None


def is_counted(path: str) -> bool:
    """Whether requests there count at all."""
    return path not in PROBES


def source_quota(settings: Settings, method: str, path: str) -> Quota | None:
    """Return what a source has, whoever it speaks for; None where it is not limited."""
    if not is_counted(path):
        return None
    name, per_minute = "source", settings.source_requests_per_minute
    if path.startswith(CALLBACKS):
        name, per_minute = "source_callback", settings.source_callbacks_per_minute
    elif (method, path) == ("POST", LOGINS):  # each costs a slow hash, a right one a row as well
        name, per_minute = "source_login", settings.source_logins_per_minute
    return Quota(name, per_minute) if per_minute else None


async def while_counting(app: web.Application) -> AsyncIterator[None]:
    """Tell the other processes what was counted here, for as long as this one serves."""
    deps = app[DEPS]
    misuse = deps.desk.tally.run(deps.counts_db, deps.desk.instance)
    telling = [
        asyncio.create_task(deps.counter.run(), name="count_requests"),
        asyncio.create_task(misuse, name="tell_misuse"),
    ]
    yield
    for task in telling:
        task.cancel()
    await asyncio.gather(*telling, return_exceptions=True)


async def count_source(request: web.Request) -> None:
    """Count a request of whoever it is. Raises RequestsExceeded."""
    quota = source_quota(desk_of(request).settings, request.method, request.path)
    if quota is not None:
        await _count(request, quota, source_of(request).own)


async def count_member(request: web.Request, member_id: UUID) -> None:
    """Count a request of a member who has shown a session. Raises RequestsExceeded."""
    kind = class_of(request.method, request.path)
    quota = member_quota(desk_of(request).settings, kind)
    if quota is not None:
        await _count(request, quota, member_id.bytes)


async def count_operator(request: web.Request, name: str) -> None:
    """Count a request of an operator, who has what a member has. Raises RequestsExceeded."""
    per_minute = desk_of(request).settings.member_reads_per_minute
    if per_minute:
        await _count(request, Quota("operator", per_minute), name.encode())


async def _count(request: web.Request, quota: Quota, who: bytes) -> None:
    standing, may_go_on = await deps_of(request).counter.count(quota, who)
    request.setdefault(STANDINGS, []).append(standing)
    if not may_go_on:
        wait_s = quota.wait_s(standing.ahead_s)
        raise RequestsExceeded(retry_after_s=max(1, math.ceil(wait_s)))


def limit_headers(standings: list[Standing]) -> dict[str, str]:
    """Return what the caller may know of the quotas that its request counted against."""
    if not standings:
        return {}
    return {
        POLICY: ", ".join(map(_policy, standings)),
        LEFT: ", ".join(map(_left, standings)),
    }


def _policy(standing: Standing) -> str:
    return f'"{standing.quota.name}";q={standing.quota.requests};w={standing.quota.window_s:.0f}'


def _left(standing: Standing) -> str:
    return f'"{standing.quota.name}";r={standing.remaining};t={standing.more_in_s}'
