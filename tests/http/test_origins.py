"""Pages of other origins: those on the list may call, the others get nothing to read."""

import pytest

from gateway.config import Settings, load_settings
from gateway.domain.errors import NotReady
from tests.http.conftest import Client, Reply

PAGE, STRANGER = "https://members.example", "https://evil.example"


@pytest.fixture
def settings() -> Settings:
    return load_settings(cors_origins=(PAGE, "http://localhost:5173"))


async def ask(client: Client, origin: str, path: str = "/v1/transfers") -> Reply:
    """Ask as a browser does before it lets a page call."""
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return await client.call("OPTIONS", path, headers=headers)


def shared(reply: Reply) -> set[str]:
    return {name.lower() for name in reply.headers if name.lower().startswith("access-control")}


async def test_a_listed_page_may_call_with_what_the_api_needs(client: Client) -> None:
    reply = await ask(client, PAGE)

    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Origin"] == PAGE
    assert reply.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST"
    allowed = reply.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"Authorization", "Idempotency-Key", "Last-Event-ID", "If-None-Match"} <= set(allowed)
    assert reply.headers["Access-Control-Allow-Credentials"] == "true"
    assert reply.headers["Vary"] == "Origin"


@pytest.mark.parametrize("path", ["/v1/transfers", "/v1/events", "/nowhere"])
async def test_a_listed_page_can_read_every_answer_problems_too(client: Client, path: str) -> None:
    reply = await client.call("GET", path, headers={"Origin": PAGE})

    assert reply.status in {401, 404}
    assert reply.headers["Access-Control-Allow-Origin"] == PAGE
    exposed = set(reply.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"Location", "Retry-After", "Link", "ETag", "X-Request-Id", "RateLimit"} <= exposed


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param(STRANGER, id="another"),
        pytest.param("null", id="a file"),
        pytest.param("http://members.example", id="without TLS"),
        pytest.param("https://members.example:444", id="another port"),
        pytest.param("https://members.example.evil.example", id="one that begins like it"),
        pytest.param("https://MEMBERS.example", id="not as browsers write it"),
        pytest.param("*", id="a star"),
        pytest.param("", id="nothing"),
    ],
)
async def test_a_page_that_is_not_listed_gets_nothing(client: Client, origin: str) -> None:
    asked = await ask(client, origin)
    called = await client.call("GET", "/v1/loan", headers={"Origin": origin})

    assert (asked.status, shared(asked), shared(called)) == (405, set(), set())
    assert called.headers["Vary"] == "Accept-Language, Origin"


async def test_an_address_that_is_not_there_is_told_to_nobody(client: Client) -> None:
    assert (await ask(client, PAGE, "/v1/nowhere")).status == 404


@pytest.mark.parametrize("origin", ["*", "https://a.example/", "http://a.example", "a.example"])
def test_the_list_has_origins_and_no_wildcards(origin: str) -> None:
    with pytest.raises(NotReady, match="GATEWAY_CORS_ORIGINS"):
        load_settings(cors_origins=(origin,))


async def test_without_https_browsers_are_not_told_to_insist_on_it(client: Client) -> None:
    assert "Strict-Transport-Security" not in (await client.call("GET", "/livez")).headers


class TestBehindHttps:
    @pytest.fixture
    def settings(self) -> Settings:
        return load_settings().model_copy(update={"public_url": "https://gateway.example"})

    async def test_browsers_are_told_to_insist_on_it(self, client: Client) -> None:
        headers = (await client.call("GET", "/livez")).headers

        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
