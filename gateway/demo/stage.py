"""Set the stage of the demo: sandbox, gateway, a member with an account, the lender's money."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp

from gateway.app import Gateway, database_address, database_name, open_gateway
from gateway.config import Settings
from gateway.domain.account import AccountType, BankCode
from gateway.domain.due_dates import DueDay
from gateway.domain.errors import NotReady
from gateway.domain.hours import JST
from gateway.domain.house_money import Opening
from gateway.domain.money import Yen
from gateway.domain.ports import Clock
from gateway.operators.demo_note import DemoBank, DemoNote, write_note
from gateway.ops.clock import SystemClock
from gateway.sandbox.registry import BANKS
from gateway.sandbox.server import Sandbox, start_sandbox
from gateway.serve import listen
from gateway.services.add_account import AccountOnPaper, add_account_on_paper
from gateway.services.desk import TransferDesk
from gateway.services.enrol_member import Enrolment, enrol_member
from gateway.services.open_account import (
    confirm_account_opening,
    has_opening,
    propose_account_opening,
)
from gateway.services.register_account import AccountRequest, register_account
from gateway.store.accounts import list_accounts
from gateway.store.login_sources import forgive

MEMBER_NUMBER = "10000001"
MEMBER_PIN = "2468"
MEMBER_KANA = "ﾔﾏﾀﾞ ﾀﾛｳ"
MEMBER_LIMIT = Yen(500_000)
DEMO_NUMBER = "1234567"
DEMO_PASSWORD = "demo1234"  # noqa: S105 - published in docs/sandbox.md
DEMO_BRANCHES = {BankCode.PAYPAY: "002", BankCode.RAKUTEN: "201"}  # elsewhere 001
OPERATOR = "demo"
SETTLEMENT_FUNDS = Yen(100_000_000)


@dataclass(frozen=True, slots=True)
class Stage:
    """The running demo and where it can be reached."""

    gateway: Gateway
    sandbox: Sandbox
    address: str

    @property
    def banks(self) -> list[BankCode]:
        """Return the banks that are connected."""
        return list(self.gateway.desk.banks)

    async def books(self, bank: BankCode) -> dict[str, Any]:
        """Return the bank's own books, by its control API."""
        url = f"{self.sandbox.urls[bank]}/_sandbox/ledger"
        async with aiohttp.ClientSession() as control, control.get(url) as answer:
            answer.raise_for_status()
            books: dict[str, Any] = await answer.json()
            return books


@asynccontextmanager
async def open_stage(
    settings: Settings, *, clock: Clock, sandbox_port: int, books_dir: Path | None
) -> AsyncIterator[Stage]:
    """Yield the whole system, running and seeded; what was there from a former run is kept."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(
            _listening_sandbox(clock, sandbox_port=sandbox_port, books_dir=books_dir)
        )
        url = await stack.enter_async_context(database_address(settings))
        addresses = {f"{bank}_base_url": url for bank, url in sandbox.urls.items()}
        at_sandbox = settings.model_copy(update=addresses | _public(settings))
        shift_s = clock.shift_s if isinstance(clock, SystemClock) else settings.clock_shift_s
        name = await asyncio.to_thread(database_name, settings)
        note = DemoNote(name, shift_s, _banks_of(sandbox))
        await asyncio.to_thread(write_note, settings.data_dir, note)
        gateway = await stack.enter_async_context(open_gateway(at_sandbox, url=url, clock=clock))
        host, port = await listen(stack, gateway, at_sandbox)
        stage = Stage(gateway, sandbox, f"http://{host}:{port}")
        await _seed(stage)
        yield stage


def _banks_of(sandbox: Sandbox) -> dict[str, DemoBank]:
    return {name: DemoBank(url, sandbox.banks[name].identity) for name, url in sandbox.urls.items()}


def _public(settings: Settings) -> dict[str, object]:
    """Return where banks and browsers reach the gateway: on this machine, whatever port it has."""
    port = _free_port(settings)
    address = f"http://127.0.0.1:{port}"
    is_listed = "repayment_return_urls" in settings.model_fields_set
    listed = settings.repayment_return_urls if is_listed else ()
    return {
        "port": port,
        "public_url": address,
        "repayment_return_urls": (f"{address}/", *listed),
    }


def _free_port(settings: Settings) -> int:
    """Return the port, any that is free for 0. Raises NotReady if somebody listens there.

    Gateways share a port, so that a second demo would start, and each get half of the requests.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise NotReady(
                f"port {settings.port} ({error.strerror}): is another demo running? "
                "--port 8090 takes another, 0 any that is free"
            ) from error
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def _listening_sandbox(
    clock: Clock, *, sandbox_port: int, books_dir: Path | None
) -> AsyncIterator[Sandbox]:
    """Yield the running banks. Raises NotReady when their ports are taken, as by another demo."""
    try:
        sandbox = await start_sandbox(
            clock=clock, banks=tuple(BANKS), port_base=sandbox_port, books_dir=books_dir
        )
    except OSError as error:
        raise NotReady(
            f"The bank sandbox cannot start ({error.strerror}): is another demo running? "
            "--sandbox-port-base 8201 takes five ports from there on, 0 any that are free"
        ) from error
    try:
        yield sandbox
    finally:
        await sandbox.close()


async def _seed(stage: Stage) -> None:
    desk, office = stage.gateway.desk, stage.gateway.office
    member = await enrol_member(
        office,
        stage.gateway.pins,
        Enrolment(
            MEMBER_NUMBER,
            MEMBER_KANA,
            MEMBER_PIN,
            MEMBER_LIMIT,
            due_day=DueDay.TWENTY_FIFTH,
            has_free_days=True,
        ),
    )
    await forgive(office.db, member)
    known = {account.account.bank for account in await list_accounts(desk.db, member)}
    async with aiohttp.ClientSession() as control:
        for bank in desk.banks:
            await _open_account(office, bank)
            if bank not in known:
                await _register(desk, office, member, bank)
            await _expect_calls(control, stage, bank)


async def _open_account(desk: TransferDesk, bank: BankCode) -> None:
    """Book what the sandbox's account has on its first day."""
    if await has_opening(desk.db, bank):
        return
    now = desk.clock.now()
    opening = Opening(bank, now.astimezone(JST).date(), SETTLEMENT_FUNDS.amount)
    note = "the sandbox's first day"
    await propose_account_opening(desk.db, opening, by=OPERATOR, note=note, now=now)
    await confirm_account_opening(desk.db, opening, by="sandbox", note=note, now=now)


async def _register(desk: TransferDesk, office: TransferDesk, member: UUID, bank: BankCode) -> None:
    """Add the demo account: as a member would, or as an operator where the bank names nobody."""
    branch, kind = DEMO_BRANCHES.get(bank, "001"), AccountType.ORDINARY
    if desk.profiles[bank].verifies_names:
        request = AccountRequest(member, bank, branch, kind, DEMO_NUMBER, holder=None)
        await register_account(desk, request)
    else:
        seen = AccountOnPaper(MEMBER_NUMBER, bank, branch, kind, DEMO_NUMBER, OPERATOR)
        await add_account_on_paper(office.db, seen, now=desk.clock.now())


async def _expect_calls(control: aiohttp.ClientSession, stage: Stage, bank: BankCode) -> None:
    """Tell the sandbox where the lender takes the bank's calls."""
    settings = {"callback_url": f"{stage.address}/callbacks/{bank}"}
    async with control.put(
        f"{stage.sandbox.urls[bank]}/_sandbox/settings", json=settings
    ) as answer:
        answer.raise_for_status()
