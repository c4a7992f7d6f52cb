"""A process may die at any instant between accept and settle: nothing is lost, nothing paid twice.

For each fault of the bank, one run dies at its first checkpoint, the next at its second, and so on
until a run reaches the end alive. After each death every object is dropped and a new process, on
the same database, takes over; the client asks again with the same key.
"""

from collections.abc import Mapping

import pytest

from gateway.domain.transfer import State, Transfer
from gateway.services.accept_transfer import TransferRequest, accept_transfer
from tests.flows.world import CrashAt, World, dying, open_world, request

CRASHES_MAX = 60
FIRST_CRASHES, SECOND_CRASHES = range(2, 8), range(1, 8)
PAID, REFUSED = {State.SETTLED}, {State.REJECTED, State.SETTLED}


def on(operation: str, kind: str, **details: object) -> dict[str, object]:
    """Return a rule of the control API that acts once."""
    return {"operation": operation, "action": {"kind": kind} | details}


LOST = on("submit", "drop_after")
# name: (rules, what may come of it, how many crashes there are at least)
FAULTS: Mapping[str, tuple[list[dict[str, object]], set[State], int]] = {
    "no fault": ([], PAID, 8),
    "late answer": ([on("submit", "delay", seconds=4)], PAID, 8),
    "cut before anything was done": ([on("submit", "drop_before")], PAID, 14),
    "cut after it was done": ([LOST], PAID, 10),
    "done, and never answered": ([on("submit", "hang_after")], PAID, 9),
    "500, done": ([on("submit", "status", status=500, done=True)], PAID, 11),
    "500, not done": ([on("submit", "status", status=500, done=False)], PAID, 15),
    "garbage": ([on("submit", "garbage")], PAID, 11),
    "bad signature": ([on("submit", "bad_signature")], PAID, 11),
    "throttled": ([on("submit", "code", code="TOO_MANY_REQUESTS")], PAID, 14),
    "refused": ([on("submit", "code", code="ACCOUNT_CLOSED")], REFUSED, 8),
    "inquiry cut": ([LOST, on("inquire", "drop_before")], PAID, 12),
    "inquiry badly signed": ([LOST, on("inquire", "bad_signature")], PAID, 12),
}


async def die_once(world: World, wanted: TransferRequest, nth: int) -> CrashAt:
    """Run a process that dies at its `nth` checkpoint; return what became of it."""
    crash = CrashAt(nth)
    with dying():
        async with world.process(checkpoint=crash) as gateway:
            transfer = (await accept_transfer(gateway.desk, wanted)).transfer
            await world.until_at_rest_or_dead(gateway, transfer, crash)
    return crash


async def take_over(world: World, wanted: TransferRequest) -> Transfer:
    """Run a healthy process, ask again with the same key, and check all books at the end."""
    async with world.process() as gateway:
        transfer = (await accept_transfer(gateway.desk, wanted)).transfer
        found = await world.until_at_rest(gateway, transfer)
        await world.check(gateway, found)
        return found


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_crash_at_any_instant_loses_nothing_and_pays_nothing_twice(
    database_url: str, owner, fault: str
) -> None:
    rules, states, crashes_min = FAULTS[fault]
    crashes = 0
    async with open_world(database_url, owner) as world:
        for nth in range(1, CRASHES_MAX):
            await world.put("faults", rules)
            wanted = request(await world.member())

            crash = await die_once(world, wanted, nth)
            found = await take_over(world, wanted)

            assert found.state in states, f"after a crash at {crash.point}"
            if crash.point is None:
                break
            crashes += 1
    assert crashes >= crashes_min


@pytest.mark.parametrize("second", SECOND_CRASHES)
async def test_a_crash_during_the_recovery_from_a_crash_loses_nothing_either(
    database_url: str, owner, second: int
) -> None:
    async with open_world(database_url, owner) as world:
        for first in FIRST_CRASHES:
            wanted = request(await world.member())

            crash = await die_once(world, wanted, first)
            assert crash.point is not None
            await die_once(world, wanted, second)
            found = await take_over(world, wanted)

            assert found.state is State.SETTLED


def test_there_are_at_least_150_crashes() -> None:
    one_each = sum(crashes_min for _, _, crashes_min in FAULTS.values())

    assert one_each + len(FIRST_CRASHES) * len(SECOND_CRASHES) >= 150
