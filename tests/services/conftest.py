"""A desk on a real database, with a bank of a few lines that does as it is told."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from gateway.config import load_settings
from gateway.demo.stage import DEMO_BRANCHES
from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.bank import (
    Callback,
    Health,
    NameFound,
    NameRefused,
    Statement,
    StatementUnavailable,
    TransferOrder,
)
from gateway.domain.identifier import uuid7
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Answer,
    Evidence,
    InquiryOutcome,
    NotFound,
    Settled,
    SubmitOutcome,
)
from gateway.domain.ports import Clock, Point
from gateway.profiles import bank_profiles, scaled
from gateway.services.accept_transfer import TransferRequest
from gateway.services.desk import Senders, TransferDesk
from gateway.store.database import Database, open_database
from tests.bank_doubles import WithoutCollections
from tests.manual_clock import ManualClock
from tests.traced import owner, trace

__all__ = ["owner", "trace"]

HOLDER = "ﾔﾏﾀﾞ ﾀﾛｳ"


class NoMetrics:
    def count(self, name: str, /, **labels: str) -> None:
        del name, labels

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        del name, seconds, labels

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        del name, value, labels


def evidence(code: str = "test") -> Evidence:
    return Evidence(code, request_sha256="0" * 64, answer_sha256="1" * 64)


@dataclass
class ToldBank(WithoutCollections):
    """Answers as told, else books everything once; `sent` is what reached it."""

    clock: ManualClock
    code: BankCode = BankCode.SMBC
    health: Health = Health.UP
    submits: deque[SubmitOutcome] = field(default_factory=deque)
    inquiries: deque[InquiryOutcome] = field(default_factory=deque)
    sent: list[TransferOrder] = field(default_factory=list)
    asked: list[TransferOrder] = field(default_factory=list)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answers.set()

    async def submit(self, order: TransferOrder, *, send_before: float) -> Answer[SubmitOutcome]:
        del send_before
        await self.answers.wait()
        self.sent.append(order)
        told = self.submits.popleft() if self.submits else Settled(self.clock.now(), "told")
        return Answer(told, evidence())

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        self.asked.append(order)
        told = self.inquiries.popleft() if self.inquiries else NotFound()
        return Answer(told, evidence())

    async def verify_name(self, account: BankAccount) -> NameFound | NameRefused:
        return NameFound(account.holder)

    async def statement(self, day: date) -> Statement | StatementUnavailable:
        return Statement(self.code, day, ())

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        del headers, body
        return None

    async def clock_skew_s(self) -> float | None:
        return 0.0


@dataclass(frozen=True)
class Member:
    id: UUID
    account: UUID


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database whose users wait their turn: here, a busy machine is no refusal."""
    async with open_database(database_url, wait_s=60) as database:
        yield database


@pytest.fixture
def bank(clock: ManualClock) -> ToldBank:
    return ToldBank(clock)


@pytest.fixture
def desk(database: Database, clock: ManualClock, bank: ToldBank) -> TransferDesk:
    settings = load_settings(time_scale=0.05)
    return TransferDesk(
        db=database,
        banks={BankCode.SMBC: bank},
        profiles={BankCode.SMBC: scaled(bank_profiles()[BankCode.SMBC], 0.05)},
        clock=clock,
        metrics=NoMetrics(),
        checkpoint=no_crash,
        senders=Senders(200),
        settings=settings,
        instance="test-1",
    )


def no_crash(point: Point, /) -> None:
    del point


@pytest.fixture
async def member(owner, clock: ManualClock) -> Member:
    """A member with a limit of 100,000 yen and one account at SMBC."""
    return await new_member(owner, clock, limit=100_000)


async def new_member(owner, clock: Clock, *, limit: int, bank: BankCode = BankCode.SMBC) -> Member:
    """Return a member with the bank's demo account."""
    branch = DEMO_BRANCHES.get(bank, "001")
    member = Member(uuid7(clock.now(), os.urandom(10)), uuid7(clock.now(), os.urandom(10)))
    await owner.execute(
        "INSERT INTO members (member_id, member_number, kana, sender_name, pin_hash, created_at)"
        " VALUES ($1, $2, $3, 'ﾌﾟﾛﾐｽ', 'none', $4)",
        *(member.id, member.id.hex, HOLDER, clock.now()),
    )
    await owner.execute(
        "INSERT INTO loans (member_id, credit_limit) VALUES ($1, $2)", member.id, limit
    )
    await owner.execute(
        "INSERT INTO accounts (member_id, id, bank, branch, type, number, holder, registered_at)"
        " VALUES ($1, $2, $3, $4, $5, '1234567', $6, $7)",
        *(member.id, member.account, bank.value, branch, AccountType.ORDINARY, HOLDER),
        clock.now(),
    )
    return member


def request(
    member: Member, *, amount: int = 10_000, key: str = "key-0000000000000001", **more: Any
) -> TransferRequest:
    """Return a wish of its own: the same once more is meant."""
    return TransferRequest(
        member_id=member.id,
        account_id=member.account,
        amount=Yen(amount),
        idempotency_key=key,
        request_id="req",
        **{"again": True} | more,
    )


async def kept_waiting(owner: Any, count: int) -> None:
    """Return once so many statements wait for what others hold."""
    async with asyncio.timeout(5):
        while True:
            waiting = await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if waiting >= count:
                return
            await asyncio.sleep(0.005)
