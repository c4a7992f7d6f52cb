"""Every error is a problem document, in the caller's language, with what to do next."""

import re
from datetime import datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.account import BankCode
from gateway.domain.errors import (
    BankClosed,
    CommitUnknown,
    GatewayError,
    InOpenFile,
    Mistyped,
    SettingsWrong,
    StatedByBank,
    TooManyAttempts,
    WrongSession,
)
from gateway.domain.file_end import FileEndRefused
from gateway.domain.hours import JST
from gateway.domain.operator import NameMissing
from gateway.domain.resolution import ResolutionRefused
from gateway.http.core import ROUTES
from gateway.http.error_row import opening_words, wait_words
from gateway.http.errors import TABLE
from gateway.http.problems import (
    ADDRESS_WORDS,
    language_of,
    problem_document,
    problem_headers,
)
from gateway.http.refusals import MethodWrong
from gateway.services.accept_statement import StatementNotAccepted
from gateway.services.add_branch import BranchKnown
from gateway.services.open_account import OpeningRefused
from gateway.services.reconcile import DayNotCome
from gateway.services.standing_rules import RuleRefused
from tests.http.conftest import Client, RecordedMetrics
from tests.http.raw import exchange

MEMBERS: set[str] = {
    *("type", "title", "status", "detail", "instance", "code", "retryable", "request_id", "errors")
}


# What only the operators' commands meet: no route leads there.
OF_COMMANDS: set[type[GatewayError]] = {
    ResolutionRefused,
    DayNotCome,
    NameMissing,
    InOpenFile,
    StatedByBank,
    StatementNotAccepted,
    FileEndRefused,
    OpeningRefused,
    RuleRefused,
    BranchKnown,
    Mistyped,
    SettingsWrong,
    WrongSession,
}


def leaves(kind: type[GatewayError]) -> set[type[GatewayError]]:
    below = {leaf for child in kind.__subclasses__() for leaf in leaves(child)}
    # Busy is raised itself and has a narrower kind below it.
    return below | {kind} if ("code" in vars(kind) and kind in TABLE) or not below else below


def test_every_error_has_a_status_and_a_code_of_its_own() -> None:
    kinds = leaves(GatewayError)
    codes = [kind.code for kind in kinds]

    assert kinds - OF_COMMANDS == set(TABLE)
    assert len(set(codes)) == len(codes)
    assert all(400 <= row.status < 600 for row in TABLE.values())


def test_every_error_has_words_in_both_languages() -> None:
    for row in TABLE.values():
        for words in (row.title, row.detail):
            assert not words.ja.isascii()
            assert words.en.isascii()


# What only a programmer can cause, and what no member meets: said in a programmer's words.
OF_PROGRAMMERS = {
    *("malformed_request", "malformed_json", "idempotency_key_missing", "idempotency_key_invalid"),
    *("callback_not_authentic", "origin_not_allowed", "route_not_found", "method_not_allowed"),
    *("body_too_large", "unsupported_media_type", "expectation_unknown", "return_url_not_allowed"),
}
TECHNICAL = re.compile(r"[/`]|[a-z]_[a-z]|Retry-After|Idempotency-Key|[Hh]eader|same request|null")


@pytest.mark.parametrize("kind", [kind for kind in TABLE if kind.code not in OF_PROGRAMMERS])
def test_a_detail_names_nothing_that_a_member_does_not_know(kind: type[GatewayError]) -> None:
    """A page shows it to the member; what a developer needs stands in docs/problems.md."""
    detail = TABLE[kind].detail
    # The words between braces are filled in.
    shown = [re.sub(r"{\w+(:,)?}", "", words) for words in (detail.ja, detail.en)]

    assert [words for words in shown if TECHNICAL.search(words)] == []


OPENINGS = [
    pytest.param(
        datetime(2026, 11, 30, 7, tzinfo=JST),
        "11月30日7時00分から再開します。",
        "It opens again on 30 November at 7:00, Japanese time.",
        id="a whole minute",
    ),
    pytest.param(
        datetime.fromisoformat("2026-12-31T23:59:00.001+09:00"),
        "1月1日0時00分から再開します。",
        "It opens again on 1 January at 0:00, Japanese time.",
        id="the minute after, so that nobody comes too early",
    ),
    pytest.param(
        datetime.fromisoformat("2026-11-29T22:05:00+00:00"),
        "11月30日7時05分から再開します。",
        "It opens again on 30 November at 7:05, Japanese time.",
        id="another clock",
    ),
    pytest.param(
        None,
        "再開の時刻はまだわかりません。",
        "It is not known yet when it opens again.",
        id="nobody knows",
    ),
]


@pytest.mark.parametrize(("reopens_at", "japanese", "english"), OPENINGS)
def test_a_member_is_told_the_instant_itself(
    reopens_at: datetime | None, japanese: str, english: str
) -> None:
    words = opening_words(reopens_at)

    assert (words.ja, words.en) == (japanese, english)


