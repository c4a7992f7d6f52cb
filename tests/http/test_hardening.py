"""What every answer says to a browser, and what no request gets."""

import pytest
from structlog.testing import capture_logs

from tests.http.conftest import Client

ANSWERS = [
    *("/livez", "/readyz", "/docs", "/docs/start.js", "/docs/swagger-ui.css", "/openapi.json"),
    *("/problems/busy", "/v1/loan", "/ops/v1/operator", "/returns/smbc", "/nothing", "/metrics"),
]
WITH_CHARSET = ("text/", "application/xml")
JSON = {"application/json", "application/problem+json"}  # always UTF-8, by RFC 8259


@pytest.mark.parametrize("path", ANSWERS)
async def test_every_answer_has_the_least_policy(client: Client, path: str) -> None:
    policy = (await client.call("GET", path)).headers["Content-Security-Policy"].split("; ")

    assert policy[0] == "default-src 'none'"
    assert {"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= {*policy}
    assert not any("unsafe" in rule or "*" in rule for rule in policy)


@pytest.mark.parametrize("path", ANSWERS)
async def test_every_answer_says_what_it_is(client: Client, path: str) -> None:
    reply = await client.call("GET", path)

    said = reply.headers["Content-Type"]
    assert reply.raw
    assert said in JSON or (said.startswith(WITH_CHARSET) and said.endswith("charset=utf-8"))


async def test_a_stream_says_what_it_is(member: Client) -> None:
    headers = {"Authorization": f"Bearer {member.token}"}
    async with member.session.get(f"{member.url}/v1/events", headers=headers) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"


@pytest.mark.parametrize("path", ANSWERS)
async def test_nothing_is_sent_on_to_another_scheme(client: Client, path: str) -> None:
    headers = {"X-Forwarded-Proto": "http", "Host": "member.example"}

    reply = await client.call("GET", path, headers=headers, allow_redirects=False)

    assert reply.status // 100 != 3
    assert "Location" not in reply.headers


@pytest.mark.parametrize("path", ANSWERS)
async def test_nothing_that_was_sent_is_sent_back(client: Client, path: str) -> None:
    secret = "an-echo-would-show-this"

    reply = await client.call("TRACE", path, headers={"X-Secret": secret})

    assert reply.status in {404, 405}
    assert secret not in reply.raw.decode() + str(reply.headers)


@pytest.mark.parametrize(
    "path",
    ["/docs/", "/docs/vendored", "/docs/vendored/", "/docs/..%2f", "/docs/%2e%2e%2fcore.py", "//"],
)
async def test_no_directory_is_listed(client: Client, path: str) -> None:
    assert (await client.call("GET", path)).status == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/loan", 401), ("/ops/v1/operator", 401), ("/v1/transfers/tr_" + "0" * 32, 404)],
)
async def test_a_refusal_is_a_line_of_the_log(member: Client, path: str, status: int) -> None:
    caller = member if status == 404 else Client(member.session, member.url)
    with capture_logs() as records:
        assert (await caller.call("GET", path)).status == status

    (line,) = [record for record in records if record["event"] == "request.answered"]
    assert (line["status"], line["log_level"]) == (status, "info")
