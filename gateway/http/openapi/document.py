"""The API description (OpenAPI 3.1), made from the table of routes and the models."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import orjson
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from gateway.http.errors import TABLE
from gateway.http.openapi.operation import TAG_MEANS, Body, Caller, Gives, Operation, Tag
from gateway.http.openapi.parameters import (
    HEADER_MEANS,
    ON_EVERY_ANSWER,
    PATH_SCHEMAS,
    Header,
    Parameter,
)
from gateway.http.openapi.problems import (
    Kinds,
    of_codes,
    problem_examples,
    problem_schemas,
    problems_of,
    recorded_answers,
)
from gateway.http.openapi.route import Route
from gateway.http.problems import UNAUTHORIZED
from gateway.http.refusals import MethodWrong
from gateway.http.session_cookie import NAME

API_VERSION = "0.1.0"
PROBLEM_JSON, PLAIN = "application/problem+json", "text/plain"
REFERRED = re.compile(r'"#/components/schemas/(\w+)"')
ABOUT = """\
JSON in UTF-8, names in snake_case, amounts in whole yen, instants RFC 3339 in Japanese time.
Unknown fields are refused in; more may appear in answers.

Sign in with `POST /v1/sessions`, then send the token as `Authorization: Bearer …`. A page of the
lender's own sites can let the browser keep it instead (`as_cookie`): `EventSource` needs that.

`Accept-Language: en` turns titles and details of problems into English; codes stay. Send
`X-Request-Id` and `traceparent` to find a call again in our logs.

The service is closed every Monday from 0:00 to 7:00 and all of 1 January, Japanese time: what
changes something is then 503 `service_closed`.

