"""/v1/sessions: sign in, see where one is signed in, sign out."""

from aiohttp import web

from gateway.domain.identifier import public_id
from gateway.http.answers import SESSION, instant, json_response, show_session
from gateway.http.body import read_body
from gateway.http.caller import caller_of
from gateway.http.deps import deps_of, desk_of
from gateway.http.headers import bearer_of, id_in_path
from gateway.http.payloads import SessionPayload
from gateway.http.session_cookie import check_page, forgotten, kept, kept_tokens
from gateway.http.source import source_of
from gateway.services.authenticate import idle_since
from gateway.services.close_session import close_all_sessions, close_replaced, close_session
from gateway.services.open_session import Credentials, open_session
from gateway.store.sessions import list_live

# Pages forget what they cached for the member who left; not their storage, where the keys of
# requests lie whose answers were lost.
SIGNED_OUT = {"Clear-Site-Data": '"cache"'}


async def create_session(request: web.Request) -> web.Response:
    body = await read_body(request, SessionPayload)
    if body.as_cookie:
        check_page(request)
    desk = desk_of(request)
    credentials = Credentials(body.member_number, body.pin, source_of(request))
    session = await open_session(deps_of(request).sign_ins, credentials)
    for token in _replaced(request, as_cookie=body.as_cookie):
        await close_replaced(desk, token)
    document = {
        "id": public_id(SESSION, session.id),
        "expires_at": instant(session.ends_at),
        "idle_timeout_s": desk.settings.session_idle_s,
    }
    if body.as_cookie:
        return json_response(document, headers=kept(session.token.text))
    return json_response({**document, "token": session.token.text}, status=201)


def _replaced(request: web.Request, *, as_cookie: bool) -> list[str]:
    """Return the tokens that the caller holds no longer: the one shown, the cookie that was."""
    shown = bearer_of(request)
    return [*([] if shown is None else [shown]), *(kept_tokens(request) if as_cookie else [])]


async def list_sessions(request: web.Request) -> web.Response:
    caller, desk = await caller_of(request), desk_of(request)
    now = desk.clock.now()
    live = await list_live(desk.db, caller.member_id, now=now, seen_after=idle_since(desk, now))
    items = [show_session(one, is_current=one.id == caller.session_id) for one in live]
    return json_response({"items": items})


async def delete_session(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    session_id = id_in_path(request, "session_id", SESSION)
    await close_session(desk_of(request), caller, session_id)
    is_own = session_id == caller.session_id
    return _signed_out(request) if is_own else web.Response(status=204)


async def delete_sessions(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    await close_all_sessions(desk_of(request), caller)
    return _signed_out(request)


def _signed_out(request: web.Request) -> web.Response:
    return web.Response(status=204, headers=SIGNED_OUT | forgotten(request))
