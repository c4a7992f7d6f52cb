"""The session as a cookie, for pages: a browser keeps it where no script can read it.

A browser sends it whoever made the page that calls, so that what changes something is taken from
pages of ours and of listed origins only (OWASP ASVS 5.0, 3.3 and 3.5).
"""

from urllib.parse import urlsplit

from aiohttp import web

from gateway.domain.errors import SessionMissing
from gateway.http.deps import desk_of
from gateway.http.refusals import OriginNotAllowed

# Browsers take a name that begins like this from this very host only, and never without `Secure`.
NAME = "__Host-session"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
SAFE = frozenset({"GET", "HEAD"})


def kept(token: str) -> dict[str, str]:
    """Return the header that lets a browser keep a token until it is closed."""
    return {"Set-Cookie": f"{NAME}={token}; {ATTRIBUTES}"}


def forgotten(request: web.Request) -> dict[str, str]:
    """Return the header that lets a browser forget the token by which it called, if it did."""
    if "Authorization" in request.headers:
        return {}
    return {"Set-Cookie": f"{NAME}=; Max-Age=0; {ATTRIBUTES}"}


def check_page(request: web.Request) -> None:
    """Raise OriginNotAllowed unless the page that calls is one of ours, or of a listed origin.

    Else a page of somebody else's could act for the member, or sign a browser in as whom it likes.
    """
    if not _is_of_our_pages(request):
        raise OriginNotAllowed


def brought_token(request: web.Request) -> str:
    """Return the token in the cookie. Raises SessionMissing or OriginNotAllowed."""
    tokens = kept_tokens(request)
    if len(tokens) != 1:
        raise SessionMissing
    if request.method not in SAFE:
        check_page(request)
    return tokens[0]


def kept_tokens(request: web.Request) -> list[str]:
    """Return what a browser brings under the cookie's name: one token where all is right."""
    # Spaces and tabs alone: a browser takes a name behind any other blank from any neighbour.
    pairs = (
        pair.strip(" \t").partition("=")
        for header in request.headers.getall("Cookie", [])
        for pair in header.split(";")
    )
    return [token for name, _, token in pairs if name == NAME]


def _is_of_our_pages(request: web.Request) -> bool:
    """Whether the browser says that the page which calls is one of ours, or of a listed origin."""
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    settings = desk_of(request).settings
    own = urlsplit(settings.public_url)
    return request.headers.get("Origin") in {f"{own.scheme}://{own.netloc}", *settings.cors_origins}
