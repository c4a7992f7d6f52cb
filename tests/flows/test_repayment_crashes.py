"""A process may die at any instant of a repayment: money that the bank took is booked, once."""

import asyncio
import secrets
from contextlib import suppress

from gateway.app import Gateway
from gateway.conformance.emulator import Emulator
from gateway.domain.account import BankCode
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from gateway.domain.repayment import Repayment, RepaymentKind, State
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import accept_transfer
from gateway.services.quote_repayment import RepaymentWish
from gateway.store.repayments import find_repayment
from tests.flows.paying import BACK, PAID, check_payments
from tests.flows.world import END_WITHIN_S, CrashAt, Crashed, World, open_world, request
from tests.services.conftest import Member

CRASHES_MIN, CRASHES_MAX = 10, 40
HERE = "http://127.0.0.1:8080"


async def pay(world: World, gateway: Gateway, wanted: RepaymentRequest) -> Repayment:
    """Ask, approve what is open at the bank, and follow it to its end."""
    emulator = Emulator(world.sandbox.urls[wanted.wish.bank], world.control)
    repayment = (await accept_repayment(gateway.desk, wanted)).repayment
    async with asyncio.timeout(END_WITHIN_S):
        while not repayment.is_final:
            if repayment.state is State.AUTHORIZING:
                with suppress(RuntimeError):  # decided already
                    await emulator.post(f"approve/{repayment.reference}", {})
            await asyncio.sleep(0.02)
            found = await find_repayment(
                gateway.desk.db, member_id=repayment.member_id, repayment_id=repayment.id
            )
            assert found is not None
            repayment = found
    return repayment


async def die_once(world: World, wanted: RepaymentRequest, nth: int) -> CrashAt:
    """Run a process that dies at its `nth` checkpoint; return what became of it."""
    crash = CrashAt(nth)
    with suppress(Crashed):
        async with world.process(checkpoint=crash) as gateway:
            paying = asyncio.create_task(pay(world, gateway, wanted))
            death = asyncio.create_task(crash.died.wait())
            await asyncio.wait((paying, death), return_when=asyncio.FIRST_COMPLETED)
            for task in (paying, death):
                task.cancel()
            await asyncio.gather(paying, death, return_exceptions=True)
            if crash.point is not None:
                raise Crashed(crash.point)
    return crash


async def debtor(world: World) -> Member:
    """Return a member who owes enough for all the crashes."""
    member = await world.member(limit=CRASHES_MAX * PAID)
    async with world.process() as gateway:
        borrowed = request(member, amount=CRASHES_MAX * PAID)
        accepted = await accept_transfer(gateway.desk, borrowed)
        await world.until_at_rest(gateway, accepted.transfer)
    return member


def wanted_by(member: Member) -> RepaymentRequest:
    wish = RepaymentWish(member.id, RepaymentKind.AMOUNT, BankCode.SMBC, Yen(PAID))
    return RepaymentRequest(wish, HERE + BACK, secrets.token_hex(16), "flow")


async def test_a_crash_at_any_instant_loses_no_money_and_books_none_twice(
    database_url: str, owner
) -> None:
    """What could not be started in time because of the crash is rejected, and nothing is paid."""
    crashes = settled = 0
    async with open_world(database_url, owner) as world:
        member = await debtor(world)
        for nth in range(1, CRASHES_MAX):
            wanted = wanted_by(member)

            crash = await die_once(world, wanted, nth)
            async with world.process() as gateway:
                found = await pay(world, gateway, wanted)
                await world.check(gateway)
                await check_payments(world)

            settled += found.state is State.SETTLED
            assert found.state is State.SETTLED or found.reason is Reason.BANK_UNAVAILABLE
            if crash.point is None:
                break
            crashes += 1
    assert crashes >= CRASHES_MIN
    assert settled > crashes / 2
