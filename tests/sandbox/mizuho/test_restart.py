"""What the emulated みずほ still knows after it was stopped, and what a reset makes it forget."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.mizuho.lender import Lender, file_of
from tests.sandbox.mizuho.receiver import listening

NO_LIMITS = {"rate_limits": {"money": 0, "inquiry": 0}}


@pytest.fixture
async def lender(clock: ManualClock) -> AsyncIterator[Lender]:
    """A client that is not connected to anything yet."""
    async with ClientSession() as session:
        yield Lender(session, "", clock)


@asynccontextmanager
async def running(lender: Lender, books: Path, time_scale: float) -> AsyncIterator[Lender]:
    async with running_sandbox(
        clock=lender.clock, banks=["mizuho"], books_dir=books, time_scale=time_scale
    ) as sandbox:
        connected = replace(lender, url=sandbox.urls["mizuho"])
        await connected.told("PUT", "settings", NO_LIMITS)
        yield connected


async def test_files_and_their_results_outlive_a_restart(lender: Lender, tmp_path: Path):
    payees = [lender.payee(), lender.payee(name="ｽｽﾞｷ")]
    body = file_of(payees)
    async with running(lender, tmp_path, 0.001) as bank:
        taken = await bank.submit(body, "A")
        result = await bank.result(taken.receipt)
        before = await bank.told("GET", "ledger")

    async with running(lender, tmp_path, 0.001) as bank:
        after = await bank.told("GET", "ledger")
        again = await bank.submit(body, "A")
        found = await bank.get("/files?fileId=A")
        result_again = await bank.result(taken.receipt)
        item = await bank.item(payees[1].reference)

    assert after == before
    assert (again.status, again.receipt) == (409, taken.receipt)
    assert again.headers["X-File-Sha256"]
    assert found.json == {"receipt": taken.receipt}
    assert result_again.body == result.body
    assert item.results == ["2000000"]


async def test_what_was_barred_stays_barred_over_a_restart(lender: Lender, tmp_path: Path):
    async with running(lender, tmp_path, 0.001) as bank:
        await bank.told("POST", "files/A/bar")

    async with running(lender, tmp_path, 0.001) as bank:
        answer = await bank.submit(file_of([bank.payee()]), "A")

    assert (answer.status, answer.fault) == (400, (1, 0, "受付停止"))


async def test_a_file_that_had_no_result_yet_is_settled_after_the_restart(
    lender: Lender, tmp_path: Path
):
    async with running(lender, tmp_path, 100) as bank:
        await bank.rule("submit", {"kind": "code", "code": "9"}, nth=2)
        taken = await bank.pay(bank.payee(), bank.payee(), bank.payee(number="0000005"))

    async with running(lender, tmp_path, 0.001) as bank:
        answer = await bank.result(taken.receipt)
        while len(await bank.movements()) < 3:
            pass

    assert [said[0] for said in answer.results] == ["0", "9", "0"]


async def test_a_return_that_was_still_to_come_comes_after_the_restart(
    lender: Lender, tmp_path: Path
):
    payee = lender.payee(number="0000005")
    async with running(lender, tmp_path, 0.2) as bank:
        await bank.paid(payee)

    async with running(lender, tmp_path, 0.001) as bank:
        while (await bank.item(payee.reference)).results[0][0] != "R":
            pass


async def test_collections_outlive_a_restart(lender: Lender, tmp_path: Path):
    async with listening() as receiver:
        async with running(lender, tmp_path, 0.001) as bank:
            form = bank.form(TSUCHI_URL=receiver.url)
            first = await bank.link(form)
            paid = await bank.linked()
            await bank.approve(paid)
            record = await bank.collection(paid)

        async with running(lender, tmp_path, 0.001) as bank:
            again = await bank.link(form)
            known = await bank.collection(paid)
            await bank.approve(form["OKYAKU"])
            delivered = await receiver.next()

    assert again.status == 303
    assert again.headers["Location"].endswith(first.headers["Location"].rpartition("/")[2])
    assert known.body == record.body
    assert delivered.reference == form["OKYAKU"]


async def test_a_reset_forgets_every_file(lender: Lender, tmp_path: Path):
    body = file_of([lender.payee()])
    async with running(lender, tmp_path, 0.001) as bank:
        first = await bank.submit(body, "A")
        await bank.told("POST", "reset")
        asked = await bank.get(f"/files/{first.receipt}")
        again = await bank.submit(body, "A")

    assert (asked.status, again.status) == (404, 202)
    assert again.receipt == first.receipt


async def test_what_is_not_visible_yet_is_said_to_be_not_found(lender: Lender, tmp_path: Path):
    payee = lender.payee()
    async with running(lender, tmp_path, 1) as bank:
        hidden = {"visibility_s_min": 3600.0, "visibility_s_max": 3600.0}
        await bank.told("PUT", "settings", hidden)
        taken = await bank.submit(file_of([payee]), "A")
        asked = [
            await bank.get("/files?fileId=A"),
            await bank.item(payee.reference),
            await bank.get(f"/files/{taken.receipt}"),
        ]

    assert [answer.status for answer in asked] == [404, 404, 204]
