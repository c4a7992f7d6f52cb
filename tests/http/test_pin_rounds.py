"""The PIN steps in the orders that parallel logins can bring about."""

import secrets
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.identifier import uuid7
from gateway.services.desk import TransferDesk
from gateway.store.members import NewSession, PinCheck, begin_pin_check, pass_pin_check
from tests.manual_clock import START

TODAY = date(2026, 11, 25)


def session() -> NewSession:
    identifier = uuid7(START, secrets.token_bytes(10))
    return NewSession(identifier, secrets.token_bytes(32), START, START + timedelta(hours=12))


async def begin(desk: TransferDesk, member_id: UUID, day: date = TODAY) -> PinCheck | None:
    return await begin_pin_check(desk.db, member_id, day=day, now=START)


async def begun(desk: TransferDesk, member_id: UUID) -> PinCheck:
    check = await begin(desk, member_id)
    assert check is not None
    return check


async def passes(desk: TransferDesk, member_id: UUID, check: PinCheck) -> bool:
    return await pass_pin_check(desk.db, member_id, check, session(), new_hash=None)


async def test_a_third_check_that_never_ended_has_locked(
    desk: TransferDesk, member_id: UUID
) -> None:
    """A process that dies between counting and checking gives no guess away, on no later day."""
    for _ in range(3):
        await begun(desk, member_id)

    assert await begin(desk, member_id) is None
    assert await begin(desk, member_id, TODAY + timedelta(days=1)) is None


async def test_a_right_third_check_takes_its_own_lock_back(
    desk: TransferDesk, member_id: UUID
) -> None:
    checks = [await begun(desk, member_id) for _ in range(3)]

    assert await passes(desk, member_id, checks[2])

    assert await begin(desk, member_id) is not None


async def test_a_right_first_check_that_ends_last_takes_the_lock_back(
    desk: TransferDesk, member_id: UUID
) -> None:
    """Two were wrong, not three: the one still under way was right."""
    first = await begun(desk, member_id)
    await begun(desk, member_id)
    await begun(desk, member_id)

    assert await passes(desk, member_id, first)

    assert await begin(desk, member_id) is not None


async def test_a_success_of_an_earlier_round_cannot_lift_a_later_lock(
    desk: TransferDesk, member_id: UUID
) -> None:
    slow = await begun(desk, member_id)
    fast = await begun(desk, member_id)
    assert await passes(desk, member_id, fast)
    for _ in range(3):
        await begun(desk, member_id)

    assert not await passes(desk, member_id, slow)

    assert await begin(desk, member_id) is None


async def test_a_step_that_runs_twice_opens_one_session(
    desk: TransferDesk, member_id: UUID, owner: Any
) -> None:
    check, one = await begun(desk, member_id), session()

    for _ in range(2):
        assert await pass_pin_check(desk.db, member_id, check, one, new_hash=None)

    assert await owner.fetchval("SELECT count(*) FROM sessions") == 1


async def test_a_member_suspended_during_the_check_gets_no_session(
    desk: TransferDesk, member_id: UUID, owner: Any
) -> None:
    check = await begun(desk, member_id)
    await owner.execute("UPDATE members SET status = 'suspended'")

    assert not await passes(desk, member_id, check)


async def test_an_outdated_hash_is_replaced_by_the_login(
    desk: TransferDesk, member_id: UUID
) -> None:
    check = await begun(desk, member_id)

    await pass_pin_check(desk.db, member_id, check, session(), new_hash="$argon2id$new")

    again = await begin(desk, member_id)
    assert again is not None
    assert again.pin_hash == "$argon2id$new"


@pytest.mark.parametrize("member", [UUID(int=0), UUID(int=7)])
async def test_nobody_has_no_check(desk: TransferDesk, member: UUID) -> None:
    assert await begin(desk, member) is None


async def test_clocks_that_disagree_about_midnight_give_no_guess_away(
    desk: TransferDesk, member_id: UUID
) -> None:
    tomorrow = TODAY + timedelta(days=1)

    checks = [await begin(desk, member_id, day) for day in (TODAY, tomorrow, TODAY, tomorrow)]
    checks.append(await begin(desk, member_id, tomorrow))

    assert len([check for check in checks if check is not None]) == 4