@pytest.mark.parametrize(
    ("seconds", "japanese", "english"),
    [
        (1, "1秒", "1 second"),
        (60, "60秒", "60 seconds"),
        (61, "2分", "2 minutes"),
        (900, "15分", "15 minutes"),
    ],
)
def test_a_wait_is_told_in_minutes_where_it_is_long(
    seconds: int, japanese: str, english: str
) -> None:
    words = wait_words(seconds)

    assert (words.ja, words.en) == (japanese, english)


def test_what_is_for_the_text_only_is_no_member_of_the_document() -> None:
    waits = shown(TooManyAttempts(retry_after_s=900))
    closed = shown(BankClosed(now=datetime(2026, 11, 30, tzinfo=JST), reopens_at=None))

    assert waits["detail"] == "Try again in 15 minutes."
    assert set(waits) == MEMBERS
    assert closed["detail"] == (
        "It is not known yet when it opens again. Another bank may be open."
    )
    assert set(closed) == MEMBERS | {"reopens_at"}


def shown(error: GatewayError, path: str = "/") -> dict[str, object]:
    return problem_document(error, "en", path=path, request_id="")


def test_the_words_of_addresses_are_those_of_the_routes_and_the_banks() -> None:
    parts = {part for route in ROUTES for part in route.path.split("/")}

    assert {part for part in parts if part and "{" not in part} | set(BankCode) == ADDRESS_WORDS


@pytest.mark.parametrize(
    ("path", "instance"),
    [
        ("/", "/"),
        ("/v1/transfer_quotes", "/v1/transfer_quotes"),
        ("/v1/accounts/yamada", "/v1/accounts/***"),
        ("/v1/accounts/4926", "/v1/accounts/***"),
        (f"/v1/transfers/tr_{7:032x}/cancel", f"/v1/transfers/tr_{7:032x}/cancel"),
        (f"/v1/transfers/tr_{7:032x}x", "/v1/transfers/***"),
        ("/callbacks/smbc", "/callbacks/smbc"),
        ("/v1/transfers/", "/v1/transfers/"),
    ],
)
def test_of_an_address_only_our_words_and_ids_are_repeated(path: str, instance: str) -> None:
    assert shown(CommitUnknown(), path)["instance"] == instance


PROBLEMS = [
    pytest.param("GET", "/nowhere", 404, "route_not_found", id="no such address"),
    pytest.param("GET", "/v1/transfers/x/y/z", 404, "route_not_found", id="an address too deep"),
    pytest.param("PUT", "/v1/transfers", 405, "method_not_allowed", id="no such method"),
    pytest.param("PROPFIND", "/v1/loan", 405, "method_not_allowed", id="a method of files"),
    pytest.param("GET", "/v1/loan", 401, "session_missing", id="no session"),
    pytest.param("POST", "/v1/sessions", 415, "unsupported_media_type", id="no content type"),
    pytest.param("POST", "/callbacks/smbc", 401, "callback_not_authentic", id="no signature"),
    pytest.param("POST", "/callbacks/resona", 404, "not_found", id="no such bank"),
    pytest.param("POST", "/callbacks/mufg", 404, "not_found", id="a bank not connected"),
]


@pytest.mark.parametrize(("method", "path", "status", "code"), PROBLEMS)
async def test_an_error_is_a_problem_document(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    reply = await client.call(method, path, headers={"X-Request-Id": "front-7"})

    assert (reply.status, reply.body["status"], reply.body["code"]) == (status, status, code)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert set(reply.body) == MEMBERS
    assert reply.body["type"] == f"/problems/{code}"
    assert reply.body["request_id"] == reply.headers["X-Request-Id"] == "front-7"


@pytest.mark.parametrize("kind", [kind for kind in TABLE if kind is not MethodWrong])
def test_what_a_status_must_say_is_said(kind: type[GatewayError]) -> None:
    """RFC 9110: 401 names the scheme; what may come again says when."""
    error = kind.__new__(kind)

    headers = problem_headers(error, TABLE[kind])

    assert ("WWW-Authenticate" in headers) == (TABLE[kind].status == 401)
    assert ("Retry-After" in headers) == TABLE[kind].is_retryable


async def test_a_wrong_method_is_told_the_right_ones(client: Client) -> None:
    reply = await client.call("PUT", "/v1/transfers")

    assert reply.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"NONSENSE\r\n\r\n", id="no request line"),
        pytest.param(b"BREW /v1/loan HTTP/1.1\r\n\r\n", id="a method of nobody"),
        pytest.param(b"GET / HTTP/9.9\r\n\r\n", id="a version of nobody"),
        pytest.param(b"GET /v1/loan HTTP/1.1\r\nBad Header: x\r\n\r\n", id="a bad header"),
        pytest.param(b"GET /v1/loan HTTP/1.1\r\nX: \x00\r\n\r\n", id="NUL in a header"),
        pytest.param(
            b"GET /v1/loan HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", id="a huge header"
        ),
        pytest.param(
            b"POST /v1/loan HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            id="two lengths",
        ),
        pytest.param(
            b"POST /v1/loan HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            id="a length and chunks",
        ),
        pytest.param(
            b"GET /v1/loan HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 300 + b"\r\n", id="300 headers"
        ),
    ],
)
async def test_what_cannot_be_parsed_is_a_problem_that_quotes_nothing(
    client: Client, request_bytes: bytes
) -> None:
    reply = await exchange(client.url, request_bytes)

    assert (reply.status, reply.problem["code"]) == (400, "malformed_request")
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert b"xxxx" not in reply.body


