"""Signing in by member number and PIN, and out again."""

import asyncio
import base64
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.hours import JST
from tests.http.conftest import NUMBER, OTHER_NUMBER, OTHER_PIN, PIN, Client, Reply
from tests.manual_clock import ManualClock

pytestmark = pytest.mark.usefixtures("member_id")

WRONG = "0000"
AFTER_ANY_DELAY_S = 61


async def guess(client: Client, clock: ManualClock, pin: str) -> Reply:
    """Try a PIN after the source's delay has passed."""
    clock.advance(AFTER_ANY_DELAY_S)
    return await client.login(pin=pin)


def without_ids(reply: Reply) -> dict[str, Any]:
    return {name: value for name, value in reply.body.items() if name != "request_id"}


async def test_the_right_pin_opens_a_session(client: Client) -> None:
    reply = await client.login()

    assert reply.status == 201
    assert reply.body["expires_at"] == "2026-11-25T22:00:00.000+09:00"
    assert (await client.signed_in(reply).call("GET", "/v1/loan")).status == 200


async def test_a_pin_of_another_form_is_told_what_is_allowed(client: Client) -> None:
    body = {"method": "member_number", "member_number": NUMBER, "pin": "12345"}

    reply = await client.call("POST", "/v1/sessions", json=body, headers={"Accept-Language": "en"})

    (error,) = reply.body["errors"]
    assert error["pointer"] == "/pin"
    assert error["detail"].endswith("Allowed: a string of 4 digits.")


async def test_the_database_holds_neither_token_nor_pin(client: Client, owner: Any) -> None:
    token = (await client.login()).body["token"]

    stored = await owner.fetchrow("SELECT * FROM sessions")
    member = await owner.fetchrow("SELECT * FROM members")
    assert token not in str(dict(stored))
    assert len(stored["secret_sha256"]) == 32
    assert "m=19456,t=2,p=1" in member["pin_hash"]
    assert PIN not in str(dict(member)).replace(member["pin_hash"], "")


async def test_unknown_member_wrong_pin_and_lock_are_answered_alike(
    client: Client, clock: ManualClock
) -> None:
    unknown = await client.login(number="99999999")
    wrong = [await guess(client, clock, WRONG) for _ in range(3)]
    locked = await guess(client, clock, PIN)

    answers = [unknown, *wrong, locked]
    assert {answer.status for answer in answers} == {401}
    assert all(without_ids(answer) == without_ids(unknown) for answer in answers)
    assert all(set(answer.headers) == set(unknown.headers) for answer in answers)


async def test_a_lock_stays_beyond_midnight(client: Client, clock: ManualClock) -> None:
    for _ in range(3):
        await guess(client, clock, WRONG)

    clock.advance(timedelta(days=1).total_seconds())

    assert (await guess(client, clock, PIN)).status == 401


async def test_two_wrong_pins_a_day_never_lock(client: Client, clock: ManualClock) -> None:
    for _ in range(4):
        for _ in range(2):
            assert (await guess(client, clock, WRONG)).status == 401
        clock.advance(timedelta(days=1).total_seconds())

    assert (await guess(client, clock, PIN)).status == 201


async def test_the_day_ends_at_midnight_in_japan(client: Client, clock: ManualClock) -> None:
    clock.instant = datetime(2026, 11, 25, 23, 57, 30, tzinfo=JST)
    first = [await guess(client, clock, WRONG) for _ in range(2)]
    clock.instant = datetime(2026, 11, 26, 0, 0, 0, tzinfo=JST)

    second = [await guess(client, clock, WRONG) for _ in range(2)]

    assert [reply.status for reply in first + second] == [401] * 4
    assert (await guess(client, clock, PIN)).status == 201


async def test_a_success_before_the_third_counts_from_zero_again(
    client: Client, clock: ManualClock
) -> None:
    pins = [WRONG, WRONG, PIN, WRONG, WRONG, PIN]

    statuses = [(await guess(client, clock, pin)).status for pin in pins]

    assert statuses == [401, 401, 201, 401, 401, 201]


