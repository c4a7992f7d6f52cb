"""Registering accounts: the member's own, known to the bank."""

import asyncio
from collections import Counter
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.bank import NameFound, NameRefused
from gateway.domain.hours import JST
from gateway.domain.reason import Reason
from tests.http.conftest import ACCOUNT, KANA, Client, FakeBank, Reply
from tests.manual_clock import ManualClock


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


NOT_YOURS = [
    pytest.param(NameFound("ｻﾄｳ ｼﾞﾛｳ"), id="another's, by the name that the bank tells"),
    pytest.param(NameFound("***"), id="a name that cannot be read"),
    *(
        pytest.param(NameRefused(reason), id=str(reason))
        for reason in (
            Reason.NAME_MISMATCH,
            Reason.ACCOUNT_NOT_FOUND,
            Reason.ACCOUNT_CLOSED,
            Reason.ACCOUNT_FROZEN,
            Reason.ACCOUNT_TYPE_INVALID,
        )
    ),
]


@pytest.mark.parametrize("answer", NOT_YOURS)
async def test_an_account_that_is_not_the_members_is_refused_in_the_same_words_whatever_it_is(
    member: Client, bank: FakeBank, owner: Any, answer: NameFound | NameRefused
) -> None:
    bank.name = answer

    with capture_logs() as records:
        reply = await member.call("POST", "/v1/accounts", json=ACCOUNT)

    assert (reply.status, reply.body["code"]) == (422, "account_refused_by_bank")
    assert reply.fields == {"/number"}
    assert set(reply.body) == {
        *("type", "title", "status", "code", "detail", "retryable", "request_id", "instance"),
        "errors",
    }
    assert [one["bank"] for one in records if one["event"] == "account.refused"] == ["smbc"]
    assert await owner.fetchval("SELECT count(*) FROM accounts") == 0


async def test_ten_names_are_checked_a_member_and_day_and_the_day_is_japans(
    member: Client, other_member: Client, bank: FakeBank, clock: ManualClock
) -> None:
    async def ask(client: Client, number: int) -> Reply:
        return await client.call("POST", "/v1/accounts", json=ACCOUNT | {"number": f"{number:07}"})

    bank.name = NameRefused(Reason.ACCOUNT_NOT_FOUND)
    replies = await asyncio.gather(*(ask(member, number) for number in range(14)))

    assert Counter(reply.status for reply in replies) == {422: 10, 429: 4}
    assert len(bank.asked) == 10
    refused = next(reply for reply in replies if reply.status == 429)
    assert refused.body["code"] == "name_checks_used_up"
    now = clock.now().astimezone(JST)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), JST)
    assert refused.headers["Retry-After"] == str(int((midnight - now).total_seconds()))
    assert (await ask(other_member, 20)).status == 422
    clock.advance((midnight - now).total_seconds() - 0.001)
    member = member.signed_in(await member.login())
    assert (await ask(member, 21)).status == 429
    clock.advance(0.001)
    assert (await ask(member, 21)).status == 422


async def test_five_names_are_checked_for_one_account_whoever_asks(
    member: Client, other_member: Client, bank: FakeBank
) -> None:
    bank.name = NameRefused(Reason.NAME_MISMATCH)
    callers = [member, other_member, member, other_member, member, other_member, member]
    replies = [await one.call("POST", "/v1/accounts", json=ACCOUNT) for one in callers]

    assert [reply.status for reply in replies] == [422] * 5 + [429] * 2
    assert len(bank.asked) == 5


async def test_the_banks_own_spelling_is_kept(member: Client, bank: FakeBank) -> None:
    bank.name = NameFound("ﾔﾏﾀ ﾊﾅｺ")

    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT)

    assert (reply.status, reply.body["holder"]) == (201, "ﾔﾏﾀ ﾊﾅｺ")


NO_WORD = [
    pytest.param(Reason.MAINTENANCE, id="maintenance"),
    pytest.param(Reason.THROTTLED, id="throttled"),
    pytest.param(Reason.BANK_UNREACHABLE, id="unreachable"),
    pytest.param(Reason.OUTCOME_UNKNOWN, id="no usable answer"),
    pytest.param(Reason.FORMAT_ERROR, id="our own fault"),
]


@pytest.mark.parametrize("reason", NO_WORD)
async def test_without_the_banks_word_nothing_is_registered(
    member: Client, bank: FakeBank, owner: Any, reason: Reason
) -> None:
    bank.name = NameRefused(reason)

    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT)

    assert (reply.status, reply.body["code"]) == (503, "busy")
    assert "Retry-After" in reply.headers
    assert await owner.fetchval("SELECT count(*) FROM accounts") == 0


async def test_a_bank_without_name_check_takes_no_account_here(member: Client) -> None:
    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT | {"bank": "mufg"})

    assert (reply.status, reply.body["code"]) == (422, "name_check_unavailable")
    assert reply.fields == {"/bank"}


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
