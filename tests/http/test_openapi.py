"""The API description is the code's, whole, and sent as such."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import schemathesis
from typer.testing import CliRunner

from gateway.__main__ import cli
from gateway.http.core import ROUTES
from gateway.http.errors import TABLE
from gateway.http.openapi.document import API_VERSION, printed
from gateway.http.openapi.events import KINDS
from gateway.http.openapi.operation import Operation
from gateway.http.openapi.parameters import HEADER_MEANS, PATH_SCHEMAS, Header
from tests.architecture.project import PROJECT
from tests.http.conftest import Client
from tests.http.described import document, fault_of, fault_of_body

COPY = PROJECT / "docs" / "openapi.json"
# Routes whose operation is still to be written. It gets shorter.
UNDESCRIBED: set[str] = set()

OPERATIONS = [
    pytest.param(route.operation, id=route.operation.id)
    for route in ROUTES
    if route.operation is not None
]


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of the document."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from parts(part)
    elif isinstance(value, list):
        for part in value:
            yield from parts(part)


def test_every_route_is_described() -> None:
    bare = {f"{route.method} {route.path}" for route in ROUTES if route.operation is None}

    assert bare == UNDESCRIBED


def test_every_post_says_what_it_takes() -> None:
    posts = {path: there["post"] for path, there in document()["paths"].items() if "post" in there}

    assert [path for path, post in posts.items() if "requestBody" not in post] == []


def test_the_checked_in_copy_is_the_one_of_the_code() -> None:
    """After a change: `make openapi`."""
    assert COPY.read_text("utf-8") == printed(ROUTES)


def test_the_command_prints_the_copy() -> None:
    result = CliRunner().invoke(cli, ["openapi"])

    assert result.exit_code == 0
    assert result.stdout == COPY.read_text("utf-8")


def test_the_version_is_the_projects() -> None:
    assert f'version = "{API_VERSION}"' in (PROJECT / "pyproject.toml").read_text("utf-8")


def test_it_is_openapi_3_1_by_its_own_schema() -> None:
    schemathesis.openapi.from_dict(orjson.loads(printed(ROUTES))).validate()


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    whole = orjson.loads(printed(ROUTES))
    used = {part["$ref"] for part in parts(whole) if "$ref" in part}
    there = {
        f"#/components/{kind}/{name}"
        for kind, components in whole["components"].items()
        for name in components
        if kind != "securitySchemes"
    }
    # Each problem is listed, in both languages, though some belong to no single operation.
    listed = {name for name in there if re.search(r"/(examples|responses)/", name)}

    assert used - there == set()
    assert there - used - listed <= {"#/components/headers/Allow"}


def test_operations_have_names_of_their_own() -> None:
    names = [route.operation.id for route in ROUTES if route.operation is not None]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name) for name in names)


def test_every_problem_is_there_with_an_example_in_both_languages() -> None:
    components = document()["components"]
    codes = [kind.code for kind in TABLE]

    assert list(components["responses"]) == codes
    assert set(components["examples"]) == {*codes, *(f"{code}.en" for code in codes)}
    assert components["schemas"]["ProblemCode"]["enum"] == codes


@pytest.mark.parametrize("name", [f"{kind.code}{end}" for kind in TABLE for end in ("", ".en")])
def test_the_example_of_a_problem_is_one_that_could_be_sent(name: str) -> None:
    example = document()["components"]["examples"][name]["value"]

    assert fault_of_body("#/components/schemas/Problem", example) is None
    assert "{" not in example["detail"]


@pytest.mark.parametrize(
    ("code", "member"),
    [
        ("quote_outdated", "quote"),
        ("service_closed", "reopens_at"),
        ("bank_closed", "reopens_at"),
        ("credit_short", "available"),
        ("repayment_amount_wrong", "amount_max"),
    ],
)
def test_the_example_of_a_problem_has_what_it_speaks_of(code: str, member: str) -> None:
    assert document()["components"]["examples"][code]["value"][member]


def test_every_kind_of_event_that_is_written_is_named() -> None:
    """Those made of a state are of the tables of states; tests of streams look at each event."""
    written = [*PROJECT.glob("sql/functions/*.sql"), *PROJECT.glob("gateway/services/*.py")]
    texts = [path.read_text("utf-8") for path in written]
    pattern = r"""(?:VALUES .*|events=\(\()['"](\w+\.\w+)['"]"""
    whole = {kind for text in texts for kind in re.findall(pattern, text)}

    assert whole == {"transfer.accepted", "repayment.accepted", "loan.corrected"}
    assert whole < set(KINDS)


def test_every_header_and_part_of_an_address_has_its_words() -> None:
    named = {name for route in ROUTES for name in re.findall(r"{(\w+)}", route.path)}

    assert set(HEADER_MEANS) == set(Header)
    assert named <= set(PATH_SCHEMAS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_example_of_a_body_is_one_that_is_taken(operation: Operation) -> None:
    if operation.takes is not None and operation.needs_body:
        operation.takes.model_validate_json(orjson.dumps(operation.example))
    else:
        assert operation.example == {}


async def test_it_is_sent_and_known_again_by_its_tag(client: Client) -> None:
    first = await client.call("GET", "/openapi.json")
    tag = first.headers["ETag"]
    again = await client.call("GET", "/openapi.json", headers={"If-None-Match": f'"x", W/{tag}'})
    other = await client.call("GET", "/openapi.json", headers={"If-None-Match": '"x"'})

    assert first.body == orjson.loads(COPY.read_bytes())
    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status, again.raw, again.headers["ETag"]) == (304, b"", tag)
    assert other.status == 200


ANSWER = {"limit": 1, "principal": 0, "reserved": 0, "available": 1}
IDS = {"X-Request-Id": "x", "traceparent": "x", "Content-Type": "application/json"}
WRONG = [
    pytest.param("GET", "/v1/accounts", 200, IDS, {"items": [], "more": 1}, id="a field too many"),
    pytest.param("GET", "/v1/accounts", 200, IDS, {}, id="a field too few"),
    pytest.param("GET", "/v1/accounts", 202, IDS, {"items": []}, id="another status"),
    pytest.param("GET", "/v1/nothing", 200, IDS, {"items": []}, id="another address"),
    pytest.param("GET", "/v1/accounts", 200, {}, {"items": []}, id="no request id"),
    pytest.param(
        "GET", "/v1/accounts", 200, IDS | {"Location": "/"}, {"items": []}, id="another header"
    ),
    pytest.param(
        "GET",
        "/v1/accounts",
        200,
        IDS | {"Content-Type": "text/plain"},
        {"items": []},
        id="another kind of body",
    ),
    pytest.param(
        "GET",
        "/v1/accounts",
        503,
        IDS | {"Content-Type": "application/problem+json"},
        {"code": "service_closed"},
        id="another problem",
    ),
]


@pytest.mark.parametrize(("method", "path", "status", "headers", "body"), WRONG)
def test_an_answer_that_is_not_described_is_found(
    method: str, path: str, status: int, headers: dict[str, str], body: object
) -> None:
    """Every test of this directory goes through the same check."""
    assert fault_of("GET", "/v1/accounts", 200, IDS, {"items": []}) is None
    assert fault_of(method, path, status, headers, body) is not None
