"""What the description says of problems: which codes an operation gives, their schema, examples."""

import pkgutil
from collections.abc import Mapping
from datetime import datetime
from functools import cache

import orjson

from gateway.domain.errors import (
    BankClosed,
    Busy,
    CommitUnknown,
    CreditShort,
    GatewayError,
    IdempotencyKeyReused,
    OperatorTokenMissing,
    QuoteOutdated,
    QuoteUsed,
    RepaymentAmountWrong,
    RepaymentOpen,
    RepeatedWish,
    RoleTooLow,
    SessionMissing,
    TooManyAttempts,
)
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.http.errors import TABLE
from gateway.http.limits import is_counted
from gateway.http.openapi.fields import EXAMPLE_HEX
from gateway.http.openapi.operation import Caller, Operation
from gateway.http.openapi.parameters import IDEMPOTENCY_KEY, LIMIT
from gateway.http.openapi.route import Route
from gateway.http.problems import detail_of, members_of, problem_type, say
from gateway.http.refusals import (
    BodyTooLarge,
    BodyTooSlow,
    ExpectationUnknown,
    FieldFault,
    FieldsInvalid,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    InternalFault,
    JsonMalformed,
    MediaTypeWrong,
    OriginNotAllowed,
    RequestMalformed,
    RequestsExceeded,
    RouteUnknown,
    ServiceClosed,
    VersionUnknown,
)
from gateway.http.session_cookie import SAFE

Kinds = tuple[type[GatewayError], ...]

ANYWHERE: Kinds = (RequestMalformed, ExpectationUnknown, InternalFault, VersionUnknown)
OF_CALLER: Mapping[Caller, Kinds] = {
    Caller.MEMBER: (SessionMissing, Busy),
    Caller.OPERATOR: (OperatorTokenMissing, RoleTooLow, Busy),
    Caller.BANK: (Busy, CommitUnknown, BodyTooSlow, BodyTooLarge),
    Caller.ANYONE: (),
}
WITH_BODY: Kinds = (JsonMalformed, BodyTooSlow, BodyTooLarge, MediaTypeWrong, FieldsInvalid)
WITH_KEY: Kinds = (IdempotencyKeyMissing, IdempotencyKeyInvalid, IdempotencyKeyReused)


def problems_of(route: Route, operation: Operation) -> Kinds:
    """Return every error that a route answers with, in the order of the table of errors."""
    kinds = {*operation.problems, *ANYWHERE, *_of_quotas(route)}
    kinds |= {*OF_CALLER[operation.caller]}
    if operation.is_writing:
        kinds |= {Busy, CommitUnknown, ServiceClosed}
    if operation.takes is not None:
        kinds |= set(WITH_BODY)
    if operation.caller is Caller.MEMBER and route.method not in SAFE:
        kinds.add(OriginNotAllowed)
    if IDEMPOTENCY_KEY in operation.parameters:
        kinds |= set(WITH_KEY)
    if LIMIT in operation.parameters:
        kinds.add(FieldsInvalid)
    if "{" in route.path:
        kinds.add(RouteUnknown)  # an empty part, or a slash in it
    return tuple(kind for kind in TABLE if kind in kinds)


def _of_quotas(route: Route) -> Kinds:
    return (RequestsExceeded,) if is_counted(route.path) else ()


def problem_schemas() -> dict[str, object]:
    """Return the components that problems are made of."""
    return {
        "ProblemCode": {
            "type": "string",
            "description": "Stable, never translated; docs/problems.md says what to do with each.",
            "enum": [kind.code for kind in TABLE],
        },
        "FieldProblem": _FIELD_PROBLEM,
        "Problem": _PROBLEM,
    }


@cache
def problem_examples() -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    """Return each problem in both languages: `CODE` in Japanese, `CODE.en` in English."""
    return {
        f"{kind.code}{suffix}": {"value": _example(kind, language)}
        for kind in TABLE
        for suffix, language in (("", "ja"), (".en", "en"))
    }


def of_codes(kinds: Kinds) -> dict[str, object]:
    """Return the schema of a problem whose code is one of these."""
    codes = [kind.code for kind in kinds]
    narrowed = {"type": "object", "properties": {"code": {"type": "string", "enum": codes}}}
    return {"allOf": [{"$ref": "#/components/schemas/Problem"}, narrowed]}


