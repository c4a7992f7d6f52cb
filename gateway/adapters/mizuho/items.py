"""One transfer of whatever file it is in, asked about by its reference."""

from urllib.parse import quote

import httpx

from gateway.adapters.failure import OutcomeUnknown, inquiry_outcome
from gateway.adapters.instants import booked_within
from gateway.adapters.line import Call
from gateway.adapters.mizuho.channel import Channel
from gateway.adapters.mizuho.files import decided, item_of
from gateway.adapters.mizuho.zengin.records import Malformed
from gateway.adapters.mizuho.zengin.transfers import RETURNED, Verdict, decode_verdict
from gateway.domain.bank import TransferOrder
from gateway.domain.hours import JST
from gateway.domain.outcome import InquiryOutcome, NotSent, Returned, Submitted, Unknown
from gateway.domain.ports import Clock


class Items:
    """Builds the call and reads its answer; the line carries it."""

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock

    def inquire(self, order: TransferOrder) -> Call[InquiryOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, InquiryOutcome]:
            if answer.status_code == httpx.codes.NO_CONTENT:
                return "HTTP_204", Submitted()
            if answer.status_code != httpx.codes.OK:
                raise self._channel.asked_in_vain(answer)
            verdict = self._verdict(answer.content)
            if verdict.item != item_of(order):
                raise OutcomeUnknown("OTHER_ITEM", integrity=True)
            return f"RESULT_{verdict.code}", self._became(verdict)

        return Call(
            "inquire",
            "inquiry",
            order.reference,
            build=lambda: self._channel.get(f"/items/{quote(order.reference, safe='')}"),
            read=read,
            otherwise=inquiry_outcome,
        )

    def _verdict(self, content: bytes) -> Verdict:
        try:
            return decode_verdict(content, near=self._clock.now().astimezone(JST).date())
        except Malformed as error:
            raise OutcomeUnknown("MALFORMED", integrity=True) from error

    def _became(self, verdict: Verdict) -> InquiryOutcome:
        now = self._clock.now()
        if verdict.code == RETURNED and verdict.day is not None:
            # Only the day of the return is told. The transfer was booked then at the latest.
            returned_at = booked_within(verdict.day, now)
            return Returned(returned_at, returned_at)
        outcome = decided(verdict, now=now)
        # An item may be in a second file by now, and the answer does not say of which file it
        # speaks: only the result of each file says which of its items may go out again.
        return Unknown() if isinstance(outcome, NotSent) else outcome
