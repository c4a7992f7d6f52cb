"""/callbacks/{bank}: banks call here. Verified, kept, answered; worked afterwards."""

from collections.abc import Mapping

from aiohttp import web

from gateway.domain.account import BankCode
from gateway.domain.errors import NotFoundHere
from gateway.http.answers import json_response
from gateway.http.body import read_bytes
from gateway.http.deps import desk_of
from gateway.services.receive_callback import receive_callback

# Any 2xx will do for the others; this one comes again, up to ten times, until it reads this.
WANTED: Mapping[BankCode, str] = {BankCode.PAYPAY: "OK"}


async def take_callback(request: web.Request) -> web.Response:
    """Answer the first delivery and every later one alike."""
    try:
        bank = BankCode(request.match_info["bank"])
    except ValueError:
        raise NotFoundHere from None
    body = await read_bytes(request)
    await receive_callback(desk_of(request), bank, request.headers, body)
    return answer_to(bank)


def answer_to(bank: BankCode) -> web.Response:
    """Return what ends the deliveries of one call."""
    if bank in WANTED:
        return web.Response(text=WANTED[bank])
    return json_response({"received": True})
