"""What the description says of the event stream."""

from gateway.domain.errors import Busy, TooManyStreams
from gateway.http.openapi.operation import Gives, Operation, Tag
from gateway.http.openapi.parameters import Parameter
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
FOLLOW_EVENTS = Operation(
    "followEvents",
    Tag.EVENTS,
    "Follow what happens, as it happens",
    {200: Gives("Server-sent events, until one side ends", media_type="text/event-stream")},
    description="`id` numbers the member's events without a gap, `event` is the kind, `data` JSON.",
    parameters=(LAST_EVENT_ID, AFTER),
    problems=(FieldsInvalid, TooManyStreams, Busy),
)
