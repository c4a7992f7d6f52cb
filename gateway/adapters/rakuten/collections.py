"""Collections at Rakuten. Nobody calls back: how one ended is found by asking only."""

import re

import httpx

from gateway.adapters.digits import malformed, read_amount, read_instant, written
from gateway.adapters.failure import (
    OutcomeUnknown,
    collection_outcome,
    start_outcome,
)
from gateway.adapters.line import Call
from gateway.adapters.rakuten import codes
from gateway.adapters.rakuten.channel import Channel
from gateway.adapters.rakuten.messages import State, read_line, read_receipt, read_state
from gateway.domain.bank import CollectionOrder
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

START_FIELDS = 2
WEB_ADDRESS = re.compile(r"https?://[!-~]{1,2000}")


class Collections:
    """Builds and reads both calls; the line carries them."""

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock

    def start(self, order: CollectionOrder) -> Call[StartOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, StartOutcome]:
            code, url = read_line(answer, codes.COLLECTION, fields=START_FIELDS)
            if not WEB_ADDRESS.fullmatch(url):
                raise OutcomeUnknown("NO_ADDRESS", integrity=True)
            return code, Authorizing(Redirect(url))

        question = self._channel.ask("/kessai/start", _order(order))
        return Call(
            "start_collection",
            "money",
            order.reference,
            build=question.build,
            read=read,
            otherwise=start_outcome,
            ready=question.ready,
        )

    def inquire(self, order: CollectionOrder) -> Call[CollectionOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, CollectionOutcome]:
            found = read_state(answer, codes.ASKED_WRONGLY)
            return f"STATE_{found.state}", _became(found, order)

        question = self._channel.ask("/kessai/shokai", {"REF": order.reference})
        return Call(
            "inquire_collection",
            "inquiry",
            order.reference,
            build=question.build,
            read=read,
            otherwise=collection_outcome,
            ready=question.ready,
        )


def _order(order: CollectionOrder) -> dict[str, str]:
    return {
        "REF": order.reference,
        "AMOUNT": str(order.amount.amount),
        "ITEM": order.description,
        "RETURN_URL": order.return_url,
        "LIMIT": written(order.expires_at),
    }


def _became(found: State, order: CollectionOrder) -> Pending | Paid | Rejected:
    """Return what became of it; ReferenceNotFound, or OutcomeUnknown for contradictions."""
    if found.state == codes.NONE:
        raise found.nothing()
    amount = read_amount(found.amount)
    if found.state == codes.COLLECTION_PAID:  # money that came counts, whatever was asked for
        booked_at = read_instant(found.booked_at)
        return Paid(booked_at, amount, read_receipt(found.receipt))
    if amount != order.amount:
        raise OutcomeUnknown("OTHER_AMOUNT", integrity=True)
    if found.booked_at:
        raise OutcomeUnknown("CONTRADICTION", integrity=True)
    if found.state == codes.COLLECTION_OPEN:
        return Pending()
    reason = codes.COLLECTION_REFUSED.get(found.state)
    if reason is None:
        raise malformed()
    return Rejected(reason)
