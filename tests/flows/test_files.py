"""Files against the emulated bank that pays a reference once for each file it is in.

Two gateways work on one database, or one dies at its first checkpoint, the next at its second, and
so on; in the end the bank's books, the ledger and the transfers say the same.
"""

import asyncio
from collections.abc import Mapping

import pytest

from gateway.app import Gateway
from gateway.domain.account import BankCode
from gateway.domain.transfer import State, Transfer
from gateway.services.accept_transfer import TransferRequest, accept_transfer
from tests.flows.world import CrashAt, World, dying, open_world, request

MIZUHO = BankCode.MIZUHO
CRASHES_MAX = 80


def on(operation: str, kind: str, **details: object) -> dict[str, object]:
    """Return a rule of the control API that acts once."""
    return {"operation": operation, "action": {"kind": kind} | details}


LOST = on("submit", "drop_after")
UNSENT = on("submit", "drop_before")
# name: (rules, at every which checkpoint a process dies)
FAULTS: Mapping[str, tuple[list[dict[str, object]], int]] = {
    "no fault": ([], 2),
    "cut after it was taken": ([LOST], 4),
    "cut before it was taken": ([UNSENT], 5),
    "throttled after it was lost": ([UNSENT, on("submit", "status", status=429, done=False)], 7),
    "result cut": ([on("inquire", "drop_before")], 5),
}


async def accepted(gateway: Gateway, wanted: list[TransferRequest]) -> list[Transfer]:
    return [(await accept_transfer(gateway.desk, one)).transfer for one in wanted]


async def until_files_rest(world: World) -> None:
    """Return once no file is left to work on."""
    async with asyncio.timeout(20):
        while True:
            rows = await world.owner.fetch("SELECT FROM bank_files WHERE next_at IS NOT NULL")
            if not rows:
                return
            await asyncio.sleep(0.01)


async def wanted_of(world: World, count: int) -> list[TransferRequest]:
    return [request(await world.member(bank=MIZUHO)) for _ in range(count)]


async def test_two_gateways_send_many_transfers_in_few_files_and_none_twice(
    database_url: str, owner
) -> None:
    async with (
        open_world(database_url, owner, banks=[MIZUHO]) as world,
        world.process(name="a") as one,
        world.process(name="b") as other,
    ):
        wanted = await wanted_of(world, 30)
        transfers = await accepted(one, wanted[::2]) + await accepted(other, wanted[1::2])

        found = [await world.until_at_rest(one, transfer) for transfer in transfers]
        await until_files_rest(world)

        assert {transfer.state for transfer in found} == {State.SETTLED}
        assert len({transfer.file_id for transfer in found}) <= 10
        await world.check(one, *found)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_crash_at_any_instant_in_the_life_of_a_file_pays_nothing_twice_and_loses_nothing(
    database_url: str, owner, fault: str
) -> None:
    rules, step = FAULTS[fault]
    points = set()
    async with open_world(database_url, owner, banks=[MIZUHO]) as world:
        for nth in range(1, CRASHES_MAX, step):
            await world.put("faults", rules, bank=MIZUHO)
            wanted = await wanted_of(world, 2)

            crash = await die_once(world, wanted, nth)
            async with world.process() as gateway:
                transfers = await accepted(gateway, wanted)
                found = [await world.until_at_rest(gateway, transfer) for transfer in transfers]
                await until_files_rest(world)
                await world.check(gateway, *found)

            assert {one.state for one in found} == {State.SETTLED}, f"after {crash.point}"
            if crash.point is None:
                break
            points.add(crash.point)
    assert len(points) >= 4


async def die_once(world: World, wanted: list[TransferRequest], nth: int) -> CrashAt:
    """Run a process that dies at its `nth` checkpoint, or that has nothing more to do."""
    crash = CrashAt(nth)
    with dying():
        async with world.process(checkpoint=crash) as gateway:
            for transfer in await accepted(gateway, wanted):
                await world.until_at_rest_or_dead(gateway, transfer, crash)
    return crash


async def test_a_result_that_does_not_balance_is_not_believed_and_pays_nothing_twice(
    database_url: str, owner
) -> None:
    async with (
        open_world(database_url, owner, banks=[MIZUHO]) as world,
        world.process() as gateway,
    ):
        await world.put("faults", [on("inquire", "code", code="UNBALANCED_COUNT")], bank=MIZUHO)
        transfers = await accepted(gateway, await wanted_of(world, 3))

        found = [await world.until_at_rest(gateway, transfer) for transfer in transfers]

        assert {transfer.state for transfer in found} == {State.SETTLED}
        await world.check(gateway, *found)
