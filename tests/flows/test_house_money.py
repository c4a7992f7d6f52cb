"""The lender's own money at all five banks: named by rules; a late line is taken on a word."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.adapters.registry import BANKS
from gateway.app import Gateway
from gateway.conformance.emulator import Emulator
from gateway.domain.account import BankCode
from gateway.domain.day_report import DayReport
from gateway.domain.hours import JST
from gateway.domain.house_money import StandingRule
from gateway.domain.ledger import bank_charges_payable, settlement_cash
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from gateway.domain.review import Resolution, ReviewKind
from gateway.ops.clock import shift_to
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.accept_statement import accept_statement
from gateway.services.reconcile import reconcile_day
from gateway.services.standing_rules import add_rule, approve
from gateway.store.review_items import list_items
from tests.flows.test_time_travel import TravelClock
from tests.flows.world import END_WITHIN_S, OPENING_BALANCE, World, open_world
from tests.manual_clock import START
from tests.services.house_books import open_account

TODAY = START.date()
MORNING = datetime(2026, 11, 26, 5, 0, tzinfo=JST)
TOP_UP, BILL, STRAY, LATE = 5_000_000, 3_300, 70, 9
BILLED = "ﾃｽｳﾘﾖｳ"
ONE_COLUMN = {BankCode.PAYPAY, BankCode.RAKUTEN}


def rules(bank: BankCode) -> list[StandingRule]:
    least, most = Yen(1), Yen(9_999_999)
    printed = (BILLED, "") if bank in ONE_COLUMN else ("", BILLED)
    number = 2 * list(BankCode).index(bank)
    said = [(Resolution.FUNDING, ("ﾌﾟﾛﾐｽ", "")), (Resolution.BANK_CHARGE, printed)]
    return [
        StandingRule(UUID(int=number + place), bank, name, *shown, (least, most))
        for place, (name, shown) in enumerate(said, start=1)
    ]


async def begin(world: World, gateway: Gateway, bank: BankCode) -> None:
    """Open the account, approve the rules, and let the bank book what nobody asked for."""
    await open_account(gateway.office, bank, OPENING_BALANCE)
    db, now = gateway.office.db, gateway.desk.clock.now()
    for rule in rules(bank):
        await add_rule(db, rule, by="sato", note="each day", now=now)
        await approve(db, rule.id, by="suzuki", note="checked", now=now)
    at = Emulator(world.sandbox.urls[bank], world.control)
    for minutes, line in (
        (3, {"direction": "in", "amount": TOP_UP, "counterparty": "ﾌﾟﾛﾐｽ"}),
        (2, {"direction": "out", "amount": BILL, "text": BILLED}),
        (1, {"direction": "in", "amount": STRAY, "counterparty": "ｽｽﾞｷ"}),
    ):
        await at.post("movements", {**line, "at": (now - timedelta(minutes=minutes)).isoformat()})


async def put_between(world: World, bank: BankCode) -> None:
    """Let the bank book late: between its first line and its last."""
    at = Emulator(world.sandbox.urls[bank], world.control)
    booked = [datetime.fromisoformat(line["instant"]) for line in await at.movements()]
    instant = (booked[0] + (booked[-1] - booked[0]) / 2).isoformat()
    await at.post("movements", {"direction": "in", "amount": LATE, "at": instant})


async def until_read(gateway: Gateway, bank: BankCode) -> DayReport:
    """Reconcile until the statement can be had: a busy machine misses its scaled deadline."""
    async with asyncio.timeout(END_WITHIN_S):
        while True:
            report = await reconcile_day(gateway.loops, bank, TODAY)
            if report.refused not in {Reason.OUTCOME_UNKNOWN, Reason.BANK_BUSY}:
                return report


async def check(world: World, gateway: Gateway, *, strays: list[int]) -> None:
    """The ledger proves itself, cash is what each bank has, and people look at strays only."""
    report = await verify_ledger(gateway.office.db)
    assert report.findings == ()
    for bank in BankCode:
        books = await world.books(bank)
        assert report.balances[settlement_cash(bank)] == int(books["settlement"]["balance"])
        assert report.balances[bank_charges_payable(bank)] == BILL
        items = await list_items(gateway.office.db, bank=bank)
        assert [(item.kind, item.amount) for item in items] == [
            (ReviewKind.ONLY_BANK_IN, amount) for amount in strays
        ]
    assert report.balances["funding"] == -TOP_UP * len(BankCode)
    assert report.balances["unidentified"] == -sum(strays) * len(BankCode)


async def test_the_lenders_own_money_is_named_and_a_late_line_taken_at_every_bank(
    database_url: str, owner: Any
) -> None:
    clock = TravelClock(shift_to(START))
    async with (
        open_world(database_url, owner, banks=tuple(BANKS), clock=clock) as world,
        world.process() as gateway,
    ):
        for bank in BankCode:
            await begin(world, gateway, bank)
        clock.travel_to(MORNING)
        for bank in BankCode:
            assert (await until_read(gateway, bank)).refused is None
        await check(world, gateway, strays=[STRAY])

        for bank in BankCode:
            await put_between(world, bank)
            assert (await until_read(gateway, bank)).refused == "changed"
            await accept_statement(gateway.loops, bank, TODAY, by="sato", note="the bank wrote")
            assert (await until_read(gateway, bank)).refused is None
        await check(world, gateway, strays=[STRAY, LATE])
