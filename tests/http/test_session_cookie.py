"""A page's session: kept by the browser as a cookie, brought for pages of the lender's own only."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.config import Settings, load_settings
from gateway.http.core import ROUTES
from gateway.http.openapi.operation import Caller
from gateway.http.openapi.route import Route
from gateway.http.session_cookie import SAFE
from tests.http.conftest import ACCOUNT, NUMBER, PIN, Client, Reply
from tests.http.following import following

OWN, LISTED, STRANGER = "http://127.0.0.1:8080", "https://members.example", "https://evil.example"
CREDENTIALS = {"method": "member_number", "member_number": NUMBER, "pin": PIN}
WRITES = [
    route
    for route in ROUTES
    if route.operation is not None
    and route.operation.caller is Caller.MEMBER
    and route.method not in SAFE
]


@pytest.fixture
def settings() -> Settings:
    return load_settings(cors_origins=(LISTED,))


@dataclass(frozen=True, slots=True)
class Browser:
    """Brings what it was told to keep, for whatever page calls."""

    client: Client
    cookie: str

    async def call(self, method: str, path: str, **options: Any) -> Reply:
        headers = {"Cookie": self.cookie} | options.pop("headers", {})
        return await self.client.call(method, path, headers=headers, **options)


async def keep(
    client: Client, page: Mapping[str, str] = MappingProxyType({"Origin": OWN})
) -> Reply:
    wish = {**CREDENTIALS, "as_cookie": True}
    return await client.call("POST", "/v1/sessions", json=wish, headers=dict(page))


@pytest.fixture
async def browser(client: Client, member_id: UUID) -> Browser:
    """A browser that has kept a session."""
    del member_id
    reply = await keep(client)
    return Browser(client, reply.headers["Set-Cookie"].partition(";")[0])


@pytest.mark.usefixtures("member_id")
async def test_a_browser_is_told_to_keep_the_token_where_no_script_reads_it(client: Client) -> None:
    reply = await keep(client)

    pair, *attributes = reply.headers["Set-Cookie"].split("; ")
    assert reply.status == 200
    assert pair.startswith("__Host-session=")
    assert attributes == ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"]
    assert pair.partition("=")[2] not in reply.raw.decode()
    assert reply.body.keys() == {"id", "expires_at", "idle_timeout_s"}


@pytest.mark.usefixtures("member_id")
async def test_who_asks_for_a_token_gets_no_cookie(client: Client) -> None:
    reply = await client.login()

    assert reply.status == 201
    assert "Set-Cookie" not in reply.headers


async def test_a_page_reads_without_showing_anything_itself(browser: Browser) -> None:
    shown = await browser.call("GET", "/v1/sessions")

    assert [session["is_current"] for session in shown.body["items"]] == [True]


async def test_a_page_follows_events_without_showing_anything_itself(browser: Browser) -> None:
    client = Client(browser.client.session, browser.client.url)
    async with following(client, headers={"Cookie": browser.cookie}) as stream:
        await browser.call("POST", "/v1/accounts", json=ACCOUNT, headers={"Origin": OWN})
        account = (await browser.call("GET", "/v1/accounts")).body["items"][0]["id"]
        wish = {"account_id": account, "amount": 3000}
        headers = {"Origin": OWN, "Idempotency-Key": str(uuid4())}
        assert (await browser.call("POST", "/v1/transfers", json=wish, headers=headers)).status

        assert (await stream.event()).kind == "transfer.accepted"


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({"Origin": OWN}, id="our own"),
        pytest.param({"Origin": LISTED}, id="a listed one"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, id="of where it was called"),
    ],
)
async def test_pages_of_the_lenders_own_sites_may_change_things(
    browser: Browser, page: dict[str, str]
) -> None:
    reply = await browser.call("POST", "/v1/accounts", json=ACCOUNT, headers=page)

    assert reply.status == 201


OF_OTHERS = [
    pytest.param({}, id="nothing"),
    pytest.param({"Origin": STRANGER}, id="another origin"),
    pytest.param({"Origin": "null"}, id="a file"),
    pytest.param({"Origin": f"{OWN}/"}, id="not as browsers write it"),
    pytest.param({"Origin": "http://127.0.0.1:8081"}, id="another port"),
    pytest.param({"Origin": STRANGER, "Sec-Fetch-Site": "same-site"}, id="a neighbour"),
    pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
    pytest.param({"Sec-Fetch-Site": "none"}, id="no page"),
]


@pytest.mark.usefixtures("member_id")
@pytest.mark.parametrize("page", OF_OTHERS)
async def test_pages_of_others_sign_no_browser_in(client: Client, page: dict[str, str]) -> None:
    reply = await keep(client, page)

    assert (reply.status, reply.body["code"]) == (403, "origin_not_allowed")
    assert "Set-Cookie" not in reply.headers


@pytest.mark.usefixtures("member_id")
@pytest.mark.parametrize(
    "page", [{"Origin": OWN}, {"Origin": LISTED}, {"Sec-Fetch-Site": "same-origin"}]
)
async def test_pages_of_the_lenders_own_sites_sign_a_browser_in(
    client: Client, page: dict[str, str]
) -> None:
    assert (await keep(client, page)).status == 200


@pytest.mark.parametrize("page", OF_OTHERS)
@pytest.mark.parametrize("route", WRITES, ids=lambda route: f"{route.method} {route.path}")
async def test_pages_of_others_change_nothing(
    browser: Browser, route: Route, page: dict[str, str]
) -> None:
    path = route.path.replace("{", "").replace("}", "")
    reply = await browser.call(route.method, path, headers=page)

    assert (reply.status, reply.body["code"]) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in reply.headers


async def test_a_listed_page_is_let_read_what_the_cookie_opens(browser: Browser) -> None:
    shown = await browser.call("GET", "/v1/loan", headers={"Origin": LISTED})

    assert shown.status == 200
    assert shown.headers["Access-Control-Allow-Origin"] == LISTED
    assert shown.headers["Access-Control-Allow-Credentials"] == "true"


async def test_signing_out_ends_the_session_and_lets_the_browser_forget(browser: Browser) -> None:
    out = await browser.call("DELETE", "/v1/sessions", headers={"Origin": OWN})

    assert out.status == 204
    assert out.headers["Set-Cookie"].startswith("__Host-session=; Max-Age=0; Path=/; Secure;")
    assert (await browser.call("GET", "/v1/loan")).status == 401


async def test_signing_out_by_a_header_leaves_the_cookie_of_another_session(
    browser: Browser, member: Client
) -> None:
    shown = (await member.call("GET", "/v1/sessions")).body["items"]
    own = next(session["id"] for session in shown if session["is_current"])

    out = await member.call(
        "DELETE", f"/v1/sessions/{own}", headers={"Cookie": browser.cookie, "Origin": OWN}
    )

    assert (out.status, "Set-Cookie" in out.headers) == (204, False)
    assert (await browser.call("GET", "/v1/loan")).status == 200


@pytest.mark.parametrize(
    "cookie",
    [
        pytest.param("", id="none"),
        pytest.param("__Host-session=", id="empty"),
        pytest.param("session={token}", id="another name"),
        pytest.param("__host-session={token}", id="in other letters"),
        pytest.param('__Host-session="{token}"', id="in quotes"),
        pytest.param("__Host-session={token}; __Host-session={token}", id="twice"),
        pytest.param("__Host-session=é", id="not ASCII"),
        pytest.param("\u2000__Host-session={token}", id="behind a wide blank"),
        pytest.param("a=b;\u00a0__Host-session={token}", id="behind a hard blank"),
        pytest.param("a=b;\u0085__Host-session={token}", id="behind a next line"),
        pytest.param("\u3000__Host-session={token}", id="behind an ideographic blank"),
    ],
)
async def test_what_is_not_one_token_in_its_place_opens_nothing(
    browser: Browser, cookie: str
) -> None:
    brought = cookie.format(token=browser.cookie.partition("=")[2])

    reply = await browser.call("GET", "/v1/loan", headers={"Cookie": brought})

    assert (reply.status, reply.body["code"]) == (401, "session_missing")


async def test_a_header_goes_before_a_cookie_and_a_wrong_one_is_not_made_good_by_it(
    browser: Browser,
) -> None:
    reply = await browser.call("GET", "/v1/loan", headers={"Authorization": "Bearer none"})

    assert reply.status == 401


async def test_among_other_cookies_it_is_found(browser: Browser) -> None:
    cookies = f"theme=dark; {browser.cookie};a=b"

    assert (await browser.call("GET", "/v1/loan", headers={"Cookie": cookies})).status == 200


async def test_a_cookie_that_is_kept_anew_ends_the_session_of_the_one_before(
    browser: Browser,
) -> None:
    wish = {**CREDENTIALS, "as_cookie": True}
    reply = await browser.call("POST", "/v1/sessions", json=wish, headers={"Origin": OWN})

    anew = Browser(browser.client, reply.headers["Set-Cookie"].partition(";")[0])
    assert (await anew.call("GET", "/v1/loan")).status == 200
    assert (await browser.call("GET", "/v1/loan")).status == 401


async def test_a_cookie_that_stays_keeps_its_session(browser: Browser) -> None:
    reply = await browser.call("POST", "/v1/sessions", json=CREDENTIALS)

    assert reply.status == 201
    assert (await browser.call("GET", "/v1/loan")).status == 200
