"""Money out and back through all banks, one call in five gone wrong, repeatable by its seed."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from gateway.app import Gateway
from gateway.domain.account import BankCode
from gateway.domain.errors import Busy, CommitUnknown
from gateway.domain.transfer import State, Transfer
from gateway.serve import listen
from gateway.services.accept_transfer import TransferRequest, accept_transfer
from gateway.store.transfers import find_transfer
from tests.flows.chaos_repayments import Payback, pay_back, until_paid, wishes
from tests.flows.world import TIME_SCALE, CrashAt, Crashed, World, dying, request

SETTLED_WITHIN_S = 60
ASK_AGAIN_S = 0.05
DIES_BETWEEN = (20, 200)
RETURN_AFTER_S = 5
# What was settled last may come back: the bank's own timer, and as much again.
RETURNS_ARE_BOOKED = timedelta(seconds=2 * RETURN_AFTER_S * TIME_SCALE)
AT_REST = {State.SETTLED, State.REJECTED, State.CANCELLED, State.RETURNED, State.REVIEW}


def rule(operation: str, probability: float, kind: str, **details: object) -> dict[str, object]:
    """Return a rule of the control API that acts again and again, by chance."""
    return {
        "operation": operation,
        "probability": probability,
        "times": 0,
        "action": {"kind": kind} | details,
    }


# One submit in five goes wrong, and one question in five.
FAULTS = [
    rule("submit", 0.05, "drop_before"),
    rule("submit", 0.05, "drop_after"),
    rule("submit", 0.02, "hang_after"),
    rule("submit", 0.02, "status", status=500, done=True),
    rule("submit", 0.02, "status", status=502, done=False),
    rule("submit", 0.02, "garbage"),
    rule("submit", 0.02, "delay", seconds=12),  # longer than anybody waits for the answer
    rule("submit", 0.02, "return_after", seconds=RETURN_AFTER_S),
    rule("inquire", 0.06, "drop_before"),
    rule("inquire", 0.02, "hang_after"),
    rule("inquire", 0.06, "status", status=503, done=False),
    rule("inquire", 0.06, "garbage"),
    rule("token", 0.1, "status", status=503, done=False),
    rule("start_collection", 0.06, "drop_before"),
    rule("start_collection", 0.06, "drop_after"),
    rule("start_collection", 0.06, "status", status=500, done=True),
    rule("inquire_collection", 0.08, "drop_before"),
    rule("inquire_collection", 0.06, "status", status=503, done=False),
    rule("inquire_collection", 0.06, "garbage"),
    rule("callback", 0.3, "callback", lose=True),
    rule("callback", 0.3, "callback", times=2),
    rule("callback", 0.2, "callback", bad_signature=True),
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many transfers and repayments came to their end, and how many are in review."""

    movements: int
    in_review: int


async def begin_faults(
    world: World, seed: int, faults: Sequence[dict[str, object]] = FAULTS
) -> None:
    """Let every bank misbehave by the seed."""
    for bank in world.sandbox.urls:
        await world.put("seed", seed, bank=BankCode(bank))
        await world.put("faults", list(faults), bank=BankCode(bank))


async def end_faults(world: World) -> None:
    for bank in world.sandbox.urls:
        await world.put("faults", [], bank=BankCode(bank))


