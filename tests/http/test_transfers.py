"""Asking for cash over HTTP: once for each key, whoever hangs up; seen by its own member only."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from gateway.domain.bank import NameFound
from gateway.domain.hours import JST
from gateway.domain.outcome import Settled
from gateway.services.desk import TransferDesk
from gateway.store.stops import stops_in_force
from tests.http.conftest import ACCOUNT, OTHER_KANA, Client, FakeBank, Reply, Switches
from tests.http.raw import exchange
from tests.manual_clock import START, ManualClock

SUNDAY_NIGHT = datetime(2026, 11, 29, 21, 30, tzinfo=JST)  # SMBC is closed, the lender is open


def key(number: int = 1) -> dict[str, str]:
    return {"Idempotency-Key": f"0192f3a1-7c1e-7a33-8f00-{number:012x}"}


async def register(member: Client) -> str:
    reply = await member.call("POST", "/v1/accounts", json=ACCOUNT)
    return str(reply.body["id"])


@pytest.fixture
async def account(member: Client) -> str:
    return await register(member)


async def ask(
    member: Client,
    account: str,
    *,
    amount: int = 30_000,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Reply:
    body = {"account_id": account, "amount": amount, **more}
    return await member.call("POST", "/v1/transfers", json=body, headers=headers or key())


async def test_a_transfer_is_accepted_and_can_be_looked_at(member: Client, account: str) -> None:
    reply = await ask(member, account)

    assert reply.status == 202
    assert reply.headers["Location"] == f"/v1/transfers/{reply.body['id']}"
    assert (reply.body["state"], reply.body["status"]) == ("submitting", "processing")
    assert reply.body["amount"] == 30_000
    assert reply.body["account"]["number"] == "****567"
    seen = await member.call("GET", reply.headers["Location"])
    assert (seen.status, seen.body["id"]) == (200, reply.body["id"])


async def test_what_is_asked_for_is_reserved(member: Client, account: str) -> None:
    await ask(member, account)

    loan = (await member.call("GET", "/v1/loan")).body

    assert (loan["limit"], loan["reserved"], loan["available"]) == (500_000, 30_000, 470_000)


async def test_waiting_shows_the_settled_transfer(
    member: Client, account: str, bank: FakeBank
) -> None:
    bank.outcome = Settled(START, "bank-1")

    reply = await ask(member, account, headers=key() | {"Prefer": "respond-async, wait=5"})

    assert (reply.status, reply.body["state"], reply.body["is_final"]) == (202, "settled", True)
    assert reply.body["settled_at"] == "2026-11-25T10:00:00.000+09:00"
    assert reply.headers["Preference-Applied"] == "wait=5"
    assert (await member.call("GET", "/v1/loan")).body["principal"] == 30_000


async def test_the_same_request_again_is_the_same_transfer(
    member: Client, account: str, bank: FakeBank
) -> None:
    first = await ask(member, account)

    again = await ask(member, account)

    assert (again.status, again.body["id"]) == (202, first.body["id"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Location"] == first.headers["Location"]
    assert len(bank.sent) == 1


async def test_fifty_taps_are_one_transfer(member: Client, account: str, owner: Any) -> None:
    replies = await asyncio.gather(*(ask(member, account) for _ in range(50)))

    assert {reply.status for reply in replies} == {202}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert sum("Idempotency-Replayed" in reply.headers for reply in replies) == 49
    assert await owner.fetchval("SELECT count(*) FROM transfers") == 1


async def test_a_key_with_other_contents_is_refused(member: Client, account: str) -> None:
    await ask(member, account)

    other = await ask(member, account, amount=30_001)

    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    assert other.fields == {"Idempotency-Key"}


async def test_two_members_may_use_the_same_key(
    member: Client, other_member: Client, account: str, bank: FakeBank
) -> None:
    bank.name = NameFound(OTHER_KANA)
    others = await register(other_member)

    replies = [await ask(member, account), await ask(other_member, others)]

    assert [reply.status for reply in replies] == [202, 202]
    assert replies[0].body["id"] != replies[1].body["id"]
    assert "Idempotency-Replayed" not in replies[1].headers


async def test_a_caller_who_hangs_up_changes_nothing(
    member: Client, account: str, owner: Any
) -> None:
    body = f'{{"account_id": "{account}", "amount": 30000}}'
    request = (
        f"POST /v1/transfers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {member.token}\r\n"
        f"Idempotency-Key: {key()['Idempotency-Key']}\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    host, port = member.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(request.encode())
    await writer.drain()
    writer.close()

    reply = await exchange(member.url, request.encode())

    assert reply.status == 202
    assert await owner.fetchval("SELECT count(*) FROM transfers") == 1


async def test_more_than_is_available_is_refused_by_name(member: Client, account: str) -> None:
    reply = await ask(member, account, amount=500_001)

    assert (reply.status, reply.body["code"]) == (422, "credit_short")
    assert (reply.body["available"], reply.fields) == (500_000, {"/amount"})


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ja", "ご利用可能額を超えています。現在のご利用可能額は500,000円です。"),
        ("en", "The amount is above the available credit. 500,000 yen are available now."),
    ],
)
async def test_beside_the_field_stands_what_is_wrong_and_what_to_do(
    member: Client, account: str, language: str, said: str
) -> None:
    """It was the title and the field's rule, run together: 1 to 9,999,999,999 yen."""
    headers = key() | {"Accept-Language": language}

    reply = await ask(member, account, amount=500_001, headers=headers)

    assert [one["detail"] for one in reply.body["errors"]] == [said]
    assert said.endswith(reply.body["detail"])


