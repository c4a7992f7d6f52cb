"""/ops/v1: what operators see, by a token of their own; members' sessions open nothing here."""

from datetime import datetime

import structlog
from aiohttp import web

from gateway.domain.errors import OperatorTokenMissing, RoleTooLow
from gateway.domain.operator import Role
from gateway.domain.review import ItemState
from gateway.domain.transfer import State
from gateway.http.answers import TRANSFER, json_response
from gateway.http.deps import deps_of, desk_of
from gateway.http.headers import bearer_of, page_of, words_of
from gateway.http.limits import count_operator
from gateway.http.lists import one_page
from gateway.http.operator_answers import (
    ITEM,
    show_explanation,
    show_item,
    show_line,
    show_operator,
    show_restraints,
)
from gateway.http.refusals import BadField, FieldFault, FieldsInvalid
from gateway.services.admit_operators import authenticate_operator
from gateway.services.explain import explain
from gateway.services.list_transfers import OPEN, Filter, list_transfers
from gateway.services.read_restraints import restraints
from gateway.store.database import Database
from gateway.store.operators import Admitted
from gateway.store.review_items import NOT_CLOSED, find_item, list_items


async def operator_of(request: web.Request, needed: Role = Role.VIEWER) -> Admitted:
    """Return the operator who calls, whom every log line that follows will name.

    Raises OperatorTokenMissing, RequestsExceeded or RoleTooLow.
    """
    token = bearer_of(request)
    if token is None:
        raise OperatorTokenMissing
    admitted = await authenticate_operator(_db_of(request), token, now=_now(request))
    structlog.contextvars.bind_contextvars(operator=admitted.operator.name)
    await count_operator(request, admitted.operator.name)
    if not admitted.operator.role.includes(needed):
        raise RoleTooLow
    return admitted


async def get_operator(request: web.Request) -> web.Response:
    return json_response(show_operator(await operator_of(request)))


async def list_watched_transfers(request: web.Request) -> web.Response:
    await operator_of(request)
    page = page_of(request, TRANSFER, others=["state"])
    chosen = Filter(
        words_of(request, "state", State) or OPEN, after=page.cursor, limit=page.limit + 1
    )
    found = await list_transfers(_db_of(request), chosen, now=_now(request))
    return one_page(request, page, found, show=show_line, cursor=lambda line: (TRANSFER, line.id))


async def get_explanation(request: web.Request) -> web.Response:
    await operator_of(request)
    explained = await explain(_db_of(request), request.match_info["movement_id"])
    return json_response(show_explanation(explained))


async def list_stops(request: web.Request) -> web.Response:
    await operator_of(request)
    return json_response(show_restraints(await restraints(_db_of(request), now=_now(request))))


async def list_review_items(request: web.Request) -> web.Response:
    await operator_of(request)
    page, db = page_of(request, ITEM, others=["state"]), _db_of(request)
    if page.cursor is not None and await find_item(db, page.cursor) is None:
        # Behind what is not there would be nothing, as if nothing waited.
        raise FieldsInvalid([BadField("parameter", "cursor", FieldFault.WRONG_FORMAT)])
    found = await list_items(
        db,
        states=words_of(request, "state", ItemState) or NOT_CLOSED,
        after=page.cursor,
        limit=page.limit + 1,
    )
    return one_page(request, page, found, show=show_item, cursor=lambda item: (ITEM, item.id))


def _db_of(request: web.Request) -> Database:
    """Return the way to the database for operators: a long look holds up no money."""
    return deps_of(request).operators_db


def _now(request: web.Request) -> datetime:
    return desk_of(request).clock.now()
