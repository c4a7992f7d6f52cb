"""A process may die at any instant between accept and settle: nothing is lost, nothing paid twice.

For each fault of the bank, one run dies at its first checkpoint, the next at its second, and so on
until a run reaches the end alive. After each death every object is dropped and a new process, on
the same database, takes over; the client asks again with the same key.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.domain.transfer import State, Transfer
from gateway.services.accept_transfer import TransferRequest, accept_transfer
from tests.flows.world import CrashAt, Crashed, World, open_world, request

CRASHES_MAX = 60
FAULTS: Mapping[str, tuple[list[dict[str, Any]], set[State], int]] = {
    # name: (rules of the control API, states that may come of it, crashes that there are at least)
    "no fault": ([], {State.SETTLED}, 8),
    "late answer": ([{"kind": "delay", "seconds": 4}], {State.SETTLED}, 8),
    "cut before anything was done": ([{"kind": "drop_before"}], {State.SETTLED}, 14),
    "cut after it was done": ([{"kind": "drop_after"}], {State.SETTLED}, 10),
    "done, and never answered": ([{"kind": "hang_after"}], {State.SETTLED}, 9),
    "500, done": ([{"kind": "status", "status": 500, "done": True}], {State.SETTLED}, 11),
    "500, not done": ([{"kind": "status", "status": 500, "done": False}], {State.SETTLED}, 15),
    "garbage": ([{"kind": "garbage"}], {State.SETTLED}, 11),
    "bad signature": ([{"kind": "bad_signature"}], {State.SETTLED}, 11),
    "throttled": ([{"kind": "code", "code": "TOO_MANY_REQUESTS"}], {State.SETTLED}, 14),
    "refused": ([{"kind": "code", "code": "ACCOUNT_CLOSED"}], {State.REJECTED, State.SETTLED}, 8),
    "twice cut before": ([{"kind": "drop_before"}, {"kind": "drop_before"}], {State.SETTLED}, 20),
    "returned": ([{"kind": "return_after", "seconds": 0.2}], {State.SETTLED, State.RETURNED}, 8),
}


async def die_once(world: World, wanted: TransferRequest, nth: int) -> CrashAt:
    """Run a process that dies at its `nth` checkpoint; return what became of it."""
    crash = CrashAt(nth)
    try:
        async with world.process(checkpoint=crash) as gateway:
            transfer = (await accept_transfer(gateway.desk, wanted)).transfer
            await world.until_at_rest_or_dead(gateway, transfer, crash)
    except Crashed:
        assert crash.point is not None
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
    actions, states, crashes_min = FAULTS[fault]
    crashes = 0
    async with open_world(database_url, owner) as world:
        for nth in range(1, CRASHES_MAX):
            rules = [{"operation": "submit", "action": action} for action in actions]
            await world.put("faults", rules)
            wanted = request(await world.member())

            crash = await die_once(world, wanted, nth)
            found = await take_over(world, wanted)

            assert found.state in states, f"after a crash at {crash.point}"
            if crash.point is None:
                break
            crashes += 1
    assert crashes >= crashes_min


@pytest.mark.parametrize("second", range(1, 8))
async def test_a_crash_during_the_recovery_from_a_crash_loses_nothing_either(
    database_url: str, owner, second: int
) -> None:
    async with open_world(database_url, owner) as world:
        for first in range(2, 8):
            wanted = request(await world.member())

            await die_once(world, wanted, first)
            await die_once(world, wanted, second)
            found = await take_over(world, wanted)

            assert found.state is State.SETTLED
