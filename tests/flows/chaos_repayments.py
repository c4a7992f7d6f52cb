"""The repayments in the chaos: members who owe, and what they do on the bank's page."""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from random import Random

import aiohttp

from gateway.app import Gateway
from gateway.conformance.emulator import Emulator
from gateway.domain.account import BankCode
from gateway.domain.errors import Busy, CommitUnknown, NotCancellable, StaleTransfer
from gateway.domain.money import Yen
from gateway.domain.outcome import Redirect
from gateway.domain.repayment import Repayment, RepaymentKind, State
from gateway.domain.transfer import Transfer
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import accept_transfer
from gateway.services.cancel_repayment import cancel_repayment
from gateway.services.collection_order import collection_order
from gateway.services.quote_repayment import RepaymentWish
from gateway.services.return_browser import return_browser
from gateway.store.repayments import find_repayment
from tests.flows.paying import check_payments
from tests.flows.world import World, request

BORROWED = 20_000
SENT_BACK = "http://127.0.0.1:8080/"
LOOK_EVERY_S = 0.05
WITHIN_S = 60
TRY_AGAIN = (Busy, CommitUnknown, StaleTransfer)


class Payer(Enum):
    """What the payer does once the bank has opened the order."""

    APPROVES = "approves, and closes the browser"
    COMES_BACK = "approves, and lets the browser go back"
    CANCELS_FIRST = "cancels at the lender's, and approves at the bank all the same"
    DECLINES = "declines"


@dataclass(slots=True)
class Payback:
    """One wish to pay back, and what the payer will do; `is_decided` once it is done."""

    wanted: RepaymentRequest
    payer: Payer
    is_decided: bool = False


async def lend(world: World, debtors: int) -> list[Transfer]:
    """Lend 20,000 yen to so many new members while all is well; return their advances."""
    banks = [BankCode(bank) for bank in world.sandbox.urls]
    async with world.process(name="lender") as gateway:
        made = [
            await accept_transfer(
                gateway.desk,
                request(await world.member(bank=banks[number % len(banks)]), amount=BORROWED),
            )
            for number in range(debtors)
        ]
        return [await world.until_at_rest(gateway, one.transfer, within_s=WITHIN_S) for one in made]


def wishes(advances: Sequence[Transfer], random: Random) -> list[Payback]:
    """Return what each debtor will ask for, and do about it."""
    return [
        Payback(
            RepaymentRequest(
                RepaymentWish(one.member_id, RepaymentKind.AMOUNT, one.bank, Yen(1_000 + number)),
                SENT_BACK,
                secrets.token_hex(16),
                "chaos",
            ),
            random.choices(list(Payer), (4, 4, 1, 1))[0],
        )
        for number, one in enumerate(advances)
    ]


async def pay_back(world: World, gateway: Gateway, payback: Payback) -> None:
    """Ask at that gateway, and decide at the bank once it is open; again if it was left undone."""
    repayment = await _accepted(gateway, payback.wanted)
    async with asyncio.timeout(WITHIN_S):
        while repayment.state is State.CREATED:
            await asyncio.sleep(LOOK_EVERY_S)
            repayment = await _now(gateway, repayment)
    if repayment.state is not State.AUTHORIZING or payback.is_decided:
        return
    await _decide(world, gateway, repayment, payback)


async def _decide(world: World, gateway: Gateway, repayment: Repayment, payback: Payback) -> None:
    bank = Emulator(world.sandbox.urls[repayment.bank], world.control)
    assert repayment.redirect is not None
    await _visit(bank, repayment.redirect)
    if payback.payer is Payer.CANCELS_FIRST:
        with suppress(NotCancellable, *TRY_AGAIN):
            await cancel_repayment(
                gateway.desk, member_id=repayment.member_id, repayment_id=repayment.id
            )
    action = "decline" if payback.payer is Payer.DECLINES else "approve"
    await bank.post(f"{action}/{repayment.reference}", {})
    payback.is_decided = True
    if payback.payer is Payer.COMES_BACK:
        way = collection_order(gateway.desk, repayment).return_url
        with suppress(*TRY_AGAIN):
            await return_browser(gateway.desk, repayment.bank, way.partition("state=")[2])


async def _visit(bank: Emulator, redirect: Redirect) -> None:
    """Load the bank's page until it is there: at PayPay that is what opens the order."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            with suppress(aiohttp.ClientError):
                status, _ = await bank.visit(redirect)
                if status == HTTPStatus.OK:
                    return
            await asyncio.sleep(LOOK_EVERY_S)


async def until_paid(world: World, gateway: Gateway, paybacks: Sequence[Payback]) -> None:
    """Return once every repayment is over, and what the banks booked is booked here, once."""
    async with asyncio.timeout(WITHIN_S):
        for payback in paybacks:
            await pay_back(world, gateway, payback)
            repayment = await _accepted(gateway, payback.wanted)
            while not _is_over(repayment, payback):
                await asyncio.sleep(LOOK_EVERY_S)
                repayment = await _now(gateway, repayment)
    await check_payments(world)


def _is_over(repayment: Repayment, payback: Payback) -> bool:
    """Whether nothing follows any more: paid where the payer did, else said so for good."""
    if payback.is_decided and payback.payer is not Payer.DECLINES:
        return repayment.state is State.SETTLED
    return repayment.is_final


async def _accepted(gateway: Gateway, wanted: RepaymentRequest) -> Repayment:
    """Ask until it is accepted, always under the same key, as a careful page does."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                return (await accept_repayment(gateway.desk, wanted)).repayment
            except TRY_AGAIN:
                await asyncio.sleep(LOOK_EVERY_S)


async def _now(gateway: Gateway, repayment: Repayment) -> Repayment:
    found = await find_repayment(
        gateway.desk.db, member_id=repayment.member_id, repayment_id=repayment.id
    )
    assert found is not None
    return found
