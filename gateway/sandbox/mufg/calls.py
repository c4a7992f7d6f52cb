"""MUFG's calls: format and date first, then whatever rule of faults there is, then the work."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import NoReturn

from aiohttp import web

from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Exchange, Reply, Work
from gateway.sandbox.faults import Action, Call, Code
from gateway.sandbox.hours import ClosedWindow, reopens_at
from gateway.sandbox.magic import CLOSED_FOR_S
from gateway.sandbox.mufg.fields import day_of, is_reference
from gateway.sandbox.mufg.malformed import Malformed
from gateway.sandbox.mufg.messages import read_payment, read_request_to_pay
from gateway.sandbox.mufg.payments import PaymentDesk
from gateway.sandbox.mufg.refusals import (
    AFTER_ACCEPTANCE,
    IN_A_STATUS,
    INVALID_CLIENT,
    INVALID_TOKEN,
    RETRY_AFTER_S,
    THROTTLED,
    Refusal,
    Throttled,
    Unauthorized,
    closed,
)
from gateway.sandbox.mufg.reports import PAIN_002, PAIN_014, ReportKind, refused
from gateway.sandbox.mufg.requests_to_pay import RequestDesk
from gateway.sandbox.mufg.statement import statement, statement_day


class Calls:
    """Reads each call, and lets the desks do it."""

    def __init__(
        self,
        emulation: Emulation,
        windows: tuple[ClosedWindow, ...],
        payments: PaymentDesk,
        requests: RequestDesk,
    ) -> None:
        self._emulation = emulation
        self._windows = windows
        self._payments = payments
        self._requests = requests

    async def submit(self, request: web.Request, body: bytes) -> Reply:
        """Answer `POST /payments`."""
        payment = read_payment(request, body, self._emulation.books.settlement.key)
        self._check_day(payment.day, payment.reference)
        call = Call("submit", (payment.reference,), (payment.creditor.number,))
        exchange = self._exchange(call, PAIN_002, partial(self._payments.submit, payment))
        action = self._emulation.take_fault(call)
        if isinstance(action, Code) and action.code in AFTER_ACCEPTANCE:
            return await exchange.work(action)
        return await exchange.conduct_under(action)

    async def inquire(self, reference: str) -> Reply:
        """Answer `GET /payments/{EndToEndId}`."""
        _check_reference(reference)

        async def work(_: Action | None) -> Reply:
            return self._payments.inquire(reference)

        told = partial(self._payments.inquire, reference)
        return await self._exchange(Call("inquire", (reference,)), PAIN_002, work, told).conduct()

    async def start_collection(self, request: web.Request, body: bytes) -> Reply:
        """Answer `POST /collections`."""
        wanted = read_request_to_pay(request, body, self._emulation.books.settlement.key)
        self._check_day(wanted.day, wanted.reference)
        if wanted.expires_at <= self._emulation.clock.now():
            message = "XpryDt is not in the future"
            raise Refusal("DT01", message, message_id=wanted.reference)
        numbers = () if wanted.debtor is None else (wanted.debtor.number,)
        call = Call("start_collection", (wanted.reference,), numbers)
        origin = f"{request.scheme}://{request.host}"
        work = partial(self._requests.start, wanted, origin)
        return await self._exchange(call, PAIN_014, work).conduct()

    async def inquire_collection(self, reference: str) -> Reply:
        """Answer `GET /collections/{EndToEndId}`."""
        _check_reference(reference)

        async def work(_: Action | None) -> Reply:
            return self._requests.inquire(reference)

        call = Call("inquire_collection", (reference,))
        told = partial(self._requests.inquire, reference)
        return await self._exchange(call, PAIN_014, work, told).conduct()

    async def show_statement(self, day_text: str) -> Reply:
        """Answer `GET /statements/{date}`."""
        try:
            day = day_of(day_text)
        except Malformed as error:
            raise Refusal("FF01", "no date") from error

        async def work(_: Action | None) -> Reply:
            shown = statement_day(self._emulation.books, day)
            now = self._emulation.clock.now()
            return Reply(200, await asyncio.to_thread(statement, shown, now))

        return await self._exchange(Call("statement"), PAIN_002, work).conduct()

    def _check_day(self, day: date, reference: str) -> None:
        if day != self._emulation.clock.now().date():
            message = "ReqdExctnDt is not the day of receipt"
            raise Refusal("DT01", message, message_id=reference)

    def _exchange(
        self,
        call: Call,
        kind: ReportKind,
        work: Work,
        told: Callable[[str], Reply] | None = None,
    ) -> Exchange:
        """Return the exchange; `told` says a code of a rule as the state of the transaction."""

        async def work_or_refuse(action: Action | None) -> Reply:
            # A refusal is an answer like any other: a rule may cut it off or spoil it.
            try:
                reply = await work(action)
            except Refusal as refusal:
                report = refused(kind, self._emulation.clock.now(), refusal)
                reply = Reply(refusal.status, report, refusal.headers)
            # Another request may still be writing what this answer tells of.
            await self._emulation.journal.flush()
            return reply

        def refuse(code: str) -> Reply:
            if told is not None and code in IN_A_STATUS[call.operation]:
                return told(code)
            return self._as_told(call, code)

        return Exchange(self._emulation, call, work_or_refuse, refuse)

    def _as_told(self, call: Call, code: str) -> NoReturn:
        """Raise the error that a rule of faults asks for; nothing is done."""
        reference = call.references[0] if call.references else ""
        if code in (INVALID_TOKEN, INVALID_CLIENT):
            raise Unauthorized
        if code == THROTTLED:
            raise Throttled(RETRY_AFTER_S)
        if code == "TM01":
            now = self._emulation.clock.now()
            soon = now + timedelta(seconds=CLOSED_FOR_S)
            raise closed(reference, now, reopens_at(self._windows, now) or soon)
        raise Refusal(code, "a rule of faults said so", message_id=reference)


def _check_reference(reference: str) -> None:
    if not is_reference(reference):
        raise Refusal("FF01", "no reference")
