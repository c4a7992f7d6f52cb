"""Calls made up from the API description: whatever comes, the answer is one that it describes.

Half of the calls keep to the description, half break it somewhere; some name what the member really
has, some come without a session. `make fuzz` makes 10,000 of them, `FUZZ_CALLS` any number.
"""

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import orjson
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.domain.guessing import Source
from gateway.domain.identifier import public_id
from gateway.http.answers import SESSION
from gateway.http.core import ROUTES
from gateway.http.openapi.document import printed
from gateway.http.openapi.operation import Tag
from gateway.http.openapi.route import Route
from gateway.services.desk import TransferDesk
from gateway.services.open_session import Credentials, SignInDesk, open_session
from tests.http.conftest import ACCOUNT, NUMBER, PIN, Client, new_operators_token
from tests.http.described import fault_of

CALLS, CALLS_LONG = 800, int(os.environ.get("FUZZ_CALLS", "10000"))
DESCRIPTION = schemathesis.openapi.from_dict(orjson.loads(printed(ROUTES)))
OPERATIONS = {
    found.ok().label: found.ok()
    for found in DESCRIPTION.get_all_operations()
    if isinstance(found, Ok)
}
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
AnyCase: TypeAlias = "Case[Any]"
FAULT, AMOUNT_MAX = 500, 3_000
PUBLIC_ID = re.compile(r"(se|ac|tr|qt|rp)_[0-9a-f]{32}")
# A stream that was let in does not end, so that waiting for its end would be waiting for ever.
TRIED = [r for r in ROUTES if r.operation is not None and r.operation.tag is not Tag.EVENTS]


def is_varied(route: Route) -> bool:
    """Say whether there are calls of a route without end."""
    operation = route.operation
    return operation is not None and bool(
        "_id}" in route.path
        or operation.takes
        or operation.body
        or any(parameter.schema != {"type": "string"} for parameter in operation.parameters)
    )


VARIED = sum(map(is_varied, TRIED))


@dataclass(slots=True)
class Member:
    """A member who has something of everything, and an operator; `sign_in` gives a new token."""

    url: str
    known: Mapping[str, str]
    sign_in: Callable[[], str]
    token: str
    operators_token: str

    def call(self, case: AnyCase, *, has_session: bool, is_known: bool) -> Response:
        if is_known:
            case.path_parameters = self._with_known(case.path_parameters)
            case.body = self._with_known(case.body)
        token = self.operators_token if case.path.startswith("/ops/") else self.token
        headers = {"Authorization": f"Bearer {token}"} if has_session else {}
        if "wait" in case.headers.get("Prefer", ""):
            headers["Prefer"] = "wait=0"  # no transfer here comes to an end that one could wait for
        with requests.Session() as session:
            session.trust_env = False
            return case.call(base_url=self.url, session=session, headers=headers)

    def _with_known(self, value: Any) -> Any:
        """Return the value with the member's own things in the place of made-up ones."""
        if not isinstance(value, dict):
            return value
        return {name: self._known(name, part) for name, part in value.items()}

    def _known(self, name: str, part: Any) -> Any:
        if name == "amount" and isinstance(part, int) and part > AMOUNT_MAX:
            return AMOUNT_MAX  # what the member may borrow
        match = PUBLIC_ID.fullmatch(part) if isinstance(part, str) else None
        return self.known.get(match[1], part) if match else part


@pytest.fixture
async def somebody(member: Client, office: TransferDesk, sign_ins: SignInDesk) -> Member:
    loop = asyncio.get_running_loop()
    # From another place than the calls, which spoil theirs with wrong PINs.
    credentials = Credentials(NUMBER, PIN, Source(b"elsewhere"))

    def sign_in() -> str:
        opening = open_session(sign_ins, credentials)
        return asyncio.run_coroutine_threadsafe(opening, loop).result(30).token.text

    account = (await member.call("POST", "/v1/accounts", json=ACCOUNT)).body["id"]
    wish = {"account_id": account, "amount": 1000}
    quote = (await member.call("POST", "/v1/transfer_quotes", json=wish)).body["id"]
    key = {"Idempotency-Key": "0192f3a1-7c1e-7a33-8f00-00000000000f"}
    transfer = (await member.call("POST", "/v1/transfers", json=wish, headers=key)).body["id"]
    opened = await open_session(sign_ins, credentials)
    known = {"ac": account, "qt": quote, "tr": transfer, "se": public_id(SESSION, opened.id)}
    operators_token = await new_operators_token(office)
    return Member(member.url, known, sign_in, opened.token.text, operators_token)


def try_route(somebody: Member, label: str, mode: GenerationMode, calls: int) -> int:
    """Make the calls, one after the other; return how many were made."""
    made = 0

    @settings(
        max_examples=calls,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        derandomize=calls < CALLS,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=OPERATIONS[label].as_strategy(generation_mode=mode),
        has_session=st.sampled_from([True] * 9 + [False]),
        is_known=st.booleans(),
    )
    def attempt(case: AnyCase, *, has_session: bool, is_known: bool) -> None:
        nonlocal made
        made += 1
        response = somebody.call(case, has_session=has_session, is_known=is_known)
        check(case, response)
        if case.method == "DELETE":  # it may have been this session's end
            somebody.token = somebody.sign_in()

    attempt()
    return made


def check(case: AnyCase, response: Response) -> None:
    assert response.status_code < FAULT, response.text
    case.validate_response(response, checks=CHECKS)
    headers = CIMultiDict({name: values[0] for name, values in response.headers.items()})
    is_json = "json" in headers.get("Content-Type", "")
    path = urlsplit(response.request.url or "").path
    body = response.json() if is_json else None
    assert fault_of(case.method, path, response.status_code, headers, body) is None


LENGTHS = [
    pytest.param(CALLS, id=f"{CALLS} calls of all"),
    pytest.param(CALLS_LONG, id="many", marks=pytest.mark.long),
]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("calls", LENGTHS)
@pytest.mark.parametrize("route", TRIED, ids=lambda route: f"{route.method} {route.path}")
async def test_every_made_up_call_has_a_described_answer(
    somebody: Member, route: Route, calls: int
) -> None:
    label, each = f"{route.method} {route.path}", -(-calls // VARIED // 2)

    kept = await asyncio.to_thread(try_route, somebody, label, GenerationMode.POSITIVE, each)

    assert kept >= each or not is_varied(route)
    if is_varied(route) or "{" in route.path:
        broken = await asyncio.to_thread(try_route, somebody, label, GenerationMode.NEGATIVE, each)

        assert broken >= each
