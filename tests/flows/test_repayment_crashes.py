"""A process may die at any instant of a repayment: the money is booked once all the same.

As in test_crashes.py: one run dies at its first checkpoint, the next at its second, until one
reaches the end alive; a new process takes over, and the member's page asks again with its key.
"""

import secrets
from collections.abc import Mapping

import pytest

from gateway.app import Gateway
from gateway.conformance.emulator import Emulator
from gateway.domain.account import BankCode
from gateway.domain.money import Yen
from gateway.domain.repayment import Repayment, RepaymentKind, State
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import accept_transfer
from gateway.services.collection_order import collection_order
from gateway.services.quote_repayment import RepaymentWish
from gateway.services.return_browser import return_browser
from gateway.store.repayments import find_repayment
from tests.flows.paying import check_payments
from tests.flows.serving import until
from tests.flows.world import CrashAt, Crashed, World, dying, open_world, request
from tests.services.conftest import Member

CRASHES_MAX = 30
BORROWED, PAID = 50_000, 1_000
SENT_BACK = "http://127.0.0.1:8080/"


def on(operation: str, kind: str, **details: object) -> dict[str, object]:
    """Return a rule of the control API that acts once."""
    return {"operation": operation, "action": {"kind": kind} | details}


# name: (rules, how many crashes there are at least)
FAULTS: Mapping[str, tuple[list[dict[str, object]], int]] = {
    "no fault": ([], 6),
    "opened, but the answer is lost": ([on("start_collection", "drop_after")], 8),
    "the first question is cut": ([on("inquire_collection", "drop_before")], 8),
}


async def debtor(world: World) -> Member:
    """Return a new member who owes 50,000 yen."""
    member = await world.member()
    async with world.process() as gateway:
        accepted = await accept_transfer(gateway.desk, request(member, amount=BORROWED))
        await world.until_at_rest(gateway, accepted.transfer)
    return member


def wish(member: Member) -> RepaymentRequest:
    wanted = RepaymentWish(member.id, RepaymentKind.AMOUNT, BankCode.SMBC, Yen(PAID))
    return RepaymentRequest(wanted, SENT_BACK, secrets.token_hex(16), "crash")


async def repay(
    world: World, gateway: Gateway, wanted: RepaymentRequest, crash: CrashAt
) -> Repayment:
    """Ask, approve at the bank, come back, and see it settled; raise Crashed when it died."""
    repayment = (await accept_repayment(gateway.desk, wanted)).repayment
    repayment = await until_state(gateway, repayment, crash, {State.AUTHORIZING, State.SETTLED})
    bank = Emulator(world.sandbox.urls[repayment.bank], world.control)
    if not await bank.booked(repayment.reference):
        assert repayment.redirect is not None
        await bank.visit(repayment.redirect)
        await bank.post(f"approve/{repayment.reference}", {})
    way = collection_order(gateway.desk, repayment).return_url
    await return_browser(gateway.desk, repayment.bank, way.partition("state=")[2])
    return await until_state(gateway, repayment, crash, {State.SETTLED})


async def until_state(
    gateway: Gateway, repayment: Repayment, crash: CrashAt, states: set[State]
) -> Repayment:
    found = repayment

    async def is_so_or_dead() -> bool:
        nonlocal found
        now = await find_repayment(
            gateway.desk.db, member_id=repayment.member_id, repayment_id=repayment.id
        )
        found = now or found
        return found.state in states or crash.point is not None

    await until(is_so_or_dead)
    if crash.point is not None:
        raise Crashed(crash.point)
    return found


async def die_once(world: World, wanted: RepaymentRequest, nth: int) -> CrashAt:
    """Run a process that dies at its `nth` checkpoint; return what became of it."""
    crash = CrashAt(nth)
    with dying():
        async with world.process(checkpoint=crash) as gateway:
            await repay(world, gateway, wanted, crash)
    return crash


async def take_over(world: World, wanted: RepaymentRequest) -> Repayment:
    """Run a healthy process, ask again with the same key, and check all books at the end."""
    async with world.process() as gateway:
        repayment = await repay(world, gateway, wanted, CrashAt(10**9))
        await world.check(gateway)
        await check_payments(world)
        return repayment


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_crash_at_any_instant_of_a_repayment_loses_nothing_and_books_nothing_twice(
    database_url: str, owner, fault: str
) -> None:
    rules, crashes_min = FAULTS[fault]
    crashes = 0
    async with open_world(database_url, owner) as world:
        member = await debtor(world)
        for nth in range(1, CRASHES_MAX):
            wanted = wish(member)
            await world.put("faults", rules)

            crash = await die_once(world, wanted, nth)
            settled = await take_over(world, wanted)

            assert settled.paid_amount == Yen(PAID), f"after a crash at {crash.point}"
            if crash.point is None:
                break
            crashes += 1
    assert crashes >= crashes_min
