"""The page on which a payer approves a collection: plain HTML that needs no script."""

import unicodedata
from dataclasses import dataclass

from aiohttp import web

from gateway.sandbox import approval_html as html
from gateway.sandbox.collections import APPROVAL_PREFIX, Collection, Collections
from gateway.sandbox.exchange import Reply

_WRONG = (
    "支店番号・口座番号・パスワードのいずれかが正しくありません。"
    "もう一度ご入力ください(あと{left}回)。"
)
# Browsers hold every redirect that follows a form to `form-action`, too. The way back leads over
# the lender's address to wherever the member came from: no list of places could name that.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src '{html.STYLE_HASH}'",
        "base-uri 'none'",
        "form-action 'self' https: http:",
        "frame-ancestors 'none'",
    )
)
_NO_ACTION = "「承認」か「やめる」を選んでください。"


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as the payer sent it."""

    branch: str
    number: str
    password: str
    action: str


async def page(collections: Collections, request: web.Request) -> web.Response:
    """Show the page, or take the payer's decision; the end is a 303 to the return address."""
    if request.method not in ("GET", "HEAD", "POST"):
        return web.Response(status=405, headers={"Allow": "GET, HEAD, POST"})
    filled = await _read(request) if request.method == "POST" else None
    collection = collections.find_by_token(request.path.removeprefix(APPROVAL_PREFIX))
    if collection is None:
        return _response(Reply(404, html.unknown_page().encode(), _headers()))
    if filled is not None and collection.is_open:
        return _response(await _decided(collections, collection, filled))
    return _response(show(collections, collection))


def show(collections: Collections, collection: Collection) -> Reply:
    """Return the page of an open collection, or the way back from one that is over."""
    if collection.is_open:
        return _form(collections, collection)
    headers = {"Location": collections.return_address(collection), "Cache-Control": "no-store"}
    return Reply(303, b"", headers, is_bare=True)


async def _decided(collections: Collections, collection: Collection, filled: Filled) -> Reply:
    payer = collections.log_in(filled.branch, filled.number, filled.password)
    if filled.action == "decline":
        # Nobody has to log in to leave; whoever did all the same is named to the lender.
        return show(collections, await collections.decline(collection, payer))
    if filled.action != "approve":
        return _form(collections, collection, filled, _NO_ACTION, status=400)
    if payer is not None:
        return show(collections, await collections.approve(collection, payer))
    left = await collections.count_wrong(collection)
    after = collections.find(collection.reference)
    if after is not None and not after.is_open:
        return show(collections, after)
    return _form(collections, collection, filled, _WRONG.format(left=left))


def _form(
    collections: Collections,
    collection: Collection,
    filled: Filled | None = None,
    alert: str = "",
    status: int = 200,
) -> Reply:
    emulation, order = collections.emulation, collection.order
    content = html.Content(
        bank=emulation.title,
        payee=emulation.books.settlement.holder,
        amount=order.amount,
        description=order.description,
        expires_at=order.expires_at,
        action=collections.approval_path(collection),
        branch="" if filled is None else filled.branch,
        number="" if filled is None else filled.number,
        alert=alert,
    )
    return Reply(status, html.form_page(content).encode(), _headers(), is_bare=True)


async def _read(request: web.Request) -> Filled:
    try:
        fields = await request.post()
    except (ValueError, LookupError):
        # No form, or in no charset anybody knows: as if nothing had been filled in.
        return Filled("", "", "", "")

    def text(name: str) -> str:
        value = fields.get(name, "")
        # A phone's keyboard may give full-width digits.
        return unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""

    password = fields.get("password", "")
    return Filled(
        branch=text("branch"),
        number=text("number"),
        password=password if isinstance(password, str) else "",
        action=text("action"),
    )


def _headers() -> dict[str, str]:
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": _POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, headers=reply.headers)
