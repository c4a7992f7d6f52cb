"""Bad input: each row is a 4xx problem that names the field, and nothing is written."""

import json
from typing import Any

import pytest

from gateway.http.field_rules import rule_for
from tests.architecture.project import PROJECT
from tests.http.conftest import ACCOUNT, NUMBER, PIN, Client
from tests.http.raw import exchange

KEY = {"Idempotency-Key": "0192f3a1-7c1e-7a33-8f00-000000000001"}
JSON = {"Content-Type": "application/json"}
AN_ACCOUNT = "ac_" + "0" * 32


def transfer(amount: str) -> str:
    return f'{{"account_id": "{AN_ACCOUNT}", "amount": {amount}}}'


AMOUNTS = [
    pytest.param("0", "out_of_range", id="zero"),
    pytest.param("-1", "out_of_range", id="negative"),
    pytest.param("-0", "out_of_range", id="negative zero"),
    pytest.param("10000000000", "out_of_range", id="wider than a bank's format"),
    pytest.param(str(10**18), "out_of_range", id="10 to the 18th"),
    pytest.param("1" * 300, "out_of_range", id="three hundred digits"),
    pytest.param("1.5", "wrong_type", id="a fraction"),
    pytest.param("1.0", "wrong_type", id="a float without fraction"),
    pytest.param("1e3", "wrong_type", id="an exponent"),
    pytest.param("1e400", "wrong_type", id="beyond floats"),
    pytest.param('"1000"', "wrong_type", id="a string"),
    pytest.param('"１０００"', "wrong_type", id="full-width digits"),
    pytest.param("true", "wrong_type", id="true"),
    pytest.param("null", "wrong_type", id="null"),
    pytest.param("[1000]", "wrong_type", id="a list"),
    pytest.param('{"yen": 1000}', "wrong_type", id="an object"),
]


@pytest.mark.parametrize(("amount", "code"), AMOUNTS)
async def test_an_amount_is_a_whole_number_of_yen(
    member: Client, owner: Any, amount: str, code: str
) -> None:
    reply = await member.call(
        "POST", "/v1/transfers", data=transfer(amount), headers={**KEY, **JSON}
    )

    assert (reply.status, reply.body["code"]) == (422, "invalid_request")
    assert [(e["pointer"], e["code"]) for e in reply.body["errors"]] == [("/amount", code)]
    assert "9,999,999,999" in reply.body["errors"][0]["detail"]
    assert await owner.fetchval("SELECT count(*) FROM transfers") == 0
    assert await owner.fetchval("SELECT count(*) FROM idempotency_keys") == 0


TRANSFERS = [
    pytest.param("{}", {"/account_id", "/amount"}, id="both fields missing"),
    pytest.param('{"amount": 1}', {"/account_id"}, id="account missing"),
    pytest.param(transfer('1, "memo": "x"'), {"/memo"}, id="an unknown field"),
    pytest.param(transfer('1, "a/b~c": 1'), {"/a~1b~0c"}, id="a name that needs escaping"),
    pytest.param(transfer(r'1, "\ud800": 1'), {"/\\ud800"}, id="a surrogate as a name"),
    pytest.param(transfer('1, "amount": 1'), {"/amount"}, id="a name twice"),
    pytest.param('{"account_id": 7, "amount": 1}', {"/account_id"}, id="an id of another type"),
    pytest.param('{"account_id": "ac_1", "amount": 1}', {"/account_id"}, id="an id too short"),
    pytest.param(
        f'{{"account_id": "tr_{"0" * 32}", "amount": 1}}', {"/account_id"}, id="an id of a transfer"
    ),
    pytest.param(
        f'{{"account_id": "AC_{"0" * 32}", "amount": 1}}', {"/account_id"}, id="an id in capitals"
    ),
    pytest.param(
        f'{{"account_id": "{AN_ACCOUNT}\\n", "amount": 1}}', {"/account_id"}, id="an id and a line"
    ),
    pytest.param(
        f'{{"account_id": "{AN_ACCOUNT}\\u0000", "amount": 1}}', {"/account_id"}, id="an id and NUL"
    ),
    pytest.param('{"account_id": "\\ud800", "amount": 1}', {"/account_id"}, id="a lone surrogate"),
    pytest.param("[]", {""}, id="a list"),
    pytest.param('"x"', {""}, id="a string"),
    pytest.param("null", {""}, id="null"),
]


