"""The description of the control API: checked in, served by every bank, and true."""

import json
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from aiohttp import ClientSession
from typer.testing import CliRunner

from gateway.__main__ import cli
from gateway.sandbox.control import CALLS, CALLS_ABOUT, described
from gateway.sandbox.description import SHAPES, VERSION, printed
from gateway.sandbox.registry import BANKS
from gateway.sandbox.server import running_sandbox
from tests.architecture.project import PROJECT
from tests.manual_clock import ManualClock

COPY = PROJECT / "docs" / "openapi-sandbox.json"
ACCOUNT = {"branch": "001", "type": "1", "number": "7654321", "holder": "ｽｽﾞｷ ﾊﾅｺ", "balance": 9}
RULE = {"operation": "submit", "nth": 2, "action": {"kind": "status", "status": 502, "done": True}}
KEY = {"kty": "EC", "crv": "P-256", "kid": "a", "x": "a", "y": "b"}

ONLY_AT = {"clients": "smbc", "files/{file_id}/bar": "mizuho"}
# Of each call: what is sent, and the status; a name in braces stands for no collection or file.
ASKED: dict[tuple[str, str], list[tuple[object, int]]] = {
    ("GET", "openapi.json"): [(None, 200)],
    ("GET", "identity"): [(None, 200)],
    ("PUT", "faults"): [([RULE, {**RULE, "probability": 0.5}], 200), ([{"operation": "x"}], 400)],
    ("GET", "faults"): [(None, 200)],
    ("PUT", "seed"): [(42, 200), ("42", 400)],
    ("PUT", "clock"): [({"shift_s": 60}, 200), (None, 200), ({"set": "soon"}, 400)],
    ("PUT", "settings"): [
        ({"rate_limits": {"money": 0}, "balances": {"settlement": 5}, "time_scale": 0.5}, 200),
        ({"callback_url": "http://127.0.0.1:9/", "settle_s_max": 3}, 200),
        ({"speed": 1}, 400),
    ],
    ("GET", "settings"): [(None, 200)],
    ("GET", "credentials"): [(None, 200)],
    ("PUT", "clients"): [({"keys": [KEY]}, 400)],
    ("POST", "accounts"): [(ACCOUNT, 200), ([{**ACCOUNT, "status": "frozen"}], 200), ({}, 400)],
    ("POST", "movements"): [({"direction": "in", "amount": 5, "text": "ﾎｼﾞﾕｳ"}, 200), ({}, 400)],
    ("GET", "ledger"): [(None, 200)],
    ("GET", "requests"): [(None, 200)],
    ("POST", "approve/{reference}"): [({"amount": 5, "again": True}, 404), ({"amount": 0}, 400)],
    ("POST", "decline/{reference}"): [({}, 404), ({"payer": 5}, 400)],
    ("POST", "files/{file_id}/bar"): [(None, 200)],
    ("POST", "reset"): [(None, 200)],
}


@cache
def document() -> Any:
    return json.loads(COPY.read_text("utf-8"))


def fault_of(schema: dict[str, Any], value: object) -> str | None:
    """Return where a value is not as the schema says, None if it is."""
    whole = {**schema, "components": document()["components"]}
    errors = jsonschema_rs.Draft202012Validator(whole).iter_errors(value)
    return "\n".join(f"{error.instance_path}: {error.message}" for error in errors) or None


def test_the_checked_in_copy_is_the_one_of_the_code():
    """After a change: `make openapi`."""
    assert COPY.read_text("utf-8") == printed(described())


def test_the_command_prints_the_copy():
    result = CliRunner().invoke(cli, ["openapi", "--sandbox"])

    assert (result.exit_code, result.stdout) == (0, COPY.read_text("utf-8"))


def test_it_is_openapi_3_1_by_its_own_schema():
    schemathesis.openapi.from_dict(document()).validate()
    assert f'version = "{VERSION}"' in (PROJECT / "pyproject.toml").read_text("utf-8")


def test_every_call_of_the_control_api_is_described_and_asked_here():
    assert {*CALLS, *CALLS_ABOUT} == set(SHAPES) == set(ASKED)


@pytest.mark.parametrize(("method", "path"), [*CALLS, *CALLS_ABOUT])
def test_every_call_says_in_a_line_what_it_does(method, path):
    operation = document()["paths"][f"/_sandbox/{path}"][method.lower()]

    assert 4 <= len(operation["summary"]) <= 90
    assert operation["operationId"].isidentifier()


@pytest.mark.parametrize("bank", BANKS)
async def test_every_banks_answers_are_as_the_description_says(clock: ManualClock, bank):
    async with running_sandbox(clock=clock, banks=(bank,)) as sandbox, ClientSession() as session:
        base = f"{sandbox.urls[bank]}/_sandbox/"
        async with session.get(f"{sandbox.urls[bank]}{BANKS[bank].base_path}/nothing") as answer:
            await answer.read()
        for (method, path), tries in ASKED.items():
            operation = document()["paths"][f"/_sandbox/{path}"][method.lower()]
            url = base + path.replace("{reference}", "NOBODY").replace("{file_id}", "F" * 20)
            for body, expected in tries:
                async with session.request(method, url, json=body) as answer:
                    status, said = answer.status, await answer.json()
                is_missing = bank != ONLY_AT.get(path, bank)
                assert status == (404 if is_missing else expected), (path, body, said)
                content = operation["responses"][str(status)]["content"]
                assert fault_of(content["application/json"]["schema"], said) is None, (path, said)
                if body is not None:
                    sent = operation["requestBody"]["content"]["application/json"]["schema"]
                    assert (fault_of(sent, body) is None) or expected == 400, (path, body)


@pytest.mark.parametrize("bank", BANKS)
async def test_every_bank_serves_the_copy(clock: ManualClock, bank):
    async with (
        running_sandbox(clock=clock, banks=(bank,)) as sandbox,
        ClientSession() as session,
        session.get(f"{sandbox.urls[bank]}/_sandbox/openapi.json") as answer,
    ):
        served = await answer.json()

    assert served == document()
