"""What the transfer services work with, in one value, built once by `app.py`."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from gateway.config import Settings
from gateway.domain.account import BankCode
from gateway.domain.bank import Bank
from gateway.domain.identifier import uuid7
from gateway.domain.ports import Checkpoint, Clock, Metrics
from gateway.domain.transfer import Transfer
from gateway.domain.waits import Policy
from gateway.profiles import BankProfile
from gateway.services.standing_aside import StandingAside
from gateway.services.tally import Tally
from gateway.store.database import Database

log = structlog.get_logger()


class Senders:
    """The bounded work in flight of this process: at most one task a transfer, `limit` in all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._lanes: Counter[str] = Counter()
        self._claiming: dict[UUID, str] = {}
        self._promised = 0

    @property
    def room(self) -> int:
        """Return how many more may start."""
        return max(0, self._limit - len(self._tasks) - self._promised)

    def in_hand(self, lane: str) -> int:
        """Return how many of a lane (a bank's due transfers) are being worked on here."""
        return self._lanes[lane]

    def claiming(self, lane: str) -> int:
        """Return how many of them have not come to the bank's limit yet."""
        return sum(one == lane for one in self._claiming.values())

    def at_bank(self, transfer_id: UUID) -> None:
        """Note that a transfer is claimed: from here on the bank's limit counts it."""
        self._claiming.pop(transfer_id, None)

    @contextmanager
    def promise(self) -> Iterator[bool]:
        """Say whether there is room, and keep it for whoever must write something down first."""
        has_room = self.room > 0
        self._promised += has_room
        try:
            yield has_room
        finally:
            self._promised -= has_room

    def try_start(
        self, transfer_id: UUID, work: Callable[[], Awaitable[None]], *, lane: str = ""
    ) -> bool:
        """Start `work` unless there is no room or that transfer is being worked on here already."""
        return self.room > 0 and self.start(transfer_id, work, lane=lane)

    def start(
        self, transfer_id: UUID, work: Callable[[], Awaitable[None]], *, lane: str = ""
    ) -> bool:
        """Start `work`, room or not, unless that transfer is being worked on here already."""
        if transfer_id in self._tasks:
            return False
        self._lanes[lane] += 1
        self._claiming[transfer_id] = lane
        self._tasks[transfer_id] = asyncio.create_task(self._run(transfer_id, work, lane))
        return True

    async def _run(self, transfer_id: UUID, work: Callable[[], Awaitable[None]], lane: str) -> None:
        try:
            await work()
        except Exception:
            # What this process holds is taken over when its lease ends: nothing is lost.
            log.exception(
                "alert.raised",
                code="transfer_not_workable",
                severity="page",
                runbook="docs/runbook.md#transfer_not_workable",
                transfer_id=str(transfer_id),
            )
        finally:
            del self._tasks[transfer_id]
            self.at_bank(transfer_id)
            self._lanes[lane] -= 1

    async def drain(self, seconds: float) -> int:
        """Wait for what is in flight, cancel the rest; return how many had to be cancelled.

        What is cancelled stays `submitting` and is inquired about: nothing is lost.
        """
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + seconds
        # Who gathers a file starts its sender: what is in flight may start something itself.
        while self._tasks and (left_s := ends_at - loop.time()) > 0:
            await asyncio.wait(list(self._tasks.values()), timeout=left_s)
        late = list(self._tasks.values())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)


@dataclass(frozen=True, slots=True)
class TransferDesk:
    """The parts that transfers need. `profiles` are scaled by `settings.time_scale` already."""

    db: Database
    banks: Mapping[BankCode, Bank]
    profiles: Mapping[BankCode, BankProfile]
    clock: Clock
    metrics: Metrics
    checkpoint: Checkpoint
    senders: Senders
    settings: Settings
    instance: str
    aside: StandingAside = field(default_factory=StandingAside)
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.aside.scale = self.settings.time_scale

    def new_id(self) -> UUID:
        """Return a fresh row id, in order of time."""
        return uuid7(self.clock.now(), secrets.token_bytes(10))

    def policy(self, transfer: Transfer) -> Policy:
        """Return the numbers of the transfer's bank that decisions need."""
        return self.bank_policy(transfer.bank)

    def bank_policy(self, bank: BankCode) -> Policy:
        """Return the numbers of a bank that decisions need."""
        profile = self.profiles[bank]
        return Policy(
            visibility_s=profile.visibility_s,
            review_after_s=profile.review_after_s,
            scale=self.settings.time_scale,
        )
