"""Registering accounts: the member's own, known to the bank."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.bank import NameFound, NameRefused
from gateway.domain.reason import Reason
from tests.http.conftest import ACCOUNT, KANA, Client, FakeBank


async def test_an_account_is_registered_and_shown_without_its_number(member: Client) -> None:
    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT)

    assert reply.status == 201
    assert reply.body["id"].startswith("ac_")
    assert reply.body["number"] == "****567"
    assert reply.body["holder"] == KANA
    listed = await member.call("GET", "/v1/accounts")
    assert listed.body["items"] == [reply.body]
    assert b"1234567" not in reply.raw + listed.raw


@pytest.mark.parametrize(
    "holder",
    [
        pytest.param("ﾔﾏﾀﾞ ﾊﾅｺ", id="half-width"),
        pytest.param("ヤマダ　ハナコ", id="full-width"),
        pytest.param("やまだ はなこ", id="hiragana"),
        pytest.param(" ヤマダ  ハナコ ", id="spaces"),
    ],
)
async def test_a_holder_may_be_typed_in_any_kana(member: Client, holder: str) -> None:
    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT | {"holder": holder})

    assert (reply.status, reply.body["holder"]) == (201, KANA)


async def test_the_same_account_twice_is_one_account(member: Client, owner: Any) -> None:
    replies = await asyncio.gather(
        *(member.call("POST", "/v1/accounts", json=ACCOUNT) for _ in range(5))
    )

    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert await owner.fetchval("SELECT count(*) FROM accounts") == 1


async def test_an_account_in_another_name_is_refused(
    member: Client, bank: FakeBank, owner: Any
) -> None:
    bank.name = NameFound("ｻﾄｳ ｼﾞﾛｳ")

    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT)

    assert (reply.status, reply.body["code"]) == (422, "holder_mismatch")
    assert await owner.fetchval("SELECT count(*) FROM accounts") == 0


async def test_the_banks_own_spelling_is_kept(member: Client, bank: FakeBank) -> None:
    bank.name = NameFound("ﾔﾏﾀ ﾊﾅｺ")

    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT)

    assert (reply.status, reply.body["holder"]) == (201, "ﾔﾏﾀ ﾊﾅｺ")


REFUSALS = [
    pytest.param(Reason.ACCOUNT_NOT_FOUND, 422, "account_refused_by_bank", id="unknown"),
    pytest.param(Reason.ACCOUNT_CLOSED, 422, "account_refused_by_bank", id="closed"),
    pytest.param(Reason.ACCOUNT_FROZEN, 422, "account_refused_by_bank", id="frozen"),
    pytest.param(Reason.NAME_MISMATCH, 422, "holder_mismatch", id="another name"),
    pytest.param(Reason.MAINTENANCE, 503, "busy", id="maintenance"),
    pytest.param(Reason.THROTTLED, 503, "busy", id="throttled"),
    pytest.param(Reason.BANK_UNREACHABLE, 503, "busy", id="unreachable"),
    pytest.param(Reason.OUTCOME_UNKNOWN, 503, "busy", id="no usable answer"),
    pytest.param(Reason.FORMAT_ERROR, 503, "busy", id="our own fault"),
]


@pytest.mark.parametrize(("reason", "status", "code"), REFUSALS)
async def test_without_the_banks_word_nothing_is_registered(
    member: Client, bank: FakeBank, owner: Any, reason: Reason, status: int, code: str
) -> None:
    bank.name = NameRefused(reason)

    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT)

    assert (reply.status, reply.body["code"]) == (status, code)
    assert ("Retry-After" in reply.headers) is (status == 503)
    assert await owner.fetchval("SELECT count(*) FROM accounts") == 0


async def test_a_bank_without_name_check_takes_no_account_here(member: Client) -> None:
    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT | {"bank": "mufg"})

    assert (reply.status, reply.body["code"]) == (422, "name_check_unavailable")
    assert reply.fields == {"/bank"}


async def test_a_suspended_member_registers_nothing(member: Client, owner: Any) -> None:
    await owner.execute("UPDATE members SET status = 'suspended'")

    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT)

    assert (reply.status, reply.body["code"]) == (403, "member_suspended")


async def test_a_removed_account_is_gone_and_may_come_back(member: Client) -> None:
    first = (await member.call("POST", "/v1/accounts", json=ACCOUNT)).body["id"]

    with capture_logs() as records:
        assert (await member.call("DELETE", f"/v1/accounts/{first}")).status == 204

    removed = [line["account_id"] for line in records if line["event"] == "account.removed"]
    assert [f"ac_{account_id}" for account_id in removed] == [first]
    assert (await member.call("GET", "/v1/accounts")).body["items"] == []
    assert (await member.call("DELETE", f"/v1/accounts/{first}")).status == 404
    again = await member.call("POST", "/v1/accounts", json=ACCOUNT)
    assert again.status == 201
    assert again.body["id"] != first


@pytest.mark.parametrize("missing", ["ac_" + "0" * 32, "ac_1", "tr_" + "0" * 32, "%00", "x" * 500])
async def test_another_members_account_looks_like_none(
    member: Client, other_member: Client, missing: str
) -> None:
    own = (await member.call("POST", "/v1/accounts", json=ACCOUNT)).body["id"]

    theirs = await other_member.call("DELETE", f"/v1/accounts/{own}")
    none = await other_member.call("DELETE", f"/v1/accounts/{missing}")

    assert theirs.status == none.status == 404
    assert theirs.body["code"] == none.body["code"] == "not_found"
    assert len((await member.call("GET", "/v1/accounts")).body["items"]) == 1
