"""The contract-wide limit: however many take, their slots are one interval apart."""

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from gateway.domain.account import BankCode
from gateway.domain.ports import Slot
from gateway.domain.reason import HOLDS_PAY_OUTS_ONLY
from gateway.store.database import Database, open_database
from gateway.store.lanes import StoredLanes
from gateway.store.sql import sql_directory
from gateway.store.stops import Stop, hold
from tests.manual_clock import START

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


async def test_blocks_of_numbers_begin_at_one_and_follow_each_other(database: Database) -> None:
    lanes = StoredLanes(database)
    await take(lanes)

    firsts = [await lanes.take_numbers(BankCode.SMBC, count=count) for count in (1_000, 3, 1)]

    assert firsts == [1, 1_001, 1_004]


async def test_each_bank_has_numbers_of_its_own(database: Database) -> None:
    lanes = StoredLanes(database)
    await lanes.take_numbers(BankCode.RAKUTEN, count=10)

    assert await lanes.take_numbers(BankCode.MUFG, count=10) == 1


async def test_no_number_is_given_twice_to_two_processes_at_once(
    database: Database, database_url: str
) -> None:
    async with open_database(database_url, wait_s=60) as other:
        takers = [StoredLanes(database), StoredLanes(other)] * 20
        firsts = await asyncio.gather(
            *(lanes.take_numbers(BankCode.MUFG, count=7) for lanes in takers)
        )

    assert sorted(firsts) == [1 + 7 * block for block in range(len(takers))]


async def test_a_number_is_on_the_disk_before_it_is_used(owner) -> None:
    """The function that takes a slot turns waiting for the disk off, this one does not."""
    bodies = {
        row["proname"]: row["prosrc"]
        for row in await owner.fetch(
            "SELECT proname, prosrc FROM pg_proc WHERE proname IN ('take_slot', 'take_numbers')"
        )
    }

    assert "synchronous_commit" in bodies["take_slot"]
    assert "synchronous_commit" not in bodies["take_numbers"]


STOPS = [
    pytest.param("contract_error", None, (False, False), id="trouble with the contract"),
    pytest.param("settlement_balance_short", None, (False, True), id="a short account"),
    pytest.param("settlement_balance_short", 1, (False, False), id="a window of that name"),
]


@pytest.mark.parametrize(("reason", "hours", "leaves"), STOPS)
async def test_a_stop_binds_pay_outs_and_mostly_collections_too(
    database: Database, reason: str, hours: int | None, leaves: tuple[bool, bool]
) -> None:
    lanes = StoredLanes(database)
    window = () if hours is None else (START, START + timedelta(hours=hours))
    stop = Stop(uuid4(), "smbc", reason, "op", START, *window)
    await hold(database, stop)

    found = [
        await lanes.may_leave(BankCode.SMBC, is_pay_out=is_pay_out, now=START)
        for is_pay_out in (True, False)
    ]

    assert tuple(found) == leaves
    assert stop.stops_collections is not found[1]


def test_the_statements_know_the_holds_that_stop_pay_outs_only() -> None:
    named = {reason.value for reason in HOLDS_PAY_OUTS_ONLY}

    for path in ("functions/accept_repayment_once.sql", "queries/stops.sql"):
        text = (sql_directory() / path).read_text(encoding="utf-8")
        assert set(re.findall(r"reason <> '(\w+)'", text)) == named
