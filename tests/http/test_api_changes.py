"""What breaks those who rely on the API is found before it is released."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.http.core import ROUTES
from gateway.http.openapi.changes import breaking_changes
from gateway.http.openapi.document import document_of

RELEASED = Path(__file__).parents[2] / "docs" / "openapi-released.json"
Json = dict[str, Any]

NEW_PART = {"$ref": "#/components/schemas/NewPart"}
NEW_OWNER = {"$ref": "#/components/schemas/NewOwner"}
MAKER = {"$ref": "#/components/schemas/Maker"}
SPARE = {"type": "object", "properties": {"colour": {"type": "string"}}}
ROUND = {
    "type": "object",
    "required": ["kind", "radius"],
    "properties": {"kind": {"const": "round"}, "radius": {"type": "integer"}},
}
SQUARE = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"const": "square"}, "turned": {"type": "boolean"}},
}
ORIGIN = {"required": ["land"], "properties": {"land": {"type": "string"}}}
SELLER = {"type": "object", "properties": {"shop": {"type": "string"}}}
BEFORE: Json = {
    "security": [{"session": []}],
    "paths": {
        "/things": {
            "get": {
                "operationId": "listThings",
                "security": [],
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {
                        "name": "kinds",
                        "in": "query",
                        "schema": {
                            "type": "array",
                            "items": {"type": "string", "enum": ["big", "small"]},
                        },
                    },
                ],
                "responses": {
                    "200": {
                        "headers": {"Link": {}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Things"}}
                        },
                    },
                    "503": {"$ref": "#/components/responses/busy"},
                },
            },
            "post": {
                "operationId": "createThing",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/NewThing"}}
                    }
                },
                "responses": {"204": {}},
            },
        },
        "/news": {
            "get": {
                "operationId": "followNews",
                "responses": {
                    "200": {
                        "content": {
                            "text/event-stream": {
                                "schema": {"type": "string"},
                                "x-event-data": {
                                    "type": "object",
                                    "properties": {"kind": {"type": "string"}},
                                },
                            }
                        }
                    }
                },
            }
        },
        "/others": {
            "get": {
                "operationId": "listOthers",
                "security": [{"operator": ["read"]}, {"operator": ["write"], "seal": []}],
                "responses": {"204": {}},
            }
        },
    },
    "components": {
        "securitySchemes": {
            "session": {"type": "http", "scheme": "bearer", "description": "A token."},
            "operator": {"type": "http", "scheme": "bearer"},
            "seal": {"type": "apiKey", "in": "header", "name": "Seal"},
        },
        "responses": {"busy": {"content": {"application/problem+json": {"schema": {}}}}},
        "schemas": {
            "Things": {
                "type": "object",
                "required": ["items"],
                "properties": {
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                    "owner": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "maker": {"anyOf": [MAKER, {"type": "null"}]},
                    "spares": {"anyOf": [{"type": "array", "items": SPARE}, {"type": "null"}]},
                    "shape": {"oneOf": [ROUND, SQUARE]},
                    "origin": {"allOf": [{"type": "object"}, ORIGIN]},
                    "seller": {"anyOf": [{"anyOf": [SELLER]}]},
                },
            },
            "Maker": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "marks": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
            "Thing": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}},
            },
            "NewThing": {
                "type": "object",
                "required": ["kind"],
                "additionalProperties": False,
                "properties": {
                    "kind": {"type": "string", "enum": ["big", "small"]},
                    "size": {"type": "integer", "minimum": 1},
                    "vendor": {"anyOf": [{"anyOf": [{"type": "string"}]}]},
                    "step": {"type": "integer", "multipleOf": 10},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "tint": {"anyOf": [{"$ref": "#/components/schemas/Tint"}, {"type": "null"}]},
                    "parts": {"anyOf": [{"type": "array", "items": NEW_PART}, {"type": "null"}]},
                    "extra": {},
                    "owner": {"allOf": [NEW_OWNER], "description": "Whose it will be."},
                    "labels": {
                        "type": "object",
                        "additionalProperties": {"type": "string", "maxLength": 20},
                    },
                },
            },
            "Tint": {"type": "string", "enum": ["red", "blue"]},
            "NewPart": {
                "type": "object",
                "properties": {
                    "weight": {"type": ["integer", "null"], "maximum": 9},
                    "inside": {"anyOf": [NEW_PART, {"type": "null"}]},
                },
            },
            "NewOwner": {
                "type": "object",
                "additionalProperties": True,
                "properties": {"name": {"type": "string"}, "since": {"const": "ever"}},
            },
        },
    },
}


def changed(change: Callable[[Json], object]) -> Json:
    after = copy.deepcopy(BEFORE)
    change(after)
    return after


def things(document: Json, method: str = "get") -> Json:
    operation: Json = document["paths"]["/things"][method]
    return operation


def schema(document: Json, name: str) -> Json:
    found: Json = document["components"]["schemas"][name]
    return found


def given(document: Json, name: str) -> Json:
    """Return a field of an answer."""
    found: Json = schema(document, "Things")["properties"][name]
    return found


def sent(document: Json, name: str) -> Json:
    """Return a field of a body."""
    found: Json = schema(document, "NewThing")["properties"][name]
    return found


BREAKS = [
    pytest.param(lambda d: d["paths"].pop("/others"), "address is gone", id="an address"),
    pytest.param(lambda d: d["paths"]["/things"].pop("post"), "operation is gone", id="a method"),
    pytest.param(
        lambda d: things(d).update(operationId="getThings"), "operationId", id="a name for clients"
    ),
    pytest.param(
        lambda d: things(d).pop("security"),
        "who show nothing are not let in",
        id="a session is needed",
    ),
    pytest.param(
        lambda d: things(d, "post").update(security=[{"operator": []}]),
        "who show session are not let in",
        id="another way in than that of the document",
    ),
    pytest.param(
        lambda d: d["paths"]["/others"]["get"]["security"][0]["operator"].append("all"),
        "who show operator are not let in",
        id="one scope more",
    ),
    pytest.param(
        lambda d: d["paths"]["/others"]["get"]["security"].pop(),
        "who show operator and seal are not let in",
        id="one way in less",
    ),
    pytest.param(
        lambda d: d["components"]["securitySchemes"]["seal"].update(name="Stamp"),
        "who show operator and seal are not let in",
        id="a way in that is another one under its old name",
    ),
    pytest.param(lambda d: things(d)["parameters"].pop(0), "query:limit is gone", id="a parameter"),
    pytest.param(
        lambda d: things(d)["parameters"][0].update(required=True),
        "query:limit is required",
        id="a parameter must be there",
    ),
    pytest.param(
        lambda d: things(d)["parameters"].append(
            {"name": "If-Match", "in": "header", "required": True, "schema": {}}
        ),
        "header:If-Match is required",
        id="a new header must be there",
    ),
    pytest.param(
        lambda d: things(d)["parameters"][0]["schema"].update(maximum=50),
        "maximum is 50 now, was 100",
        id="a parameter's bound",
    ),
    pytest.param(lambda d: things(d)["responses"].pop("503"), "answer 503", id="a status"),
    pytest.param(
        lambda d: d["components"]["responses"]["busy"].update(content={}),
        "problem+json is not given",
        id="a kind of answer",
    ),
    pytest.param(
        lambda d: things(d)["responses"]["200"].pop("headers"), "Link is gone", id="a header"
    ),
    pytest.param(
        lambda d: schema(d, "Thing")["properties"].pop("name"),
        "field name is gone",
        id="a field of an answer, in a list",
    ),
    pytest.param(
        lambda d: d["paths"]["/news"]["get"]["responses"]["200"]["content"][
            "text/event-stream"
        ].pop("x-event-data"),
        "field kind is gone",
        id="a field of an event",
    ),
    pytest.param(
        lambda d: schema(d, "Thing").update(required=[]),
        "field name may be missing",
        id="a field that was always there",
    ),
    pytest.param(
        lambda d: schema(d, "Thing")["properties"]["name"].update(type=["string", "null"]),
        "may be null",
        id="a field that was never null",
    ),
    pytest.param(
        lambda d: schema(d, "Things")["properties"].update(owner={"type": "integer"}),
        "may be integer",
        id="a field's type",
    ),
    pytest.param(
        lambda d: things(d, "post")["requestBody"].update(required=True),
        "body is required",
        id="a body must be there",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing").update(required=["kind", "size"]),
        "field size is required",
        id="a field must be sent",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"].pop("size"),
        "field size is not taken",
        id="a field may not be sent",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"]["kind"].update(enum=["big"]),
        "small is not taken",
        id="a word of an enum",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"]["size"].update(minimum=2),
        "minimum is 2 now, was 1",
        id="a lower bound",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"]["size"].update(maximum=9),
        "maximum is 9 now, was not set",
        id="a new bound",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"].update(note={"type": "string"}),
        "may be null",
        id="null may not be sent",
    ),
    pytest.param(
        lambda d: things(d)["parameters"][1]["schema"]["items"]["enum"].remove("small"),
        "query:kinds[]: small is not taken",
        id="a word in a list",
    ),
    pytest.param(
        lambda d: things(d)["parameters"][1]["schema"].update(items={"type": "integer"}),
        "query:kinds[]: may be string",
        id="what a list is of",
    ),
    pytest.param(
        lambda d: schema(d, "Tint")["enum"].remove("red"),
        "/tint: red is not taken",
        id="a word where null may be sent too",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"].update(
            tint={"type": ["string", "null"], "enum": ["blue", None]}
        ),
        "/tint: red is not taken",
        id="a word, and the choice said in another way",
    ),
    pytest.param(
        lambda d: schema(d, "NewPart")["properties"]["weight"].update(maximum=8),
        "/parts[] /weight: maximum is 8 now, was 9",
        id="a bound in a list of what is made of its like",
    ),
    pytest.param(
        lambda d: schema(d, "NewOwner").update(required=["name"]),
        "/owner: field name is required",
        id="a field of what a field is made of",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"]["owner"]["allOf"].append(
            {"properties": {"name": {"maxLength": 9}}}
        ),
        "/owner /name: maxLength is 9 now, was not set",
        id="one thing more that a field is made of",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"]["owner"]["allOf"].append(
            {"additionalProperties": {"type": "string"}}
        ),
        "/owner[]: must be string now",
        id="one thing more that fields of any name are made of",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"].update(extra={"type": "string"}),
        "/extra: must be string now",
        id="a type where anything was taken",
    ),
    pytest.param(
        lambda d: schema(d, "NewOwner")["properties"].update(since={"const": "never"}),
        "/since: ever is not taken",
        id="the one word that may be sent",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"]["labels"].update(
            additionalProperties={"type": "string", "maxLength": 19}
        ),
        "/labels[]: maxLength is 19 now, was 20",
        id="a bound of fields that have any name",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"]["owner"].update(allOf=[{"type": "string"}]),
        "/owner: may be object",
        id="a field's type, of what is sent",
    ),
    pytest.param(
        lambda d: schema(d, "Maker").update(required=[]),
        "/maker: field name may be missing",
        id="a field that was always there, where null may be",
    ),
    pytest.param(
        lambda d: schema(d, "Maker")["properties"]["marks"].update(additionalProperties=True),
        "/maker /marks[]: may be anything",
        id="what fields of any name are",
    ),
    pytest.param(
        lambda d: schema(d, "Maker")["properties"]["marks"].update(
            properties={"count": {"type": "integer"}}
        ),
        "/maker /marks /count: may be integer",
        id="a new field that is not what those of any name are",
    ),
    pytest.param(
        lambda d: given(d, "spares")["anyOf"][0]["items"]["properties"].pop("colour"),
        "/spares[]: field colour is gone",
        id="a field of a list where null may be",
    ),
    pytest.param(
        lambda d: given(d, "spares")["anyOf"][0].pop("items"),
        "/spares[]: field colour is gone",
        id="what a list is of, where null may be",
    ),
    pytest.param(
        lambda d: given(d, "shape")["oneOf"][1]["properties"].pop("turned"),
        "/shape: field turned is gone",
        id="a field of an alternative",
    ),
    pytest.param(
        lambda d: given(d, "shape")["oneOf"][0]["required"].remove("radius"),
        "/shape: field radius may be missing",
        id="a field of an alternative, that another one never had",
    ),
    pytest.param(
        lambda d: given(d, "shape")["oneOf"].pop(1),
        "/shape: field turned is gone",
        id="an alternative with a field of its own",
    ),
    pytest.param(
        lambda d: given(d, "shape")["oneOf"].append({"type": "string"}),
        "/shape: may be string",
        id="an alternative of another type",
    ),
    pytest.param(
        lambda d: given(d, "seller")["anyOf"].append({"type": "object"}),
        "/seller: field shop is gone",
        id="an alternative that lacks what there was",
    ),
    pytest.param(
        lambda d: given(d, "origin")["allOf"].pop(),
        "/origin: field land is gone",
        id="one thing less that an answer is made of",
    ),
    pytest.param(
        lambda d: given(d, "seller")["anyOf"][0]["anyOf"][0]["properties"].pop("shop"),
        "/seller: field shop is gone",
        id="a field of the only choice there is",
    ),
    pytest.param(
        lambda d: sent(d, "vendor")["anyOf"][0]["anyOf"][0].update(maxLength=9),
        "/vendor: maxLength is 9 now",
        id="a bound of the only choice there is",
    ),
    pytest.param(
        lambda d: schema(d, "Thing")["properties"].update(name={}),
        "/name: may be anything",
        id="anything where there was a type",
    ),
    pytest.param(
        lambda d: schema(d, "NewPart").update(additionalProperties=False),
        "/parts[][]: nothing is taken",
        id="fields of any name, never spoken of",
    ),
    pytest.param(
        lambda d: sent(d, "labels").update(additionalProperties=False),
        "/labels[]: nothing is taken",
        id="fields of any name",
    ),
    pytest.param(
        lambda d: sent(d, "size").update(exclusiveMinimum=1),
        "exclusiveMinimum is 1 now, was not set",
        id="a lower bound that is left out",
    ),
    pytest.param(
        lambda d: sent(d, "size").update(exclusiveMaximum=9),
        "exclusiveMaximum is 9 now, was not set",
        id="an upper bound that is left out",
    ),
    pytest.param(
        lambda d: sent(d, "size").update(multipleOf=2),
        "multipleOf is 2 now, was not set",
        id="a step",
    ),
    pytest.param(
        lambda d: sent(d, "step").update(multipleOf=4),
        "multipleOf is 4 now, was 10",
        id="a smaller step that meets not all of the old",
    ),
]


@pytest.mark.parametrize(("change", "said"), BREAKS)
def test_what_breaks_a_caller_is_named(change: Callable[[Json], object], said: str) -> None:
    found = breaking_changes(BEFORE, changed(change))

    assert len(found) == 1
    assert said in found[0]


HARMLESS = [
    pytest.param(lambda d: d.copy(), id="nothing"),
    pytest.param(
        lambda d: d["paths"].update({"/new": {"get": {"operationId": "new", "responses": {}}}}),
        id="a new address",
    ),
    pytest.param(
        lambda d: things(d)["parameters"].append({"name": "q", "in": "query", "schema": {}}),
        id="a new parameter that may be left out",
    ),
    pytest.param(
        lambda d: things(d)["parameters"][0]["schema"].update(maximum=200), id="a wider bound"
    ),
    pytest.param(lambda d: things(d)["responses"].update({"429": {}}), id="a new status"),
    pytest.param(
        lambda d: schema(d, "Thing")["properties"].update(colour={"type": "string"}),
        id="a new field of an answer",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"].update(colour={"type": "string"}),
        id="a new field that may be left out",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"]["kind"]["enum"].append("huge"),
        id="a new word that may be sent",
    ),
    pytest.param(lambda d: schema(d, "NewThing").update(required=[]), id="less must be sent"),
    pytest.param(
        lambda d: d["security"].append({"seal": []}), id="one way in more for the whole document"
    ),
    pytest.param(
        lambda d: things(d, "post").update(security=[{"session": []}]),
        id="the document's way in, said again",
    ),
    pytest.param(
        lambda d: things(d, "post").update(security=[]), id="nothing has to be shown any more"
    ),
    pytest.param(
        lambda d: d["paths"]["/others"]["get"].update(security=[{"operator": []}]),
        id="less has to be shown",
    ),
    pytest.param(
        lambda d: d["components"]["securitySchemes"]["session"].update(description="Another."),
        id="a text about a way in",
    ),
    pytest.param(
        lambda d: things(d)["parameters"][1]["schema"]["items"]["enum"].append("huge"),
        id="a new word in a list",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"].update(
            size={"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 1}]}
        ),
        id="null may be sent, too",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"]["tint"]["anyOf"].reverse(),
        id="a choice in another order",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"].update(note={"type": ["string", "null"]}),
        id="a choice said in another way",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"].update(owner=NEW_OWNER),
        id="what a field is made of, said directly",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"]["labels"].update(
            allOf=[{"additionalProperties": True}]
        ),
        id="what says nothing more",
    ),
    pytest.param(
        lambda d: schema(d, "NewThing")["properties"].update(parts={}), id="anything is taken"
    ),
    pytest.param(lambda d: sent(d, "step").update(multipleOf=5), id="a step within the old"),
    pytest.param(
        lambda d: schema(d, "Things")["properties"].update(maker=MAKER), id="never null any more"
    ),
    pytest.param(
        lambda d: given(d, "owner")["anyOf"].reverse(), id="an answer's choice in another order"
    ),
    pytest.param(
        lambda d: schema(d, "Things")["properties"].update(owner={"type": ["null", "string"]}),
        id="an answer's choice said in another way",
    ),
    pytest.param(
        lambda d: schema(d, "Things")["properties"].update(origin={"type": "object", **ORIGIN}),
        id="what an answer is made of, said directly",
    ),
    pytest.param(
        lambda d: schema(d, "Maker").update(required=["name", "marks"]),
        id="a field that is always there now",
    ),
    pytest.param(
        lambda d: schema(d, "Maker")["properties"].update(since={"type": "string"}),
        id="a new field where null may be",
    ),
    pytest.param(
        lambda d: given(d, "shape")["oneOf"][1]["properties"]["kind"].update(const="cube"),
        id="a new word of an alternative",
    ),
    pytest.param(
        lambda d: schema(d, "Maker")["properties"]["marks"].update(
            properties={"year": {"type": "string"}}, additionalProperties=False
        ),
        id="fields that had any name have known ones",
    ),
]


@pytest.mark.parametrize("change", HARMLESS)
def test_what_breaks_nobody_is_let_pass(change: Callable[[Json], object]) -> None:
    assert breaking_changes(BEFORE, changed(change)) == []


def test_nothing_breaks_those_who_rely_on_the_last_release() -> None:
    """At a release docs/openapi.json is copied over docs/openapi-released.json."""
    released = orjson.loads(RELEASED.read_bytes())
    today = orjson.loads(orjson.dumps(document_of(ROUTES)))

    assert breaking_changes(released, today) == []
