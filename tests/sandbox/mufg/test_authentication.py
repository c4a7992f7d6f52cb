"""Tokens and sequence numbers at the emulated MUFG."""

import base64
import json

import pytest

from tests.manual_clock import ManualClock
from tests.sandbox.charsets import CHARSETS
from tests.sandbox.mufg.lender import BASIC, GRANT, Lender


def basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


async def test_the_clients_secret_gives_a_token_for_five_minutes(lender: Lender):
    answer = await lender.ask_for_token()

    token = json.loads(answer.body)
    assert answer.status == 200
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 300)
    assert answer.headers["Cache-Control"] == "no-store"
    lender.token = token["access_token"]
    assert (await lender.pay()).status == 202


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="nothing"),
        pytest.param(basic("lender-sandbox", "wrong"), id="wrong secret"),
        pytest.param(basic("other", "sandbox-mufg-client-secret"), id="another client"),
        pytest.param("Basic ***", id="not base64"),
        pytest.param("Bearer abc", id="another scheme"),
        pytest.param(BASIC.replace("Basic", "Digest"), id="the pair under another scheme"),
    ],
)
async def test_whoever_is_not_the_client_gets_no_token(lender: Lender, authorization):
    answer = await lender.ask_for_token(authorization)

    assert (answer.status, json.loads(answer.body)) == (401, {"error": "invalid_client"})
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b"", "invalid_request", id="nothing"),
        pytest.param(b"scope=all", "invalid_request", id="no grant"),
        pytest.param(GRANT + b"&" + GRANT, "invalid_request", id="twice"),
        pytest.param(GRANT + b"&more=1", "invalid_request", id="an unknown field"),
        pytest.param(b"\xff\xfe", "invalid_request", id="not a form"),
        pytest.param(b"grant_type=password", "unsupported_grant_type", id="another grant"),
    ],
)
async def test_a_request_for_a_token_says_what_the_standard_says(lender: Lender, body, error):
    answer = await lender.ask_for_token(body=body)

    assert (answer.status, json.loads(answer.body)) == (400, {"error": error})


async def test_a_request_for_a_token_is_a_form(lender: Lender):
    answer = await lender.ask_for_token(content_type="application/json")

    assert json.loads(answer.body) == {"error": "invalid_request"}


@pytest.mark.parametrize("charset", CHARSETS)
async def test_a_charset_beside_a_form_makes_it_no_other_type(lender: Lender, charset):
    stated = f"application/x-www-form-urlencoded{charset}"

    assert (await lender.ask_for_token(content_type=stated)).status == 200


@pytest.mark.parametrize(("seconds", "status"), [(299, 202), (300, 401)])
async def test_a_token_lives_for_300_seconds_of_the_banks_clock(
    lender: Lender, clock: ManualClock, seconds, status
):
    await lender.log_in()
    clock.advance(seconds)

    assert (await lender.pay()).status == status


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="nothing"),
        pytest.param("Bearer wrong", id="an unknown token"),
        pytest.param("Bearer ", id="an empty token"),
        pytest.param(BASIC, id="another scheme"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/payments"), ("GET", "/payments/A"), ("GET", "/nowhere"), ("POST", "/collections")],
)
async def test_every_call_needs_a_good_token(lender: Lender, authorization, method, path):
    headers = {"Authorization": authorization}
    body = lender.payment().encode() if method == "POST" else b""

    answer = await lender.request(method, path, body, headers)

    assert (answer.status, json.loads(answer.body)) == (401, {"error": "invalid_token"})
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


async def test_a_rule_ends_a_token_early_and_a_new_one_is_good(lender: Lender):
    await lender.log_in()
    await lender.rule("token", {"kind": "code", "code": "invalid_token"})
    payment, number = lender.payment(), lender.sequence_no()

    refused = await lender.post("/payments", payment, X_Sequence_No=number)
    still_refused = await lender.inquire("A" * 20)
    await lender.log_in()
    accepted = await lender.post("/payments", payment, X_Sequence_No=number)

    assert (refused.status, still_refused.status, accepted.status) == (401, 401, 202)


async def test_a_rule_refuses_the_client(lender: Lender):
    await lender.rule("token", {"kind": "code", "code": "invalid_client"})

    refused, given = [await lender.ask_for_token() for _ in range(2)]

    assert (refused.status, given.status) == (401, 200)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("20261125-000000000000001", id="15 digits"),
        pytest.param("20261125-00000000000000001", id="17 digits"),
        pytest.param("20261125000000000000000001", id="no hyphen"),
        pytest.param("20261131-0000000000000001", id="no such day"),
        pytest.param("20261123-0000000000000001", id="two days ago"),
        pytest.param("20261127-0000000000000001", id="in two days"),
        pytest.param("２０２６1125-0000000000000001", id="digits that are not ASCII"),
    ],
)
async def test_a_sequence_number_that_is_none_is_a_format_error(lender: Lender, number):
    answer = await lender.post("/payments", lender.payment(), X_Sequence_No=number)

    assert (answer.status, answer.code) == (400, "FF01")


@pytest.mark.parametrize("day", ["20261124", "20261125", "20261126"])
async def test_a_sequence_number_may_be_of_the_day_before_or_after(lender: Lender, day):
    number = f"{day}-0000000000000001"

    answer = await lender.post("/payments", lender.payment(), X_Sequence_No=number)

    assert answer.status == 202


async def test_the_day_of_a_number_is_judged_by_the_nearer_clock(lender: Lender):
    await lender.told("PUT", "clock", {"shift_s": 30 * 86_400})
    days = ("20261125", "20261225", "20261205")

    answers = [
        await lender.post("/payments", b"", X_Sequence_No=f"{day}-0000000000000001") for day in days
    ]

    assert [answer.one("AddtlInf") for answer in answers] == [
        "not well-formed XML",
        "not well-formed XML",
        "X-Sequence-No is missing, malformed or of another day",
    ]


@pytest.mark.parametrize("path", ["/payments", "/collections"])
async def test_a_number_used_before_is_refused_whatever_became_of_its_call(lender: Lender, path):
    number = lender.sequence_no()
    malformed = await lender.post("/payments", b"<x/>", X_Sequence_No=number)

    again = await lender.post(path, lender.payment(), X_Sequence_No=number)

    assert malformed.status == 400
    assert (again.status, again.one("Prtry"), again.message) == (409, "SEQNO", "pain.002.001.03")
    assert await lender.movements() == []


async def test_neither_a_401_nor_a_429_uses_a_number_up(lender: Lender):
    number = lender.sequence_no()
    await lender.post("/payments", b"", X_Sequence_No=number, Authorization=None)
    await lender.told("PUT", "settings", {"rate_limits": {"money": 1}})
    await lender.pay()
    throttled = await lender.post("/payments", b"", X_Sequence_No=number)
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})

    answer = await lender.post("/payments", lender.payment(), X_Sequence_No=number)

    assert (throttled.status, throttled.body) == (429, b"")
    assert throttled.headers["Retry-After"] == "1"
    assert answer.status == 202
