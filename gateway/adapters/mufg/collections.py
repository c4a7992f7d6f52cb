"""Collections at MUFG: requests to pay, which the member approves on the bank's page."""

import re
from datetime import datetime

import httpx

from gateway.adapters.failure import (
    OutcomeUnknown,
    ReferenceNotFound,
    collection_outcome,
    start_outcome,
)
from gateway.adapters.line import Call
from gateway.adapters.mufg import codes
from gateway.adapters.mufg.channel import COLLECTIONS, Channel, Reading, is_not_found
from gateway.adapters.mufg.instructions import SettlementAccount, collection
from gateway.adapters.mufg.readiness import Numbered, Readiness
from gateway.adapters.mufg.reports import ON_COLLECTION, OneStatus, Report
from gateway.domain.bank import CollectionOrder
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Authorizing,
    CollectionOutcome,
    Paid,
    Pending,
    Redirect,
    Rejected,
    StartOutcome,
)
from gateway.domain.ports import Clock

WEB_ADDRESS = re.compile(r"https?://[!-~]{1,2000}")


class Collections:
    """Builds and reads both calls; the line carries them."""

    def __init__(
        self, channel: Channel, readiness: Readiness, account: SettlementAccount, clock: Clock
    ) -> None:
        self._channel = channel
        self._readiness = readiness
        self._account = account
        self._clock = clock
        self._reading = Reading(clock)

    def start(self, order: CollectionOrder) -> Call[StartOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, StartOutcome]:
            report = self._reading.report(answer, ON_COLLECTION, order.reference)
            if _is_open(answer, report):
                return "OPEN", Authorizing(_redirect(answer))
            raise self._reading.refused(answer, report, codes.COLLECTION)

        numbered = Numbered(self._readiness)

        def build() -> httpx.Request:
            document = collection(order, self._account, self._clock.now())
            return self._channel.post(COLLECTIONS, document, numbered.number)

        return Call(
            "start_collection",
            "money",
            order.reference,
            build=build,
            read=read,
            otherwise=start_outcome,
            ready=numbered.ready,
        )

    def inquire(self, order: CollectionOrder) -> Call[CollectionOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, CollectionOutcome]:
            report = self._reading.report(answer, ON_COLLECTION, order.reference)
            if is_not_found(answer, report):
                raise ReferenceNotFound("NOTFOUND")
            one = report.transaction
            if answer.status_code != httpx.codes.OK or one is None:
                raise self._reading.refused(answer, report, codes.ASKED_WRONGLY)
            return self._became(one, order)

        return Call(
            "inquire_collection",
            "inquiry",
            order.reference,
            build=lambda: self._channel.get(f"{COLLECTIONS}/{order.reference}"),
            read=read,
            otherwise=collection_outcome,
            ready=self._readiness.token,
        )

    def _became(self, one: OneStatus, order: CollectionOrder) -> tuple[str, CollectionOutcome]:
        """Return what became of a collection. A status whose parts contradict is unknown."""
        is_paid = one.accepted_at is not None and one.status == "ACSC"
        if not is_paid and one.amount not in {None, order.amount.amount}:
            # Booked money counts as it is; of what is not booked another amount is not our order.
            raise OutcomeUnknown("OTHER_AMOUNT", integrity=True)
        match one.status, one.reason, one.accepted_at, one.amount:
            case (("RCVD" | "PDNG"), None, None, _):
                return one.status, Pending()
            case "ACSC", None, datetime() as booked_at, int(amount):
                return "ACSC", Paid(booked_at, Yen(amount), one.bank_id)
            case "RJCT", str(code), None, _ if code in codes.COLLECTION_ENDS:
                return code, Rejected(codes.COLLECTION_ENDS[code])
            case _:
                raise OutcomeUnknown(one.reason or one.status, integrity=True)


def _is_open(answer: httpx.Response, report: Report) -> bool:
    """Whether the request to pay stands: accepted now, or before and not decided yet."""
    if answer.status_code == httpx.codes.ACCEPTED:
        one = report.transaction
        stated = {report.group_status, one.status if one else None} - {None}
        return bool(stated) and stated <= codes.OPENED and report.reason is None
    is_again = (answer.status_code, report.reason) == codes.ALREADY_USED
    return is_again and "Location" in answer.headers


def _redirect(answer: httpx.Response) -> Redirect:
    address = answer.headers.get("Location", "")
    if not WEB_ADDRESS.fullmatch(address):
        raise OutcomeUnknown("NO_ADDRESS", integrity=True)
    return Redirect(address)
