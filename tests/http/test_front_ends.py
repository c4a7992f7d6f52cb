"""What front ends rely on beside the answers: pages of problems, languages, versions of HTTP."""

from urllib.parse import urljoin

import pytest

from gateway.config import Settings, load_settings
from gateway.http.errors import TABLE
from tests.http.conftest import Client
from tests.http.raw import exchange


@pytest.fixture
def settings() -> Settings:
    return load_settings(cors_origins=("https://members.example",))


async def test_the_type_of_every_problem_is_a_page_in_both_languages(client: Client) -> None:
    for kind, row in TABLE.items():
        for language, title in (("ja", row.title.ja), ("en", row.title.en)):
            address = urljoin(client.url, f"/problems/{kind.code}")
            headers = {"Accept-Language": language}
            async with client.session.get(address, headers=headers) as page:
                text = await page.text()
            assert (page.status, page.content_type) == (200, "text/html"), kind.code
            assert page.headers["Content-Language"] == language
            assert f'<html lang="{language}">' in text
            assert kind.code in text
            assert title.replace("'", "&#x27;") in text
            assert "{" not in text


@pytest.mark.parametrize("code", ["nothing", "Session_Missing", "session_missing.en", "%3Cb%3E"])
async def test_a_code_that_is_none_has_no_page(client: Client, code: str) -> None:
    assert (await client.call("GET", f"/problems/{code}")).status == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("GET", "/v1/loan", None, id="401"),
        pytest.param("GET", "/nowhere", None, id="404"),
        pytest.param("PUT", "/v1/loan", None, id="405"),
        pytest.param("POST", "/v1/sessions", b"{", id="400"),
        pytest.param("GET", "/problems/busy", None, id="a page about a problem"),
    ],
)
async def test_what_is_said_in_words_varies_by_language(
    client: Client, method: str, path: str, body: bytes | None
) -> None:
    for origin in ({}, {"Origin": "https://members.example"}):
        headers = {"Content-Type": "application/json", **origin}
        async with client.session.request(
            method, client.url + path, data=body, headers=headers
        ) as answer:
            vary = answer.headers.getall("Vary")

        # On one line, so that what reads one line only reads both.
        assert vary == ["Accept-Language, Origin"]


async def test_what_nobody_could_read_varies_by_language_too(client: Client) -> None:
    answer = await exchange(client.url, b"NONSENSE\r\n\r\n")

    assert answer.headers["vary"] == "accept-language"


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_http_1_0_and_1_1_are_spoken(client: Client, version: bytes) -> None:
    request = b"GET /livez HTTP/%s\r\nHost: x\r\nConnection: close\r\n\r\n" % version

    assert (await exchange(client.url, request)).status == 200


@pytest.mark.parametrize("version", [b"0.9", b"1.2", b"1.9", b"2.0", b"3.0", b"9.9", b"0.0"])
@pytest.mark.parametrize("path", [b"/livez", b"/v1/loan", b"/nowhere"])
async def test_no_other_version_of_http_is_spoken(
    client: Client, version: bytes, path: bytes
) -> None:
    request = b"GET %s HTTP/%s\r\nHost: x\r\nConnection: close\r\n\r\n" % (path, version)

    answer = await exchange(client.url, request)

    assert (answer.status, answer.problem["code"]) in {
        (505, "http_version_unknown"),
        (400, "malformed_request"),  # what is no version of HTTP at all
    }
