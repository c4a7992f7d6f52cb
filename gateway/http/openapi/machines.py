"""What the description says of probes and of the description itself."""

from typing import Literal

from gateway.domain.errors import OperatorTokenMissing
from gateway.http.openapi.fields import Shown
from gateway.http.openapi.operation import Caller, Gives, Operation, Tag
from gateway.http.openapi.parameters import IF_NONE_MATCH, Header


class AnyObject(Shown):
    """A JSON object that is described elsewhere."""


class Alive(Shown):
    status: Literal["alive"]


class Readiness(Shown):
    """Whether requests may be sent here; if not, why not."""

    status: Literal["ready", "not_ready"]
    reasons: list[Literal["draining", "database", "schema"]]


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
    description="With `Authorization: Bearer` and `GATEWAY_METRICS_TOKEN`, where that is set.",
    caller=Caller.ANYONE,
    problems=(OperatorTokenMissing,),
)
SHOW_OPENAPI = Operation(
    "showOpenapi",
    Tag.DESCRIPTION,
    "Give this description",
    {
        200: Gives("OpenAPI 3.1", AnyObject, headers=(Header.ETAG,)),
        304: Gives("It has not changed", headers=(Header.ETAG,)),
    },
    caller=Caller.ANYONE,
    parameters=(IF_NONE_MATCH,),
)
SHOW_PROBLEM = Operation(
    "showProblem",
    Tag.DESCRIPTION,
    "Explain a problem to people",
    {
        200: Gives(
            "A page in the language of Accept-Language: where the `type` of a problem leads",
            media_type="text/html",
            headers=(Header.LANGUAGE,),
        )
    },
    caller=Caller.ANYONE,
)
SHOW_PAGE = Operation(
    "showPage",
    Tag.DESCRIPTION,
    "Show this description to people",
    {
        200: Gives(
            "A page that needs nothing from elsewhere",
            media_type="text/html",
            headers=(Header.ETAG,),
        ),
        304: Gives("It has not changed", headers=(Header.ETAG,)),
    },
    caller=Caller.ANYONE,
    parameters=(IF_NONE_MATCH,),
)
SHOW_ASSET = Operation(
    "showAsset",
    Tag.DESCRIPTION,
    "Give a file of that page",
    {
        200: Gives("A script or a style sheet", media_type="*/*", headers=(Header.ETAG,)),
        304: Gives("It has not changed", headers=(Header.ETAG,)),
    },
    caller=Caller.ANYONE,
    parameters=(IF_NONE_MATCH,),
)