async def run_round(
    world: World, seed: int, *, transfers: int, advances: Sequence[Transfer]
) -> Outcome:
    """Send transfers, and a repayment of each advance, through two gateways; one of them dies.

    All books are checked at the end. Banks reach only the gateway that lives.
    """
    random = Random(seed)  # noqa: S311 - repeatable, no secret
    banks = [BankCode(bank) for bank in world.sandbox.urls]
    wanted = [
        request(await world.member(bank=banks[number % len(banks)]), amount=1_000 + number)
        for number in range(transfers)
    ]
    paybacks = wishes(advances, random)
    async with world.process(name="survivor") as survivor, AsyncExitStack() as stack:
        await listen(stack, survivor, world.settings)
        await begin_faults(world, seed)
        crash = CrashAt(random.randint(*DIES_BETWEEN))
        with dying():
            async with world.process(name="mortal", checkpoint=crash) as mortal:
                await _ask_all(world, [survivor, mortal], (wanted, paybacks), crash)
        async with world.process(name="mortal"):
            accepted = [await _accepted(survivor, one) for one in wanted]
            await _until_at_rest(survivor, accepted)
            await until_paid(world, survivor, paybacks)
            await end_faults(world)
            found = [await _now(survivor, transfer) for transfer in accepted]
            found = await _after_returns(world, survivor, found)
            await world.check(survivor, *found)
    in_review = sum(transfer.state is State.REVIEW for transfer in found)
    return Outcome(len(found) + len(paybacks), in_review)


async def _ask_all(
    world: World,
    gateways: Sequence[Gateway],
    wanted: tuple[Sequence[TransferRequest], Sequence[Payback]],
    crash: CrashAt,
) -> None:
    """Ask for all at once, half here and half there; raise Crashed when the mortal has died."""
    transfers, paybacks = wanted

    async def ask(number: int, one: TransferRequest) -> None:
        with dying():
            await _accepted(gateways[number % len(gateways)], one)

    async def repay(number: int, one: Payback) -> None:
        with dying():
            await pay_back(world, gateways[number % len(gateways)], one)

    await asyncio.gather(
        *(ask(number, one) for number, one in enumerate(transfers)),
        *(repay(number, one) for number, one in enumerate(paybacks)),
    )
    death = asyncio.create_task(crash.died.wait())
    rest = asyncio.create_task(
        _until_at_rest(gateways[0], [await _accepted(gateways[0], one) for one in transfers])
    )
    await asyncio.wait((death, rest), return_when=asyncio.FIRST_COMPLETED)
    for task in (death, rest):
        task.cancel()
    await asyncio.gather(death, rest, return_exceptions=True)
    if crash.point is not None:
        raise Crashed(crash.point)


async def _accepted(gateway: Gateway, one: TransferRequest) -> Transfer:
    """Ask until it is accepted, always under the same key, as a careful client does."""
    async with asyncio.timeout(SETTLED_WITHIN_S):
        while True:
            try:
                return (await accept_transfer(gateway.desk, one)).transfer
            except (Busy, CommitUnknown):
                await asyncio.sleep(ASK_AGAIN_S)


async def _until_at_rest(gateway: Gateway, transfers: Sequence[Transfer]) -> None:
    async with asyncio.timeout(SETTLED_WITHIN_S):
        waiting = list(transfers)
        while waiting:
            now = [await _now(gateway, transfer) for transfer in waiting]
            waiting = [transfer for transfer in now if transfer.state not in AT_REST]
            await asyncio.sleep(ASK_AGAIN_S)


async def _after_returns(
    world: World, gateway: Gateway, found: Sequence[Transfer]
) -> list[Transfer]:
    """Return the transfers once the gateway knows of all money that came back."""
    last = max(transfer.settled_at for transfer in found if transfer.settled_at is not None)
    left = last + RETURNS_ARE_BOOKED - world.clock.now()
    await asyncio.sleep(max(0.0, left.total_seconds()))
    back = {
        movement["reference"]
        for bank in world.sandbox.urls
        for movement in (await world.books(BankCode(bank)))["movements"]
        if movement["kind"] == "return"
    }
    for transfer in found:
        if transfer.reference in back and transfer.state is State.SETTLED:
            await world.until_returned(gateway, transfer)
    return [await _now(gateway, transfer) for transfer in found]


async def _now(gateway: Gateway, transfer: Transfer) -> Transfer:
    found = await find_transfer(
        gateway.desk.db, member_id=transfer.member_id, transfer_id=transfer.id
    )
    assert found is not None
    return found
