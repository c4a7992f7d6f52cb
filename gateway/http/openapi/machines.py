"""What the description says of calls by banks, probes and the description itself."""

from typing import Literal

from gateway.domain.errors import CallbackForged, NotFoundHere
from gateway.http.openapi.fields import Shown
from gateway.http.openapi.operation import Caller, Gives, Operation, Tag


class Received(Shown):
    """What ends the deliveries of one call."""

    received: Literal[True]


class Alive(Shown):
    status: Literal["alive"]


class Readiness(Shown):
    """Whether requests may be sent here; if not, why not."""

    status: Literal["ready", "not_ready"]
    reasons: list[Literal["draining", "database", "schema"]]


TAKE_CALLBACK = Operation(
    "takeCallback",
    Tag.FOR_BANKS,
    "Take a bank's call",
    {200: Gives("Stored, now or before; PayPay銀行 gets the text `OK`", Received)},
    description="The bank's own format with the bank's own signature over the raw body.",
    caller=Caller.BANK,
    problems=(NotFoundHere, CallbackForged),
)
IS_ALIVE = Operation(
    "isAlive",
    Tag.PROBES,
    "Say that the process runs",
    {200: Gives("It runs", Alive)},
    caller=Caller.ANYONE,
)
IS_READY = Operation(
    "isReady",
    Tag.PROBES,
    "Say whether requests may be sent here",
    {200: Gives("They may", Readiness), 503: Gives("They may not", Readiness)},
    caller=Caller.ANYONE,
)
SHOW_METRICS = Operation(
    "showMetrics",
    Tag.PROBES,
    "Show counters and histograms",
    {200: Gives("Prometheus' text format", media_type="text/plain")},
    caller=Caller.ANYONE,
)