async def test_a_refused_request_leaves_no_record_of_its_key(member: Client, account: str) -> None:
    await ask(member, account, amount=500_001)

    reply = await ask(member, account, amount=500_000)

    assert reply.status == 202
    assert "Idempotency-Replayed" not in reply.headers


async def test_a_hundred_at_once_against_credit_for_ten(
    member: Client, account: str, owner: Any
) -> None:
    asked = [ask(member, account, amount=50_000, headers=key(n), again=True) for n in range(100)]

    replies = await asyncio.gather(*asked)

    statuses = [reply.status for reply in replies]
    assert statuses.count(202) == 10
    assert {r.body["code"] for r in replies if r.status != 202} <= {"credit_short", "busy"}
    assert await owner.fetchval("SELECT reserved + principal FROM loans") == 500_000


@pytest.mark.parametrize("which", ["another member's", "none", "removed"])
async def test_only_an_own_registered_account_is_paid(
    member: Client, other_member: Client, account: str, which: str
) -> None:
    caller = other_member if which == "another member's" else member
    if which == "removed":
        await member.call("DELETE", f"/v1/accounts/{account}")
    target = "ac_" + "0" * 32 if which == "none" else account

    reply = await ask(caller, target)

    assert (reply.status, reply.body["code"]) == (422, "account_not_registered")
    assert reply.fields == {"/account_id"}


async def test_a_transfer_while_the_bank_is_closed_is_scheduled_and_can_be_cancelled(
    client: Client, member_id: object, clock: ManualClock, bank: FakeBank
) -> None:
    del member_id
    clock.instant = SUNDAY_NIGHT
    member = client.signed_in(await client.login())
    reply = await ask(member, await register(member))
    assert (reply.body["state"], reply.body["is_cancellable"]) == ("scheduled", True)
    assert reply.body["due_at"] == "2026-11-30T07:00:00.000+09:00"

    cancelled = await member.call("POST", reply.headers["Location"] + "/cancel")
    again = await member.call("POST", reply.headers["Location"] + "/cancel", json={})

    assert [cancelled.status, again.status] == [200, 200]
    assert (cancelled.body["state"], cancelled.body["is_final"]) == ("cancelled", True)
    assert (await member.call("GET", "/v1/loan")).body["reserved"] == 0
    assert bank.sent == []


