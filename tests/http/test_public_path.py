"""A gateway below a path of its proxy's, and how long that keeps its connections."""

import asyncio

import pytest

from gateway.config import Settings, load_settings
from gateway.domain.errors import NotReady
from tests.http.conftest import ACCOUNT, Client
from tests.http.raw import exchange

BELOW = "/lender/gateway"


@pytest.fixture(params=["", BELOW])
def below(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(below: str) -> Settings:
    return load_settings(
        public_url=f"http://127.0.0.1:8080{below}",
        cors_origins=("https://members.example",),
        keep_alive_s=0.3,
    )


async def test_what_is_made_is_named_below_the_public_path(member: Client, below: str) -> None:
    account = (await member.call("POST", "/v1/accounts", json=ACCOUNT)).body["id"]
    wish = {"account_id": account, "amount": 1_000}
    headers = {"Idempotency-Key": "0192f3a1-7c1e-7a33-8f00-0000000000aa"}

    made = await member.call("POST", "/v1/transfers", json=wish, headers=headers)

    assert made.headers["Location"] == f"{below}/v1/transfers/{made.body['id']}"


async def test_the_next_page_is_named_below_the_public_path(member: Client, below: str) -> None:
    account = (await member.call("POST", "/v1/accounts", json=ACCOUNT)).body["id"]
    for number in range(2):
        headers = {"Idempotency-Key": f"0192f3a1-7c1e-7a33-8f00-00000000000{number}"}
        wish = {"account_id": account, "amount": 1_000 + number}
        await member.call("POST", "/v1/transfers", json=wish, headers=headers)

    first = await member.call("GET", "/v1/transfers?limit=1")

    cursor = first.body["next_cursor"]
    assert first.headers["Link"] == (f'<{below}/v1/transfers?limit=1&cursor={cursor}>; rel="next"')


async def test_the_description_names_the_public_path_as_its_server(
    client: Client, below: str
) -> None:
    described = await client.call("GET", "/openapi.json")

    assert described.body["servers"] == [{"url": below or "/"}]


async def test_a_problem_leads_to_its_page_below_the_public_path(
    client: Client, below: str
) -> None:
    problem = (await client.call("GET", "/v1/loan")).body
    unread = (await exchange(client.url, b"NONSENSE\r\n\r\n")).problem

    assert problem["type"] == f"{below}/problems/session_missing"
    assert unread["type"] == f"{below}/problems/malformed_request"


@pytest.mark.parametrize("below", [""], indirect=True)
async def test_a_connection_is_kept_for_as_long_as_the_setting_says(client: Client) -> None:
    host, port = client.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b'{"status":"alive"}')
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(5):
        rest = await reader.read()
    took = asyncio.get_running_loop().time() - began
    writer.close()

    assert rest == b""
    assert 0.2 < took < 3


@pytest.mark.parametrize(
    ("url", "path"),
    [
        pytest.param("https://a.example", "", id="none"),
        pytest.param("https://a.example/", "", id="a slash"),
        pytest.param("https://a.example/gw", "/gw", id="a path"),
        pytest.param("https://a.example/gw/", "/gw", id="a path and a slash"),
        pytest.param("https://a.example:8443/a/b-1_c~d.e", "/a/b-1_c~d.e", id="a long one"),
    ],
)
def test_the_public_address_may_have_a_path(url: str, path: str) -> None:
    assert load_settings(public_url=url).public_path == path


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://a.example/?x",
            "https://a.example/#x",
            "https://a.example//",
            "https://a.example/a//b",
        ),
        *("https://a.example/..", "https://a.example/a/./b", "https://a.example/a b"),
        *("https://a.example/%61", "https://u@a.example/", "http://a.example/gw", "/gw"),
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(NotReady, match="GATEWAY_PUBLIC_URL"):
        load_settings(public_url=url)
