"""What the emulated SMBC demands of a request before it looks at the business."""

import json
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest

from tests.manual_clock import ManualClock
from tests.sandbox.lender import Lender, sign

UNSIGNED = {"X_Jws_Signature": None}


async def test_the_checks_come_in_the_profiles_order(lender: Lender):
    """Each request repairs the first fault of the one before it."""
    used = str(uuid4())
    await lender.post("/transfers", lender.order(), X_Request_Id=used)
    faults: dict[str, str | None] = {
        "X_Api_Key": "wrong",
        "X_Jws_Signature": "no signature",
        "X_Timestamp": "2026-11-25T10:00:00",
        "X_Request_Id": used,
        "Content_Type": "text/plain",
    }
    bad = lender.order(to_accountNumber="7654321")

    codes = []
    while faults:
        codes.append((await lender.post("/transfers", bad, **faults)).code)
        faults.pop(next(iter(faults)))
    codes.append((await lender.post("/transfers", bad)).code)

    assert codes == [
        "INVALID_API_KEY",
        "INVALID_SIGNATURE",
        "INVALID_TIMESTAMP",
        "INVALID_REQUEST",
        "INVALID_REQUEST",
        "ACCOUNT_NOT_FOUND",
    ]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"X_Api_Key": None}, 401, id="no key"),
        pytest.param({"X_Api_Key": "ｷｰ"}, 401, id="a key beyond ASCII"),
        pytest.param(UNSIGNED, 401, id="no signature"),
        pytest.param({"X_Jws_Signature": sign(b"other bytes")}, 401, id="over other bytes"),
        pytest.param({"X_Jws_Signature": "a.b.c"}, 401, id="no JWS"),
        pytest.param({"X_Jws_Signature": "W10=..AA"}, 401, id="padded base64"),
        pytest.param({"X_Jws_Signature": "W10..AA"}, 401, id="a header that is no object"),
        pytest.param({"X_Timestamp": None}, 401, id="no time"),
        pytest.param({"X_Timestamp": "2026-11-25 10:00:00+09:00"}, 401, id="not RFC 3339"),
        pytest.param({"X_Timestamp": "2026-02-30T10:00:00+09:00"}, 401, id="no such day"),
        pytest.param({"X_Timestamp": "2026-11-25T10:05:00.001+09:00"}, 401, id="too new"),
        pytest.param({"X_Timestamp": "2026-11-25T09:54:59+09:00"}, 401, id="too old"),
        pytest.param({"X_Timestamp": "2026-11-25T00:55:00Z"}, 200, id="300 s old, in UTC"),
        pytest.param({"X_Request_Id": None}, 400, id="no request id"),
        pytest.param({"X_Request_Id": "1234"}, 400, id="a request id that is no UUID"),
        pytest.param({"Content_Type": "application/json"}, 400, id="no charset"),
        pytest.param({"Content_Type": "application/json; charset=shift_jis"}, 400, id="charset"),
        pytest.param({"Content_Type": "Application/JSON;charset=UTF-8"}, 200, id="case is free"),
    ],
)
async def test_a_header_is_held_to_the_profile(lender: Lender, headers, status):
    answer = await lender.post("/transfers", lender.order(), **headers)

    assert (answer.status, answer.is_signed) == (status, True)


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"alg": "none"}, id="no algorithm"),
        pytest.param({"alg": "HS256"}, id="another algorithm"),
        pytest.param({"b64": True}, id="an encoded payload"),
        pytest.param({"crit": []}, id="b64 not critical"),
        pytest.param({"kid": "stranger"}, id="an unknown key"),
        pytest.param({"kid": 1}, id="a kid that is no text"),
    ],
)
async def test_a_signature_by_other_rules_is_refused(lender: Lender, claims):
    order = lender.order()
    body = json.dumps(order, ensure_ascii=False).encode()
    signature = sign(body, "lender-sandbox-1", **claims)

    answer = await lender.post("/transfers", order, X_Jws_Signature=signature)

    assert answer.code == "INVALID_SIGNATURE"


