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


async def test_a_source_is_counted_whoever_it_speaks_for(client: Client) -> None:
    def sent_from(address: str) -> dict[str, str]:
        return {"X-Forwarded-For": f"203.0.113.9, {address}"}

    answers = [
        await client.call("GET", "/v1/loan", headers=sent_from("198.51.100.1")) for _ in range(101)
    ]
    other = await client.call("GET", "/v1/loan", headers=sent_from("198.51.100.2"))
    probe = await client.call("GET", "/livez", headers=sent_from("198.51.100.1"))

    assert [reply.status for reply in answers] == [401] * 100 + [429]
    assert (other.status, probe.status) == (401, 200)
    assert "RateLimit" not in probe.headers


async def test_what_a_caller_writes_itself_before_a_proxys_word_is_not_believed(
    client: Client,
) -> None:
    forged = [{"X-Forwarded-For": f"192.0.2.{n}, 198.51.100.1"} for n in range(101)]

    answers = [await client.call("GET", "/v1/loan", headers=headers) for headers in forged]

    assert answers[-1].status == 429


async def test_a_source_is_an_address_however_a_proxy_writes_it(client: Client) -> None:
    forms = ("198.51.100.{}:5{:03}", "[2001:db8::1]:5{1:03}", "[2001:db8::1]", "2001:db8::{:x}")
    for form in forms:
        hops = [{"X-Forwarded-For": form.format(1, n)} for n in range(26)]
        statuses = [(await client.call("GET", "/v1/loan", headers=hop)).status for hop in hops]
        assert statuses == [401] * 26

    last = await client.call("GET", "/v1/loan", headers={"X-Forwarded-For": "[2001:db8::2]:80"})

    assert left(last) == [f"r={100 - 3 * 26 - 1}"]


@pytest.mark.parametrize("hop", ["é", "unknown", "_hidden", "1.2.3", "[::1", "1.2.3.4:x", ""])
async def test_what_is_no_address_is_not_believed_of_a_proxy_either(
    client: Client, hop: str
) -> None:
    mine = await client.call("GET", "/v1/loan")

    reply = await client.call("GET", "/v1/loan", headers={"X-Forwarded-For": f"192.0.2.1, {hop}"})

    assert (left(mine), left(reply)) == (["r=99"], ["r=98"])


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