async def test_a_transfer_that_may_have_left_cannot_be_cancelled(
    member: Client, account: str
) -> None:
    location = (await ask(member, account)).headers["Location"]

    reply = await member.call("POST", location + "/cancel")

    assert (reply.status, reply.body["code"]) == (409, "not_cancellable")


async def test_a_cancellation_takes_no_fields(member: Client, account: str) -> None:
    location = (await ask(member, account)).headers["Location"]

    reply = await member.call("POST", location + "/cancel", json={"why": "x"})

    assert (reply.status, reply.fields) == (422, {"/why"})


async def test_pages_show_each_transfer_once_newest_first(
    member: Client, account: str, clock: ManualClock
) -> None:
    made = []
    for number in range(5):
        clock.advance(1)
        asked = await ask(member, account, amount=1, headers=key(number), again=True)
        made.append(asked.body["id"])
    seen: list[str] = []
    path: str | None = "/v1/transfers?limit=2"

    while path is not None:
        reply = await member.call("GET", path)
        seen += [item["id"] for item in reply.body["items"]]
        cursor = reply.body["next_cursor"]
        assert (cursor is not None) is ("Link" in reply.headers)
        path = None if cursor is None else f"/v1/transfers?limit=2&cursor={cursor}"

    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        pytest.param("1", 200, id="the least"),
        pytest.param("100", 200, id="the most"),
        pytest.param("101", 422, id="one more"),
        pytest.param("0", 422, id="none"),
    ],
)
async def test_a_page_has_one_to_a_hundred(member: Client, limit: str, status: int) -> None:
    assert (await member.call("GET", f"/v1/transfers?limit={limit}")).status == status


@pytest.mark.parametrize("missing", ["tr_" + "0" * 32, "tr_x", "ac_" + "0" * 32, "TR_" + "0" * 32])
async def test_another_members_transfer_looks_like_none(
    member: Client, other_member: Client, account: str, missing: str
) -> None:
    location = (await ask(member, account)).headers["Location"]

    for method, suffix in (("GET", ""), ("POST", "/cancel")):
        theirs = await other_member.call(method, location + suffix)
        none = await other_member.call(method, f"/v1/transfers/{missing}{suffix}")
        assert theirs.status == none.status == 404
        assert theirs.body["code"] == none.body["code"] == "not_found"
    assert (await other_member.call("GET", "/v1/transfers")).body["items"] == []


async def test_signing_out_cancels_nothing(
    client: Client, member: Client, account: str, bank: FakeBank
) -> None:
    location = (await ask(member, account)).headers["Location"]
    await member.call("DELETE", "/v1/sessions")

    member = client.signed_in(await client.login())

    assert (await member.call("GET", location)).body["status"] == "processing"
    assert len(bank.sent) == 1


async def test_nobody_waits_for_a_process_that_drains(
    member: Client, account: str, switches: Switches
) -> None:
    switches.is_draining = True

    reply = await ask(member, account, headers=key() | {"Prefer": "wait=10"})

    assert (reply.status, reply.body["status"]) == (202, "processing")


async def test_an_accepted_transfer_is_never_answered_as_not_accepted(
    member: Client, account: str, bank: FakeBank, desk: TransferDesk, owner: Any
) -> None:
    """While a caller waits for the last word, there may be no connection left for looking."""
    stuck: list[asyncio.Task[Any]] = []

    async def occupy() -> None:
        await owner.execute("BEGIN; LOCK TABLE bank_stops IN ACCESS EXCLUSIVE MODE")
        stuck.extend(
            asyncio.create_task(stops_in_force(desk.db, now=desk.clock.now())) for _ in range(10)
        )

    bank.on_submit = occupy

    reply = await ask(member, account, headers=key() | {"Prefer": "wait=10"})

    await owner.execute("ROLLBACK")
    await asyncio.gather(*stuck)
    assert (reply.status, reply.body["status"]) == (202, "processing")