@pytest.mark.parametrize(("body", "fields"), TRANSFERS)
async def test_a_bad_transfer_is_refused_by_the_names_of_its_fields(
    member: Client, owner: Any, body: str, fields: set[str]
) -> None:
    reply = await member.call("POST", "/v1/transfers", data=body, headers={**KEY, **JSON})

    assert reply.status in {400, 422}
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.fields == fields
    assert await owner.fetchval("SELECT count(*) FROM transfers") == 0


BODIES = [
    pytest.param(b"", id="empty"),
    pytest.param(b"{", id="cut off"),
    pytest.param(b'{"amount": 1,}', id="a comma too many"),
    pytest.param(b"{'amount': 1}", id="single quotes"),
    pytest.param(b'{"amount": NaN}', id="NaN"),
    pytest.param(b'{"amount": -Infinity}', id="infinity"),
    pytest.param(b'{"amount": 01}', id="a leading zero"),
    pytest.param(b'{"amount": ' + b"1" * 5000 + b"}", id="five thousand digits"),
    pytest.param(b"[" * 30_000, id="nested thirty thousand deep"),
    pytest.param(b'{"a":' * 5000 + b"1" + b"}" * 5000, id="objects five thousand deep"),
    pytest.param("{}".encode("utf-16"), id="UTF-16"),
    pytest.param('{"holder": "ヤマダ"}'.encode("shift_jis"), id="Shift_JIS"),
    pytest.param(b"\xef\xbb\xbf{}", id="a byte order mark"),
    pytest.param(b'{"holder": "\x00"}', id="a raw NUL"),
    pytest.param(b"\x80", id="not text"),
    pytest.param(
        b"{" + b",".join(b'"%d": 1' % number for number in range(65)) + b"}",
        id="more names than anything has",
    ),
]


@pytest.mark.parametrize("body", BODIES)
async def test_broken_json_is_refused_as_a_whole(member: Client, body: bytes) -> None:
    reply = await member.call("POST", "/v1/transfers", data=body, headers={**KEY, **JSON})

    assert (reply.status, reply.body["code"]) == (400, "malformed_json")
    assert reply.fields == {""}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=shift_jis",
        "application/jsonx",
        "nonsense",
    ],
)
async def test_another_content_type_is_refused(member: Client, content_type: str) -> None:
    reply = await member.call(
        "POST",
        "/v1/transfers",
        data=transfer("1"),
        headers={**KEY, "Content-Type": content_type},
    )

    assert (reply.status, reply.body["code"]) == (415, "unsupported_media_type")
    assert reply.fields == {"Content-Type"}


async def test_a_body_without_content_type_is_refused(member: Client) -> None:
    reply = await member.call(
        "POST",
        "/v1/transfers",
        data=transfer("1").encode(),
        headers=KEY,
        skip_auto_headers=["Content-Type"],
    )

    assert reply.status == 415


@pytest.mark.parametrize("encoding", ["gzip", "br", "nonsense", "gzip, identity"])
async def test_a_packed_body_is_refused(member: Client, encoding: str) -> None:
    headers = {**KEY, **JSON, "Content-Encoding": encoding}

    reply = await member.call("POST", "/v1/transfers", data=transfer("1").encode(), headers=headers)

    assert (reply.status, reply.body["code"]) == (415, "unsupported_media_type")
    assert reply.fields == {"Content-Encoding"}
    assert reply.body["errors"][0]["detail"].endswith("なし、またはidentityです。")