Addresses that are not here answer 404 `route_not_found`, methods that are not 405
`method_not_allowed`."""

Json = dict[str, object]


def printed(routes: Sequence[Route]) -> str:
    """Return the document for people and for comparing: docs/openapi.json is a copy of it."""
    return orjson.dumps(document_of(routes), option=orjson.OPT_INDENT_2).decode() + "\n"


def document_of(routes: Sequence[Route], *, below: str = "") -> Json:
    """Return the document. Routes without an operation are left out.

    `below` is the path below which callers see this gateway, "" for none.
    """
    told = [(route, route.operation) for route in routes if route.operation is not None]
    operations = [operation for _, operation in told]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Bank gateway",
            "version": API_VERSION,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": below or "/"}],
        "security": [{"session": []}, {"cookie": []}],
        "tags": [
            {"name": tag, "description": TAG_MEANS[tag]}
            for tag in Tag
            if any(operation.tag is tag for operation in operations)
        ],
        "paths": _paths(told),
        "components": _components(operations),
    }


def _paths(told: Iterable[tuple[Route, Operation]]) -> dict[str, Json]:
    paths: dict[str, Json] = {}
    for route, operation in told:
        methods = paths.setdefault(route.path, {})
        methods[route.method.lower()] = _operation(route, operation)
    return paths


def _operation(route: Route, operation: Operation) -> Json:
    document: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
    }
    if operation.description:
        document["description"] = operation.description
    if operation.caller is not Caller.MEMBER:
        is_operators = operation.caller is Caller.OPERATOR
        document["security"] = [{"operator": []}] if is_operators else []
    parameters = [_path_parameter(name) for name in re.findall(r"{(\w+)}", route.path)]
    parameters += [_ref("parameters", parameter.key) for parameter in operation.parameters]
    if parameters:
        document["parameters"] = parameters
    if operation.takes is not None:
        document["requestBody"] = _request_body(operation, operation.takes)
    if operation.body is not None:
        document["requestBody"] = _foreign_body(operation.body)
    document["responses"] = _responses(operation, problems_of(route, operation))
    return document


def _path_parameter(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": PATH_SCHEMAS[name]}


def _request_body(operation: Operation, payload: type[BaseModel]) -> Json:
    media: Json = {"schema": _ref("schemas", payload.__name__)}
    if operation.example:
        media["example"] = operation.example
    return {"required": operation.needs_body, "content": {"application/json": media}}


def _foreign_body(body: Body) -> Json:
    content = {media_type: {"schema": schema} for media_type, schema in body.schemas.items()}
    return {"description": body.says, "content": content}


def _responses(operation: Operation, kinds: Kinds) -> Json:
    """Return the answers by status. One status may have an answer and problems: see readyz."""
    responses: Json = {
        str(status): _answer(gives, recorded_answers().get(f"{operation.id} {status}"))
        for status, gives in operation.gives.items()
    }
    for status, group in groupby(kinds, key=lambda kind: TABLE[kind].status):
        if str(status) not in responses:
            responses[str(status)] = _problem_or_ref(status, tuple(group), operation.pages)
    return dict(sorted(responses.items()))


def _answer(gives: Gives, example: object) -> Json:
    document: Json = {"description": gives.says, "headers": _headers(gives.headers)}
    media: Json = {} if example is None else {"example": example}
    if gives.model is not None:
        media["schema"] = _ref("schemas", gives.model.__name__)
        text = {} if gives.or_text is None else {PLAIN: {"schema": {"const": gives.or_text}}}
        document["content"] = {gives.media_type: media, **text}
    elif gives.media_type != "application/json":
        media["schema"] = {"type": "string"}
        if gives.event is not None:
            media["x-event-data"] = _ref("schemas", gives.event.__name__)
        document["content"] = {gives.media_type: media}
    return document


def _problem_or_ref(status: int, kinds: Kinds, pages: Kinds) -> Json:
    if len(kinds) == 1:
        return _ref("responses", kinds[0].code)
    return _problem(status, kinds, pages)


def _problem(status: int, kinds: Kinds, pages: Kinds = ()) -> Json:
    headers = [Header.LANGUAGE]
    if any(TABLE[kind].is_retryable for kind in kinds):
        headers.append(Header.RETRY_AFTER)
    if status == UNAUTHORIZED:
        headers.append(Header.AUTHENTICATE)
    if MethodWrong in kinds:
        headers.append(Header.ALLOW)
    page = {"text/html": {"schema": {"type": "string"}}} if set(kinds) & set(pages) else {}
    return {
        "description": "\n".join(f"- `{kind.code}`: {TABLE[kind].title.en}" for kind in kinds),
        "headers": _headers(headers),
        "content": {
            PROBLEM_JSON: {
                "schema": of_codes(kinds),
                "examples": {
                    name: _ref("examples", name)
                    for kind in kinds
                    for name in (kind.code, f"{kind.code}.en")
                },
            },
            **page,
        },
    }


def _headers(headers: Iterable[Header]) -> Json:
    return {str(header): _ref("headers", header) for header in (*headers, *ON_EVERY_ANSWER)}


def _components(operations: Sequence[Operation]) -> Json:
    parameters = {p.key: _parameter(p) for operation in operations for p in operation.parameters}
    return {
        "securitySchemes": {
            "session": {
                "type": "http",
                "scheme": "bearer",
                "description": "`token` of `POST /v1/sessions`. Ends after 10 minutes unused.",
            },
            "cookie": {
                "type": "apiKey",
                "in": "cookie",
                "name": NAME,
                "description": "For pages: `POST /v1/sessions` with `as_cookie`. The browser keeps"
                " and sends it: it is not to be typed into this page's Authorize box; signing in"
                " with `as_cookie` on this page is enough.",
            },
            "operator": {
                "type": "http",
                "scheme": "bearer",
                "description": "`ops_…`, of `gateway ops token-issue`. For the lender's staff.",
            },
        },
        "parameters": parameters,
        "headers": {
            str(header): {"description": means, "schema": {"type": "string"}}
            for header, means in HEADER_MEANS.items()
        },
        "responses": {kind.code: _problem(row.status, (kind,)) for kind, row in TABLE.items()},
        "examples": dict(problem_examples()),
        "schemas": _schemas(operations) | problem_schemas(),
    }


def _parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.is_required,
        "description": parameter.description,
        "schema": parameter.schema,
    }


class _Schemas(GenerateJsonSchema):
    """Without a title for each field: its name says the same."""

    def field_title_should_be_set(self, schema: object) -> bool:
        del schema
        return False


def _schemas(operations: Sequence[Operation]) -> Json:
    models: dict[type[BaseModel], JsonSchemaMode] = {}
    for operation in operations:
        if operation.takes is not None:
            models[operation.takes] = "validation"
        shown = (model for g in operation.gives.values() for model in (g.model, g.event))
        models |= {model: "serialization" for model in shown if model is not None}
    _, document = models_json_schema(
        list(models.items()),
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    definitions: Mapping[str, Json] = document.get("$defs", {})
    referred = REFERRED.findall(orjson.dumps(document).decode()) + [m.__name__ for m in models]
    return {
        name: {key: value for key, value in schema.items() if key != "title"}
        for name, schema in sorted(definitions.items())
        if name in referred  # enums whose words are written where they are used are not
    }


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}