async def test_the_right_pin_among_later_guesses_at_once_is_not_tried(client: Client) -> None:
    wrong = await asyncio.gather(*(client.login(pin=f"{number:04}") for number in range(10)))
    assert {reply.status for reply in wrong} <= {401, 429}

    late = await asyncio.gather(*(client.login(pin=PIN) for _ in range(5)))

    assert 201 not in {reply.status for reply in late}


async def test_a_suspended_member_cannot_sign_in(client: Client, owner: Any) -> None:
    await owner.execute("UPDATE members SET status = 'suspended'")

    assert (await client.login()).status == 401


async def test_a_source_waits_longer_after_each_failure(client: Client, clock: ManualClock) -> None:
    waits = []
    for _ in range(8):
        assert (await client.login(number="99999999")).status == 401
        blocked = await client.login()
        assert (blocked.status, blocked.body["code"]) == (429, "too_many_attempts")
        waits.append(int(blocked.headers["Retry-After"]))
        clock.advance(waits[-1])

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_success_does_not_let_a_source_guess_on_at_full_speed(
    client: Client, clock: ManualClock
) -> None:
    """Whoever has an account would guess at others' PINs between two logins of their own."""
    await client.login(pin=WRONG)
    clock.advance(1)
    await client.login(pin=WRONG)
    clock.advance(2)
    assert (await client.login()).status == 201

    await client.login(pin=WRONG)

    assert (await client.login()).headers["Retry-After"] == "4"


async def test_a_source_that_was_quiet_for_a_while_begins_again(
    client: Client, clock: ManualClock
) -> None:
    await client.login(pin=WRONG)
    clock.advance(15 * 60 + 1)

    await client.login(pin=WRONG)

    assert (await client.login()).headers["Retry-After"] == "1"


async def test_a_session_ends_when_it_is_idle(member: Client, clock: ManualClock) -> None:
    clock.advance(599)
    assert (await member.call("GET", "/v1/loan")).status == 200
    clock.advance(599)
    assert (await member.call("GET", "/v1/loan")).status == 200

    clock.advance(600)

    assert (await member.call("GET", "/v1/loan")).status == 401


async def test_a_session_ends_after_twelve_hours(member: Client, clock: ManualClock) -> None:
    for _ in range(12 * 60 // 9 - 1):
        clock.advance(9 * 60)
        assert (await member.call("GET", "/v1/loan")).status == 200

    clock.advance(9 * 60)

    assert (await member.call("GET", "/v1/loan")).status == 401


async def test_use_is_written_down_once_a_minute(
    member: Client, clock: ManualClock, owner: Any
) -> None:
    opened_at = clock.now()
    clock.advance(59)
    await member.call("GET", "/v1/loan")
    assert await owner.fetchval("SELECT seen_at FROM sessions") == opened_at

    clock.advance(1)
    await member.call("GET", "/v1/loan")

    assert await owner.fetchval("SELECT seen_at FROM sessions") == clock.now()


async def test_the_list_shows_which_session_is_this_one(client: Client, member: Client) -> None:
    await client.login()

    items = (await member.call("GET", "/v1/sessions")).body["items"]

    assert sorted(item["is_current"] for item in items) == [False, True]


async def test_sessions_are_listed_newest_first(
    client: Client, clock: ManualClock, owner: Any
) -> None:
    newest = client
    for _ in range(3):
        clock.advance(1)
        newest = client.signed_in(await client.login())

    listed = [one["id"] for one in (await newest.call("GET", "/v1/sessions")).body["items"]]

    opened = await owner.fetch("SELECT id FROM sessions ORDER BY opened_at DESC")
    assert listed == [f"se_{row['id'].hex}" for row in opened]


async def test_signing_out_ends_this_session_only(client: Client, member: Client) -> None:
    other = client.signed_in(await client.login())
    items = (await member.call("GET", "/v1/sessions")).body["items"]
    own = next(item["id"] for item in items if item["is_current"])

    reply = await member.call("DELETE", f"/v1/sessions/{own}")

    assert reply.status == 204
    assert "Clear-Site-Data" in reply.headers
    assert (await member.call("GET", "/v1/loan")).status == 401
    assert (await other.call("GET", "/v1/loan")).status == 200


async def test_signing_out_everywhere_ends_every_session(client: Client, member: Client) -> None:
    other = client.signed_in(await client.login())

    assert (await member.call("DELETE", "/v1/sessions")).status == 204

    assert (await other.call("GET", "/v1/loan")).status == 401


async def test_another_members_session_looks_like_none(
    member: Client, other_member: Client
) -> None:
    items = (await other_member.call("GET", "/v1/sessions")).body["items"]

    theirs = await member.call("DELETE", f"/v1/sessions/{items[0]['id']}")
    none = await member.call("DELETE", f"/v1/sessions/se_{0:032x}")

    assert theirs.status == none.status == 404
    assert (await other_member.call("GET", "/v1/loan")).status == 200


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({}, id="no header"),
        pytest.param({"Authorization": "Bearer"}, id="no token"),
        pytest.param({"Authorization": "Basic dTpw"}, id="another scheme"),
        pytest.param({"Authorization": "Bearer " + "A" * 64}, id="a token of nobody"),
        pytest.param({"Authorization": "Bearer " + "é" * 32}, id="not ASCII"),
        pytest.param({"Authorization": "Bearer " + "A" * 5000}, id="too long"),
    ],
)
async def test_without_a_session_every_member_route_answers_401(
    client: Client, header: dict[str, str]
) -> None:
    reply = await client.call("GET", "/v1/loan", headers=header)

    assert (reply.status, reply.body["code"]) == (401, "session_missing")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
