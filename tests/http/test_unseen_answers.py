"""Answers that are given before any middleware runs: they have ids and are counted like others."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import structlog
from structlog.testing import capture_logs

from gateway.config import Settings, load_settings
from tests.http.conftest import Client, RecordedMetrics
from tests.http.described import fault_of_body
from tests.http.raw import RawReply, exchange
from tests.http.test_slow_callers import connection

ROOM = 2  # one for each address


@dataclass(frozen=True, slots=True)
class Case:
    """A request as bytes, how it is answered, and how it is counted."""

    sent: bytes
    status: int
    code: str
    method: str


NONSENSE = Case(b"NONSENSE\r\n\r\n", 400, "malformed_request", "UNKNOWN")
TEA = Case(
    b"GET /v1/loan HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n",
    *(417, "expectation_unknown", "GET"),
)
NO_TEXT = Case(
    b"GET /v1/loan HTTP/1.1\r\nHost: x\r\nExpect: \xff\r\nConnection: close\r\n\r\n",
    *(400, "malformed_request", "GET"),
)
TOO_MANY = Case(b"", 503, "busy", "UNKNOWN")
CASES = [
    pytest.param(NONSENSE, id="cannot be parsed"),
    pytest.param(TEA, id="expects what nobody knows"),
    pytest.param(NO_TEXT, id="expects what is no text"),
    pytest.param(TOO_MANY, id="has no place"),
]


@pytest.fixture
def settings() -> Settings:
    return load_settings(connections_max=ROOM)


async def answer(client: Client, case: Case) -> RawReply:
    async with AsyncExitStack() as stack:
        if case is TOO_MANY:
            await stack.enter_async_context(connection(client))
        return await exchange(client.url, case.sent)


@pytest.mark.parametrize("case", CASES)
async def test_it_is_a_whole_problem_with_ids(client: Client, case: Case) -> None:
    reply = await answer(client, case)

    assert (reply.status, reply.problem["code"]) == (case.status, case.code)
    assert reply.problem["status"] == case.status
    assert fault_of_body("#/components/schemas/Problem", reply.problem) is None
    assert len(reply.headers["x-request-id"]) == 32
    assert reply.problem["request_id"] == reply.headers["x-request-id"]
    version, trace_id, span_id, _ = reply.headers["traceparent"].split("-")
    assert (version, len(trace_id), len(span_id)) == ("00", 32, 16)
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["server"] == "gateway"


@pytest.mark.parametrize("case", CASES)
async def test_it_is_counted_and_in_the_log_by_its_id(
    client: Client, metrics: RecordedMetrics, case: Case
) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as records:
        reply = await answer(client, case)

    labels = {"method": case.method, "route": "unmatched", "status": str(case.status)}
    assert ("requests", labels) in metrics.counted
    assert ("refusals", {"code": case.code}) in metrics.counted
    (record,) = [one for one in records if one["event"] == "request.answered"]
    assert record["request_id"] == reply.headers["x-request-id"]
    assert record["trace_id"] == reply.headers["traceparent"].split("-")[1]
    assert (record["route"], record["status"]) == ("unmatched", case.status)


async def test_each_has_ids_of_its_own(client: Client) -> None:
    replies = [await answer(client, case) for case in (NONSENSE, TEA, NONSENSE, TEA)]

    assert len({reply.headers["x-request-id"] for reply in replies}) == 4


async def test_a_caller_whose_head_was_read_keeps_its_own_id(client: Client) -> None:
    asked = TEA.sent.replace(b"Expect", b"X-Request-Id: front-7\r\nExpect")

    reply = await exchange(client.url, asked)

    assert reply.headers["x-request-id"] == reply.problem["request_id"] == "front-7"
