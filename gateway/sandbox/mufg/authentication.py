"""Who may talk to MUFG: OAuth 2 client credentials (RFC 6749), bearer tokens (RFC 6750)."""

import base64
import binascii
import hmac
import secrets
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, unquote_plus

import orjson
from aiohttp import web

from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Exchange, Reply
from gateway.sandbox.faults import Action, Call, Code, Rule
from gateway.sandbox.mufg.refusals import INVALID_CLIENT, INVALID_TOKEN, Unauthorized

TOKEN_LIFE_S = 300
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json; charset=utf-8"
_CALL = Call("token")


class Doorkeeper:
    """Gives out tokens, and lets those in who carry one that is still good."""

    def __init__(self, emulation: Emulation, client_id: str, secret: str) -> None:
        self._emulation = emulation
        self._pair = f"{client_id}:{secret}".encode()
        self._good_until: dict[str, datetime] = {}

    async def give_token(self, request: web.Request) -> Reply:
        """Answer `POST /oauth2/token`."""
        if not self._is_the_client(request.headers.get("Authorization", "")):
            return _error(INVALID_CLIENT)
        error = await _fault_of_form(request)
        if error:
            return _error(error)
        exchange = Exchange(self._emulation, _CALL, self._work, _error, _is_about_giving)
        return await exchange.conduct()

    def admit(self, authorization: str) -> None:
        """Return if the call carries a good token, else raise `Unauthorized`."""
        scheme, _, token = authorization.partition(" ")
        good_until = self._good_until.get(token)
        now = self._emulation.clock.now()
        if scheme.lower() != "bearer" or good_until is None or now >= good_until:
            raise Unauthorized
        if self._emulation.take_fault(_CALL, _ends_early) is not None:
            del self._good_until[token]
            raise Unauthorized

    def _is_the_client(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return False
        # RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
        said = ":".join(unquote_plus(half) for half in pair.split(":", 1)).encode()
        return scheme.lower() == "basic" and hmac.compare_digest(said, self._pair)

    async def _work(self, _: Action | None) -> Reply:
        now = self._emulation.clock.now()
        self._good_until = {old: end for old, end in self._good_until.items() if end > now}
        token = secrets.token_urlsafe(32)
        self._good_until[token] = now + timedelta(seconds=TOKEN_LIFE_S)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE_S}
        return Reply(200, orjson.dumps(answer), _json_headers())


def unauthorized() -> Reply:
    """Return the answer to a call without a good token."""
    return _error(INVALID_TOKEN)


async def _fault_of_form(request: web.Request) -> str:
    """Return RFC 6749's name for what is wrong with the request for a token, "" if nothing is."""
    try:
        body = await request.read()
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    except (web.HTTPRequestEntityTooLarge, ValueError):
        return "invalid_request"
    fields = dict(pairs)
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    is_sound = len(fields) == len(pairs) and fields.keys() <= {"grant_type", "scope"}
    if not is_sound or media_type != _FORM or "grant_type" not in fields:
        return "invalid_request"
    return "" if fields["grant_type"] == "client_credentials" else "unsupported_grant_type"


def _error(error: str) -> Reply:
    if error == INVALID_CLIENT:
        return _json_error(401, error, {"WWW-Authenticate": 'Basic realm="mufg"'})
    if error == INVALID_TOKEN:
        challenge = f'Bearer realm="mufg", error="{INVALID_TOKEN}"'
        return _json_error(401, error, {"WWW-Authenticate": challenge})
    return _json_error(400, error, {})


def _json_error(status: int, error: str, headers: dict[str, str]) -> Reply:
    return Reply(status, orjson.dumps({"error": error}), _json_headers() | headers)


def _json_headers() -> dict[str, str]:
    return {"Content-Type": _JSON, "Cache-Control": "no-store", "Pragma": "no-cache"}


def _ends_early(rule: Rule) -> bool:
    return isinstance(rule.action, Code) and rule.action.code == INVALID_TOKEN


def _is_about_giving(rule: Rule) -> bool:
    return not _ends_early(rule)