async def test_the_scheme_may_be_written_in_any_case(client: Client, scheme: str) -> None:
    token = (await client.login()).body["token"]

    reply = await client.call("GET", "/v1/loan", headers={"Authorization": f"{scheme} {token}"})

    assert reply.status == 200


async def test_a_token_with_another_members_id_opens_nothing(
    member: Client, other_member_id: UUID
) -> None:
    raw = base64.urlsafe_b64decode(member.token or "")
    forged = base64.urlsafe_b64encode(other_member_id.bytes + raw[16:]).decode()

    reply = await Client(member.session, member.url, forged).call("GET", "/v1/loan")

    assert reply.status == 401


async def test_a_token_with_another_secret_opens_nothing(member: Client) -> None:
    raw = base64.urlsafe_b64decode(member.token or "")
    forged = base64.urlsafe_b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()

    reply = await Client(member.session, member.url, forged).call("GET", "/v1/loan")

    assert reply.status == 401


@pytest.mark.usefixtures("other_member_id")
async def test_two_members_do_not_share_a_count(client: Client, clock: ManualClock) -> None:
    for _ in range(3):
        await guess(client, clock, WRONG)
    clock.advance(AFTER_ANY_DELAY_S)

    assert (await client.login(OTHER_NUMBER, OTHER_PIN)).status == 201
    assert (await client.login(NUMBER, PIN)).status == 401


async def test_who_is_suspended_is_signed_out_at_once_everywhere(
    member: Client, owner: Any
) -> None:
    again = member.signed_in(await Client(member.session, member.url).login())
    await owner.execute("UPDATE members SET status = 'suspended'")

    for session in (member, again):
        assert (await session.call("GET", "/v1/loan")).status == 401


async def test_signing_in_anew_ends_the_session_that_was_shown(member: Client) -> None:
    other = Client(member.session, member.url)
    elsewhere = other.signed_in(await other.login())

    anew = member.signed_in(await member.login())

    assert (await anew.call("GET", "/v1/loan")).status == 200
    assert (await member.call("GET", "/v1/loan")).status == 401
    assert (await elsewhere.call("GET", "/v1/loan")).status == 200


async def test_a_wrong_pin_ends_no_session(member: Client) -> None:
    assert (await member.login(pin=WRONG)).status == 401

    assert (await member.call("GET", "/v1/loan")).status == 200
