"""`gateway demo --check`: move money through every bank over real HTTP, and compare the books."""

import asyncio
import secrets
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from gateway.config import Settings
from gateway.demo.stage import MEMBER_NUMBER, MEMBER_PIN, Stage, open_stage
from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.ledger import settlement_cash
from gateway.ops.clock import SystemClock, shift_to
from gateway.ops.commands.ledger_verify import verify_ledger

START = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
AMOUNT = 30_000
SETTLED_WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class Checked:
    """What one bank's transfer came to, and whether all books say the same."""

    bank: str
    reference: str
    states: str
    ledger_balance: int
    bank_balance: int
    problems: tuple[str, ...]


async def check_demo(settings: Settings, console: Console) -> bool:
    """Return whether transfer, ledger and the bank's books agree at every bank; print a table."""
    with tempfile.TemporaryDirectory(prefix="gateway-check-") as directory:
        fresh = settings.model_copy(
            update={"data_dir": Path(directory), "port": 0, "database_url": None}
        )
        clock = SystemClock(shift_to(START))
        console.print(f"Clock: {START.isoformat()}. Starting …", highlight=False)
        async with (
            open_stage(fresh, clock=clock, sandbox_port=0, books_dir=None) as stage,
            aiohttp.ClientSession(stage.address) as client,
        ):
            client.headers["Authorization"] = f"Bearer {await _log_in(client, console)}"
            checked = [await _check_bank(stage, client, bank, console) for bank in stage.banks]
            findings = (await verify_ledger(stage.gateway.desk.db)).findings
    console.print(_table(checked))
    for finding in findings:
        console.print(f"ledger: {finding.about}: {finding.says}", style="red")
    return not findings and all(not row.problems for row in checked)


async def _log_in(client: aiohttp.ClientSession, console: Console) -> str:
    console.print("Logging in …")
    body = {"method": "member_number", "member_number": MEMBER_NUMBER, "pin": MEMBER_PIN}
    async with client.post("/v1/sessions", json=body) as answer:
        answer.raise_for_status()
        return str((await answer.json())["token"])


async def _check_bank(
    stage: Stage, client: aiohttp.ClientSession, bank: BankCode, console: Console
) -> Checked:
    console.print(f"{bank}: asking for {AMOUNT:,} yen …", highlight=False)
    transfer, states = await _transfer(client, bank)
    console.print(f"{bank}: {transfer['state']}; comparing the books …", highlight=False)
    books = await stage.books(bank)
    balances = (await verify_ledger(stage.gateway.desk.db)).balances
    ledger_balance = balances.get(settlement_cash(bank), 0)
    bank_balance = int(books["settlement"]["balance"])
    moved = [m for m in books["movements"] if m["reference"] == transfer["reference"]]
    problems = []
    if transfer["state"] != "settled":
        problems.append(f"the transfer is {transfer['state']}")
    if [(m["direction"], int(m["amount"])) for m in moved] != [("out", AMOUNT)]:
        problems.append(f"the bank booked it {len(moved)} times")
    if ledger_balance != bank_balance:
        problems.append("our ledger and the bank's balance differ")
    return Checked(
        bank=bank,
        reference=transfer["reference"],
        states=states,
        ledger_balance=ledger_balance,
        bank_balance=bank_balance,
        problems=tuple(problems),
    )


async def _transfer(client: aiohttp.ClientSession, bank: BankCode) -> tuple[dict[str, Any], str]:
    """Make a transfer and follow it to its end; return it, and its states with their instants."""
    async with client.get("/v1/accounts") as answer:
        accounts = (await answer.json())["items"]
    account_id = next(account["id"] for account in accounts if account["bank"] == bank)
    async with client.post(
        "/v1/transfers",
        json={"account_id": account_id, "amount": AMOUNT},
        headers={"Idempotency-Key": secrets.token_hex(16)},
    ) as answer:
        answer.raise_for_status()
        transfer = await answer.json()
    seen = [transfer["state"]]
    deadline = asyncio.get_running_loop().time() + SETTLED_WITHIN_S
    while transfer["state"] != "settled" and asyncio.get_running_loop().time() < deadline:
        async with client.get(
            f"/v1/transfers/{transfer['id']}", headers={"Prefer": "wait=5"}
        ) as answer:
            transfer = await answer.json()
        if transfer["state"] != seen[-1]:
            seen.append(transfer["state"])
    instant = transfer.get("settled_at") or transfer["accepted_at"]
    return transfer, f"{' → '.join(seen)} {instant[11:19]}"


def _table(checked: list[Checked]) -> Table:
    table = Table(title="One transfer through each bank")
    for column in ("bank", "reference", "states"):
        table.add_column(column)
    for column in ("our ledger, yen", "bank's books, yen"):
        table.add_column(column, justify="right")
    table.add_column("agree?")
    for row in checked:
        verdict = "yes" if not row.problems else "NO: " + "; ".join(row.problems)
        table.add_row(
            row.bank,
            row.reference,
            row.states,
            f"{row.ledger_balance:,}",
            f"{row.bank_balance:,}",
            verdict,
        )
    return table
