"""/v1/accounts: where a member's money may go."""

from aiohttp import web

from gateway.http.answers import ACCOUNT, TYPES, json_response, show_account
from gateway.http.body import read_body
from gateway.http.caller import caller_of
from gateway.http.conditional import json_or_unchanged
from gateway.http.deps import desk_of
from gateway.http.headers import id_in_path
from gateway.http.payloads import AccountPayload
from gateway.services.register_account import AccountRequest, register_account
from gateway.services.remove_account import remove_account
from gateway.store import accounts


async def create_account(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    body = await read_body(request, AccountPayload)
    wanted = AccountRequest(
        member_id=caller.member_id,
        bank=body.bank,
        branch=body.branch,
        type=TYPES[body.type],
        number=body.number,
        holder=body.holder,
    )
    registered = await register_account(desk_of(request), wanted)
    return json_response(show_account(registered), status=201)


async def list_accounts(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    registered = await accounts.list_accounts(desk_of(request).db, caller.member_id)
    return json_or_unchanged(request, {"items": [show_account(one) for one in registered]})


async def delete_account(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    account_id = id_in_path(request, "account_id", ACCOUNT)
    await remove_account(desk_of(request), member_id=caller.member_id, account_id=account_id)
    return web.Response(status=204)
