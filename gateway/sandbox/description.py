"""The description of the control API (OpenAPI 3.1), the same for every bank."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.sandbox import control_models as models
from gateway.sandbox.accounts import NewAccount
from gateway.sandbox.decisions import Approving, Refusing
from gateway.sandbox.faults import Rule
from gateway.sandbox.movements import NewMovement
from gateway.sandbox.settings import RateLimits, Settings

Json = dict[str, Any]
VERSION = "0.1.0"
TITLE = "An emulated bank's control API"
SCHEMAS = "#/components/schemas/"
ABOUT = """\
What a test may see and change of an emulated bank. JSON in, JSON out. Nonsense is 400 and changes
nothing. Amounts are whole yen, instants RFC 3339. No authentication: it listens on loopback only.

Every bank has this API at its own port."""
MEANS = {
    400: "It cannot be; nothing was changed.",
    404: "There is no such thing at this bank.",
    409: "It cannot be done now.",
}
PARAMETERS = {
    "reference": {"type": "string", "description": "The collection's reference of the client's."},
    "file_id": {"type": "string", "description": "The `X-File-Id` (Mizuho)."},
}


def _one(model: type[BaseModel]) -> Json:
    return {"$ref": SCHEMAS + model.__name__}


def _list(model: type[BaseModel]) -> Json:
    return {"type": "array", "items": _one(model)}


@dataclass(frozen=True, slots=True)
class Shape:
    """A call's answer, its body if it takes one, and the statuses with which it refuses."""

    gives: type[BaseModel]
    takes: Json | None = None
    needs_body: bool = True
    refuses: tuple[int, ...] = ()


_DECISION = (400, 404, 409)
SHAPES: Mapping[tuple[str, str], Shape] = {
    ("GET", "openapi.json"): Shape(models.Described),
    ("GET", "identity"): Shape(models.ShownIdentity),
    ("GET", "ledger"): Shape(models.ShownLedger),
    ("GET", "faults"): Shape(models.ShownFaults),
    ("PUT", "faults"): Shape(models.PutRules, _list(Rule), refuses=(400,)),
    ("PUT", "seed"): Shape(models.PutSeed, {"type": "integer"}, refuses=(400,)),
    ("PUT", "clock"): Shape(
        models.PutClock, _one(models.ClockHands), needs_body=False, refuses=(400,)
    ),
    ("GET", "settings"): Shape(models.ShownSettings),
    ("PUT", "settings"): Shape(
        Settings, {"$ref": f"{SCHEMAS}SettingsChange"}, needs_body=False, refuses=(400,)
    ),
    ("GET", "requests"): Shape(models.ShownRequests),
    ("GET", "credentials"): Shape(models.ShownCredentials),
    ("PUT", "clients"): Shape(models.PutClients, _one(models.ClientKeys), refuses=(400, 404)),
    ("POST", "accounts"): Shape(
        models.PostedAccounts,
        {"anyOf": [_one(NewAccount), _list(NewAccount)]},
        refuses=(400,),
    ),
    ("POST", "movements"): Shape(models.ShownMovement, _one(NewMovement), refuses=(400,)),
    ("POST", "reset"): Shape(models.PostedReset),
    ("POST", "approve/{reference}"): Shape(
        models.Decided, _one(Approving), needs_body=False, refuses=_DECISION
    ),
    ("POST", "decline/{reference}"): Shape(
        models.Decided, _one(Refusing), needs_body=False, refuses=_DECISION
    ),
    ("POST", "files/{file_id}/bar"): Shape(models.BarredFile, refuses=(404, 409)),
}
_TAKEN = (Rule, models.ClockHands, models.ClientKeys, NewAccount, NewMovement, Approving, Refusing)


def description(calls: Mapping[tuple[str, str], Callable[..., Any]], prefix: str) -> Json:
    """Return the document; the summary of a call is the first line of its function."""
    paths: dict[str, Json] = {}
    for (method, path), call in calls.items():
        operation = _operation(method, path, SHAPES[method, path], call.__doc__ or "")
        paths.setdefault(f"{prefix}/{path}", {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "An emulated bank's control API",
            "version": VERSION,
            "description": ABOUT,
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": _schemas()},
    }


def printed(document: Mapping[str, Any]) -> str:
    """Return it for people and for comparing: docs/openapi-sandbox.json is a copy of it."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _operation(method: str, path: str, shape: Shape, doc: str) -> Json:
    words = doc.split("\n", 1)[0].partition("`: ")[2].rstrip(".")
    name = "_".join([method.lower(), *path.replace(".", "_").replace("{", "").split("/")])
    answers = {"200": _answer("Done.", shape.gives)}
    answers |= {str(status): _answer(MEANS[status], models.Refused) for status in shape.refuses}
    operation: Json = {
        "operationId": name.replace("}", ""),
        "summary": words[:1].upper() + words[1:],
    }
    named = [word[1:-1] for word in path.split("/") if word.startswith("{")]
    if named:
        operation["parameters"] = [_parameter(word) for word in named]
    if shape.takes is not None:
        operation["requestBody"] = {
            "required": shape.needs_body,
            "content": {"application/json": {"schema": shape.takes}},
        }
    return operation | {"responses": answers}


def _parameter(name: str) -> Json:
    schema = dict(PARAMETERS[name])
    means = schema.pop("description")
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": means}


def _answer(means: str, model: type[BaseModel]) -> Json:
    return {"description": means, "content": {"application/json": {"schema": _one(model)}}}


def _schemas() -> Json:
    named: set[type[BaseModel]] = {shape.gives for shape in SHAPES.values()}
    named |= {models.Refused, *_TAKEN}
    wanted = sorted(named, key=lambda model: model.__name__)
    _, whole = models_json_schema(
        [(model, "validation") for model in wanted], ref_template=f"{SCHEMAS}{{model}}"
    )
    schemas: Json = dict(sorted(whole["$defs"].items()))
    return schemas | {"SettingsChange": _change()}


def _change() -> Json:
    """Return the schema of what changes settings: some of them, some limits, some balances."""
    properties = dict(Settings.model_json_schema()["properties"])
    limits = RateLimits.model_json_schema()
    limits.pop("required")
    yen = {"type": "object", "additionalProperties": {"type": "integer"}}
    for schema in properties.values():
        schema.pop("default", None)
    return {
        "type": "object",
        "title": "SettingsChange",
        "description": "Those to change; `balances` by account, `settlement` is the lender's.",
        "additionalProperties": False,
        "properties": properties | {"rate_limits": limits, "balances": yen},
    }
