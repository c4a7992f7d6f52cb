"""The page of the API works without the internet, under a policy that lets nothing else in."""

import hashlib
import re
from pathlib import Path

import pytest

from gateway.http.description import ASSETS, PAGE
from gateway.http.openapi.parameters import PATH_SCHEMAS
from tests.architecture.project import PROJECT
from tests.http.conftest import Client

OURS = [PAGE / "index.html", PAGE / "start.js"]
ADDRESSES = re.compile(r'(?:src|href)="([^"]+)"')


async def test_the_page_and_all_it_asks_for_are_here(client: Client) -> None:
    page = await client.call("GET", "/docs")
    asked = [a for a in ADDRESSES.findall(page.raw.decode()) if not a.startswith("data:")]
    answers = {address: await client.call("GET", f"/{address}") for address in asked}

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert {address: reply.status for address, reply in answers.items()} == dict.fromkeys(
        ["docs/swagger-ui.css", "openapi.json", "docs/swagger-ui-bundle.js", "docs/start.js"], 200
    )
    assert "text/css" in answers["docs/swagger-ui.css"].headers["Content-Type"]
    assert "javascript" in answers["docs/start.js"].headers["Content-Type"]


@pytest.mark.parametrize("path", ["/docs", "/docs/start.js"])
async def test_the_policy_lets_in_what_is_from_here_and_no_script_in_the_page(
    client: Client, path: str
) -> None:
    policy = (await client.call("GET", path)).headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "://" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_the_page_names_no_other_host_and_has_no_script_inside(path: Path) -> None:
    text = path.read_text("utf-8")

    assert "//" not in re.sub(r"// .*", "", text)  # comments of the script
    assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", text) == []


async def test_a_file_that_is_not_the_pages_is_not_sent(client: Client) -> None:
    for name in ("core.py", "..%2Fcore.py", "LICENSE", "index.html"):
        reply = await client.call("GET", f"/docs/{name}")

        assert (reply.status, reply.body["code"]) == (404, "route_not_found")


async def test_a_file_is_not_sent_twice_to_who_has_it(client: Client) -> None:
    first = await client.call("GET", "/docs/swagger-ui.css")
    tag = {"If-None-Match": first.headers["ETag"]}

    assert (await client.call("GET", "/docs/swagger-ui.css", headers=tag)).status == 304


@pytest.mark.parametrize("path", ["/docs", "/docs/start.js", "/openapi.json"])
@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"Range": "bytes=0-4"}, id="a part"),
        pytest.param({"Range": "bytes=99999999-"}, id="a part beyond the end"),
        pytest.param({"If-Match": '"x"'}, id="if it is another"),
        pytest.param({"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, id="if it is old"),
    ],
)
async def test_whoever_asks_for_a_part_gets_the_whole(
    client: Client, path: str, header: dict[str, str]
) -> None:
    reply = await client.call("GET", path, headers=header)

    assert reply.status == 200
    assert reply.raw == (await client.call("GET", path)).raw


def test_the_description_names_the_files() -> None:
    assert set(PATH_SCHEMAS["asset"]["enum"]) == set(ASSETS)  # type: ignore[call-overload]


def test_other_peoples_files_are_as_they_came() -> None:
    """docs/dependencies.md says from where, in which version, with which hashes."""
    said = (PROJECT / "docs" / "dependencies.md").read_text("utf-8")
    files = [path for path in (PAGE / "vendored").iterdir() if path.is_file()]
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    assert {name for name, value in hashes.items() if f"- `{name}`: `{value}`" not in said} == set()