async def test_a_request_id_is_used_up_by_a_request_that_was_authentic(lender: Lender):
    """A forged request uses nothing up; an authentic one does, even if it was malformed."""
    request_id = str(uuid4())

    forged = await lender.post("/transfers", lender.order(), X_Request_Id=request_id, **UNSIGNED)
    first = await lender.post("/transfers", lender.order(amount="0"), X_Request_Id=request_id)
    second = await lender.post("/transfers", lender.order(), X_Request_Id=request_id.upper())

    assert [forged.status, first.status, second.status] == [401, 400, 400]
    assert "used before" in second.json["error"]["message"]


@pytest.mark.parametrize("shift_s", [-86_400, 86_400])
async def test_freshness_is_judged_by_the_nearer_of_bank_and_machine(
    lender: Lender, clock: ManualClock, shift_s
):
    await lender.told("PUT", "clock", {"shift_s": shift_s})
    bank_now = (clock.now() + timedelta(seconds=shift_s)).isoformat()
    between = (clock.now() + timedelta(seconds=shift_s / 2)).isoformat()

    by_machine = await lender.inquire("A" * 20)
    path = "/transfers?clientReference=" + "A" * 20
    by_bank = await lender.request("GET", path, headers={"X-Timestamp": bank_now})
    by_none = await lender.request("GET", path, headers={"X-Timestamp": between})

    assert [by_machine.status, by_bank.status, by_none.status] == [404, 404, 401]


async def test_a_request_without_a_body_needs_no_signature_but_one_with_a_body_does(
    lender: Lender,
):
    path = "/transfers?clientReference=" + "A" * 20

    bare = await lender.request("GET", path)
    unsigned = await lender.request("GET", path, b"{}", {"X-Jws-Signature": None})
    signed = await lender.request("GET", path, b"{}")
    empty_post = await lender.request("POST", "/transfers")

    answers = (bare, unsigned, signed, empty_post)
    assert [answer.status for answer in answers] == [404, 401, 400, 401]


ORDERS = [
    pytest.param({"amount": 10000}, id="amount as a number"),
    pytest.param({"amount": "0"}, id="amount 0"),
    pytest.param({"amount": "010"}, id="leading zero"),
    pytest.param({"amount": "-1"}, id="negative"),
    pytest.param({"amount": "1.5"}, id="decimal"),
    pytest.param({"amount": "12345678901"}, id="eleven digits"),
    pytest.param({"amount": "１０００"}, id="full-width digits"),
    pytest.param({"amount": "10\n"}, id="a newline behind"),
    pytest.param({"currency": "USD"}, id="another currency"),
    pytest.param({"clientReference": "a" * 20}, id="lower-case reference"),
    pytest.param({"clientReference": "A" * 19}, id="short reference"),
    pytest.param({"memo": "x"}, id="unknown field"),
    pytest.param({"to_memo": "x"}, id="unknown field inside"),
    pytest.param({"to_bankCode": "0005"}, id="another bank"),
    pytest.param({"to_accountType": "3"}, id="no such type"),
    pytest.param({"to_accountNumber": "123456"}, id="six digits"),
    pytest.param({"to_accountNumber": "１２３４５６７"}, id="digits that are not ASCII"),
    pytest.param({"to_holderName": ""}, id="no name"),
    pytest.param({"to_holderName": "ｱ" * 31}, id="31 characters"),
    pytest.param({"remitterName": "ｱ" * 41}, id="41 characters"),
    pytest.param({"to_holderName": "山田 太郎"}, id="kanji"),
    pytest.param({"remitterName": None}, id="null"),
]


@pytest.mark.parametrize("change", ORDERS)
async def test_a_field_beyond_the_format_is_400(lender: Lender, change):
    answer = await lender.submit(lender.order(**change))

    assert (answer.status, answer.code, answer.is_signed) == (400, "INVALID_REQUEST", True)


async def test_the_longest_names_and_the_largest_amount_are_well_formed(lender: Lender):
    order = lender.order(
        amount="9999999999",
        remitterName="ｱ" * 40,
        to_holderName="ｱ" * 30,
        to_accountNumber="0000004",
    )

    answer = await lender.submit(order)

    assert answer.code == "LIMIT_EXCEEDED"


