"""An operator closes a bank once, in the middle of a draining queue, with two gateways at work."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.app import Gateway
from gateway.domain.account import BankCode
from gateway.domain.hours import OneOffWindow
from gateway.domain.transfer import State, Transfer
from gateway.ops.commands.stops import hold_bank, release_bank
from gateway.ops.commands.windows import add_window, list_windows, remove_window
from gateway.services.accept_transfer import accept_transfer
from gateway.store.database import Database
from gateway.store.transfers import find_transfer
from tests.flows.serving import running
from tests.flows.world import World, open_world, request

WAITING = 90
LEFT_FIRST = 15
UNDER_WAY_S = 0.5  # what had left when the window was committed has arrived by then
WITHIN_S = 40
AT_ONCE = {"settle_s_min": 0, "settle_s_max": 0}


@pytest.mark.timeout(120)
async def test_nothing_leaves_two_processes_after_a_windows_commit_and_everything_after_its_end(
    database_url: str, database: Database, owner: Any
) -> None:
    async with open_world(database_url, owner) as world:
        await world.put("settings", AT_ONCE)
        async with world.process(name="accepting") as gateway:
            transfers = await _queue(world, gateway)
        async with running(world, "one") as one, running(world, "two") as two:
            await asyncio.gather(one.up(), two.up())
            await release_bank(database, BankCode.SMBC, by="sato", now=world.clock.now())
            await _until(world, lambda instants: len(instants) >= LEFT_FIRST)

            now = world.clock.now()
            ends = now.replace(microsecond=0) + timedelta(seconds=4)
            window = OneOffWindow("臨時", now.replace(microsecond=0), ends)
            await add_window(database, BankCode.SMBC, window, by="sato", now=now)
            committed = world.clock.now()
            instants = await _until(world, lambda instants: len(instants) == WAITING)
            sent = [process.count("bank.answered") for process in (one, two)]
        async with world.process(name="oracle") as gateway:
            rest = [await world.until_at_rest(gateway, transfer) for transfer in transfers]
            await world.check(gateway, *rest)

    still = committed + timedelta(seconds=UNDER_WAY_S)
    assert [at for at in instants if still < at < ends] == []
    assert sum(at >= ends for at in instants) > 0
    assert {transfer.state for transfer in rest} == {State.SETTLED}
    assert min(sent) > 0


@pytest.mark.timeout(120)
async def test_what_is_scheduled_follows_windows_that_are_added_and_taken_back(
    database_url: str, owner: Any
) -> None:
    async with open_world(database_url, owner) as world, world.process() as gateway:
        db, now = gateway.office.db, world.clock.now().replace(microsecond=0)
        window = OneOffWindow("臨時", now, now + timedelta(hours=2))
        await add_window(db, None, window, by="sato", now=now)
        member = await world.member()
        waiting = (await accept_transfer(gateway.desk, request(member))).transfer
        assert (waiting.state, waiting.due_at) == (State.SCHEDULED, window.ends)

        longer = OneOffWindow("延長", now + timedelta(hours=1), now + timedelta(hours=3))
        extension = await add_window(db, BankCode.SMBC, longer, by="sato", now=world.clock.now())
        await _until_due(gateway, waiting, longer.ends)
        assert await remove_window(db, extension.id, by="kato", now=world.clock.now())
        await _until_due(gateway, waiting, window.ends)
        (first,) = await list_windows(db, now=world.clock.now())
        assert await remove_window(db, first.id, by="kato", now=world.clock.now())

        at_rest = await world.until_at_rest(gateway, waiting)
        assert at_rest.state is State.SETTLED
        assert at_rest.promise == waiting.promise
        acts = await owner.fetch("SELECT operator, action FROM operator_actions ORDER BY id")
        assert [tuple(act) for act in acts] == [
            ("sato", "window_add"),
            ("sato", "window_add"),
            ("kato", "window_remove"),
            ("kato", "window_remove"),
        ]


async def _booked(world: World) -> list[datetime]:
    """Return when the bank booked each pay-out, in its own order."""
    movements = (await world.books())["movements"]
    return [datetime.fromisoformat(m["instant"]) for m in movements if m["kind"] == "payout"]


async def _until(world: World, is_so: Callable[[list[datetime]], bool]) -> list[datetime]:
    async with asyncio.timeout(WITHIN_S):
        while True:
            found = await _booked(world)
            if is_so(found):
                return found
            await asyncio.sleep(0.01)


async def _queue(world: World, gateway: Gateway) -> list[Transfer]:
    """Return transfers that wait because their bank is held."""
    now = world.clock.now()
    await hold_bank(gateway.office.db, BankCode.SMBC, reason="drill", by="sato", now=now)
    member = await world.member()
    accepted = [
        await accept_transfer(gateway.desk, request(member, amount=100 + number))
        for number in range(WAITING)
    ]
    return [one.transfer for one in accepted]


async def _until_due(gateway: Gateway, transfer: Transfer, due_at: datetime) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            found = await find_transfer(
                gateway.desk.db, member_id=transfer.member_id, transfer_id=transfer.id
            )
            assert found is not None
            if found.due_at == due_at:
                return
            await asyncio.sleep(0.01)
