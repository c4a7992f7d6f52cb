"""What the description says of the event stream."""

from typing import Annotated

from pydantic import Field

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


class MemberEvent(Shown):
    """The `data` of one event: something moved. GET what it names, that is the truth."""

    no: Annotated[int, Field(description="The member's own count, from 1, without a gap.")]
    kind: Annotated[str, Field(json_schema_extra={"examples": ["transfer.settled"]})]
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
    description="`id` numbers the member's events without a gap, `event` is the kind, `data` JSON.",
    parameters=(LAST_EVENT_ID, AFTER),
    problems=(FieldsInvalid, TooManyStreams, Busy),
)
