"""/openapi.json and /docs: the API described, for programs and for people, without the internet."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
from aiohttp import web

from gateway.http.conditional import Marked, marked, send_marked
from gateway.http.openapi.document import document_of
from gateway.http.openapi.route import Route
from gateway.http.refusals import RouteUnknown

FILES = web.AppKey("files", dict[str, Marked])
DESCRIPTION, INDEX = "openapi.json", "index.html"
PAGE = Path(__file__).parent / "docs_page"
JAVASCRIPT = "text/javascript; charset=utf-8"
ASSETS: Mapping[str, tuple[Path, str]] = {
    "start.js": (PAGE / "start.js", JAVASCRIPT),
    "swagger-ui.css": (PAGE / "vendored" / "swagger-ui.css", "text/css; charset=utf-8"),
    "swagger-ui-bundle.js": (PAGE / "vendored" / "swagger-ui-bundle.js", JAVASCRIPT),
}
# Nothing from elsewhere and no script in the page itself; the pictures are in the style sheet.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FOR_PAGES = {"Content-Security-Policy": POLICY}
ASKED_AGAIN = "no-cache"  # kept, and asked each time whether it is still the same


def files_of(routes: Sequence[Route], *, below: str) -> Mapping[str, Marked]:
    """Read and make all that is sent from here, by its name; `below` is this gateway's path."""
    page = {INDEX: (PAGE / INDEX, "text/html; charset=utf-8"), **ASSETS}
    files = {name: marked(path.read_bytes(), told) for name, (path, told) in page.items()}
    described = marked(orjson.dumps(document_of(routes, below=below)), "application/json")
    return {DESCRIPTION: described, **files}


async def show_openapi(request: web.Request) -> web.Response:
    return _sent(request, DESCRIPTION, {})


async def show_page(request: web.Request) -> web.Response:
    return _sent(request, INDEX, FOR_PAGES)


async def show_asset(request: web.Request) -> web.Response:
    """Send one of the page's files, by name; nothing else has one here."""
    name = request.match_info["asset"]
    if name not in ASSETS:
        raise RouteUnknown
    return _sent(request, name, FOR_PAGES)


def _sent(request: web.Request, name: str, more: Mapping[str, str]) -> web.Response:
    headers = {"Cache-Control": ASKED_AGAIN, **more}
    return send_marked(request, request.config_dict[FILES][name], headers)
