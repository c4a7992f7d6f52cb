"""Schemas of the API description, brought into a form in which two of them can be compared."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

# A request that was within the old bounds may be outside new ones.
LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
NULL = {"type": "null"}


def resolved(document: Json, part: Json) -> Json:
    while "$ref" in part:
        found: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def whole(document: Json, schema: Json) -> Json:
    """Return a schema with what it refers to and what it is made of (`allOf`), in one."""
    schema = resolved(document, schema)
    found: Json = {name: said for name, said in schema.items() if name != "allOf"}
    if "const" in schema:
        found = {**found, "enum": [schema["const"]]}
    for part in schema.get("allOf", ()):
        found = _both(found, whole(document, part))
    return found


def kinds(document: Json, schema: Json) -> list[Json]:
    """Return what a schema lets one choose from; itself alone if that is nothing."""
    found = whole(document, schema)
    if (choice := _choice(found)) is not None:
        besides = {name: said for name, said in found.items() if name in JOINED}
        parts = [{"allOf": [besides, part]} if besides else part for part in choice]
        return [kind for part in parts for kind in kinds(document, part)]
    if isinstance(found.get("type"), list):
        # There is one null, whatever else is said of the others.
        return [NULL if one == "null" else {**found, "type": one} for one in found["type"]]
    return [schema]


def types_of(document: Json, schema: Json) -> list[str]:
    """Return the types that a schema allows; none if it says nothing of that."""
    found = whole(document, schema)
    if (choice := _choice(found)) is not None:
        return [kind for part in choice for kind in types_of(document, part)]
    kind = found.get("type")
    return [kind] if isinstance(kind, str) else list(kind or ())


def fields_of(document: Json, schemas: Sequence[Json]) -> set[str]:
    return {name for one in schemas for name in whole(document, one).get("properties", ())}


def names_of(document: Json, kind: Json) -> set[str]:
    """Return what tells a kind from others: its component, or fields with one word each."""
    if "$ref" in kind:
        return {kind["$ref"]}
    fields = whole(document, kind).get("properties", {})
    words = {name: whole(document, said).get("enum", ()) for name, said in fields.items()}
    return {f"{name} is {said[0]}" for name, said in words.items() if len(said) == 1}


def _choice(schema: Json) -> Sequence[Json] | None:
    return schema.get("anyOf") or schema.get("oneOf")


def _both(one: Json, other: Json) -> Json:
    """Return what says as much as two schemas together."""
    joined = {
        name: join(one[name], other[name])
        for name, join in JOINED.items()
        if name in one and name in other
    }
    return {**one, **other, **joined}


def _both_schemas(one: Any, other: Any) -> Any:
    if isinstance(one, bool):
        return one and other
    if isinstance(other, bool):
        return other and one
    return {"allOf": [one, other]}


def _both_fields(one: Json, other: Json) -> Json:
    shared = {name: _both_schemas(one[name], other[name]) for name in one.keys() & other.keys()}
    return {**one, **other, **shared}


# What two schemas say of the same.
JOINED: Mapping[str, Callable[[Any, Any], Any]] = {
    "type": lambda one, other: other if isinstance(one, list) else one,
    "properties": _both_fields,
    "items": _both_schemas,
    "additionalProperties": _both_schemas,
    "required": lambda one, other: [*one, *other],
    "enum": lambda one, other: [word for word in one if word in other],
    "multipleOf": math.lcm,
    "pattern": lambda one, other: one if one == other else f"{one} and {other}",
    **dict.fromkeys(LOWER_BOUNDS, max),
    **dict.fromkeys(UPPER_BOUNDS, min),
}
