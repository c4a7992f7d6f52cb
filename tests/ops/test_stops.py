"""What operators hold back binds at once, is signed, and can be lifted."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.account import BankCode
from gateway.domain.identifier import uuid7
from gateway.ops.commands.stops import (
    hold_bank,
    override_breaker,
    release_bank,
)
from gateway.services.read_restraints import Breaker, restraints
from gateway.store.database import Database
from gateway.store.lanes import StoredLanes
from gateway.store.stops import Stop, hold
from tests.manual_clock import START


async def test_a_held_bank_is_listed_with_who_and_why(database: Database) -> None:
    await hold_bank(database, BankCode.SMBC, reason="odd answers", by="sato", now=START)

    (stop,) = (await restraints(database, now=START)).stops

    assert (stop.bank, stop.reason, stop.held_by, stop.held_at) == (
        "smbc",
        "odd answers",
        "sato",
        START,
    )


async def test_holding_twice_for_one_reason_is_holding_once(database: Database) -> None:
    again = [
        await hold_bank(database, None, reason="drill", by=by, now=START) for by in ("sato", "kato")
    ]

    assert again == [True, False]
    assert len((await restraints(database, now=START)).stops) == 1


async def test_a_release_lifts_every_stop_of_the_bank_and_says_who(
    database: Database, owner: Any
) -> None:
    for reason in ("odd answers", "contract_error"):
        await hold_bank(database, BankCode.SMBC, reason=reason, by="sato", now=START)
    await hold_bank(database, None, reason="drill", by="sato", now=START)

    lifted = await release_bank(database, BankCode.SMBC, by="kato", now=START)

    assert {stop.reason for stop in lifted} == {"odd answers", "contract_error"}
    assert [stop.bank for stop in (await restraints(database, now=START)).stops] == ["*"]
    by = await owner.fetch("SELECT DISTINCT released_by FROM bank_stops WHERE bank = 'smbc'")
    assert [row["released_by"] for row in by] == ["kato"]


async def test_one_reason_can_be_lifted_by_itself(database: Database) -> None:
    for reason in ("odd answers", "contract_error"):
        await hold_bank(database, BankCode.SMBC, reason=reason, by="sato", now=START)

    await release_bank(database, BankCode.SMBC, by="kato", now=START, reason="contract_error")

    assert [stop.reason for stop in (await restraints(database, now=START)).stops] == [
        "odd answers"
    ]


async def test_a_bank_can_be_held_again_after_a_release(database: Database) -> None:
    for _ in range(2):
        assert await hold_bank(database, BankCode.SMBC, reason="drill", by="sato", now=START)
        assert len(await release_bank(database, BankCode.SMBC, by="sato", now=START)) == 1


async def test_lifting_what_is_not_held_lifts_nothing_and_logs_nothing(database: Database) -> None:
    with capture_logs() as logs:
        assert await release_bank(database, BankCode.SMBC, by="sato", now=START) == []

    assert logs == []


@pytest.mark.parametrize("lane", ["money", "inquiry"])
@pytest.mark.parametrize("breaker", list(Breaker))
async def test_the_operators_word_reaches_every_lane(
    lane: str, breaker: Breaker, database: Database
) -> None:
    lanes = StoredLanes(database)
    await lanes.take(BankCode.SMBC, lane, per_second=50, wait_s_max=1)

    await override_breaker(database, BankCode.SMBC, breaker)

    slot = await lanes.take(BankCode.SMBC, lane, per_second=50, wait_s_max=1)
    assert slot.breaker == breaker


async def test_only_breakers_that_are_overruled_are_listed(database: Database) -> None:
    await override_breaker(database, BankCode.SMBC, Breaker.OPEN)
    await override_breaker(database, BankCode.MUFG, Breaker.CLOSED)
    await override_breaker(database, BankCode.MUFG, Breaker.AUTO)

    assert (await restraints(database, now=START)).breakers == ((BankCode.SMBC, Breaker.OPEN),)


async def test_a_stop_whose_acknowledgement_was_lost_is_new_all_the_same(
    database: Database,
) -> None:
    """The statement ran again and found its own stop: whoever wrote it still has to say so."""
    stop = Stop(uuid7(START, bytes(10)), "smbc", "drill", "gateway", START)
    other = replace(stop, id=uuid7(START, bytes(9) + b"\x01"))

    assert [await hold(database, one) for one in (stop, stop, other)] == [True, True, False]
