"""A desk for a bank that takes files, and rounds of the worker until nothing moves any more."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.config import load_settings
from gateway.domain.account import BankCode
from gateway.domain.ports import Checkpoint
from gateway.domain.transfer import State, Transfer
from gateway.profiles import BankProfile, bank_profiles, scaled
from gateway.services.accept_transfer import accept_transfer
from gateway.services.desk import Senders, TransferDesk
from gateway.services.gather_file import gather_files
from gateway.services.work_files import work_files
from gateway.services.work_transfers import ask_due, recover_ended, send_due
from gateway.store.database import Database
from gateway.store.transfers import find_transfer
from tests.manual_clock import ManualClock
from tests.services.conftest import Member, NoMetrics, new_member, no_crash, request
from tests.services.file_bank import FileBankDouble

SCALE = 0.05
ROUNDS_MAX = 60
OPEN = {State.SCHEDULED, State.SUBMITTING, State.SUBMITTED, State.UNKNOWN}


def profile(**changes: Any) -> BankProfile:
    """Return Mizuho's contract, shortened, and without a limit of files a second."""
    changes = {"per_second": 0.0, "deadline_s": 8.0} | changes
    return replace(scaled(bank_profiles()[BankCode.MIZUHO], SCALE), **changes)


@dataclass
class FileWorld:
    """What the tests work with; `desk` is one process, `process` makes another."""

    db: Database
    owner: Any
    clock: ManualClock
    bank: FileBankDouble
    desk: TransferDesk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = self.process()

    def process(
        self, *, instance: str = "test-1", checkpoint: Checkpoint = no_crash, **changes: Any
    ) -> TransferDesk:
        return TransferDesk(
            db=self.db,
            banks={BankCode.MIZUHO: self.bank},
            profiles={BankCode.MIZUHO: profile(**changes)},
            clock=self.clock,
            metrics=NoMetrics(),
            checkpoint=checkpoint,
            senders=Senders(200),
            settings=load_settings(time_scale=SCALE),
            instance=instance,
        )

    async def member(self) -> Member:
        return await new_member(self.owner, self.clock, limit=100_000, bank=BankCode.MIZUHO)

    async def accepted(self, count: int = 1) -> list[Transfer]:
        """Accept transfers of as many members."""
        return [
            (
                await accept_transfer(
                    self.desk, request(await self.member(), key=secrets.token_hex(16))
                )
            ).transfer
            for _ in range(count)
        ]

    async def now(self, transfer: Transfer) -> Transfer:
        found = await find_transfer(self.db, member_id=transfer.member_id, transfer_id=transfer.id)
        assert found is not None
        return found

    async def states(self, transfers: list[Transfer]) -> list[State]:
        return [(await self.now(transfer)).state for transfer in transfers]

    async def files(self) -> list[tuple[str, int, bool]]:
        """Return state, number of items, and whether anything is left to do, of every file."""
        rows = await self.owner.fetch("SELECT * FROM bank_files ORDER BY stored_at, state")
        return [(row["state"], row["items"].count("["), row["next_at"] is not None) for row in rows]

    async def is_at_the_bank(self) -> bool:
        """Whether a sender has reached the bank: nobody is between storing and sending."""
        return self.bank.arrived > 0

    async def lease_ends(self) -> None:
        """Let the database's clock pass every lease, which no test can wait for."""
        for table in ("transfers", "bank_files"):
            await self.owner.execute(
                f"UPDATE {table} SET lease_until = now() - interval '1 second'"
                " WHERE lease_until IS NOT NULL"
            )


async def gather(desk: TransferDesk) -> None:
    await gather_files(desk)
    await finish(desk)


async def finish(desk: TransferDesk) -> None:
    assert await desk.senders.drain(20) == 0


async def one_round(world: FileWorld, desk: TransferDesk) -> None:
    """Do what each loop of the worker does, once, and let a second pass."""
    for work in (gather_files, work_files, ask_due, recover_ended, send_due):
        await work(desk)
        await finish(desk)
    world.clock.advance(1)


async def until_at_rest(
    world: FileWorld, transfers: list[Transfer], desk: TransferDesk | None = None
) -> list[State]:
    """Work until all transfers are final or in review, and all files at rest."""
    states = await world.states(transfers)
    for _ in range(ROUNDS_MAX):
        if not OPEN & set(states) and not any(is_open for *_, is_open in await world.files()):
            return states
        await one_round(world, desk or world.desk)
        # Nothing is in flight; but what a process claimed while it died is leased all the same.
        await world.lease_ends()
        states = await world.states(transfers)
    raise AssertionError(f"still open: {states}, {await world.files()}")


async def eventually(condition: Callable[[], Awaitable[object]]) -> None:
    """Return once the condition is true."""
    async with asyncio.timeout(10):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.001)