async def test_every_field_must_be_there(lender: Lender):
    order = lender.order()
    without = [{k: v for k, v in order.items() if k != name} for name in order]

    statuses = {(await lender.submit(message)).status for message in without}

    assert statuses == {400}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"branchCode":"001","branchCode":"001"}', id="doubled field"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"{", id="broken"),
        pytest.param('{"名":"x"}'.encode("shift_jis"), id="not UTF-8"),
        pytest.param(b'{"branchCode":NaN}', id="NaN"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte order mark"),
    ],
)
async def test_a_body_that_is_no_message_is_400(lender: Lender, body):
    answer = await lender.request("POST", "/accounts/verification", body)

    assert (answer.status, answer.code, answer.is_signed) == (400, "INVALID_REQUEST", True)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/transfers", id="missing"),
        pytest.param("/transfers?clientReference=x", id="malformed"),
        pytest.param(f"/transfers?clientReference={'A' * 20}&x=1", id="unknown"),
        pytest.param("/transfers?" + "&".join([f"clientReference={'A' * 20}"] * 2), id="doubled"),
        pytest.param("/settlement-account/transactions?date=20261125&page=1", id="another date"),
        pytest.param("/settlement-account/transactions?date=2026-11-25&page=0", id="page 0"),
        pytest.param("/settlement-account/transactions?date=2026-11-25", id="no page"),
    ],
)
async def test_a_query_beyond_the_format_is_400(lender: Lender, path):
    answer = await lender.request("GET", path)

    assert (answer.status, answer.code, answer.is_signed) == (400, "INVALID_REQUEST", True)


async def test_a_call_the_profile_does_not_know_is_a_signed_404_of_no_business(lender: Lender):
    answer = await lender.request("GET", "/balances")

    assert (answer.status, answer.code, answer.is_signed) == (404, "INVALID_REQUEST", True)


async def test_a_body_beyond_every_size_is_refused(lender: Lender):
    url = f"{lender.url}/smbc/api/v1/transfers"
    async with lender.session.post(url, data=BytesIO(b" " * 2**21)) as answer:
        said = await answer.json()

    assert (answer.status, said["error"]["code"]) == (413, "INVALID_REQUEST")


async def test_the_jwks_needs_no_headers_and_holds_the_banks_key(lender: Lender):
    async with lender.session.get(f"{lender.url}/smbc/api/v1/jwks") as answer:
        keys = (await answer.json())["keys"]

    assert "X-Jws-Signature" not in answer.headers
    assert [key["kid"] for key in keys] == ["smbc-sandbox-1"]
    assert keys == (await lender.told("GET", "credentials"))["jwks"]["keys"]


async def test_a_call_over_the_limit_is_not_taken_and_uses_nothing_up(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 1}})
    body = json.dumps(lender.order(), ensure_ascii=False).encode()
    headers = lender.headers(body)

    within = await lender.submit(lender.order())
    over = await lender.request("POST", "/transfers", body, headers)
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})
    after = await lender.request("POST", "/transfers", body, headers)

    assert (within.status, over.status, after.status) == (200, 429, 200)
    assert (over.code, over.is_signed) == ("TOO_MANY_REQUESTS", True)
    assert over.headers["Retry-After"] == "1"


async def test_the_throttle_comes_before_authentication_and_inquiries_have_their_own(
    lender: Lender,
):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 1, "inquiry": 2}})
    await lender.submit(lender.order())

    forged = await lender.post("/transfers", lender.order(), X_Api_Key="wrong")
    asked = [(await lender.inquire("A" * 20)).status for _ in range(3)]

    assert (forged.status, asked) == (429, [404, 404, 429])


async def test_the_date_header_shows_the_banks_clock(lender: Lender):
    await lender.told("PUT", "clock", {"shift_s": -120})

    answer = await lender.inquire("A" * 20)

    assert answer.headers["Date"] == "Wed, 25 Nov 2026 00:58:00 GMT"
