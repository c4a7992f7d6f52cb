"""A statement is believed whole or not at all: each bank's, spoilt in every way it can be."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from gateway.app import Gateway
from gateway.domain.account import BankCode
from gateway.domain.breaks import Verdict
from gateway.domain.day_report import DayReport
from gateway.domain.hours import JST
from gateway.services.accept_transfer import accept_transfer
from gateway.services.reconcile import reconcile_day
from tests.flows.chaos import rule
from tests.flows.spoiling_proxy import SpoilingProxy, spoiling_proxy
from tests.flows.test_time_travel import TravelClock
from tests.flows.world import END_WITHIN_S, World, open_world, request
from tests.manual_clock import START

TODAY = START.date()
MORNING = datetime(2026, 11, 26, 5, tzinfo=JST)
TABLES = ("statement_lines", "loan_entries", "review_items", "postings")
LINE_END = b"\r\n"


def nothing(body: bytes) -> bytes:
    del body
    return b""


def without_its_last_line(body: bytes) -> bytes:
    lines = body.removesuffix(LINE_END).split(LINE_END)
    return LINE_END.join(lines[:-1]) + LINE_END if len(lines) > 1 else body[:-20]


def with_its_last_line_twice(body: bytes) -> bytes:
    return body + (body.removesuffix(LINE_END).split(LINE_END)[-1]) + LINE_END


def with_its_first_line_twice(body: bytes) -> bytes:
    return body.split(LINE_END)[0] + LINE_END + body


Spoil = Callable[[bytes], bytes]
SPOILT: Mapping[str, Spoil] = {
    "missing": nothing,
    "cut in the middle": lambda body: body[: len(body) // 2],
    "cut by a few bytes": lambda body: body[:-4],
    "without its last line": without_its_last_line,
    "with its trailer twice": with_its_last_line_twice,
    "with a line twice": with_its_first_line_twice,
    "in another encoding": lambda body: body.decode("latin-1").encode("utf-16"),
    "twice in one": lambda body: body + body,
    "with a byte of another set": lambda body: body.replace(b"1", b"\xff", 1),
}
FAULTS: Mapping[str, dict[str, object]] = {
    "an error": rule("statement", 1, "status", status=500, done=True),
    "bytes that are no message": rule("statement", 1, "garbage"),
    "a broken connection": rule("statement", 1, "drop_after"),
}


async def written(owner: Any) -> list[int]:
    return [await owner.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES]


async def until_believed(gateway: Gateway, bank: BankCode) -> DayReport:
    """Reconcile until the bank is asked again: broken connections have opened the breaker."""
    async with asyncio.timeout(END_WITHIN_S):
        while True:
            report = await reconcile_day(gateway.loops, bank, TODAY)
            if report.refused is None:
                return report
            await asyncio.sleep(0.05)


async def refusals(
    world: World, gateway: Gateway, proxy: SpoilingProxy, bank: BankCode
) -> dict[str, str | None]:
    """Return why each spoilt statement was refused; None: it was believed."""
    found = {}
    for name, spoil in SPOILT.items():
        proxy.spoil = spoil
        found[name] = (await reconcile_day(gateway.loops, bank, TODAY)).refused
    proxy.spoil = bytes
    for name, fault in FAULTS.items():
        await world.put("faults", [fault], bank=bank)
        found[name] = (await reconcile_day(gateway.loops, bank, TODAY)).refused
    proxy.spoil = nothing
    await world.put("faults", [], bank=bank)
    return found


@pytest.mark.parametrize("bank", list(BankCode))
async def test_a_spoilt_statement_is_refused_whole_and_the_good_one_is_read_once(
    database_url: str, owner: Any, bank: BankCode
) -> None:
    clock = TravelClock()
    clock.travel_to(START)
    async with (
        spoiling_proxy() as proxy,
        open_world(
            database_url,
            owner,
            banks=(bank,),
            clock=clock,
            secrets={f"{bank}_base_url": proxy.url},
        ) as world,
    ):
        proxy.target = world.sandbox.urls[bank]
        async with world.process() as gateway:
            for _ in range(2):
                accepted = await accept_transfer(
                    gateway.desk, request(await world.member(bank=bank))
                )
                await world.until_at_rest(gateway, accepted.transfer)
            proxy.spoil = nothing  # what runs by itself is not to be the first
            clock.travel_to(MORNING)
            before = await written(owner)

            why = await refusals(world, gateway, proxy, bank)

            assert [name for name, reason in why.items() if reason is None] == []
            assert await written(owner) == before
            proxy.spoil = bytes
            report = await until_believed(gateway, bank)
            assert report.verdicts == {Verdict.MATCHED: 2}
            after = await written(owner)
            await until_believed(gateway, bank)
            assert await written(owner) == after
