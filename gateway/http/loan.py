"""/v1/loan: what is owed and what may be borrowed, taken fresh from the ledger."""

from aiohttp import web

from gateway.domain.errors import NotFoundHere
from gateway.http.answers import json_response, show_loan
from gateway.http.caller import caller_of
from gateway.http.deps import desk_of
from gateway.store.loans import find_loan


async def get_loan(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    loan = await find_loan(desk_of(request).db, caller.member_id)
    if loan is None:
        raise NotFoundHere
    return json_response(show_loan(loan))
