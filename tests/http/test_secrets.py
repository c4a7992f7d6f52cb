"""What a member types in confidence appears in no log record and in no other answer."""

from uuid import uuid4

from structlog.testing import capture_logs

from gateway.services.token import TOKEN_LENGTH, new_token, parse_token
from tests.http.conftest import ACCOUNT, KANA, NUMBER, PIN, Client


async def test_no_record_holds_what_a_member_types_in_confidence(
    client: Client, member_id: object
) -> None:
    del member_id
    key = "canary-key-0123456789"
    with capture_logs() as records:
        login = await client.login()
        await client.login(pin="8088")
        member = client.signed_in(login)
        account = await member.call("POST", "/v1/accounts", json=ACCOUNT | {"holder": KANA})
        body = {"account_id": account.body["id"], "amount": 1}
        headers = {"Idempotency-Key": key}
        await member.call("POST", "/v1/transfers", json=body, headers=headers)
        await member.call("POST", "/v1/transfers", json=body | {"pin": PIN}, headers=headers)
        await member.call("GET", f"/v1/transfers/{PIN}{KANA}?pin={PIN}")

    written = str([{**record, "duration_ms": 0} for record in records])
    for secret in (login.body["token"], KANA, key, NUMBER, ACCOUNT["number"], "'8088'", f"'{PIN}'"):
        assert secret not in written


async def test_an_error_never_repeats_what_was_typed(member: Client) -> None:
    typed = ACCOUNT | {"number": "987654X", "holder": "秘密太郎"}

    reply = await member.call("POST", "/v1/accounts", json=typed)

    assert reply.fields == {"/number"}
    assert "987654" not in reply.raw.decode()
    assert "秘密" not in reply.raw.decode()


def test_a_token_that_is_written_into_a_record_shows_nothing_of_itself() -> None:
    token = new_token(uuid4())

    assert parse_token(token.text) == token
    assert f"{token!r} {token}" == "Token(…) Token(…)"


def test_what_is_as_long_as_a_token_and_spells_none_is_no_token() -> None:
    assert parse_token("!" * TOKEN_LENGTH) is None
