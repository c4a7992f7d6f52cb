"""/v1/repayments and their quotes: what it will pay, ask for it, see, cancel."""

from functools import partial
from uuid import UUID

from aiohttp import web

from gateway.domain.errors import NotFoundHere
from gateway.domain.identifier import parse_public_id, public_id
from gateway.domain.money import Yen
from gateway.domain.repayment import RepaymentKind
from gateway.http.answers import QUOTE, json_response
from gateway.http.body import read_body, read_empty_body
from gateway.http.caller import caller_of
from gateway.http.deps import desk_of, public_path_of
from gateway.http.headers import id_in_path, idempotency_key_of, page_of
from gateway.http.lists import one_page
from gateway.http.payloads import Nothing, RepaymentPayload, RepaymentQuotePayload
from gateway.http.problems import REQUEST_ID
from gateway.http.repayment_answers import REPAYMENT, show_repayment, show_repayment_quote
from gateway.http.waiting import awaited, headers_of
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.cancel_repayment import cancel_repayment
from gateway.services.quote_repayment import RepaymentWish, quote_repayment
from gateway.store import repayments


async def create_quote(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    body = await read_body(request, RepaymentQuotePayload)
    quote = await quote_repayment(desk_of(request), _wish(caller.member_id, body))
    return json_response(show_repayment_quote(quote), status=201)


async def create_repayment(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    key = idempotency_key_of(request)
    body = await read_body(request, RepaymentPayload)
    wanted = RepaymentRequest(
        wish=_wish(caller.member_id, body),
        return_url=body.return_url,
        idempotency_key=key,
        request_id=request[REQUEST_ID],
        quote_id=None if body.quote_id is None else parse_public_id(QUOTE, body.quote_id),
        beside_open=body.beside_open,
    )
    accepted = await accept_repayment(desk_of(request), wanted)
    repayment = accepted.repayment
    place = f"{public_path_of(request)}/v1/repayments/{public_id(REPAYMENT, repayment.id)}"
    headers = {"Location": place}
    if accepted.is_replay:
        headers["Idempotency-Replayed"] = "true"
    if not repayment.is_final:
        headers["Retry-After"] = "1"
    return json_response(show_repayment(repayment), status=202, headers=headers)


async def list_repayments(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    page = page_of(request, REPAYMENT)
    found = await repayments.list_repayments(
        desk_of(request).db, member_id=caller.member_id, before=page.cursor, limit=page.limit + 1
    )
    return one_page(
        request, page, found, show=show_repayment, cursor=lambda one: (REPAYMENT, one.id)
    )


async def get_repayment(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    look = partial(
        repayments.find_repayment,
        desk_of(request).db,
        member_id=caller.member_id,
        repayment_id=_repayment_id(request),
    )
    repayment = await look()
    if repayment is None:
        raise NotFoundHere
    repayment = await awaited(request, repayment, look)
    return json_response(show_repayment(repayment), headers=headers_of(request, repayment))


async def cancel(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    await read_empty_body(request, Nothing)
    repayment = await cancel_repayment(
        desk_of(request), member_id=caller.member_id, repayment_id=_repayment_id(request)
    )
    return json_response(show_repayment(repayment))


def _wish(member_id: UUID, body: RepaymentQuotePayload) -> RepaymentWish:
    amount = None if body.amount is None else Yen(body.amount)
    return RepaymentWish(member_id, RepaymentKind(body.kind), body.bank, amount)


def _repayment_id(request: web.Request) -> UUID:
    return id_in_path(request, "repayment_id", REPAYMENT)
