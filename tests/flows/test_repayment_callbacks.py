"""Calls of a bank about a repayment: late, doubled, early, lost, forged and replayed.

Rakuten never calls; there everything that claims to be its call is forged.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from gateway.conformance.suite import EXPECTED
from gateway.domain.account import BankCode
from gateway.domain.repayment import State
from gateway.ops.clock import shift_to
from gateway.services.cancel_repayment import cancel_repayment
from tests.flows.paying import BORROWED, PAID, Payer, paying
from tests.flows.serving import until
from tests.flows.test_time_travel import TravelClock
from tests.manual_clock import START

WORKED = "SELECT count(*) FROM callbacks_inbox WHERE worked_at IS NOT NULL"
KEPT = "SELECT count(*) FROM callbacks_inbox"
CALLING = [bank for bank in BankCode if EXPECTED[bank].calls_back_collections]
# Where starting is a call that can hang. PayPay's start is a form of ours.
STARTED_BY_CALL = [bank for bank in CALLING if not EXPECTED[bank].starts_collections_itself]
UNDATED = BankCode.MIZUHO  # whose calls name no time: an old one is one that is known
OF_THE_CALL = {"host", "content-length", "transfer-encoding"}


@dataclass(slots=True)
class PostOffice:
    """Stands between a bank and the gateway: keeps a copy of every call and hands it on."""

    gateway: str = ""
    address: str = ""
    letters: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    async def pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in OF_THE_CALL
        }
        self.letters.append((headers, body))
        url = self.gateway + request.path
        async with (
            aiohttp.ClientSession() as client,
            client.post(url, data=body, headers=headers) as answer,
        ):
            return web.Response(status=answer.status, body=await answer.read())


@asynccontextmanager
async def post_office() -> AsyncIterator[PostOffice]:
    office = PostOffice()
    app = web.Application()
    app.router.add_post("/callbacks/{bank}", office.pass_on)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        office.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield office
    finally:
        await runner.cleanup()


async def send(payer: Payer, headers: Mapping[str, str], body: bytes) -> int:
    """Call the gateway as anybody could; return the status of its answer."""
    url = f"{payer.address}/callbacks/{payer.bank}"
    async with payer.world.control.post(url, data=body, headers=headers) as answer:
        return answer.status


async def rule_on_calls(payer: Payer, **how: object) -> None:
    """Let the bank make its calls in that way from now on."""
    rule = {"operation": "callback", "times": 0, "action": {"kind": "callback"} | how}
    await payer.emulator.put("faults", [rule])


async def until_count(owner: Any, query: str, number: int) -> None:
    async def is_so() -> bool:
        return bool(await owner.fetchval(query) >= number)

    await until(is_so)


@pytest.mark.parametrize("bank", CALLING)
async def test_a_call_that_comes_after_everything_changes_nothing(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        await rule_on_calls(payer, seconds=20)
        asked = await payer.opens()
        await payer.comes_back(await payer.approves(asked))
        await payer.until(asked, State.SETTLED)
        before = (await payer.kept())[:4]

        await until_count(owner, WORKED, 1)

        assert (await payer.kept())[:4] == before
        assert await payer.owes() == BORROWED - PAID


@pytest.mark.parametrize("bank", CALLING)
async def test_a_call_that_comes_three_times_is_kept_once_and_books_once(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        await rule_on_calls(payer, times=3)
        asked = await payer.opens()
        with capture_logs() as records:
            await payer.approves(asked)
            await payer.until(asked, State.SETTLED)

            async def is_repeated() -> bool:
                return [r["event"] for r in records].count("callback.repeated") >= 2

            await until(is_repeated)

        assert await owner.fetchval(KEPT) == 1
        assert await payer.owes() == BORROWED - PAID


@pytest.mark.parametrize("bank", CALLING)
async def test_a_call_before_the_browser_is_sent_back_books_once(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        await rule_on_calls(payer, before_answer=True)
        asked = await payer.opens()

        await payer.comes_back(await payer.approves(asked))
        settled = await payer.until(asked, State.SETTLED)
        await until_count(owner, WORKED, 1)

        assert (await payer.now(asked)).settled_at == settled.settled_at
        assert await payer.owes() == BORROWED - PAID


@pytest.mark.parametrize("bank", STARTED_BY_CALL)
async def test_a_call_while_the_start_has_no_answer_yet_is_followed(
    database_url: str, owner, bank: BankCode
) -> None:
    """The bank opened the order, the payer paid, and all the while we wait for its first answer."""
    async with paying(database_url, owner, bank) as payer:
        await payer.emulator.fault("start_collection", "hang_after")
        asking = asyncio.create_task(payer.asks())
        reference = await _known_at_the_bank(payer)
        await payer.emulator.post(f"approve/{reference}", {})
        asked = await asking

        settled = await payer.until(asked, State.SETTLED)
        await until_count(owner, WORKED, 1)

        assert (await payer.now(asked)).settled_at == settled.settled_at
        assert await payer.owes() == BORROWED - PAID


async def _known_at_the_bank(payer: Payer) -> str:
    """Return the reference of the only repayment, once the bank has it."""
    reference = ""

    async def is_open() -> bool:
        nonlocal reference
        reference = await payer.world.owner.fetchval("SELECT reference FROM repayments") or ""
        url = f"{payer.emulator.url}/_sandbox/approve/{reference}"
        # Nonsense as a decision: 404 while the order is not there, 400 and nothing done once it is.
        nobody = {"payer": {"branch": "999", "type": "1", "number": "9999999"}}
        async with payer.world.control.post(url, json=nobody) as answer:
            return answer.status == 400

    await until(is_open)
    return reference


@pytest.mark.parametrize("bank", list(BankCode))
async def test_without_any_call_and_without_the_browser_the_payment_is_found(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        if bank in CALLING:
            await rule_on_calls(payer, lose=True)
        asked = await payer.opens()

        await payer.is_booked(asked)
        await payer.until(asked, State.SETTLED)

        assert await owner.fetchval(KEPT) == 0
        assert await payer.owes() == BORROWED - PAID


@pytest.mark.parametrize("bank", CALLING)
async def test_a_call_with_a_wrong_signature_is_refused_and_the_payment_found_all_the_same(
    database_url: str, owner, bank: BankCode
) -> None:
    async with paying(database_url, owner, bank) as payer:
        await rule_on_calls(payer, bad_signature=True)
        asked = await payer.opens()
        with capture_logs() as records:
            await payer.is_booked(asked)
            await payer.until(asked, State.SETTLED)

            async def is_refused() -> bool:
                return "callback.refused" in [r["event"] for r in records]

            await until(is_refused)

        assert await owner.fetchval(KEPT) == 0
        assert await payer.owes() == BORROWED - PAID


@pytest.mark.parametrize("bank", CALLING)
async def test_forged_and_replayed_calls_change_nothing_and_are_logged_as_such(
    database_url: str, owner, bank: BankCode
) -> None:
    clock = TravelClock(shift_to(START))
    async with (
        post_office() as office,
        paying(database_url, owner, bank, clock=clock, public_url=office.address) as payer,
    ):
        office.gateway = payer.address
        paid = await payer.opens()
        await payer.is_booked(paid)
        await payer.until(paid, State.SETTLED)
        await until_count(owner, WORKED, 1)
        headers, body = office.letters[0]
        other = await payer.opens()
        before = await payer.kept()

        with capture_logs() as records:
            forged = [
                (headers, body.replace(paid.reference.encode(), other.reference.encode())),
                (headers, body.replace(b"10000", b"90000")),
                (headers, body + b" "),
                (headers, body[:-3]),
                (headers, b""),
            ]
            if EXPECTED[bank].signs_in_headers:
                kind = {"Content-Type": headers["Content-Type"]}
                forged.append((kind, body))
            answers = [await send(payer, *letter) for letter in forged]
            replayed = await send(payer, headers, body)
            clock.travel_to(clock.now() + timedelta(seconds=301))
            old = await send(payer, headers, body)

        assert set(answers) == {401}
        assert replayed == 200
        assert old == (200 if bank is UNDATED else 401)
        said = [record["event"] for record in records]
        assert said.count("callback.refused") == len(forged) + (old == 401)
        assert said.count("callback.repeated") == 1 + (old == 200)
        assert "callback.received" not in said
        assert await payer.kept() == before
        await cancel_repayment(payer.gateway.desk, member_id=payer.member.id, repayment_id=other.id)


@pytest.mark.parametrize("body", [b"", b"{}", b"REF=1&result=paid"])
async def test_whoever_calls_for_a_bank_that_never_calls_is_refused(
    database_url: str, owner, body: bytes
) -> None:
    async with paying(database_url, owner, BankCode.RAKUTEN) as payer:
        await payer.opens()
        before = await payer.kept()

        with capture_logs() as records:
            status = await send(payer, {"Content-Type": "application/json"}, body)

        assert status == 401
        assert "callback.refused" in [record["event"] for record in records]
        assert await payer.kept() == before
