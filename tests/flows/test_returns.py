"""Money that comes back: the bank calls, the gateway asks, the ledger takes the advance back."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

import aiohttp
import pytest

from gateway.app import Gateway
from gateway.domain.transfer import State, Transfer
from gateway.serve import listen
from gateway.services.accept_transfer import TransferRequest, accept_transfer
from gateway.store.loans import find_loan
from gateway.store.transfers import find_transfer
from tests.flows.world import END_WITHIN_S, CrashAt, World, dying, open_world, request

CRASHES_MAX = 30
RETURNED = {"operation": "submit", "action": {"kind": "return_after", "seconds": 1}}


async def returned(gateway: Gateway, transfer: Transfer) -> Transfer:
    """Return the transfer once it has come back."""
    async with asyncio.timeout(END_WITHIN_S):
        while True:
            found = await find_transfer(
                gateway.desk.db, member_id=transfer.member_id, transfer_id=transfer.id
            )
            assert found is not None
            if found.state is State.RETURNED:
                return found
            await asyncio.sleep(0.01)


async def expect_calls(stack: AsyncExitStack, world: World, gateway: Gateway) -> str:
    """Listen for the bank's calls and tell the bank where."""
    host, port = await listen(stack, gateway, world.settings)
    address = f"http://{host}:{port}"
    await world.put("settings", {"callback_url": f"{address}/callbacks/smbc"})
    return address


CALLS: Mapping[str, dict[str, object]] = {
    "once": {"kind": "callback"},
    "late": {"kind": "callback", "seconds": 2},
    "three times over": {"kind": "callback", "times": 3},
    "before its answer": {"kind": "callback", "before_answer": True},
}


@pytest.mark.parametrize("call", CALLS)
async def test_a_return_that_the_bank_calls_about_is_booked_once(
    database_url: str, owner, call: str
) -> None:
    async with (
        open_world(database_url, owner) as world,
        world.process() as gateway,
        AsyncExitStack() as stack,
    ):
        await expect_calls(stack, world, gateway)
        await world.put("faults", [RETURNED, {"operation": "callback", "action": CALLS[call]}])
        member = await world.member()

        transfer = (await accept_transfer(gateway.desk, request(member))).transfer
        found = await returned(gateway, transfer)

        await world.check(gateway, found)
        loan = await find_loan(gateway.desk.db, member.id)
        assert loan is not None
        assert (loan.principal.amount, loan.reserved.amount) == (0, 0)
        postings = await owner.fetch("SELECT debit, credit FROM postings ORDER BY recorded_at")
        assert [tuple(row) for row in postings] == [
            ("principal", "settlement_cash:smbc"),
            ("settlement_cash:smbc", "principal"),
        ]


async def until_back(world: World, reference: str) -> None:
    """Wait until the bank's books have the return."""
    async with asyncio.timeout(END_WITHIN_S):
        while True:
            movements = (await world.books())["movements"]
            if ("return", reference) in [(m["kind"], m["reference"]) for m in movements]:
                return
            await asyncio.sleep(0.01)


async def test_a_return_that_was_never_called_about_is_found_by_asking(
    database_url: str, owner
) -> None:
    async with open_world(database_url, owner) as world, world.process() as gateway:
        await world.put("faults", [RETURNED])
        transfer = (await accept_transfer(gateway.desk, request(await world.member()))).transfer
        settled = await world.until_at_rest(gateway, transfer)
        await until_back(world, settled.reference)

        found = await world.until_returned(gateway, settled)

        assert found.state is State.RETURNED
        await world.check(gateway, found)


async def ask_and_die(world: World, wanted: TransferRequest, nth: int) -> bool:
    """Ask a process that the bank can call, and that dies at its `nth` checkpoint; True if so."""
    crash = CrashAt(nth)
    with dying():
        async with world.process(checkpoint=crash) as gateway, AsyncExitStack() as stack:
            await expect_calls(stack, world, gateway)
            transfer = (await accept_transfer(gateway.desk, wanted)).transfer
            await world.until_at_rest_or_dead(gateway, transfer, crash)
    return crash.point is not None


@pytest.mark.parametrize("call", ["once", "three times over", "before its answer"])
async def test_a_crash_at_any_instant_books_a_return_once(
    database_url: str, owner, call: str
) -> None:
    crashes = 0
    async with open_world(database_url, owner) as world:
        for nth in range(1, CRASHES_MAX):
            await world.put("faults", [RETURNED, {"operation": "callback", "action": CALLS[call]}])
            wanted = request(await world.member())

            has_died = await ask_and_die(world, wanted, nth)
            async with world.process() as gateway, AsyncExitStack() as stack:
                await expect_calls(stack, world, gateway)
                transfer = (await accept_transfer(gateway.desk, wanted)).transfer
                await until_back(world, transfer.reference)
                settled = await world.until_at_rest(gateway, transfer)
                found = await world.until_returned(gateway, settled)
                await world.check(gateway, found)

            assert found.state is State.RETURNED
            crashes += has_died
            if not has_died:
                break
    assert crashes >= 8


async def test_a_forged_call_is_refused_and_changes_nothing(database_url: str, owner) -> None:
    async with (
        open_world(database_url, owner) as world,
        world.process() as gateway,
        AsyncExitStack() as stack,
        aiohttp.ClientSession() as stranger,
    ):
        address = await expect_calls(stack, world, gateway)
        transfer = (await accept_transfer(gateway.desk, request(await world.member()))).transfer
        settled = await world.until_at_rest(gateway, transfer)
        body = {
            "eventId": "00000000-0000-4000-8000-000000000000",
            "type": "TRANSFER_RETURNED",
            "clientReference": settled.reference,
        }

        async with stranger.post(f"{address}/callbacks/smbc", json=body) as answer:
            assert answer.status == 401
            assert answer.content_type == "application/problem+json"

        assert await owner.fetchval("SELECT count(*) FROM callbacks_inbox") == 0
        await world.check(gateway, settled)
