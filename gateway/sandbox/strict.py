"""Reading JSON so strictly that nothing a message says twice or in vain goes unnoticed."""

import json
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.sandbox.clock import JST

Message = TypeVar("Message", bound="StrictModel")


class StrictModel(BaseModel):
    """No unknown fields, no conversions: the text "1" is not the number 1."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Unreadable(ValueError):
    """The bytes are not JSON of the expected shape; the message says where."""


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Unreadable("a field occurs twice")
    return fields


def _refuse_constant(name: str) -> object:
    raise Unreadable(f"{name} is not JSON")


def read_json(body: bytes) -> object:
    """Return what the bytes say; `Unreadable` also for a doubled field, NaN or a wrong encoding."""
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_doubles,
            parse_constant=_refuse_constant,
        )
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is not JSON in UTF-8") from error


def read_model(model: type[Message], body: bytes) -> Message:
    """Return the body as a message of that shape, or raise `Unreadable`."""
    return as_model(model, read_json(body))


def as_model(model: type[Message], value: object) -> Message:
    """Return a JSON value as a message of that shape, or raise `Unreadable`."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in fault["loc"]) or "body"
        raise Unreadable(f"{place}: {fault['msg']}") from error


def read_instant(field: str, text: str) -> datetime:
    """Return the instant a field names, in JST; `Unreadable` without an offset too."""
    try:
        instant = datetime.fromisoformat(text)
        in_japan = instant.astimezone(JST)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{field}: not an instant") from error
    if instant.tzinfo is None:
        raise Unreadable(f"{field}: an instant needs its offset")
    return in_japan
