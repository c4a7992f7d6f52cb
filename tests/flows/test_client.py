"""A member's page at its worst: it asks many times at once, or is gone before the answer."""

import asyncio
import json
from collections import Counter
from urllib.parse import urlsplit

import pytest

from tests.flows.serving import Caller, check_all, new_key, page
from tests.flows.world import open_world


def request_bytes(caller: Caller, key: str) -> bytes:
    body = json.dumps({"account_id": caller.account_id, "amount": 10_000, "again": True}).encode()
    head = (
        f"POST /v1/transfers HTTP/1.1\r\nHost: {urlsplit(caller.address).netloc}\r\n"
        f"Authorization: Bearer {caller.token}\r\nIdempotency-Key: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def send_and_leave(caller: Caller, part: bytes, *, reads: int, closes: bool) -> None:
    """Send a part of a request, read so many bytes, and be gone: politely, or with a reset."""
    parts = urlsplit(caller.address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(part)
    await writer.drain()
    if reads:
        await reader.readexactly(reads)
    if closes:
        writer.close()
        await writer.wait_closed()
    else:
        writer.transport.abort()


@pytest.mark.parametrize(
    "closes", [pytest.param(True, id="closed"), pytest.param(False, id="reset")]
)
async def test_a_client_that_leaves_at_any_point_finds_its_request_whole_or_not_at_all(
    database_url: str, owner, closes: bool
) -> None:
    cuts = {"in the request line": 9, "in the headers": 60, "in the key": 180, "in the body": -9}
    async with open_world(database_url, owner) as world:
        async with page(world) as caller:
            keys = [new_key() for _ in range(len(cuts) + 4)]
            for key, cut in zip(keys, cuts.values(), strict=False):
                whole = request_bytes(caller, key)
                await send_and_leave(caller, whole[:cut], reads=0, closes=closes)
            for key, reads in zip(keys[len(cuts) :], (0, 1, 12, 200), strict=True):
                whole = request_bytes(caller, key)
                await send_and_leave(caller, whole, reads=reads, closes=closes)

            first = [await caller.ask(key) for key in keys]
            again = [await caller.ask(key) for key in keys]

        assert [reply.status for reply in first + again] == [202] * 16
        assert [reply.body["id"] for reply in first] == [reply.body["id"] for reply in again]
        assert len({reply.body["id"] for reply in first}) == 8
        # Whoever had seen a byte of the answer had been accepted; half a request never is.
        replayed = ["Idempotency-Replayed" in reply.headers for reply in first]
        assert replayed[:4] == [False] * 4
        assert replayed[5:] == [True] * 3
        assert set((await check_all(world, owner)).values()) == {"settled"}


async def test_fifty_taps_at_once_on_each_of_several_buttons_pay_once_each(
    database_url: str, owner
) -> None:
    async with open_world(database_url, owner, pool_size=10, pool_wait_s=20) as world:
        async with page(world) as caller:
            keys = [new_key() for _ in range(4)]

            taps = await asyncio.gather(*(caller.ask(key) for key in keys * 50))

        assert {tap.status for tap in taps} == {202}
        assert len({tap.body["id"] for tap in taps}) == 4
        assert sum("Idempotency-Replayed" not in tap.headers for tap in taps) == 4
        assert await check_all(world, owner) == dict.fromkeys(keys, "settled")


async def test_two_hundred_requests_with_one_key_are_one_transfer_and_199_replays(
    database_url: str, owner
) -> None:
    async with open_world(database_url, owner, pool_size=10, pool_wait_s=20) as world:
        async with page(world) as caller:
            key = new_key()

            replies = await asyncio.gather(*(caller.ask(key) for _ in range(200)))
            other = await caller.ask(key, amount=10_001)

        replays = [reply for reply in replies if "Idempotency-Replayed" in reply.headers]
        assert {reply.status for reply in replies} == {202}
        assert len({reply.body["id"] for reply in replies}) == 1
        assert len(replays) == 199
        assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
        assert await check_all(world, owner) == {key: "settled"}


async def test_a_hundred_requests_against_credit_for_ten_are_accepted_ten_times(
    database_url: str, owner
) -> None:
    async with open_world(database_url, owner, pool_size=10, pool_wait_s=20) as world:
        async with page(world) as caller:
            replies = await asyncio.gather(*(caller.ask(new_key()) for _ in range(100)))

        refused = [reply.body["code"] for reply in replies if reply.status != 202]
        assert Counter(refused) == {"credit_short": 90}
        states = await check_all(world, owner)
    assert len(states) == 10
    assert set(states.values()) == {"settled"}
