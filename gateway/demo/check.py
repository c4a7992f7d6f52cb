"""`gateway demo --check`: money out and back through every bank over real HTTP, and the books."""

import asyncio
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from gateway.config import Settings
from gateway.demo.payer import approve
from gateway.demo.stage import (
    DEMO_BRANCHES,
    DEMO_NUMBER,
    DEMO_PASSWORD,
    MEMBER_NUMBER,
    MEMBER_PIN,
    Stage,
    open_stage,
)
from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.ledger import settlement_cash
from gateway.ops.clock import SystemClock, shift_to
from gateway.ops.commands.ledger_verify import verify_ledger

START = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
LENT, REPAID = 30_000, 10_000
SETTLED_WITHIN_S = 30
ASKED_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Checked:
    """What one movement through a bank came to, and whether all books say the same."""

    bank: str
    what: str
    reference: str
    states: str
    ledger_balance: int
    bank_balance: int
    problems: tuple[str, ...]


async def check_demo(settings: Settings, console: Console) -> bool:
    """Return whether money, ledger and the bank's books agree at every bank; print a table."""
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
            checked = []
            for bank in stage.banks:
                checked.append(await _check_transfer(stage, client, bank, console))
                checked.append(await _check_repayment(stage, client, bank, console))
            findings = (await verify_ledger(stage.gateway.office.db)).findings
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


async def _check_transfer(
    stage: Stage, client: aiohttp.ClientSession, bank: BankCode, console: Console
) -> Checked:
    console.print(f"{bank}: asking for {LENT:,} yen …", highlight=False)
    async with client.get("/v1/accounts") as answer:
        accounts = (await answer.json())["items"]
    account_id = next(account["id"] for account in accounts if account["bank"] == bank)
    # A check may follow another one within a minute.
    wish = {"account_id": account_id, "amount": LENT, "again": True}
    asked = await _ask(client, "/v1/transfers", wish)
    transfer, states = await _followed(client, f"/v1/transfers/{asked['id']}", asked)
    console.print(f"{bank}: {transfer['state']}; comparing the books …", highlight=False)
    return await _compared(stage, bank, "transfer", transfer, (states, "out", LENT))


async def _check_repayment(
    stage: Stage, client: aiohttp.ClientSession, bank: BankCode, console: Console
) -> Checked:
    console.print(f"{bank}: paying {REPAID:,} yen back …", highlight=False)
    home = f"{stage.address}/"
    wish = {"kind": "amount", "amount": REPAID, "bank": bank, "return_url": home}
    wish |= {"beside_open": True}
    asked = await _ask(client, "/v1/repayments", wish)
    where = f"{home}?repayment_id={asked['id']}"
    opened = await _opened(client, asked)
    problems = () if await _approved(bank, opened) == where else ("the browser was lost",)
    repayment, states = await _followed(client, f"/v1/repayments/{asked['id']}", asked)
    console.print(f"{bank}: repayment {repayment['state']}; comparing …", highlight=False)
    checked = await _compared(stage, bank, "repayment", repayment, (states, "in", REPAID))
    return replace(checked, problems=(*checked.problems, *problems))


async def _ask(
    client: aiohttp.ClientSession, path: str, body: Mapping[str, object]
) -> dict[str, Any]:
    key = {"Idempotency-Key": secrets.token_hex(16)}
    async with client.post(path, json=body, headers=key) as answer:
        answer.raise_for_status()
        asked: dict[str, Any] = await answer.json()
        return asked


async def _approved(bank: BankCode, repayment: Mapping[str, Any]) -> str:
    """Approve on the bank's page, as a browser would; return where it ends."""
    branch = DEMO_BRANCHES.get(bank, "001")
    answers = {"branch": branch, "number": DEMO_NUMBER, "password": DEMO_PASSWORD}
    async with aiohttp.ClientSession() as browser:
        return await approve(browser, repayment["redirect"], answers)


async def _opened(client: aiohttp.ClientSession, repayment: dict[str, Any]) -> dict[str, Any]:
    """Return the repayment once the bank has opened it, which a busy machine may have to wait for.

    Raises TimeoutError when that does not come to be.
    """
    async with asyncio.timeout(SETTLED_WITHIN_S):
        while repayment["redirect"] is None:
            await asyncio.sleep(ASKED_EVERY_S)
            async with client.get(f"/v1/repayments/{repayment['id']}") as answer:
                repayment = await answer.json()
    return repayment


async def _followed(
    client: aiohttp.ClientSession, path: str, first: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """Follow a movement to its end; return it, and its states with their instants."""
    seen, found = [first["state"]], first
    deadline = asyncio.get_running_loop().time() + SETTLED_WITHIN_S
    while found["state"] != "settled" and asyncio.get_running_loop().time() < deadline:
        async with client.get(path, headers={"Prefer": "wait=5"}) as answer:
            found = await answer.json()
        if found["state"] != seen[-1]:
            seen.append(found["state"])
        if found["state"] != "settled":
            await asyncio.sleep(ASKED_EVERY_S)
    instant = found.get("settled_at") or found["accepted_at"]
    return found, f"{' → '.join(seen)} {instant[11:19]}"


async def _compared(
    stage: Stage,
    bank: BankCode,
    what: str,
    found: Mapping[str, Any],
    expected: tuple[str, str, int],
) -> Checked:
    """Hold what the member sees, our ledger and the bank's books against each other."""
    states, direction, amount = expected
    books = await stage.books(bank)
    balances = (await verify_ledger(stage.gateway.office.db)).balances
    ledger_balance = balances.get(settlement_cash(bank), 0)
    bank_balance = int(books["settlement"]["balance"])
    moved = [m for m in books["movements"] if m["reference"] == found["reference"]]
    problems = []
    if found["state"] != "settled":
        problems.append(f"the {what} is {found['state']}")
    if [(m["direction"], int(m["amount"])) for m in moved] != [(direction, amount)]:
        problems.append(f"the bank booked it {len(moved)} times")
    if ledger_balance != bank_balance:
        problems.append("our ledger and the bank's balance differ")
    return Checked(
        bank=bank,
        what=what,
        reference=found["reference"],
        states=states,
        ledger_balance=ledger_balance,
        bank_balance=bank_balance,
        problems=tuple(problems),
    )


def _table(checked: list[Checked]) -> Table:
    table = Table(title="One transfer and one repayment through each bank")
    for column in ("bank", "what", "reference", "states"):
        table.add_column(column)
    for column in ("our ledger, yen", "bank's books, yen"):
        table.add_column(column, justify="right")
    table.add_column("agree?")
    for row in checked:
        verdict = "yes" if not row.problems else "NO: " + "; ".join(row.problems)
        table.add_row(
            row.bank,
            row.what,
            row.reference,
            row.states,
            f"{row.ledger_balance:,}",
            f"{row.bank_balance:,}",
            verdict,
        )
    return table