def _example(kind: type[GatewayError], language: str) -> Mapping[str, object]:
    row, error = TABLE[kind], _EXAMPLES.get(kind)
    return {
        "type": problem_type(kind.code),
        "title": say(row.title, language),
        "status": row.status,
        "detail": say(row.detail, language) if error is None else detail_of(error, language),
        "instance": "/v1/transfers",
        "code": kind.code,
        "retryable": row.is_retryable,
        "request_id": EXAMPLE_HEX,
        "errors": [_EXAMPLE_FIELDS[language]] if kind is FieldsInvalid else [],
        **({} if error is None else members_of(error)),
        **{name: recorded_answers()[answer] for name, answer in _RECORDED.get(kind, ())},
    }


@cache
def recorded_answers() -> Mapping[str, object]:
    """Return what a gateway answered, by operation and status: see tests/flows/recording.py."""
    text = pkgutil.get_data("gateway.http.openapi", "examples.json")
    if text is None:
        raise FileNotFoundError("gateway/http/openapi/examples.json")
    answers: dict[str, object] = orjson.loads(text)
    return answers


# What a problem shows of other things, and the recorded answer that has it.
_RECORDED: Mapping[type[GatewayError], tuple[tuple[str, str], ...]] = {
    QuoteOutdated: (("quote", "createTransferQuote 201"),),
    QuoteUsed: (("transfer", "createTransfer 202"),),
    RepeatedWish: (("transfer", "createTransfer 202"),),
    RepaymentOpen: (("repayment", "createRepayment 202"),),
}
# An error of each kind that says more than its row.
_MONDAY_NIGHT = datetime(2026, 11, 30, 3, tzinfo=JST)
_MONDAY_MORNING = datetime(2026, 11, 30, 7, tzinfo=JST)
_EXAMPLES: Mapping[type[GatewayError], GatewayError] = {
    CreditShort: CreditShort(Yen(470_000)),
    RepaymentAmountWrong: RepaymentAmountWrong(Yen(200), Yen(50_000)),
    RequestsExceeded: RequestsExceeded(retry_after_s=20),
    TooManyAttempts: TooManyAttempts(retry_after_s=900),
    ServiceClosed: ServiceClosed(now=_MONDAY_NIGHT, reopens_at=_MONDAY_MORNING),
    BankClosed: BankClosed(now=_MONDAY_NIGHT, reopens_at=_MONDAY_MORNING),
}
_EXAMPLE_FIELDS = {
    "ja": {"pointer": "/amount", "code": "wrong_type", "detail": "型が違います。"},
    "en": {"pointer": "/amount", "code": "wrong_type", "detail": "This is of the wrong type."},
}
_FAULTS = [str(fault) for fault in FieldFault]
_FIELD_PROBLEM = {
    "type": "object",
    "description": "What is wrong with one field. One of pointer, header and parameter is there.",
    "required": ["code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "RFC 6901, into the body."},
        "header": {"type": "string"},
        "parameter": {"type": "string", "description": "Of the query."},
        "code": {
            "type": "string",
            "description": f"{', '.join(_FAULTS)}, or the code of the whole problem.",
        },
        "detail": {"type": "string", "description": "To be shown beside the field."},
    },
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. Titles and details are in the language of Accept-Language.",
    "required": [
        *("type", "title", "status", "detail", "instance"),
        *("code", "retryable", "request_id", "errors"),
    ],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "The address, on this host, of the page about the code.",
        },
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What to do, for the member."},
        "instance": {
            "type": "string",
            "description": "The address that was called; `***` for what may be anything.",
        },
        "code": {"$ref": "#/components/schemas/ProblemCode"},
        "retryable": {
            "type": "boolean",
            "description": "The same request, sent again after Retry-After, may succeed.",
        },
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
        "reopens_at": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "With service_closed and bank_closed: when it opens again.",
        },
        "quote": {
            "anyOf": [
                {"$ref": "#/components/schemas/TransferQuote"},
                {"$ref": "#/components/schemas/RepaymentQuote"},
            ],
            "description": "With quote_outdated: what holds now.",
        },
        "transfer": {
            "allOf": [{"$ref": "#/components/schemas/Transfer"}],
            "description": "With quote_used and repeated_wish: the one that was accepted first.",
        },
        "repayment": {
            "allOf": [{"$ref": "#/components/schemas/Repayment"}],
            "description": "With quote_used: the one that was accepted first. With "
            "repayment_open: the one that may still be paid, where `redirect` leads.",
        },
        "available": {
            "type": "integer",
            "description": "With credit_short: what may be borrowed now.",
        },
        "amount_min": {
            "type": "integer",
            "description": "With repayment_amount_wrong: the least that may be paid now.",
        },
        "amount_max": {
            "type": "integer",
            "description": "With repayment_amount_wrong: the most that may be paid now.",
        },
    },
}
