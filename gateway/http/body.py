"""Strict JSON in: one object, no name twice, every bad field named."""

import asyncio
import json
import re
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from gateway.http.deps import desk_of
from gateway.http.refusals import (
    BadField,
    BodyTooSlow,
    FieldFault,
    FieldsInvalid,
    JsonMalformed,
    MediaTypeWrong,
)

ENCODING = "Content-Encoding"
PayloadT = TypeVar("PayloadT", bound=BaseModel)

SURROGATE = re.compile("[\ud800-\udfff]")  # half of a character is no text

BRACKETS = re.compile(rb"[\[\]{}]")
DEPTH_MAX = 32  # no body of ours has more than two; how deep a parser can go is no limit of ours
NAMES_MAX = 64  # no body of ours has more than ten
BODY_WAIT_S = 10.0

FAULT_OF_TYPE = {
    "missing": FieldFault.MISSING,
    "extra_forbidden": FieldFault.UNKNOWN,
    "greater_than_equal": FieldFault.OUT_OF_RANGE,
    "less_than_equal": FieldFault.OUT_OF_RANGE,
    "int_parsing_size": FieldFault.OUT_OF_RANGE,
    "string_pattern_mismatch": FieldFault.WRONG_FORMAT,
    "string_too_short": FieldFault.WRONG_FORMAT,
    "string_too_long": FieldFault.WRONG_FORMAT,
    "string_unicode": FieldFault.WRONG_FORMAT,
}


async def read_body(request: web.Request, payload: type[PayloadT]) -> PayloadT:
    """Return the body as `payload`.

    Raises MediaTypeWrong, JsonMalformed or FieldsInvalid; above 64 KiB aiohttp raises its own.
    """
    _check_media_type(request)
    return validate(payload, parse_json(await read_bytes(request)))


async def read_bytes(request: web.Request) -> bytes:
    """Return the raw body. Raises BodyTooSlow: one that drips in holds no place for ever."""
    try:
        async with asyncio.timeout(BODY_WAIT_S * desk_of(request).settings.time_scale):
            return await request.read()
    except TimeoutError:
        raise BodyTooSlow from None


async def read_empty_body(request: web.Request, payload: type[PayloadT]) -> None:
    """Accept no body, or one that `payload` (a model without fields) accepts."""
    if request.can_read_body:
        await read_body(request, payload)


def validate(payload: type[PayloadT], document: object) -> PayloadT:
    try:
        return payload.model_validate(document)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
    raise FieldsInvalid(
        [BadField("pointer", _pointer(d["loc"]), _fault(d["type"])) for d in details]
    )


def parse_json(body: bytes) -> object:
    """Return the document. The standard library's parser, as it alone shows names used twice."""
    try:
        _refuse_depth(body)
        return json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_refuse_constant)
    except ValueError:
        # Not UTF-8, not JSON, NaN, an integer of thousands of digits, or nested too deeply.
        raise JsonMalformed([BadField("pointer", "", FieldFault.WRONG_FORMAT)]) from None


def _refuse_depth(body: bytes) -> None:
    """Raise before the parser recurses. Brackets in strings count too."""
    depth = 0
    for bracket in BRACKETS.findall(body):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEPTH_MAX:
            raise ValueError("nested too deeply")


def _check_media_type(request: web.Request) -> None:
    is_utf8 = (request.charset or "utf-8").lower() in {"utf-8", "utf8"}
    if request.content_type != "application/json" or not is_utf8:
        raise MediaTypeWrong([BadField("header", "Content-Type", FieldFault.WRONG_FORMAT)])
    if request.headers.get(ENCODING, "identity").lower() != "identity":
        raise MediaTypeWrong([BadField("header", ENCODING, FieldFault.WRONG_FORMAT)])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if len(pairs) > NAMES_MAX:
        raise JsonMalformed([BadField("pointer", "", FieldFault.OUT_OF_RANGE)])
    for name, value in pairs:
        if name in document:
            raise JsonMalformed([BadField("pointer", _pointer((name,)), FieldFault.DUPLICATE)])
        if SURROGATE.search(name):
            raise JsonMalformed([BadField("pointer", _pointer((name,)), FieldFault.WRONG_FORMAT)])
        document[name] = value
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _pointer(location: tuple[int | str, ...]) -> str:
    """Return the JSON pointer (RFC 6901) of a place in a document."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return "".join(f"/{part}" for part in parts)


def _fault(kind: str) -> FieldFault:
    return FAULT_OF_TYPE.get(kind, FieldFault.WRONG_TYPE)
