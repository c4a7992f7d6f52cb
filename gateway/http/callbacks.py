"""/callbacks/{bank}: banks call here. Verified, kept, answered; worked afterwards."""

from aiohttp import web

from gateway.domain.account import BankCode
from gateway.domain.errors import NotFoundHere
from gateway.http.answers import json_response
from gateway.http.body import read_bytes
from gateway.http.deps import desk_of
from gateway.services.receive_callback import receive_callback


async def take_callback(request: web.Request) -> web.Response:
    """Answer the first delivery and every later one alike."""
    try:
        bank = BankCode(request.match_info["bank"])
    except ValueError:
        raise NotFoundHere from None
    body = await read_bytes(request)
    await receive_callback(desk_of(request), bank, request.headers, body)
    return json_response({"received": True})
