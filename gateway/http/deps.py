"""What the HTTP side is given, in one frozen value."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from gateway.domain.account import BankCode
from gateway.services.count_requests import RequestCounter
from gateway.services.desk import TransferDesk
from gateway.services.follow_events import EventFeed
from gateway.services.open_session import SignInDesk
from gateway.store.database import Database


@dataclass(frozen=True, slots=True)
class HttpDeps:
    """Everything that handlers need; `app.py` builds it and owns the lifetimes.

    `counts_db` and `operators_db` are ways to the database of their own; `member_ref` is the keyed
    hash under which logs name a member; `bank_health` one word a bank; `render_metrics` the text
    for Prometheus; `schema_problem` what is wrong with the database's schema, None if nothing is.
    """

    desk: TransferDesk
    sign_ins: SignInDesk
    feed: EventFeed
    counter: RequestCounter
    counts_db: Database
    operators_db: Database
    member_ref: Callable[[UUID], str]
    bank_health: Callable[[BankCode], str]
    render_metrics: Callable[[], bytes]
    schema_problem: Callable[[], Awaitable[str | None]]
    is_draining: Callable[[], bool]


DEPS = web.AppKey("deps", HttpDeps)


def deps_of(request: web.Request) -> HttpDeps:
    return request.config_dict[DEPS]


def public_path_of(request: web.Request) -> str:
    """Return what stands before every path of ours where callers see it."""
    return desk_of(request).settings.public_path


def desk_of(request: web.Request) -> TransferDesk:
    return deps_of(request).desk
