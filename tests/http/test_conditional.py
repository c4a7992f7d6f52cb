"""What changes rarely has a mark, and is not sent again to whoever has it."""

import pytest

from tests.http.conftest import ACCOUNT, Client

RARE = ["/v1/banks", "/v1/accounts", "/v1/loan"]


@pytest.mark.parametrize("path", RARE)
async def test_what_the_caller_has_already_is_not_sent_again(member: Client, path: str) -> None:
    first = await member.call("GET", path)

    again = await member.call("GET", path, headers={"If-None-Match": first.headers["ETag"]})
    other = await member.call("GET", path, headers={"If-None-Match": '"other"'})

    assert (first.status, again.status, other.status) == (200, 304, 200)
    assert again.raw == b""
    assert again.headers["ETag"] == first.headers["ETag"] == other.headers["ETag"]
    assert first.headers["Cache-Control"] == "no-store"


async def test_the_mark_changes_with_what_it_marks(member: Client) -> None:
    before = await member.call("GET", "/v1/accounts")
    await member.call("POST", "/v1/accounts", json=ACCOUNT)

    after = await member.call(
        "GET", "/v1/accounts", headers={"If-None-Match": before.headers["ETag"]}
    )

    assert after.status == 200
    assert after.headers["ETag"] != before.headers["ETag"]
