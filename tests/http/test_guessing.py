"""Guessing at PINs: from one source at once, from its neighbours, and from everywhere."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from structlog.testing import capture_logs

from gateway.config import Settings, load_settings
from gateway.services.pins import PinVault, PinVerdict
from tests.http.conftest import NUMBER, PIN, Client, Reply
from tests.manual_clock import ManualClock

pytestmark = pytest.mark.usefixtures("member_id")

WRONG = "0000"
HASH = "a hash that costs nothing: "


class QuickVault(PinVault):
    """Checks PINs at once, wrong ones (or all) when a test lets it; what it checked is counted."""

    def __init__(self, pepper: bytes) -> None:
        super().__init__(pepper)
        self.checked: list[str] = []
        self.begun = asyncio.Event()
        self.holds_all = False
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def hash(self, pin: str) -> str:
        return HASH + pin

    async def check(self, pin: str, pin_hash: str | None) -> PinVerdict:
        self.checked.append(pin)
        self.begun.set()
        await asyncio.sleep(0)
        is_right = pin_hash == HASH + pin
        if not is_right or self.holds_all:
            await self.may_end.wait()
        return PinVerdict(is_right=is_right)


@pytest.fixture
async def pins(settings: Settings) -> AsyncIterator[QuickVault]:
    vault = await asyncio.to_thread(QuickVault, settings.pin_pepper.get_secret_value().encode())
    yield vault
    vault.close()


@pytest.fixture
def settings() -> Settings:
    return load_settings(trusted_proxies=("127.0.0.0/8",), source_logins_per_minute=0)


async def sign_in(client: Client, *forwarded: str, number: str = NUMBER, pin: str = PIN) -> Reply:
    """Sign in from the first of these addresses, through proxies at the others."""
    body = {"method": "member_number", "member_number": number, "pin": pin}
    hops = {"X-Forwarded-For": ", ".join(forwarded)}
    return await client.call("POST", "/v1/sessions", json=body, headers=hops)


async def guesses(client: Client, *sources: str) -> Counter[int]:
    """Guess from each of these addresses at once, each at another member; count the statuses."""
    answers = await asyncio.gather(
        *(
            sign_in(client, source, number=f"2{number:07}", pin="1234")
            for number, source in enumerate(sources)
        )
    )
    return Counter(answer.status for answer in answers)


async def test_of_a_hundred_guesses_at_once_from_one_source_one_is_checked(
    client: Client, pins: QuickVault
) -> None:
    """Each looked whether its source must wait before any had failed: 52 of 300 were checked."""
    statuses = await guesses(client, *["203.0.113.9"] * 100)

    assert statuses == {401: 1, 429: 99}
    assert len(pins.checked) == 1


async def test_of_fifty_guesses_at_once_from_fifty_sources_three_are_checked(
    client: Client, owner: Any
) -> None:
    answers = await asyncio.gather(
        *(sign_in(client, f"203.0.113.{number}", pin=f"{number:04}") for number in range(50))
    )

    row = await owner.fetchrow("SELECT pin_failures, pin_locked_at FROM members")
    assert {answer.status for answer in answers} == {401}
    assert row["pin_failures"] == 3
    assert row["pin_locked_at"] is not None


async def test_members_who_share_an_address_sign_in_one_after_the_other(client: Client) -> None:
    """A turn that was taken is given back by the success: the next one has it."""
    answers = await asyncio.gather(*(sign_in(client, "203.0.113.9") for _ in range(4)))

    assert [answer.status for answer in answers] == [201] * 4


async def test_a_success_gives_back_its_own_turn_and_no_earlier_one(
    client: Client, clock: ManualClock
) -> None:
    for wait_s in (1, 2):
        assert (await sign_in(client, "203.0.113.9", pin=WRONG)).status == 401
        clock.advance(wait_s)
    for _ in range(3):
        assert (await sign_in(client, "203.0.113.9")).status == 201

    await sign_in(client, "203.0.113.9", pin=WRONG)

    assert (await sign_in(client, "203.0.113.9")).headers["Retry-After"] == "4"


async def test_of_one_source_few_sign_ins_are_under_way_and_others_are_served(
    client: Client, pins: QuickVault
) -> None:
    """A hundred from one address took every place: whoever was honest was told 503."""
    pins.may_end.clear()
    flood = [asyncio.create_task(sign_in(client, "203.0.113.9", pin=WRONG)) for _ in range(100)]
    await pins.begun.wait()

    async with aiohttp.ClientSession() as elsewhere:
        home = Client(elsewhere, client.url)
        honest = [await sign_in(home, "198.51.100.1") for _ in range(30)]

    assert Counter(one.status for one in honest) == {201: 30}
    pins.may_end.set()
    assert Counter(one.status for one in await asyncio.gather(*flood)) == {401: 1, 429: 99}


MAPPED_PROXIES = [
    pytest.param("::ffff:127.0.0.1", id="dotted"),
    pytest.param("::FFFF:7F00:1", id="in hexadecimal, in capitals"),
    pytest.param("0:0:0:0:0:ffff:127.0.0.1", id="written out"),
    pytest.param("[::ffff:127.0.0.1]:8443", id="with a port"),
    pytest.param("::ffff:127.0.0.1%eth0", id="with an interface"),
]


@pytest.mark.parametrize("proxy", MAPPED_PROXIES)
async def test_two_homes_behind_a_proxy_that_is_written_as_ipv6_are_two_sources(
    client: Client, proxy: str
) -> None:
    """Nobody trusted the proxy under that name: it was itself the source of everybody behind."""
    statuses = [
        (await sign_in(client, home, proxy, pin=WRONG)).status
        for home in ("203.0.113.70", "203.0.113.71")
    ]

    assert statuses == [401, 401]


@pytest.mark.parametrize("spelt", ["::ffff:203.0.113.9", "::ffff:cb00:7109"])
async def test_an_ipv4_address_is_one_source_however_it_is_written(
    client: Client, spelt: str
) -> None:
    assert (await sign_in(client, "203.0.113.9", pin=WRONG)).status == 401

    assert (await sign_in(client, spelt, pin=WRONG)).status == 429


async def test_the_networks_around_a_source_of_ipv6_are_counted_beside_it(client: Client) -> None:
    """Whoever has a /48 has 65,536 times what one /64 was allowed."""
    within_56 = [
        (await sign_in(client, f"2001:db8::{home:x}:0:0:0:1", number="99999999")).status
        for home in range(62)
    ]
    next_56 = await sign_in(client, "2001:db8:0:100::1", number="99999999")

    assert Counter(within_56) == {401: 60, 429: 2}
    assert next_56.status == 401


async def test_what_was_refused_is_on_record_and_in_the_log_under_one_name(
    client: Client, clock: ManualClock, member_id: UUID, owner: Any
) -> None:
    with capture_logs() as records:
        for _ in range(3):
            await sign_in(client, "203.0.113.9", pin=WRONG)
            clock.advance(61)
        await sign_in(client, "203.0.113.9", number="99999999")
        clock.advance(61)
        await sign_in(client, "198.51.100.1")

    told = [record for record in records if record["event"] == "login.refused"]
    locked = [record for record in records if record["event"] == "member.locked"]
    ref, (here, *_, there) = member_id.hex[:16], [record["source_ref"] for record in told]
    assert [(one["reason"], one["member_ref"]) for one in told] == [
        *[("wrong_pin", ref)] * 3,
        ("unknown_number", None),
        ("not_admitted", ref),
    ]
    assert [(one["member_ref"], one["source_ref"]) for one in locked] == [(ref, here)]
    assert here != there
    kept = await owner.fetch("SELECT member_id, reason, source FROM refused_sign_ins ORDER BY at")
    assert [(row["reason"], row["source"].hex()[:16]) for row in kept] == [
        (one["reason"], one["source_ref"]) for one in told
    ]
    assert [row["member_id"].int == 0 for row in kept] == [False, False, False, True, False]


async def test_a_success_is_no_refusal_on_record(client: Client, owner: Any) -> None:
    assert (await sign_in(client, "203.0.113.9")).status == 201

    assert await owner.fetchval("SELECT count(*) FROM refused_sign_ins") == 0


async def test_a_turn_that_cannot_be_given_back_costs_the_source_a_wait_and_no_session(
    client: Client, owner: Any
) -> None:
    """The session is open by then."""
    await owner.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = '55P03'; END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE ON login_sources FOR EACH ROW"
        " WHEN (NEW.failures < OLD.failures) EXECUTE FUNCTION refuse()"
    )

    with capture_logs() as records:
        first = await sign_in(client, "203.0.113.9")

    assert first.status == 201
    assert "turn.kept" in [record["event"] for record in records]
    assert (await sign_in(client, "203.0.113.9")).status == 429


async def test_a_member_who_is_suspended_while_the_pin_is_checked_is_refused_on_record(
    client: Client, pins: QuickVault, owner: Any
) -> None:
    pins.may_end.clear()
    pins.holds_all = True
    waiting = asyncio.create_task(sign_in(client, "203.0.113.9"))
    async with asyncio.timeout(5):
        await pins.begun.wait()
    await owner.execute("UPDATE members SET status = 'suspended'")
    pins.may_end.set()

    assert (await waiting).status == 401
    assert await owner.fetchval("SELECT reason FROM refused_sign_ins") == "not_admitted"
