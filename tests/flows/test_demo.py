"""What starts a demo, and what does not."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

from gateway.config import Settings
from gateway.demo.stage import MEMBER_NUMBER, MEMBER_PIN, open_stage
from gateway.domain.account import BankCode
from gateway.domain.errors import NotReady
from gateway.domain.money import Yen
from gateway.ops.clock import SystemClock, shift_to
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.accept_transfer import TransferRequest, accept_transfer
from gateway.store.accounts import list_accounts
from gateway.store.loans import find_loan
from tests.manual_clock import START, ManualClock
from tests.ops.test_command_line import CommandLine


async def test_a_second_demo_is_told_that_the_sandboxs_port_is_taken(
    tmp_path: Path, clock: ManualClock
) -> None:
    """It ended with status 1 and not a word, since the traceback went to the log file."""
    settings = Settings.model_validate({"data_dir": tmp_path, "port": 0})
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        stage = open_stage(settings, clock=clock, sandbox_port=port, books_dir=None)

        with pytest.raises(NotReady, match=rf"{port}\).*address already in use.*another demo"):
            await stage.__aenter__()


async def test_a_second_demo_is_told_that_the_gateways_port_is_taken(
    tmp_path: Path, database_url: str, clock: ManualClock
) -> None:
    """It said Ready: both listened there, and every other request went to the first one."""
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        port = other.getsockname()[1]
        settings = Settings.model_validate(
            {"data_dir": tmp_path, "database_url": database_url, "port": port}
        )
        stage = open_stage(settings, clock=clock, sandbox_port=0, books_dir=None)

        with pytest.raises(NotReady, match=rf"port {port} \(Address already in use\).*--port"):
            await stage.__aenter__()


async def test_a_demo_beside_another_one_takes_free_ports(
    tmp_path: Path, database_url: str
) -> None:
    """The banks' ports were 8101 to 8105, whatever else was there."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "demo", "--port", "0", "--sandbox-port-base", "0"),
        env={
            "PATH": os.environ["PATH"],
            "GATEWAY_DATA_DIR": str(tmp_path),
            "GATEWAY_DATABASE_URL": database_url,
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    told = ""

    async with asyncio.timeout(60):
        while "Ready" not in told:
            told += (await process.stdout.readline()).decode()
        examined = await _examined(tmp_path, database_url)
        process.send_signal(signal.SIGINT)
        await process.communicate()

    assert process.returncode == 0
    ports = re.findall(r"sandbox +http://127\.0\.0\.1:(\d+)", told)
    assert len(set(ports)) == len(BankCode)
    assert not set(ports) & {str(8101 + offset) for offset in range(5)}
    # The doctor asked this demo's banks, wherever they are, and not who has the usual addresses.
    assert {name for name, is_good in examined.items() if "bank" in name and is_good} == {
        f"bank {bank}" for bank in BankCode
    }


async def _examined(directory: Path, database_url: str) -> dict[str, bool]:
    """Return what the doctor finds beside a demo: what is good, by name."""
    _, out, _ = await CommandLine(database_url, directory)("doctor", "--json")
    return {check["name"]: check["is_good"] for check in json.loads(out)}


async def test_a_page_beside_the_demo_may_be_returned_to(tmp_path: Path, database_url: str) -> None:
    """The demo allowed its own address only, whatever the setting said."""
    page = "http://localhost:5173/"
    settings = Settings.model_validate(
        {
            "data_dir": tmp_path,
            "database_url": database_url,
            "port": 0,
            "repayment_return_urls": (page,),
        }
    )
    clock = SystemClock(shift_to(START))

    async with open_stage(settings, clock=clock, sandbox_port=0, books_dir=None) as stage:
        listed = stage.gateway.desk.settings.repayment_return_urls

    assert listed == (f"{stage.address}/", page)


async def test_the_check_says_that_both_ways_of_money_ledger_and_the_banks_books_agree(
    tmp_path: Path,
) -> None:
    measured = {name: os.environ[name] for name in os.environ if name.startswith("COVERAGE")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "demo", "--check"),
        env=measured
        | {
            "PATH": os.environ["PATH"],
            "GATEWAY_DATA_DIR": str(tmp_path),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "COLUMNS": "200",
        },
        stdout=asyncio.subprocess.PIPE,
    )

    async with asyncio.timeout(100):
        out, _ = await process.communicate()

    said = out.decode()
    assert process.returncode == 0, said
    for bank in BankCode:
        assert f"{bank}: settled; comparing the books" in said
        assert f"{bank}: repayment settled; comparing" in said
        for what, yen in (("transfer", "99,970,000"), ("repayment", "99,980,000")):
            assert re.search(rf"{bank} .* {what} .* settled .* {yen} .* {yen} .* yes", said)


async def test_a_start_forgives_wrong_pins_at_the_same_instant_again(
    tmp_path: Path, database_url: str
) -> None:
    """Three wrong PINs ended the demo: it has one member, and nobody who issues PINs."""
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "database_url": database_url, "port": 0}
    )
    answers = []
    for pin in ("0000", MEMBER_PIN):
        clock = ManualClock(START)
        async with (
            open_stage(settings, clock=clock, sandbox_port=0, books_dir=None) as stage,
            aiohttp.ClientSession(stage.address) as page,
        ):
            for _ in range(4):
                login = {"method": "member_number", "member_number": MEMBER_NUMBER, "pin": pin}
                async with page.post("/v1/sessions", json=login) as answer:
                    answers.append(answer.status)
                clock.advance(60)

    assert answers == [401] * 4 + [201] * 4


async def test_what_was_moved_is_still_there_when_the_demo_starts_again(
    tmp_path: Path, clock: ManualClock
) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "port": 0})
    books_dir = tmp_path / "books"
    books_dir.mkdir()

    async with open_stage(settings, clock=clock, sandbox_port=0, books_dir=books_dir) as stage:
        desk, office = stage.gateway.desk, stage.gateway.office
        (member_id,) = [row["member_id"] for row in await office.db.fetch("SELECT * FROM members")]
        registered = await list_accounts(desk.db, member_id)
        account = next(one for one in registered if one.account.bank is BankCode.SMBC)
        wanted = TransferRequest(member_id, account.id, Yen(30_000), "key-0000000000000001", "demo")
        await accept_transfer(desk, wanted)
        assert await desk.senders.drain(10) == 0

    async with open_stage(settings, clock=clock, sandbox_port=0, books_dir=books_dir) as stage:
        loan = await find_loan(stage.gateway.desk.db, member_id)
        books = await stage.books(BankCode.SMBC)
        report = await verify_ledger(stage.gateway.office.db)

    assert loan is not None
    assert loan.principal == Yen(30_000)
    assert [movement["amount"] for movement in books["movements"]] == [30_000]
    assert report.findings == ()
    assert report.balances["settlement_cash:smbc"] == books["settlement"]["balance"] == 99_970_000
