"""Authentic, well-formed requests on their way through the rules of faults."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import TypeVar

from aiohttp import web

from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Exchange, Reply, Work, any_rule
from gateway.sandbox.faults import Action, Call, Rule
from gateway.sandbox.hours import ClosedWindow, reopens_at
from gateway.sandbox.magic import CLOSED_FOR_S
from gateway.sandbox.mizuho import refusals
from gateway.sandbox.mizuho.refusals import Refusal
from gateway.sandbox.strict import StrictModel, Unreadable, as_model

Message = TypeVar("Message", bound=StrictModel)

_REFERENCE = re.compile(r"[A-Z0-9]{20}")
_SATURDAY = 5
CLOSED = (
    ClosedWindow(weekday=_SATURDAY, begins=time(22), lasts=timedelta(hours=10)),
    ClosedWindow(weekday=_SATURDAY, begins=time(3), lasts=timedelta(hours=2), nth=(1, 4)),
)


class Exchanges:
    """Conducts every call the same way, and knows the hours."""

    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation

    async def conduct(
        self,
        call: Call,
        work: Work,
        *,
        told: Callable[[str], Reply] | None = None,
        among: Callable[[Rule], bool] = any_rule,
    ) -> Reply:
        """Return the answer; `told` says a code of a rule where the call has words of its own."""

        async def work_or_refuse(action: Action | None) -> Reply:
            # A refusal is an answer like any other: a rule may cut it off or spoil it.
            try:
                return await work(action)
            except Refusal as refusal:
                return refusal.reply

        refuse = told or self.as_told
        return await Exchange(self._emulation, call, work_or_refuse, refuse, among).conduct()

    def check_hours(self) -> None:
        """Raise the `Refusal` inside a closed window."""
        until = reopens_at(CLOSED, self._emulation.clock.now())
        if until is not None:
            raise Refusal(refusals.closed(until))

    def closed_until(self) -> datetime:
        """Return until when the bank is closed, or would be if it closed for a moment now."""
        now = self._emulation.clock.now()
        return reopens_at(CLOSED, now) or refusals.soon(now, CLOSED_FOR_S)

    def as_told(self, code: str) -> Reply:
        """Return the answer that a rule of faults asks for."""
        return refusals.as_told(code, closed_until=self.closed_until())


def check_reference(reference: str) -> None:
    """Raise the `Refusal` of a reference that no file could have."""
    if not _REFERENCE.fullmatch(reference):
        raise refusals.fault_of_request("reference", "must be 20 of A-Z and 0-9")


def read_query(model: type[Message], request: web.Request) -> Message:
    """Return the query as that message; the `Refusal` for anything else, or a body."""
    fields: Mapping[str, str] = dict(request.query)
    if request.body_exists or len(fields) != len(request.query):
        raise refusals.fault_of_request("query", "a parameter twice, or a body where none belongs")
    return read_fields(model, fields)


def read_fields(model: type[Message], fields: Mapping[str, object]) -> Message:
    """Return the fields as that message, or raise the `Refusal`."""
    try:
        return as_model(model, fields)
    except Unreadable as error:
        field, _, message = str(error).partition(": ")
        raise refusals.fault_of_request(field, message) from error
