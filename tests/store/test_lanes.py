"""The contract-wide limit: however many take, their slots are one interval apart."""

import asyncio

import pytest

from gateway.domain.account import BankCode
from gateway.domain.ports import Slot
from gateway.store.database import Database
from gateway.store.lanes import StoredLanes

PER_SECOND = 20


async def take(
    lanes: StoredLanes,
    *,
    lane: str = "money",
    per_second: float = PER_SECOND,
    wait_s_max: float = 60,
) -> Slot:
    return await lanes.take(BankCode.SMBC, lane, per_second=per_second, wait_s_max=wait_s_max)


async def test_takers_get_slots_one_interval_apart(database: Database) -> None:
    lanes = StoredLanes(database)
    loop = asyncio.get_running_loop()

    async def leaves_at() -> float:
        return (await take(lanes)).wait_s + loop.time()

    instants = sorted(await asyncio.gather(*(leaves_at() for _ in range(20))))

    # The first leaves at once; the twentieth nineteen intervals later, however many took at a time.
    assert instants[-1] - instants[0] >= 19 / PER_SECOND * 0.8


async def test_a_slot_too_far_away_is_not_taken(database: Database) -> None:
    lanes = StoredLanes(database)

    waits = [(await take(lanes, per_second=1, wait_s_max=0.2)).wait_s for _ in range(3)]

    assert waits[0] == 0
    assert all(0.2 < wait <= 1 for wait in waits[1:])


async def test_lanes_do_not_wait_for_each_other(database: Database) -> None:
    lanes = StoredLanes(database)
    await take(lanes, per_second=1)

    assert (await take(lanes, lane="inquiry", per_second=1)).wait_s == 0


@pytest.mark.parametrize("breaker", ["auto", "open", "closed"])
async def test_a_slot_brings_the_operators_word_on_the_breaker(
    database: Database, owner, breaker: str
) -> None:
    lanes = StoredLanes(database)
    await take(lanes, per_second=0)
    await owner.execute("UPDATE bank_lanes SET breaker = $1", breaker)

    slot = await take(lanes, per_second=0)

    assert (slot.wait_s, slot.breaker) == (0, breaker)
