"""Pay-outs at MUFG: taken with a 202, booked or refused later, asked about until then."""

from datetime import date, datetime, time

import httpx

from gateway.adapters.failure import (
    OutcomeUnknown,
    ReferenceNotFound,
    inquiry_outcome,
    submit_outcome,
)
from gateway.adapters.line import Call
from gateway.adapters.mufg import codes
from gateway.adapters.mufg.channel import PAYMENTS, Channel, Reading, is_not_found
from gateway.adapters.mufg.instructions import SettlementAccount, payment
from gateway.adapters.mufg.readiness import Numbered, Readiness
from gateway.adapters.mufg.reports import ON_PAYMENT, OneStatus
from gateway.domain.bank import TransferOrder
from gateway.domain.hours import JST
from gateway.domain.outcome import (
    InquiryOutcome,
    Rejected,
    Returned,
    Settled,
    SubmitOutcome,
    Submitted,
)
from gateway.domain.ports import Clock


class Payments:
    """Builds and reads both calls; the line carries them."""

    def __init__(
        self, channel: Channel, readiness: Readiness, account: SettlementAccount, clock: Clock
    ) -> None:
        self._channel = channel
        self._readiness = readiness
        self._account = account
        self._clock = clock
        self._reading = Reading(clock)

    def submit(self, order: TransferOrder, send_before: float) -> Call[SubmitOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, SubmitOutcome]:
            report = self._reading.report(answer, ON_PAYMENT, order.reference)
            if answer.status_code != httpx.codes.ACCEPTED:
                raise self._reading.refused(answer, report, codes.PAYMENT)
            if report.group_status != "ACTC" or report.reason is not None:
                raise OutcomeUnknown("CONTRADICTION", integrity=True)
            return "ACTC", Submitted()

        numbered = Numbered(self._readiness)

        def build() -> httpx.Request:
            document = payment(order, self._account, self._clock.now())
            return self._channel.post(PAYMENTS, document, numbered.number)

        return Call(
            "submit",
            "money",
            order.reference,
            build=build,
            read=read,
            otherwise=submit_outcome,
            ready=numbered.ready,
            send_before=send_before,
        )

    def inquire(self, order: TransferOrder) -> Call[InquiryOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, InquiryOutcome]:
            report = self._reading.report(answer, ON_PAYMENT, order.reference)
            if is_not_found(answer, report):
                raise ReferenceNotFound("NOTFOUND")
            one = report.transaction
            if answer.status_code != httpx.codes.OK or one is None:
                raise self._reading.refused(answer, report, codes.ASKED_WRONGLY)
            if one.amount != order.amount.amount:
                raise OutcomeUnknown("OTHER_AMOUNT", integrity=True)
            return self._became(one)

        return Call(
            "inquire",
            "inquiry",
            order.reference,
            build=lambda: self._channel.get(f"{PAYMENTS}/{order.reference}"),
            read=read,
            otherwise=inquiry_outcome,
            ready=self._readiness.token,
        )

    def _became(self, one: OneStatus) -> tuple[str, InquiryOutcome]:
        """Return what became of a payment. A status whose parts contradict is unknown."""
        match one.status, one.is_returned, one.reason, one.accepted_at:
            case "PDNG", False, None, _:
                return "PDNG", Submitted(one.bank_id)
            case "ACSC", False, None, datetime() as booked_at:
                return "ACSC", Settled(booked_at, one.bank_id)
            case "RJCT", True, _, datetime() as booked_at:
                return codes.RETURNED, self._came_back(one, booked_at)
            case "RJCT", False, str(code), _ if code in codes.PAYMENT_ENDS:
                return code, Rejected(codes.PAYMENT_ENDS[code])
            case _:
                raise OutcomeUnknown(one.reason or one.status, integrity=True)

    def _came_back(self, one: OneStatus, booked_at: datetime) -> Returned:
        """Return the return. The bank names its day only: we take the earliest instant of it."""
        day = one.execution_day
        if day is None or day < booked_at.date():
            raise OutcomeUnknown("CONTRADICTION", integrity=True)
        reason = codes.PAYMENT_ENDS.get(one.reason or "")
        return Returned(booked_at, _earliest(day, booked_at), reason, one.bank_id)


def _earliest(day: date, booked_at: datetime) -> datetime:
    """Return the day's beginning, or the booking if the money came back on the same day."""
    return max(booked_at, datetime.combine(day, time(0), JST))
