"""Lists in pages: each answer names the next one, in the body and as `Link` (RFC 8288)."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from aiohttp import web

from gateway.domain.identifier import public_id
from gateway.http.answers import json_response
from gateway.http.deps import public_path_of
from gateway.http.headers import Page

Item = TypeVar("Item")


def one_page(
    request: web.Request,
    page: Page,
    found: Sequence[Item],
    *,
    show: Callable[[Item], dict[str, object]],
    cursor: Callable[[Item], tuple[str, UUID]],
) -> web.Response:
    """Return a page of what was found; one more than it holds tells that there is a next one.

    `cursor` gives prefix and id of the thing after which the next page begins.
    """
    shown = found[: page.limit]
    next_cursor = public_id(*cursor(shown[-1])) if len(found) > page.limit else None
    headers = {}
    if next_cursor is not None:
        link = request.rel_url.update_query(limit=page.limit, cursor=next_cursor)
        headers["Link"] = f'<{public_path_of(request)}{link}>; rel="next"'
    document = {"items": [show(one) for one in shown], "next_cursor": next_cursor}
    return json_response(document, headers=headers)
