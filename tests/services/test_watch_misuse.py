"""People are called about misuse once an episode, over all processes."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.account import AccountType, BankCode
from gateway.domain.errors import CallbackForged
from gateway.domain.misuse import EPISODE_ENDS_S, WATCHES, Misuse
from gateway.services.desk import TransferDesk
from gateway.services.receive_callback import receive_callback
from gateway.services.register_account import AccountRequest, register_account
from gateway.services.tally import Tally
from gateway.services.watch_misuse import watch_misuse
from tests.manual_clock import ManualClock
from tests.services.conftest import ToldBank, new_member


@pytest.fixture
def desks(desk: TransferDesk) -> list[TransferDesk]:
    """Two processes."""
    return [desk, replace(desk, instance="test-2", tally=Tally())]


async def alarms(*desks: TransferDesk) -> list[str]:
    """Let each process tell what it counted and watch; return the alarms."""
    with capture_logs() as records:
        for desk in desks:
            await desk.tally.tell(desk.db, desk.instance)
        for desk in desks:
            await watch_misuse(desk)
    return [record["code"] for record in records if record["event"] == "alert.raised"]


def count(desk: TransferDesk, kind: Misuse, times: int) -> None:
    for _ in range(times):
        desk.tally.count(kind, desk.clock.now())


@pytest.mark.parametrize("kind", Misuse)
async def test_what_two_processes_met_is_one_alarm(desks: list[TransferDesk], kind: Misuse) -> None:
    half = WATCHES[kind].count_min // 2
    count(desks[0], kind, half)
    assert await alarms(*desks) == []

    count(desks[1], kind, half)

    assert await alarms(*desks) == [WATCHES[kind].alarm]
    assert await alarms(*desks) == []


async def test_another_episode_is_another_alarm(
    desks: list[TransferDesk], clock: ManualClock
) -> None:
    raised = []
    for wait_s in (60, EPISODE_ENDS_S - 1, EPISODE_ENDS_S + 61):
        count(desks[0], Misuse.MEMBER_LOCKED, 10)
        raised.append(await alarms(*desks))
        clock.advance(wait_s)
    count(desks[0], Misuse.MEMBER_LOCKED, 10)

    assert [*raised, await alarms(*desks)] == [["members_locked"], [], [], ["members_locked"]]


async def test_a_rate_that_was_there_for_an_hour_is_no_alarm(
    desks: list[TransferDesk], clock: ManualClock
) -> None:
    for _ in range(70):
        count(desks[0], Misuse.SIGN_IN_REFUSED, 5)
        await desks[0].tally.tell(desks[0].db, desks[0].instance)
        clock.advance(60)
    assert await alarms(*desks) == []

    count(desks[1], Misuse.SIGN_IN_REFUSED, 100)

    assert await alarms(*desks) == ["sign_ins_refused"]


async def test_counts_of_two_hours_ago_do_not_come_back(
    desk: TransferDesk, clock: ManualClock, owner: Any
) -> None:
    """The ring of minutes went round: its row begins anew."""
    for _ in range(2):
        count(desk, Misuse.MEMBER_LOCKED, 9)
        assert await alarms(desk) == []
        clock.advance(128 * 60)

    assert [row["times"] for row in await owner.fetch("SELECT times FROM misuse_counts")] == [9]


async def test_what_cannot_be_told_is_told_the_next_time(desk: TransferDesk, owner: Any) -> None:
    count(desk, Misuse.MEMBER_LOCKED, 10)
    await owner.execute("REVOKE INSERT ON misuse_counts FROM gateway_app")
    assert await alarms(desk) == []

    await owner.execute("GRANT INSERT ON misuse_counts TO gateway_app")

    assert await alarms(desk) == ["members_locked"]


async def test_a_process_that_ends_tells_what_it_has(desk: TransferDesk) -> None:
    telling = asyncio.create_task(desk.tally.run(desk.db, desk.instance, every_s=3_600))
    await asyncio.sleep(0)
    count(desk, Misuse.MEMBER_LOCKED, 10)

    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)

    assert await alarms(desk) == ["members_locked"]


async def test_a_tally_is_told_again_and_again(desk: TransferDesk, owner: Any) -> None:
    count(desk, Misuse.MEMBER_LOCKED, 10)
    telling = asyncio.create_task(desk.tally.run(desk.db, desk.instance, every_s=0.001))

    async with asyncio.timeout(10):
        while not await owner.fetchval("SELECT count(*) FROM misuse_counts"):
            pass

    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)


async def test_calls_that_nobody_signed_are_counted(desk: TransferDesk, bank: ToldBank) -> None:
    nobodys: Mapping[str, str] = {}
    for _ in range(10):
        with pytest.raises(CallbackForged):
            await receive_callback(desk, bank.code, nobodys, b"paid")

    assert await alarms(desk) == ["callbacks_forged"]


async def test_questions_about_names_are_counted(
    desk: TransferDesk, clock: ManualClock, owner: Any
) -> None:
    """Each member asks no more than a member may in a day."""
    for number in range(3):
        member = await new_member(owner, clock, limit=100_000)
        for account in range(number * 10, number * 10 + 10):
            asked = AccountRequest(
                member.id, BankCode.SMBC, "001", AccountType.ORDINARY, f"{account:07}", holder=None
            )
            await register_account(desk, asked)

    assert await alarms(desk) == ["name_checks_many"]
