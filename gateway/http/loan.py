"""/v1/loan: what is owed and what may be borrowed, what happened, and what repaying would take."""

from uuid import UUID

from aiohttp import web

from gateway.domain.accrual import reckon_all
from gateway.domain.errors import NotFoundHere
from gateway.domain.hours import JST
from gateway.domain.loan_history import Step
from gateway.domain.loan_rules import percent
from gateway.domain.money import Yen
from gateway.http.answers import json_response
from gateway.http.body import read_body
from gateway.http.caller import caller_of
from gateway.http.conditional import json_or_unchanged
from gateway.http.deps import desk_of
from gateway.http.entry_answers import show_entry_in_detail
from gateway.http.headers import Page, id_in_path, page_of
from gateway.http.lists import one_page
from gateway.http.loan_answers import ENTRY, show_entry, show_estimate, show_loan
from gateway.http.payloads import SimulationPayload
from gateway.http.refusals import BadField, FieldFault, FieldsInvalid
from gateway.services.simulate_loan import Question, simulate_loan
from gateway.store.loan_books import read_loan_book, read_loan_record


async def get_loan(request: web.Request) -> web.Response:
    caller, desk = await caller_of(request), desk_of(request)
    book = await read_loan_book(desk.db, caller.member_id)
    if book is None:
        raise NotFoundHere
    return json_or_unchanged(request, show_loan(book, desk.clock.now().astimezone(JST).date()))


async def list_entries(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    page = page_of(request, ENTRY)
    record = await read_loan_record(desk_of(request).db, caller.member_id)
    if record is None:
        raise NotFoundHere
    book, sources = record
    newest_first = book.history.steps[::-1]
    begins = _begin_of(newest_first, page)
    return one_page(
        request,
        page,
        newest_first[begins : begins + page.limit + 1],
        show=lambda step: show_entry(step, sources.get(step.entry.id)),
        cursor=lambda step: (ENTRY, step.entry.id),
    )


async def get_entry(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    entry_id = id_in_path(request, "entry_id", ENTRY)
    record = await read_loan_record(desk_of(request).db, caller.member_id)
    if record is None:
        raise NotFoundHere
    book, sources = record
    for told in reckon_all(book.history.steps, book.agreement.contract):
        if told.step.entry.id == entry_id:
            return json_or_unchanged(request, show_entry_in_detail(told, sources.get(entry_id)))
    raise NotFoundHere


async def create_simulation(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    body = await read_body(request, SimulationPayload)
    question = Question(
        monthly=Yen(body.monthly),
        principal=None if body.principal is None else Yen(body.principal),
        annual_rate=None if body.annual_rate is None else percent(body.annual_rate),
        extra=None if body.extra is None else Yen(body.extra),
    )
    return json_response(
        show_estimate(await simulate_loan(desk_of(request), caller.member_id, question))
    )


def _begin_of(newest_first: tuple[Step, ...], page: Page) -> int:
    """Return where the page begins: behind the entry that the cursor names, which never goes."""
    if page.cursor is None:
        return 0
    return _place_of(newest_first, page.cursor) + 1


def _place_of(newest_first: tuple[Step, ...], entry_id: UUID) -> int:
    for place, step in enumerate(newest_first):
        if step.entry.id == entry_id:
            return place
    raise FieldsInvalid([BadField("parameter", "cursor", FieldFault.WRONG_FORMAT)])