async def test_the_answer_to_nonsense_is_no_longer_than_that(member: Client) -> None:
    query = "&".join(f"a{number}" for number in range(1_000))
    body = "{" + ",".join(f'"a{number}":1' for number in range(60)) + "}"

    page = await member.call("GET", f"/v1/transfers?{query}")
    fields = await member.call("POST", "/v1/transfers", data=body, headers={**KEY, **JSON})

    assert (page.status, len(page.body["errors"])) == (422, 20)
    assert (fields.status, len(fields.body["errors"])) == (422, 20)


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/accounts", "/v1/transfers"])
async def test_a_body_of_two_mebibytes_is_too_large(member: Client, path: str) -> None:
    body = b'{"amount": "' + b"x" * (2 * 1024 * 1024) + b'"}'
    parts = [
        f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
        f"Authorization: Bearer {member.token}\r\nContent-Type: application/json\r\n",
        f"Idempotency-Key: {KEY['Idempotency-Key']}\r\nContent-Length: {len(body)}\r\n\r\n",
    ]

    reply = await exchange(member.url, "".join(parts).encode() + body)

    assert (reply.status, reply.problem["code"]) == (413, "body_too_large")


KEYS = [
    pytest.param("", "idempotency_key_invalid", id="empty"),
    pytest.param("x" * 15, "idempotency_key_invalid", id="fifteen characters"),
    pytest.param("x" * 65, "idempotency_key_invalid", id="sixty-five characters"),
    pytest.param("x" * 256, "idempotency_key_invalid", id="256 characters"),
    pytest.param("has a space inside", "idempotency_key_invalid", id="a space"),
    pytest.param("tab\tinside-the-key-1", "idempotency_key_invalid", id="a tab"),
    pytest.param("日本語の鍵は使えません日本語の鍵は", "idempotency_key_invalid", id="not ASCII"),
    pytest.param(None, "idempotency_key_missing", id="missing"),
]


@pytest.mark.parametrize(("key", "code"), KEYS)
async def test_a_transfer_needs_a_key_of_visible_characters(
    member: Client, key: str | None, code: str
) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}

    reply = await member.call("POST", "/v1/transfers", data=transfer("1"), headers=headers | JSON)

    assert (reply.status, reply.body["code"]) == (400, code)
    assert reply.fields == {"Idempotency-Key"}


