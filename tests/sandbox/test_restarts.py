"""What an emulator with books on file still knows, and goes on with, after a restart."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.lender import Lender
from tests.sandbox.receiver import listening


@asynccontextmanager
async def running(clock: ManualClock, books: Path) -> AsyncIterator[Lender]:
    async with (
        running_sandbox(clock=clock, books_dir=books, time_scale=0.01) as sandbox,
        ClientSession() as session,
    ):
        yield Lender(session, sandbox.urls["smbc"], clock)


async def test_a_restarted_bank_knows_its_collections(clock: ManualClock, tmp_path: Path):
    async with running(clock, tmp_path) as lender:
        orders = [await lender.started() for _ in range(4)]
        references = [order["clientReference"] for order in orders]
        await lender.told("POST", f"approve/{references[0]}", {"amount": 7, "again": True})
        await lender.told("POST", f"decline/{references[1]}")
        poor = {"payer": {"branch": "001", "type": "1", "number": "0000004"}}
        await lender.told("POST", f"approve/{references[2]}", poor)
        before = [await lender.payment_status(reference) for reference in references]
        books = await lender.told("GET", "ledger")

    async with running(clock, tmp_path) as lender:
        after = [await lender.payment_status(reference) for reference in references]
        same_books = await lender.told("GET", "ledger")
        one = await lender.request("GET", f"/payment-orders/{orders[0]['orderId']}")
        told = await lender.told("POST", f"approve/{references[3]}")

    assert after == before
    assert [known["status"] for known in after] == ["PAID", "CANCELLED", "FAILED", "CREATED"]
    assert same_books == books
    assert one.json == before[0]
    assert told["status"] == "paid"


async def test_the_address_of_an_approval_page_outlives_the_restart(
    clock: ManualClock, tmp_path: Path
):
    async with running(clock, tmp_path) as lender:
        order = await lender.started()
        payment = {name: order[name] for name in lender.payment() if name != "expiresAt"}
        payment["expiresAt"] = lender.payment()["expiresAt"]
    path = order["redirectUrl"].removeprefix(lender.url)

    async with (
        running(clock, tmp_path) as lender,
        lender.session.get(f"{lender.url}{path}") as answer,
    ):
        again = await lender.start(payment)

    assert answer.status == 200
    assert (again.status, again.headers["X-Duplicate"]) == (201, "true")
    assert again.json["orderId"] == order["orderId"]


async def test_what_ran_out_while_the_bank_was_down_expires_when_it_is_up(
    clock: ManualClock, tmp_path: Path
):
    async with listening() as receiver:
        async with running(clock, tmp_path) as lender:
            await lender.started(notifyUrl=receiver.url)
        clock.advance(3600)

        async with running(clock, tmp_path):
            event, _, _ = await receiver.next()

    assert event["status"] == "EXPIRED"


async def test_books_of_an_older_emulator_are_read(clock: ManualClock, tmp_path: Path):
    """Before collections, pay-outs and returns had lines of another shape."""
    async with running(clock, tmp_path / "new") as lender:
        paid, returned = lender.order(), lender.order()
        first = await lender.submit(paid)
    at = "2026-11-25T10:00:00+09:00"
    lines = [
        {"kind": "payout", "order": order, "holder": "ﾔﾏﾀﾞ ﾀﾛｳ", "instant": at}
        | {"return_after_s": None}
        for order in (paid, returned)
    ]
    reference = returned["clientReference"]
    lines.append({"kind": "return", "reference": reference, "instant": at, "reason": "X"})
    old = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    journal = tmp_path / "smbc.jsonl"
    await asyncio.to_thread(journal.write_bytes, old)

    async with running(clock, tmp_path) as lender:
        again = await lender.submit(paid)
        asked = (await lender.inquire(reference)).json
        ledger = await lender.told("GET", "ledger")

    assert (again.headers["X-Duplicate"], again.body) == ("true", first.body)
    assert (asked["status"], asked["returnReason"]) == ("RETURNED", "X")
    assert ledger["settlement"]["balance"] == 99_990_000


async def test_a_line_that_nobody_asked_for_outlives_the_restart(
    clock: ManualClock, tmp_path: Path
):
    line = {"direction": "out", "amount": 3_300, "text": "ﾃｽｳﾘﾖｳ"}
    async with running(clock, tmp_path) as lender:
        told = await lender.told("POST", "movements", line)
        clock.advance(60)
        await lender.told("POST", "movements", line | {"at": "2026-11-25T10:00:30+09:00"})
        books = await lender.told("GET", "ledger")

    async with running(clock, tmp_path) as lender:
        same_books = await lender.told("GET", "ledger")

    assert same_books == books
    assert books["movements"][0] == told
