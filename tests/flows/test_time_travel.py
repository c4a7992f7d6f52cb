"""Days and nights at all five banks on one clock: every promise of a quote is kept."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import Any

import pytest

from gateway.adapters.registry import BANKS
from gateway.app import Gateway
from gateway.domain.account import BankCode
from gateway.domain.hours import JST, LENDER_CLOSED, closed_until
from gateway.domain.quote import Prospect
from gateway.domain.service_hours import CoreHours, Profile
from gateway.domain.transfer import State, Transfer
from gateway.ops.clock import SystemClock, shift_to
from gateway.services.accept_transfer import accept_transfer
from gateway.services.quote_transfer import quote_transfer
from tests.flows.world import World, open_world, request
from tests.services.conftest import Member

# "About ten seconds": the emulators are faster, so the clock is moved on before anything is sent.
CREDITED_AFTER = timedelta(seconds=11)
DRAINED_WITHIN_S = 300  # days of requests leave at the pace of the bank's limit
LAST = BankCode.MIZUHO  # whose answer names a day only: its instant is when the gateway reads it
NEVER = datetime(9999, 1, 1, tzinfo=JST)
LEGACY = CoreHours(opens_at=time(9), cutoff=time(14, 50), credited_at=time(9, 30))


class TravelClock(SystemClock):
    """Runs like the machine's, and moves on when a test says so."""

    def travel_to(self, instant: datetime) -> None:
        self._shift += instant - self.now()


@dataclass(frozen=True, slots=True)
class Told:
    """A transfer, and what its member was told before."""

    prospect: Prospect
    transfer: Transfer


def every(begins: datetime, ends: datetime, step: timedelta) -> Iterator[datetime]:
    """Yield the instants at which the lender takes requests."""
    instants = (begins + number * step for number in range(10_000))
    for at in takewhile(lambda at: at <= ends, instants):
        if closed_until(LENDER_CLOSED, at) is None:
            yield at


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("begins", "ends", "step", "legacy"),
    [
        pytest.param(
            datetime(2026, 11, 29, 20, 30, tzinfo=JST),
            datetime(2026, 11, 30, 7, 30, tzinfo=JST),
            timedelta(minutes=10),
            (),
            id="Sunday night, every ten minutes",
        ),
        pytest.param(
            datetime(2025, 12, 30, 8, 50, tzinfo=JST),
            datetime(2026, 1, 5, 15, tzinfo=JST),
            timedelta(hours=6, minutes=1),
            (BankCode.MUFG, BankCode.RAKUTEN),
            id="the end of the year, two banks without 24-hour transfers",
        ),
        pytest.param(
            datetime(2025, 12, 30, tzinfo=JST),
            datetime(2026, 1, 5, 23, 50, tzinfo=JST),
            timedelta(minutes=10),
            (BankCode.MUFG, BankCode.RAKUTEN),
            id="the end of the year, every ten minutes",
            marks=pytest.mark.long,
        ),
    ],
)
async def test_each_transfer_is_credited_when_its_quote_said(
    database_url: str,
    owner: Any,
    begins: datetime,
    ends: datetime,
    step: timedelta,
    legacy: tuple[BankCode, ...],
) -> None:
    clock = TravelClock(shift_to(begins))
    async with open_world(database_url, owner, banks=tuple(BANKS), clock=clock) as world:
        members = {bank: await world.member(bank=bank) for bank in BANKS}
        async with world.process() as gateway:
            _put_back(gateway, legacy)
            told: list[Told] = []
            for at in every(begins, ends, step):
                await _let_go(world, gateway, told, until=at)
                clock.travel_to(at)
                asked = await _ask_everywhere(gateway, clock, members)
                await _until_credited(world, gateway, [o for o in asked if o.prospect.is_at_once])
                told += asked
            await _let_go(world, gateway, told, until=NEVER)
            rest = [await world.until_at_rest(gateway, one.transfer) for one in told]
            await world.check(gateway, *rest)

    assert {transfer.state for transfer in rest} == {State.SETTLED}
    pairs = zip(told, rest, strict=True)
    assert [late for one, transfer in pairs if (late := _late(one, transfer))] == []


def _put_back(gateway: Gateway, banks: tuple[BankCode, ...]) -> None:
    """Let banks be without 24-hour transfers again, for the gateway of this test."""
    profiles = gateway.desk.profiles
    assert isinstance(profiles, dict)
    for bank in banks:
        hours = profiles[bank].hours
        old = replace(hours, profiles=(Profile(date(2018, 1, 1), LEGACY),))
        profiles[bank] = replace(profiles[bank], hours=old)


async def _ask_everywhere(
    gateway: Gateway, clock: TravelClock, members: dict[BankCode, Member]
) -> list[Told]:
    """Quote and ask at every bank, with some seconds after each."""
    told = []
    for bank in sorted(members, key=lambda bank: bank is LAST):
        told.append(await _ask(gateway, members[bank]))
        # Nothing was awaited since it was accepted, so nothing has been sent yet.
        clock.travel_to(clock.now() + CREDITED_AFTER)
    return told


async def _ask(gateway: Gateway, member: Member) -> Told:
    wanted = request(member, amount=1)
    quote = await quote_transfer(
        gateway.desk,
        member_id=member.id,
        account_id=member.account,
        amount=wanted.amount,
    )
    accepted = await accept_transfer(gateway.desk, replace(wanted, quote_id=quote.id))
    return Told(quote.prospect, accepted.transfer)


async def _let_go(world: World, gateway: Gateway, told: list[Told], *, until: datetime) -> None:
    """Stop on the way to `until` wherever a bank opens, and wait for what waited for that."""
    clock = world.clock
    assert isinstance(clock, TravelClock)
    waiting: dict[datetime, list[Told]] = defaultdict(list)
    for one in told:
        if not one.prospect.is_at_once and one.prospect.promise is not None:
            waiting[one.prospect.promise.credited_at].append(one)
    for at in sorted(at for at in waiting if clock.now() < at <= until):
        clock.travel_to(at)
        await _until_credited(world, gateway, waiting[at])


async def _until_credited(world: World, gateway: Gateway, told: list[Told]) -> None:
    for one in told:
        await world.until_at_rest(gateway, one.transfer, within_s=DRAINED_WITHIN_S)


def _late(one: Told, transfer: Transfer) -> str | None:
    """Return what is wrong with when a transfer was credited, or None."""
    promise = one.prospect.promise
    assert promise is not None
    assert transfer.settled_at is not None
    if promise.credited_at <= transfer.settled_at <= promise.credited_by:
        return None
    return f"{transfer.bank} {one.prospect.service_class} {promise} {transfer.settled_at}"
