"""/v1/transfers and their quotes: what it will be like, ask for cash, see, cancel."""

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from gateway.domain.account import BankCode
from gateway.domain.errors import NotFoundHere
from gateway.domain.identifier import parse_public_id, public_id
from gateway.domain.money import Yen
from gateway.domain.transfer import State, Transfer
from gateway.http.answers import (
    ACCOUNT,
    QUOTE,
    TRANSFER,
    json_response,
    show_quote,
    show_transfer,
)
from gateway.http.body import read_body, read_empty_body
from gateway.http.caller import caller_of
from gateway.http.deps import desk_of, public_path_of
from gateway.http.headers import id_in_path, idempotency_key_of, page_of
from gateway.http.lists import one_page
from gateway.http.payloads import Nothing, TransferPayload, TransferQuotePayload
from gateway.http.problems import REQUEST_ID
from gateway.http.refusals import BadField, FieldFault, FieldsInvalid
from gateway.http.waiting import awaited, headers_of
from gateway.services.accept_transfer import TransferRequest, accept_transfer
from gateway.services.cancel_transfer import cancel_transfer
from gateway.services.quote_transfer import quote_transfer
from gateway.store import transfers
from gateway.store.stops import hold_began, known_stops


async def create_transfer(request: web.Request) -> web.Response:
    caller, desk = await caller_of(request), desk_of(request)
    key = idempotency_key_of(request)
    body = await read_body(request, TransferPayload)
    wanted = TransferRequest(
        member_id=caller.member_id,
        account_id=_account_id(body),
        amount=Yen(body.amount),
        idempotency_key=key,
        request_id=request[REQUEST_ID],
        quote_id=None if body.quote_id is None else parse_public_id(QUOTE, body.quote_id),
        again=body.again,
    )
    accepted = await accept_transfer(desk, wanted)
    transfer = await _awaited(request, accepted.transfer)
    place = f"{public_path_of(request)}/v1/transfers/{public_id(TRANSFER, transfer.id)}"
    headers = {"Location": place}
    if accepted.is_replay:
        headers["Idempotency-Replayed"] = "true"
    return await _answer(request, transfer, status=202, headers=headers)


async def create_quote(request: web.Request) -> web.Response:
    caller, desk = await caller_of(request), desk_of(request)
    body = await read_body(request, TransferQuotePayload)
    quote = await quote_transfer(
        desk,
        member_id=caller.member_id,
        account_id=_account_id(body),
        amount=Yen(body.amount),
    )
    return json_response(show_quote(quote), status=201)


async def list_transfers(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    page = page_of(request, TRANSFER)
    found = await transfers.list_transfers(
        desk_of(request).db,
        member_id=caller.member_id,
        before=page.cursor,
        limit=page.limit + 1,
    )
    held = await _held_banks(request, found)
    return one_page(
        request,
        page,
        found,
        show=lambda one: show_transfer(one, is_held=one.bank in held),
        cursor=lambda one: (TRANSFER, one.id),
    )


async def get_transfer(request: web.Request) -> web.Response:
    caller, desk = await caller_of(request), desk_of(request)
    transfer = await transfers.find_transfer(
        desk.db, member_id=caller.member_id, transfer_id=_transfer_id(request)
    )
    if transfer is None:
        raise NotFoundHere
    transfer = await _awaited(request, transfer)
    return await _answer(request, transfer, status=200, headers={})


async def cancel(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    await read_empty_body(request, Nothing)
    transfer = await cancel_transfer(
        desk_of(request), member_id=caller.member_id, transfer_id=_transfer_id(request)
    )
    return json_response(show_transfer(transfer))


def _account_id(body: TransferQuotePayload) -> UUID:
    account_id = parse_public_id(ACCOUNT, body.account_id)
    if account_id is None:
        raise FieldsInvalid([BadField("pointer", "/account_id", FieldFault.WRONG_FORMAT)])
    return account_id


def _transfer_id(request: web.Request) -> UUID:
    return id_in_path(request, "transfer_id", TRANSFER)


async def _awaited(request: web.Request, transfer: Transfer) -> Transfer:
    return await awaited(
        request,
        transfer,
        lambda: transfers.find_transfer(
            desk_of(request).db, member_id=transfer.member_id, transfer_id=transfer.id
        ),
    )


async def _answer(
    request: web.Request, transfer: Transfer, *, status: int, headers: dict[str, str]
) -> web.Response:
    held = await _held_banks(request, [transfer])
    shown = show_transfer(transfer, is_held=transfer.bank in held)
    return json_response(shown, status=status, headers=headers | headers_of(request, transfer))


async def _held_banks(request: web.Request, found: Sequence[Transfer]) -> set[BankCode]:
    """Return the banks of waiting transfers that are held; nothing is read where none waits."""
    banks = {transfer.bank for transfer in found if transfer.state is State.SCHEDULED}
    if not banks:
        return banks
    desk = desk_of(request)
    stops = await known_stops(desk.db, now=desk.clock.now())
    return {bank for bank in banks if hold_began([stop for stop in stops if stop.is_of(bank)])}
