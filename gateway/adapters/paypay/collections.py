"""Collections at PayPay: a signed form for the payer's browser, and the inquiry about it."""

from collections.abc import Mapping
from datetime import datetime

import httpx

from gateway.adapters.characters import as_browsers_encode
from gateway.adapters.digits import read_amount, read_instant, written
from gateway.adapters.failure import OutcomeUnknown, ReferenceNotFound, collection_outcome
from gateway.adapters.line import Call, Line
from gateway.adapters.paypay import codes
from gateway.adapters.paypay.channel import Channel
from gateway.adapters.paypay.messages import (
    COLLECTION_STATE,
    COLLECTION_STATES,
    read_state,
)
from gateway.adapters.paypay.pairs import Unsendable, encoded
from gateway.domain.bank import CollectionOrder
from gateway.domain.outcome import (
    Answer,
    Authorizing,
    CollectionOutcome,
    Evidence,
    Paid,
    Pending,
    Redirect,
    Rejected,
    StartOutcome,
)
from gateway.domain.reason import Reason

ITEM_BYTES_MAX = 20
CHARSET = "Shift_JIS"


def start_collection(
    channel: Channel, order: CollectionOrder, *, now: datetime, item_limit: int
) -> Answer[StartOutcome]:
    """Return the form to post, good until LIMIT.

    What the bank would refuse is refused here: the payer would be the one to see its error page.
    """
    if order.expires_at <= now:
        return _refused("EXPIRED", Reason.SESSION_EXPIRED)
    if order.amount.amount > item_limit:
        return _refused("ABOVE_THE_LIMIT", Reason.LIMIT_EXCEEDED)
    try:
        fields = channel.sealed(_form(order))
    except Unsendable:
        return _refused("UNSENDABLE", Reason.FORMAT_ERROR)
    form = {key: as_browsers_encode(written) for key, written in encoded(fields).items()}
    redirect = Redirect(
        channel.url("/start"), tuple((key.decode(), value) for key, value in form.items()), CHARSET
    )
    return Answer(Authorizing(redirect), Evidence("FORM"))


async def inquire_collection(
    line: Line, channel: Channel, order: CollectionOrder
) -> Answer[CollectionOutcome]:
    """Ask about a collection; NotFound also while the payer's browser has not posted the form."""
    question = channel.ask("/inquiry", {"TRAN_ID": order.reference})

    async def read(answer: httpx.Response) -> tuple[str, CollectionOutcome]:
        found = question.read(answer, COLLECTION_STATE, codes.ASKED_WRONGLY)
        return found["STATE"], _read_state(found, order)

    call: Call[CollectionOutcome] = Call(
        "inquire_collection",
        "inquiry",
        order.reference,
        build=question.build,
        read=read,
        otherwise=collection_outcome,
    )
    return await line.call(call)


def _form(order: CollectionOrder) -> dict[str, str]:
    if len(encoded({"ITEM": order.description})[b"ITEM"]) > ITEM_BYTES_MAX:
        raise Unsendable(f"ITEM is longer than {ITEM_BYTES_MAX} bytes")
    return {
        "TRAN_ID": order.reference,
        "AMOUNT": str(order.amount.amount),
        "ITEM": order.description,
        "RETURN_URL": order.return_url,
        "CALLBACK_URL": order.callback_url,
        "LIMIT": written(order.expires_at),
    }


def _read_state(found: Mapping[str, str], order: CollectionOrder) -> Pending | Paid | Rejected:
    state = read_state(found, COLLECTION_STATE, COLLECTION_STATES)
    if state == "NONE":
        raise ReferenceNotFound(state)
    amount = read_amount(found["AMOUNT"])
    if state == "PAID":  # money that came counts, whatever had been asked for
        return Paid(read_instant(found["PAID_AT"]), amount)
    if amount != order.amount:
        raise OutcomeUnknown("OTHER_AMOUNT", integrity=True)
    if state == "OPEN":
        return Pending()
    return Rejected(codes.COLLECTION_REFUSED[state])


def _refused(code: str, reason: Reason) -> Answer[StartOutcome]:
    return Answer(Rejected(reason), Evidence(code))
