"""A world for flow tests: the real emulator, a real database, gateways that live and die."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp

from gateway.app import Gateway, open_gateway
from gateway.config import Settings, load_settings
from gateway.domain.account import BankCode
from gateway.domain.ledger import settlement_cash
from gateway.domain.money import Yen
from gateway.domain.ports import Checkpoint, Point
from gateway.domain.transfer import State, Transfer
from gateway.ops.clock import SystemClock, shift_to
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.ops.crash import no_checkpoint
from gateway.sandbox.server import Sandbox, running_sandbox
from gateway.services.accept_transfer import TransferRequest
from gateway.services.inquire_transfer import inquire_transfer
from gateway.store.transfers import find_transfer
from tests.manual_clock import START
from tests.services.conftest import Member, new_member

TIME_SCALE = 0.05
END_WITHIN_S = 20
LIMITS = (
    "member_money_per_minute",
    "member_writes_per_minute",
    "member_reads_per_minute",
    "member_streams_per_minute",
    "source_requests_per_minute",
    "source_callbacks_per_minute",
)
OPENING_BALANCE = 100_000_000


class Crashed(BaseException):
    """A process that ends here, as by a power cut: no `except Exception` sees it."""


@dataclass
class CrashAt:
    """The checkpoint of a process that dies at its `nth` call; nothing goes on after that."""

    nth: int
    calls: int = 0
    point: Point | None = None
    died: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, point: Point, /) -> None:
        self.calls += 1
        if self.calls < self.nth:
            return
        if self.point is None:
            self.point = point
            self.died.set()
        raise Crashed(point)


@contextmanager
def dying() -> Iterator[None]:
    """End the block where the process dies, also where a group of tasks dies with it."""
    try:
        yield
    except* Crashed:
        pass


@dataclass
class World:
    """The bank, the database, and what a test does with them."""

    sandbox: Sandbox
    settings: Settings
    url: str
    owner: Any
    clock: SystemClock
    control: aiohttp.ClientSession

    async def member(self, *, limit: int = 100_000, bank: BankCode = BankCode.SMBC) -> Member:
        """Enrol a member with the sandbox's demo account."""
        return await new_member(self.owner, self.clock, limit=limit, bank=bank)

    async def put(self, name: str, value: object, *, bank: BankCode = BankCode.SMBC) -> None:
        """Call the control API of a bank."""
        url = f"{self.sandbox.urls[bank]}/_sandbox/{name}"
        async with self.control.put(url, json=value) as answer:
            assert answer.status == 200, await answer.text()

    async def books(self, bank: BankCode = BankCode.SMBC) -> dict[str, Any]:
        """Return a bank's own books."""
        async with self.control.get(f"{self.sandbox.urls[bank]}/_sandbox/ledger") as answer:
            books: dict[str, Any] = await answer.json()
            return books

    @asynccontextmanager
    async def process(
        self, *, checkpoint: Checkpoint = no_checkpoint, name: str = "test-1"
    ) -> AsyncIterator[Gateway]:
        """Run a gateway in this process; when the block raises, it dies without draining."""
        settings = self.settings.model_copy(update={"instance": name})
        async with open_gateway(
            settings, url=self.url, clock=self.clock, checkpoint=checkpoint
        ) as gateway:
            try:
                yield gateway
            except BaseException:
                gateway.begin_drain()
                await gateway.desk.senders.drain(0)
                raise

    async def until_at_rest_or_dead(
        self, gateway: Gateway, transfer: Transfer, crash: CrashAt
    ) -> None:
        """Return once the transfer is at rest; raise Crashed once the process has died."""
        rest = asyncio.create_task(self.until_at_rest(gateway, transfer))
        death = asyncio.create_task(crash.died.wait())
        await asyncio.wait((rest, death), return_when=asyncio.FIRST_COMPLETED)
        for task in (rest, death):
            task.cancel()
        await asyncio.gather(rest, death, return_exceptions=True)
        if crash.point is not None:
            raise Crashed(crash.point)

    async def until_at_rest(
        self, gateway: Gateway, transfer: Transfer, *, within_s: float = END_WITHIN_S
    ) -> Transfer:
        """Return the transfer once it is final or in review."""
        async with asyncio.timeout(within_s):
            while True:
                found = await find_transfer(
                    gateway.desk.db, member_id=transfer.member_id, transfer_id=transfer.id
                )
                assert found is not None
                if found.is_final or found.state is State.REVIEW:
                    return found
                await asyncio.sleep(0.01)

    async def until_returned(self, gateway: Gateway, transfer: Transfer) -> Transfer:
        """Ask until the bank says that the money came back: a busy machine misses answers."""
        async with asyncio.timeout(END_WITHIN_S):
            while transfer.state is not State.RETURNED:
                transfer = await inquire_transfer(gateway.desk, transfer)
        return transfer

    async def check(self, gateway: Gateway, *transfers: Transfer) -> None:
        """The oracle: bank, transfers and ledger say the same; nothing twice, nothing lost."""
        books = {bank: await self.books(BankCode(bank)) for bank in self.sandbox.urls}
        for transfer in transfers:
            movements = books[transfer.bank]["movements"]
            moved = [m for m in movements if m["reference"] == transfer.reference]
            paid = [m for m in moved if m["kind"] == "payout"]
            assert len(paid) <= 1
            assert all(int(m["amount"]) == transfer.amount.amount for m in moved)
            if transfer.state in {State.SETTLED, State.RETURNED}:
                assert len(paid) == 1
            elif transfer.state is State.REVIEW:
                assert transfer.reason is not None
            else:
                assert moved == []
        report = await verify_ledger(gateway.office.db)
        assert report.findings == ()
        for bank, book in books.items():
            ours = report.balances.get(settlement_cash(BankCode(bank)), 0)
            if not any(t.state is State.REVIEW for t in transfers if t.bank == bank):
                assert ours == int(book["settlement"]["balance"]) - OPENING_BALANCE


def request(member: Member, *, amount: int = 10_000, key: str | None = None) -> TransferRequest:
    return TransferRequest(
        member_id=member.id,
        account_id=member.account,
        amount=Yen(amount),
        idempotency_key=key or secrets.token_hex(16),
        request_id="flow",
        again=True,
    )


@asynccontextmanager
async def open_world(
    url: str,
    owner: Any,
    *,
    banks: Sequence[BankCode] = (BankCode.SMBC,),
    secrets: Mapping[str, str] | None = None,
    clock: SystemClock | None = None,
    **changes: object,
) -> AsyncIterator[World]:
    """Start emulators for a test's database; everything runs at 1/20 of real delays."""
    clock = clock or SystemClock(shift_to(START))
    async with (
        running_sandbox(clock=clock, banks=banks, time_scale=TIME_SCALE) as sandbox,
        aiohttp.ClientSession() as control,
    ):
        settings = load_settings(
            **{
                **{f"{bank}_base_url": address for bank, address in sandbox.urls.items()},
                "time_scale": TIME_SCALE,
                "port": 0,
                "pool_size": 5,
                # One member stands for a whole site here.
                **dict.fromkeys(LIMITS, 0),
                "clock_shift_s": shift_to(START),
                **(secrets or {}),
                **changes,
            }
        )
        yield World(sandbox, settings, url, owner, clock, control)


def transfer_id_of(public: str) -> UUID:
    return UUID(public.removeprefix("tr_"))
