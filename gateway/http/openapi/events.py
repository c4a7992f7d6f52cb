"""What the description says of the event stream."""

from typing import Annotated

from pydantic import Field, WithJsonSchema

from gateway.domain import repayment, transfer
from gateway.domain.errors import Busy, TooManyStreams
from gateway.http.openapi.fields import Instant, Shown, TransferId, Yen
from gateway.http.openapi.operation import Gives, Operation, Tag
from gateway.http.openapi.parameters import Parameter
from gateway.http.openapi.repayments import RepaymentId
from gateway.http.refusals import FieldsInvalid

NUMBER = {"type": "string", "pattern": "^[0-9]{1,18}$"}
LAST_EVENT_ID = Parameter(
    "LastEventId",
    "Last-Event-ID",
    "header",
    "The `id` of the last event that the caller has; browsers send it by themselves.",
    NUMBER,
)
AFTER = Parameter(
    "After",
    "after",
    "query",
    "The same where no header can be set; `0` is from the first event on.",
    NUMBER,
)

# A claim is made by the database, which tells the member nothing.
_TRANSFER_STATES = {
    state
    for (_, _, event), state in transfer.TRANSITIONS.items()
    if event is not transfer.Event.CLAIM
}
_REPAYMENT_STATES = set(repayment.TRANSITIONS.values())
KINDS = (
    "transfer.accepted",
    *(f"transfer.{state}" for state in transfer.State if state in _TRANSFER_STATES),
    "repayment.accepted",
    *(f"repayment.{state}" for state in repayment.State if state in _REPAYMENT_STATES),
    "loan.corrected",
    "stream.opened",
    "stream.set_back",
)
EventKind = Annotated[
    str,
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(KINDS),
            "description": "More may come: ignore a kind that you do not know.",
            "examples": ["transfer.settled"],
        }
    ),
]


class MemberEvent(Shown):
    """The `data` of one event: something moved. GET what it names, that is the truth."""

    no: Annotated[int, Field(description="The member's own count, from 1, without a gap.")]
    kind: EventKind
    at: Instant
    transfer_id: TransferId | None
    repayment_id: RepaymentId | None
    state: str | None = None
    status: Annotated[str | None, Field(description="What to tell the member.")] = None
    is_final: bool | None = None
    amount: Yen | None = None
    reason: str | None = None
    promise_kept: bool | None = None


FOLLOW_EVENTS = Operation(
    "followEvents",
    Tag.EVENTS,
    "Follow what happens, as it happens",
    {
        200: Gives(
            "Server-sent events, until one side ends",
            media_type="text/event-stream",
            event=MemberEvent,
        )
    },
    description="`id` numbers the member's events without a gap, `event` is the kind, `data` JSON. "
    "What the stream says of itself (`stream.…`) bears the number of the last event before it.",
    parameters=(LAST_EVENT_ID, AFTER),
    problems=(FieldsInvalid, TooManyStreams, Busy),
)