async def test_two_keys_are_refused(member: Client) -> None:
    body = transfer("1")
    request = (
        f"POST /v1/transfers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Bearer {member.token}\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {'a' * 16}\r\nIdempotency-Key: {'b' * 16}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )

    reply = await exchange(member.url, request.encode())

    assert (reply.status, reply.problem["code"]) == (400, "idempotency_key_invalid")


LOGINS = [
    pytest.param({"pin": "123"}, "/pin", id="three digits"),
    pytest.param({"pin": "12345"}, "/pin", id="five digits"),
    pytest.param({"pin": "１２３４"}, "/pin", id="full-width digits"),
    pytest.param({"pin": "٤٩٢٦"}, "/pin", id="Arabic digits"),
    pytest.param({"pin": 4926}, "/pin", id="a number"),
    pytest.param({"pin": "492\n"}, "/pin", id="a line end"),
    pytest.param({"pin": None}, "/pin", id="null"),
    pytest.param({"member_number": "1' OR '1'='1"}, "/member_number", id="SQL"),
    pytest.param({"member_number": "1000\x000001"}, "/member_number", id="NUL"),
    pytest.param({"member_number": "1" * 1000}, "/member_number", id="a thousand digits"),
    pytest.param({"method": "card"}, "/method", id="a way to sign in that is not there"),
    pytest.param({"device": "x"}, "/device", id="an unknown field"),
]


@pytest.mark.parametrize(("change", "field"), LOGINS)
@pytest.mark.usefixtures("member_id")
async def test_a_login_that_is_no_login_counts_nothing(
    client: Client, owner: Any, change: dict[str, Any], field: str
) -> None:
    body = {"method": "member_number", "member_number": NUMBER, "pin": PIN} | change

    reply = await client.call("POST", "/v1/sessions", json=body)

    assert reply.status == 422
    assert reply.fields == {field}
    assert await owner.fetchval("SELECT pin_failures FROM members") == 0
    assert str(change.get("pin", "none typed")) not in reply.raw.decode()


ACCOUNTS = [
    pytest.param({"bank": "resona"}, "/bank", "invalid_request", id="a bank that is not there"),
    pytest.param({"bank": "0009"}, "/bank", "invalid_request", id="a bank by its number"),
    pytest.param({"branch": "1"}, "/branch", "invalid_request", id="a branch of one digit"),
    pytest.param({"branch": "００１"}, "/branch", "invalid_request", id="a full-width branch"),
    pytest.param({"branch": "999"}, "/branch", "branch_unknown", id="an unknown branch"),
    pytest.param({"type": "1"}, "/type", "invalid_request", id="a type by its number"),
    pytest.param({"number": "123456"}, "/number", "invalid_request", id="six digits"),
    pytest.param({"number": "12345678"}, "/number", "invalid_request", id="eight digits"),
    pytest.param({"number": 1234567}, "/number", "invalid_request", id="a number as a number"),
    pytest.param({"holder": "山田 花子"}, "/holder", "holder_unreadable", id="kanji"),
    pytest.param({"holder": "ﾔﾏﾀﾞ,ﾊﾅｺ"}, "/holder", "holder_unreadable", id="a comma"),
    pytest.param({"holder": "ﾔﾏﾀﾞ\x00"}, "/holder", "holder_unreadable", id="NUL in the name"),
    pytest.param({"holder": " "}, "/holder", "holder_unreadable", id="a name of a space"),
    pytest.param({"holder": ""}, "/holder", "invalid_request", id="an empty name"),
    pytest.param({"holder": "ｱ" * 101}, "/holder", "invalid_request", id="a name too long"),
    pytest.param({"holder": "ｻﾄｳ ｼﾞﾛｳ"}, "/holder", "holder_mismatch", id="another's name"),
    pytest.param({"note": "x"}, "/note", "invalid_request", id="an unknown field"),
]


@pytest.mark.parametrize(("change", "field", "code"), ACCOUNTS)
async def test_a_bad_account_is_refused_before_the_bank_is_asked(
    member: Client, bank: Any, owner: Any, change: dict[str, Any], field: str, code: str
) -> None:
    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT | change)

    assert (reply.status, reply.body["code"]) == (422, code)
    assert reply.fields == {field}
    assert bank.asked == []
    assert await owner.fetchval("SELECT count(*) FROM accounts") == 0


PAGES = [
    pytest.param("limit=0", {"limit"}, id="no items"),
    pytest.param("limit=101", {"limit"}, id="too many"),
    pytest.param("limit=1.0", {"limit"}, id="a fraction"),
    pytest.param("limit=٣", {"limit"}, id="Arabic digits"),
    pytest.param("limit=5&limit=6", {"limit"}, id="twice"),
    pytest.param("cursor=x", {"cursor"}, id="no cursor"),
    pytest.param("cursor=", {"cursor"}, id="an empty cursor"),
    pytest.param("offset=1", {"offset"}, id="an unknown parameter"),
]


@pytest.mark.parametrize(("query", "fields"), PAGES)
async def test_a_bad_page_is_refused(member: Client, query: str, fields: set[str]) -> None:
    reply = await member.call("GET", f"/v1/transfers?{query}")

    assert reply.status == 422
    assert reply.fields == fields


def fields_of(schema: dict[str, Any], known: dict[str, Any]) -> set[str]:
    """Return the names of the fields that a schema of the description has, at the top."""
    if "$ref" in schema:
        return fields_of(known[schema["$ref"].rsplit("/", 1)[1]], known)
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, ())]
    return {
        *schema.get("properties", {}),
        *(name for part in parts for name in fields_of(part, known)),
    }


def test_every_field_of_every_request_says_what_is_allowed() -> None:
    """A field without its rule is refused by "wrong format" alone: nobody could mend it."""
    described = json.loads((PROJECT / "docs" / "openapi.json").read_text("utf-8"))
    fields = {
        f"/{name}"
        for path, operations in described["paths"].items()
        if path.startswith("/v1/")
        for operation in operations.values()
        for body in operation.get("requestBody", {}).get("content", {}).values()
        for name in fields_of(body["schema"], described["components"]["schemas"])
    }

    assert "/pin" in fields
    assert {field for field in fields if rule_for(field) is None} == set()
