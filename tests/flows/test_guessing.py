"""A whole gateway under guesses from everywhere: people are called, members are served."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from gateway.app import Gateway, open_gateway
from gateway.config import load_settings
from gateway.domain.misuse import WATCHES, Misuse
from gateway.domain.money import Yen
from gateway.ops.clock import SystemClock, shift_to
from gateway.serve import listen
from gateway.services.enrol_member import Enrolment, enrol_member
from tests.flows.serving import KANA, NUMBER, PIN, Reply, call, until
from tests.manual_clock import START

GUESSERS = 32


@pytest.fixture
async def guessed_at(database_url: str) -> AsyncIterator[tuple[Gateway, str]]:
    """Run a gateway behind a proxy, with one member."""
    settings = load_settings(
        time_scale=0.05, trusted_proxies="127.0.0.0/8", port=0, login_delay_s=60
    )
    clock = SystemClock(shift_to(START))
    async with (
        open_gateway(settings, url=database_url, clock=clock) as gateway,
        AsyncExitStack() as stack,
    ):
        await enrol_member(gateway.office, gateway.pins, Enrolment(NUMBER, KANA, PIN, Yen(100_000)))
        host, port = await listen(stack, gateway, settings)
        yield gateway, f"http://{host}:{port}"


async def sign_in(address: str, source: str, number: str = NUMBER, pin: str = PIN) -> Reply:
    body = {"method": "member_number", "member_number": number, "pin": pin}
    url, hop = f"{address}/v1/sessions", {"X-Forwarded-For": source}
    async with aiohttp.ClientSession() as session:
        return await call(session, "POST", url, json=body, headers=hop)


async def test_one_pin_over_many_members_from_many_addresses_calls_people(
    guessed_at: tuple[Gateway, str],
) -> None:
    """Each source and each member was let in by itself: 200 of 200 were checked in silence."""
    _, address = guessed_at
    with capture_logs() as records:
        answers = await asyncio.gather(
            *(sign_in(address, f"203.0.113.{one}", f"2{one:07}", "1234") for one in range(GUESSERS))
        )

        async def is_raised() -> bool:
            return any(record.get("code") == "sign_ins_refused" for record in records)

        try:
            await until(is_raised, within_s=6)
        except TimeoutError:
            pytest.fail("nobody was called")

    assert {answer.status for answer in answers} == {401}
    (alarm,) = [record for record in records if record.get("code") == "sign_ins_refused"]
    assert (alarm["severity"], alarm["usual"]) == ("page", 0)
    assert alarm["times"] in range(WATCHES[Misuse.SIGN_IN_REFUSED].count_min, GUESSERS + 1)


async def test_sign_ins_that_wait_for_the_database_hold_up_no_read(
    guessed_at: tuple[Gateway, str], owner: Any
) -> None:
    """They had the same connections: thirty that waited left none for who was signed in."""
    _, address = guessed_at
    token = (await sign_in(address, "198.51.100.1")).body["token"]
    signed_in = {"Authorization": f"Bearer {token}"}

    async def are_held_up() -> bool:
        return bool(await owner.fetchval("SELECT 1 FROM pg_locks WHERE NOT granted"))

    async with owner.transaction(), aiohttp.ClientSession() as session:
        await owner.execute("LOCK TABLE login_sources IN ACCESS EXCLUSIVE MODE")
        flood = [asyncio.create_task(sign_in(address, f"203.0.113.{one}")) for one in range(30)]
        await until(are_held_up)
        reads = [
            await call(session, "GET", f"{address}/v1/loan", headers=signed_in) for _ in range(3)
        ]
    await asyncio.gather(*flood)

    assert Counter(reply.status for reply in reads) == {200: 3}
