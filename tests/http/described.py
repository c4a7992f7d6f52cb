"""Holds an answer to the API description: status, headers and body must be described there."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from gateway.http.core import ROUTES
from gateway.http.openapi.document import document_of
from gateway.http.openapi.parameters import Header
from gateway.http.openapi.route import Route

ALWAYS_THERE = {Header.REQUEST_ID, Header.TRACE}
# What belongs to no operation: addresses and methods that are not there, and before any middleware.
OF_NO_OPERATION = {"route_not_found", "method_not_allowed", "expectation_unknown"}


def fault_of(
    method: str, path: str, status: int, headers: Mapping[str, str], body: object
) -> str | None:
    """Return in what an answer is not as described, None if it is."""
    if isinstance(body, dict) and body.get("code") in OF_NO_OPERATION:
        return fault_of_body("#/components/schemas/Problem", body)
    if (method, status) == ("OPTIONS", 204):
        return None  # what a browser asks by itself is no operation
    route = route_of("GET" if method == "HEAD" else method, path)
    if route is None:
        return f"{method} {path} is no route, and the answer {status} does not say so"
    if route.operation is None:
        return None
    told = responses_of(route).get(str(status))
    if told is None:
        return f"{method} {route.path} never answers {status}, says the description"
    return _fault_of_headers(told, headers) or _fault_of_content(told, headers, body, method)


def _fault_of_headers(told: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    there = {header for header in Header if header in headers}
    named = {header for header in Header if header in told.get("headers", {})}
    if there - named:
        return f"headers that are not described: {', '.join(sorted(there - named))}"
    if ALWAYS_THERE - there:
        return f"headers that are missing: {', '.join(sorted(ALWAYS_THERE - there))}"
    return None


def _fault_of_content(
    told: Mapping[str, Any], headers: Mapping[str, str], body: object, method: str
) -> str | None:
    content = told.get("content", {})
    given = headers.get("Content-Type", "").partition(";")[0]
    if method == "HEAD" or body is None or "*/*" in content:
        return None
    if given not in content:
        return f"{given} is not among {', '.join(content) or 'nothing'}"
    return fault_of_schema(content[given]["schema"], body)


def fault_of_body(reference: str, body: object) -> str | None:
    return fault_of_schema({"$ref": reference}, body)


def fault_of_schema(schema: Mapping[str, Any], body: object) -> str | None:
    validator = validator_of(orjson.dumps(schema))
    errors = [
        f"{'/'.join(map(str, e.instance_path))}: {e.message}" for e in validator.iter_errors(body)
    ]
    return "\n".join(errors) or None


@cache
def validator_of(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        {**orjson.loads(schema), "components": {"schemas": closed_schemas()}}
    )


@cache
def closed_schemas() -> dict[str, Any]:
    """Return the schemas; what callers are told to ignore, our own answers must not have."""
    schemas: dict[str, Any] = document()["components"]["schemas"]
    return {name: _closed(schema) for name, schema in schemas.items()}


def _closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, "additionalProperties": False} if schema.get("properties") else dict(schema)


@cache
def document() -> Any:
    return document_of(ROUTES)


def responses_of(route: Route) -> dict[str, Any]:
    responses = document()["paths"][route.path][route.method.lower()]["responses"]
    return {status: _resolved(response) for status, response in responses.items()}


def _resolved(response: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in response:
        return response
    found: Mapping[str, Any] = document()["components"]["responses"][
        response["$ref"].rpartition("/")[2]
    ]
    return found


def route_of(method: str, path: str) -> Route | None:
    address = path.partition("?")[0]
    for route in ROUTES:
        pattern = re.sub(r"{\w+}", "[^/]*", route.path)
        if route.method == method and re.fullmatch(pattern, address):
            return route
    return None