async def test_broken_chunks_are_a_problem(member: Client) -> None:
    request = (
        f"POST /v1/transfers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {member.token}\r\n"
        f"Idempotency-Key: {'k' * 16}\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n"
    )

    reply = await exchange(member.url, request.encode())

    assert reply.status == 400
    assert reply.problem["code"] in {"malformed_request", "malformed_json"}


async def test_a_fault_of_ours_is_a_problem_that_tells_nothing(member: Client, owner: Any) -> None:
    await owner.execute("ALTER TABLE loans RENAME COLUMN principal TO principle")

    with capture_logs() as records:
        reply = await member.call("GET", "/v1/loan")

    alerts = [record["code"] for record in records if record["event"] == "alert.raised"]
    assert alerts == ["internal_error"]
    assert (reply.status, reply.body["code"]) == (500, "internal_error")
    assert b"princip" not in reply.raw


LANGUAGES = [
    pytest.param(None, "ja", id="nothing said"),
    pytest.param("", "ja", id="nothing in it"),
    pytest.param("en", "en", id="English"),
    pytest.param("en-GB,en;q=0.9", "en", id="British English"),
    pytest.param("ja,en;q=0.9", "ja", id="Japanese first"),
    pytest.param("en;q=0.8, ja;q=0.9", "ja", id="Japanese first by weight"),
    pytest.param("en;q=0", "ja", id="no English"),
    pytest.param("fr", "ja", id="neither"),
    pytest.param("EN", "en", id="capitals"),
    pytest.param("en;q=nonsense", "ja", id="nonsense"),
    pytest.param("," * 5000, "ja", id="commas"),
]


@pytest.mark.parametrize(("header", "language"), LANGUAGES)
def test_the_language_is_the_one_that_ranks_first(header: str | None, language: str) -> None:
    assert language_of(header) == language


async def test_codes_are_the_same_in_both_languages(client: Client) -> None:
    japanese = await client.call("GET", "/v1/loan")
    english = await client.call("GET", "/v1/loan", headers={"Accept-Language": "en"})

    assert japanese.body["code"] == english.body["code"]
    assert english.body["title"] == "Sign in first"
    assert japanese.headers["Content-Language"] == "ja"
    assert english.headers["Content-Language"] == "en"


PATHS = [
    pytest.param(route.method, route.path, id=f"{route.method} {route.path}")
    for route in ROUTES
    if route.path.startswith("/v1/") and (route.method, route.path) != ("POST", "/v1/sessions")
]


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_every_member_route_needs_a_session(client: Client, method: str, path: str) -> None:
    reply = await client.call(method, path.replace("{", "").replace("}", ""))

    assert (reply.status, reply.body["code"]) == (401, "session_missing")


@pytest.mark.parametrize("path", ["/livez", "/v1/loan", "/nowhere"])
async def test_every_answer_is_hardened(client: Client, path: str) -> None:
    headers = (await client.call("GET", path)).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] == "gateway"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("x" * 37, id="too long"),
        pytest.param("2468", id="as short as a PIN"),
        pytest.param('"; DROP TABLE', id="not a word"),
        pytest.param("", id="empty"),
    ],
)
async def test_a_request_id_that_is_no_word_is_replaced(client: Client, given: str) -> None:
    reply = await client.call("GET", "/livez", headers={"X-Request-Id": given})

    assert len(reply.headers["X-Request-Id"]) == 32


async def test_the_trace_goes_on(client: Client) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    given = f"00-{trace}-b7ad6b7169203331-01"

    reply = await client.call("GET", "/livez", headers={"traceparent": given})

    version, trace_id, span_id, flags = reply.headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", trace, "01")
    assert span_id != "b7ad6b7169203331"


async def test_a_trace_of_zeros_is_none(client: Client) -> None:
    zeros = "0" * 32
    given = f"00-{zeros}-b7ad6b7169203331-01"

    reply = await client.call("GET", "/livez", headers={"traceparent": given})

    assert zeros not in reply.headers["traceparent"]


async def test_metrics_name_routes_by_their_template(
    member: Client, metrics: RecordedMetrics
) -> None:
    await member.call("GET", f"/v1/transfers/tr_{0:032x}")
    await member.call("GET", "/some/address/of/nobody")

    routes = [labels["route"] for name, labels in metrics.counted if name == "requests"]
    assert routes[-2:] == ["/v1/transfers/{transfer_id}", "unmatched"]
