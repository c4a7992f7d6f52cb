"""A process is frozen while it holds a transfer, and goes on when its lease has ended."""

import asyncio
import os
import signal
from collections import Counter
from typing import Any

import pytest

from gateway.domain.ports import Point
from tests.flows.serving import Process, calling, check_all, enrol, new_key, running, until
from tests.flows.world import open_world

FROZEN = ("-m", "tests.flows.freezing")
# Where it freezes, and whether its request leaves at all when it goes on.
POINTS = {
    Point.SUBMIT_BEFORE_SLOT: False,
    Point.SUBMIT_BEFORE_REQUEST: False,
    Point.SUBMIT_HEADERS_SENT: True,
    Point.SUBMIT_ANSWERED: True,
    Point.RECORD_BEFORE_WRITE: True,
}
NOTHING_LEFT = {"LIMITER_SLOW", "NOT_READY_IN_TIME", "TOO_LATE"}


async def frozen(process: Process) -> None:
    """Return once the process has stopped."""
    options = os.WSTOPPED | os.WNOHANG | os.WNOWAIT

    async def is_frozen() -> bool:
        state = await asyncio.to_thread(os.waitid, os.P_PID, process.child.pid, options)
        return state is not None

    await until(is_frozen)


async def is_settled(owner: Any) -> bool:
    return bool(await owner.fetchval("SELECT state = 'settled' FROM transfers"))


def sent(process: Process) -> list[dict[str, Any]]:
    """Return what the process asked the bank to do, as it tells."""
    return [
        line
        for line in process.log
        if line["event"] == "bank.answered" and line["operation"] == "submit"
    ]


@pytest.mark.parametrize("point", POINTS)
async def test_a_process_frozen_past_its_lease_does_no_harm_when_it_goes_on(
    database_url: str, owner, point: Point
) -> None:
    async with open_world(database_url, owner) as world:
        account = await enrol(world)
        async with (
            running(world, "b") as other,
            running(world, "a", point, program=FROZEN) as process,
            calling(await process.up(), account) as caller,
        ):
            await other.up()
            asking = asyncio.create_task(caller.ask(new_key()))
            await frozen(process)

            await until(lambda: is_settled(owner))
            process.child.send_signal(signal.SIGCONT)

            reply = await asking
            assert reply.status == 202
            await until(lambda: has_answer(process))
            (answer,) = sent(process)
            assert (answer["code"] not in NOTHING_LEFT) == POINTS[point]
            booked = Counter(one["kind"] for one in (await world.books())["movements"])
            assert booked == {"payout": 1}
        assert set((await check_all(world, owner)).values()) == {"settled"}
    assert process.child.returncode == other.child.returncode == 0


async def has_answer(process: Process) -> bool:
    return len(sent(process)) == 1
