"""How many requests a member and a source may make, and what they are told."""

import pytest

from gateway.config import Settings, load_settings
from gateway.domain.errors import NotReady
from gateway.http.limits import Class, class_of, source_quota
from tests.http.conftest import Client, Reply


@pytest.fixture
def settings() -> Settings:
    return load_settings(
        member_reads_per_minute=5,
        member_writes_per_minute=3,
        member_money_per_minute=2,
        member_streams_per_minute=1,
        source_requests_per_minute=100,
        source_logins_per_minute=4,
        trusted_proxies=("127.0.0.0/8",),
    )


# A window slides: whoever is slow to ask is let in a little more often than 100 times.
ASKED, LET_IN = 130, range(100, 130)


def left(reply: Reply) -> list[str]:
    """Return what is left of each quota."""
    return [part.split(";")[1] for part in reply.headers["RateLimit"].split(", ")]


async def test_each_answer_says_what_is_left(member: Client) -> None:
    first = await member.call("GET", "/v1/loan")
    second = await member.call("GET", "/v1/loan")

    assert first.headers["RateLimit-Policy"] == '"source";q=100;w=60, "member_read";q=5;w=60'
    assert left(first) == ["r=99", "r=4"]
    assert left(second) == ["r=98", "r=3"]


async def test_beyond_the_quota_a_member_is_told_when_to_come_back(member: Client) -> None:
    for _ in range(5):
        assert (await member.call("GET", "/v1/loan")).status == 200

    reply = await member.call("GET", "/v1/banks", headers={"Accept-Language": "en"})

    assert (reply.status, reply.body["code"]) == (429, "rate_limited")
    assert reply.body["retryable"] is True
    assert 1 <= int(reply.headers["Retry-After"]) <= 12
    assert "r=0" in reply.headers["RateLimit"]


async def test_classes_of_routes_and_members_are_counted_apart(
    member: Client, other_member: Client
) -> None:
    for _ in range(6):
        await member.call("GET", "/v1/loan")

    write = await member.call("POST", "/v1/transfer_quotes", json={})
    money = await member.call("POST", "/v1/transfers", json={})
    other = await other_member.call("GET", "/v1/loan")

    assert (write.status, money.status, other.status) == (422, 400, 200)


async def test_who_shows_no_session_uses_up_no_members_quota(
    client: Client, member: Client
) -> None:
    stranger = Client(client.session, client.url, (member.token or "")[:-1] + "x")
    for _ in range(10):
        assert (await stranger.call("GET", "/v1/loan")).status == 401

    assert (await member.call("GET", "/v1/loan")).status == 200


async def asked_from(client: Client, *forwarded: str) -> list[Reply]:
    """Ask once from each of these addresses, as proxies write them."""
    hops = [{"X-Forwarded-For": one} for one in forwarded]
    return [await client.call("GET", "/v1/loan", headers=hop) for hop in hops]


def let_in(replies: list[Reply]) -> int:
    """Return how many were let in before one was refused."""
    return [reply.status for reply in replies].index(429)


async def test_a_source_is_counted_whoever_it_speaks_for(client: Client) -> None:
    mine, others = ["203.0.113.9, 198.51.100.1"] * ASKED, "203.0.113.9, 198.51.100.2"

    assert let_in(await asked_from(client, *mine)) in LET_IN
    probe = await client.call("GET", "/livez", headers={"X-Forwarded-For": mine[0]})
    (other,) = await asked_from(client, others)

    assert (other.status, probe.status) == (401, 200)
    assert "RateLimit" not in probe.headers


async def test_what_a_caller_writes_itself_before_a_proxys_word_is_not_believed(
    client: Client,
) -> None:
    forged = (f"192.0.2.{number}, 198.51.100.1" for number in range(ASKED))

    assert let_in(await asked_from(client, *forged)) in LET_IN


async def test_a_source_is_an_address_however_a_proxy_writes_it(client: Client) -> None:
    v4 = (f"198.51.100.1:5{number:03}" for number in range(ASKED))
    v6 = (f"[2001:db8::{number:x}]:5{number:03}" for number in range(ASKED))

    assert let_in(await asked_from(client, *v4)) in LET_IN
    assert let_in(await asked_from(client, *v6)) in LET_IN
    plain = await asked_from(client, "198.51.100.1", "[2001:db8::]")
    assert max(int(left(reply)[0].removeprefix("r=")) for reply in plain) < 50


@pytest.mark.parametrize("hop", ["é", "unknown", "_hidden", "1.2.3", "[::1", "1.2.3.4:x", ""])
async def test_what_is_no_address_is_not_believed_of_a_proxy_either(
    client: Client, hop: str
) -> None:
    for _ in range(20):
        await client.call("GET", "/v1/loan")

    (reply,) = await asked_from(client, f"192.0.2.1, {hop}")

    assert int(left(reply)[0].removeprefix("r=")) < 90


async def test_sign_ins_of_a_source_are_limited_right_or_wrong(client: Client) -> None:
    answers = [await client.call("POST", "/v1/sessions", json={}) for _ in range(5)]

    assert [reply.status for reply in answers] == [422] * 4 + [429]
    assert answers[-1].body["code"] == "rate_limited"


def test_proxies_are_networks() -> None:
    with pytest.raises(NotReady, match="GATEWAY_TRUSTED_PROXIES"):
        load_settings(trusted_proxies=("example.com",))


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        pytest.param("POST", "/v1/transfers", Class.MONEY, id="asking for cash"),
        pytest.param("POST", "/v1/transfers/tr_1/cancel", Class.MONEY, id="cancelling"),
        pytest.param("POST", "/v1/repayments", Class.MONEY, id="repaying"),
        pytest.param("POST", "/v1/transfer_quotes", Class.WRITE, id="a quote"),
        pytest.param("DELETE", "/v1/accounts/ac_1", Class.WRITE, id="removing"),
        pytest.param("GET", "/v1/transfers", Class.READ, id="reading"),
        pytest.param("HEAD", "/v1/transfers", Class.READ, id="a head"),
        pytest.param("GET", "/v1/events", Class.STREAM, id="a stream"),
    ],
)
def test_a_route_belongs_to_one_class(method: str, path: str, kind: Class) -> None:
    assert class_of(method, path) is kind


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        pytest.param("POST", "/v1/sessions", "source_login", id="signing in, beside its delays"),
        pytest.param("GET", "/v1/sessions", "source", id="reading sessions"),
        pytest.param("GET", "/livez", None, id="a probe"),
        pytest.param("POST", "/callbacks/smbc", "source_callback", id="a bank"),
        pytest.param("GET", "/nowhere", "source", id="an address of nobody"),
    ],
)
def test_a_source_has_one_quota_for_everything_but_what_has_its_own(
    method: str, path: str, name: str | None
) -> None:
    quota = source_quota(load_settings(), method, path)

    assert (None if quota is None else quota.name) == name


def test_zero_is_no_limit() -> None:
    settings = load_settings(source_requests_per_minute=0)

    assert source_quota(settings, "GET", "/v1/loan") is None
