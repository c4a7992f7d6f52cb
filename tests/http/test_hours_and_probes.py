"""The lender's hours bind new requests only; probes tell machines how this process is."""

from datetime import datetime, timedelta

import pytest

from gateway.config import Settings, load_settings
from gateway.domain.hours import JST
from tests.http.conftest import ACCOUNT, Client, Switches
from tests.http.raw import exchange
from tests.manual_clock import ManualClock

GENUINE = {"X-Signature": "genuine"}
WRITES = [
    pytest.param("POST", "/v1/sessions", id="log in"),
    pytest.param("POST", "/v1/accounts", id="register an account"),
    pytest.param("DELETE", f"/v1/accounts/ac_{0:032x}", id="remove an account"),
    pytest.param("POST", "/v1/transfers", id="ask for cash"),
    pytest.param("POST", f"/v1/transfers/tr_{0:032x}/cancel", id="cancel"),
    pytest.param("DELETE", "/v1/sessions", id="sign out"),
]
EDGES = [
    pytest.param("2026-11-29T23:59:59.999", None, id="Sunday, the last moment"),
    pytest.param("2026-11-30T00:00:00", "2026-11-30T07:00", id="Monday 0:00 is closed"),
    pytest.param("2026-11-30T06:59:59.999", "2026-11-30T07:00", id="Monday, the last moment"),
    pytest.param("2026-11-30T07:00:00", None, id="Monday 7:00 is open"),
    pytest.param("2026-12-31T23:59:59.999", None, id="New Year's Eve"),
    pytest.param("2027-01-01T00:00:00", "2027-01-02T00:00", id="New Year's Day"),
    pytest.param("2027-01-01T23:59:59.999", "2027-01-02T00:00", id="New Year's night"),
    pytest.param("2027-01-02T00:00:00", None, id="2 January"),
]


@pytest.mark.parametrize(("now", "reopens_at"), EDGES)
async def test_new_requests_wait_for_the_lenders_hours(
    client: Client, clock: ManualClock, now: str, reopens_at: str | None
) -> None:
    clock.instant = datetime.fromisoformat(now).replace(tzinfo=JST)

    reply = await client.call("POST", "/v1/sessions")

    if reopens_at is None:
        assert reply.body["code"] == "unsupported_media_type"
        return
    assert (reply.status, reply.body["code"]) == (503, "service_closed")
    assert reply.body["reopens_at"] == f"{reopens_at}:00.000+09:00"
    assert reply.body["detail"].startswith(said_of(reply.body["reopens_at"]))
    opens = clock.now() + timedelta(seconds=int(reply.headers["Retry-After"]))
    assert opens >= datetime.fromisoformat(reply.body["reopens_at"])


def said_of(reopens_at: str) -> str:
    at = datetime.fromisoformat(reopens_at)
    return f"{at.month}月{at.day}日{at.hour}時00分から再開します。"


@pytest.mark.parametrize(("method", "path"), WRITES)
async def test_every_new_request_is_closed_on_new_years_day(
    client: Client, clock: ManualClock, method: str, path: str
) -> None:
    clock.instant = datetime(2027, 1, 1, 12, tzinfo=JST)

    assert (await client.call(method, path)).body["code"] == "service_closed"


async def test_reading_banks_and_probes_never_wait_for_hours(
    client: Client, member: Client, clock: ManualClock
) -> None:
    clock.instant = datetime(2026, 11, 30, 3, tzinfo=JST)
    call = b"event-1 ABCDEFGHIJKLMNOPQRST transfer.settled"

    probes = [await client.call("GET", path) for path in ("/livez", "/readyz", "/metrics")]
    callback = await client.call("POST", "/callbacks/smbc", data=call, headers=GENUINE)
    reading = await member.call("GET", "/v1/loan")

    assert [reply.status for reply in (*probes, callback)] == [200] * 4
    assert reading.body["code"] == "session_missing"  # idle since Wednesday, not closed


async def test_a_session_opened_before_closing_reads_on(
    client: Client, member_id: object, clock: ManualClock
) -> None:
    del member_id
    clock.instant = datetime(2026, 11, 29, 23, 58, tzinfo=JST)
    member = client.signed_in(await client.login())

    clock.instant = datetime(2026, 11, 30, 0, 1, tzinfo=JST)

    assert (await member.call("GET", "/v1/loan")).status == 200
    assert (await member.call("POST", "/v1/accounts", json=ACCOUNT)).status == 503


async def test_a_draining_process_is_alive_but_not_ready(
    client: Client, switches: Switches
) -> None:
    switches.is_draining = True

    ready = await client.call("GET", "/readyz")
    alive = await client.call("GET", "/livez")

    assert (ready.status, ready.body["reasons"]) == (503, ["draining"])
    assert ready.headers["Connection"] == "close"
    assert alive.status == 200


async def test_a_schema_that_is_behind_is_not_ready(client: Client, switches: Switches) -> None:
    switches.schema_problem = "0003 is missing"

    ready = await client.call("GET", "/readyz")

    assert (ready.status, ready.body["reasons"]) == (503, ["schema"])


async def test_metrics_are_shown_as_given(client: Client) -> None:
    reply = await client.call("GET", "/metrics")

    assert reply.raw == b"gateway_up 1\n"
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")


class TestWithAToken:
    TOKEN = "a token of our own"

    @pytest.fixture
    def settings(self) -> Settings:
        return load_settings(metrics_token=self.TOKEN)

    async def test_metrics_are_shown_to_whoever_has_it(self, client: Client) -> None:
        headers = {"Authorization": f"Bearer {self.TOKEN}"}

        assert (await client.call("GET", "/metrics", headers=headers)).raw == b"gateway_up 1\n"

    @pytest.mark.parametrize("given", [None, "Bearer", "Bearer x", "Bearer é", "Basic dTpw"])
    async def test_metrics_are_shown_to_nobody_else(
        self, client: Client, given: str | None
    ) -> None:
        headers = {} if given is None else {"Authorization": given}

        reply = await client.call("GET", "/metrics", headers=headers)

        assert (reply.status, reply.body["code"]) == (401, "operator_token_missing")

    async def test_a_token_that_is_no_text_is_none(self, client: Client) -> None:
        head = (
            b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \xff"
        )

        assert (await exchange(client.url, head + b"\r\n\r\n")).status == 401


async def test_banks_say_when_they_open_and_close(member: Client, clock: ManualClock) -> None:
    bank = (await member.call("GET", "/v1/banks")).body["items"][0]
    assert (bank["bank"], bank["is_open"], bank["health"]) == ("smbc", True, "smbc is well")
    assert bank["closes_at"] == "2026-11-29T21:00:00.000+09:00"

    clock.instant = datetime(2026, 11, 29, 20, 59, tzinfo=JST)
    member = member.signed_in(await member.login())
    clock.instant = datetime(2026, 11, 29, 21, 0, tzinfo=JST)

    bank = (await member.call("GET", "/v1/banks")).body["items"][0]
    assert bank["is_open"] is False
    assert bank["reopens_at"] == "2026-11-30T07:00:00.000+09:00"
