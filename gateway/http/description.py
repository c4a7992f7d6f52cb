"""/openapi.json and /docs: the API described, for programs and for people, without the internet."""

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from gateway.http.headers import has_tag
from gateway.http.openapi.document import Description
from gateway.http.refusals import RouteUnknown

DESCRIPTION = web.AppKey("description", Description)
PAGE = Path(__file__).parent / "docs_page"
ASSETS: Mapping[str, Path] = {
    path.name: path
    for path in (
        PAGE / "start.js",
        PAGE / "vendored" / "swagger-ui.css",
        PAGE / "vendored" / "swagger-ui-bundle.js",
    )
}
# Nothing from elsewhere and no script in the page itself; the pictures are in the style sheet.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASKED_AGAIN = "no-cache"  # kept, and asked each time whether it is still the same


async def show_openapi(request: web.Request) -> web.Response:
    description = request.config_dict[DESCRIPTION]
    headers = {"ETag": description.etag, "Cache-Control": ASKED_AGAIN}
    if has_tag(request, description.etag):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = "application/json"
    return web.Response(body=description.body, headers=headers)


async def show_page(request: web.Request) -> web.StreamResponse:
    del request
    return _file(PAGE / "index.html")


async def show_asset(request: web.Request) -> web.StreamResponse:
    """Send one of the page's files, by name; nothing else of the disk has one here."""
    path = ASSETS.get(request.match_info["asset"])
    if path is None:
        raise RouteUnknown
    return _file(path)


def _file(path: Path) -> web.FileResponse:
    return web.FileResponse(
        path, headers={"Content-Security-Policy": POLICY, "Cache-Control": ASKED_AGAIN}
    )
