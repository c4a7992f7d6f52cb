"""A full day at one bank, known by its size alone: in the bank's books, and in our tables."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.ledger import settlement_cash
from gateway.sandbox.bank import RunningBank
from gateway.sandbox.books import Booking, MovementKind

HOLDER = "ﾔﾏﾀﾞ ﾀﾛｳ"
OURS = UUID("0b0f9d52-6a0e-5d0a-8c7b-0f4a5e9f2c11")
MOVEMENTS_A_MEMBER = 10
REPAYMENTS = 5  # every fifth movement is one
EARLIER_DAYS = 1  # on which each member moved as much, and nobody asks about it


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement: a transfer or a repayment, both sides agreeing about it."""

    member: UUID
    id: UUID
    reference: str
    amount: int
    instant: datetime
    is_repayment: bool


def a_day(bank: str, day: date, count: int) -> Iterator[Moved]:
    """Yield the movements of a day, the same for the same bank, day and size."""
    begins = datetime.combine(day, time(0, 0, 1), JST)
    step = timedelta(hours=23) / max(1, count)
    for number in range(count):
        name = f"{bank} {day} {count} {number}"
        digest = hashlib.sha256(name.encode()).digest()
        yield Moved(
            member=uuid5(OURS, f"{bank} {number % max(1, count // MOVEMENTS_A_MEMBER)}"),
            id=uuid5(OURS, name),
            reference=base64.b32encode(digest)[:20].decode(),
            amount=1_000 + number % 1_000,
            instant=begins + step * number,
            is_repayment=number % REPAYMENTS == 0,
        )


def book_day(bank: RunningBank, day: date, count: int) -> None:
    """Book the day at the emulator, as its calls would have."""
    account = bank.spec.seed_accounts[0]
    for number, moved in enumerate(a_day(bank.name, day, count)):
        kind = MovementKind.COLLECTION if moved.is_repayment else MovementKind.PAYOUT
        bank.emulation.books.book(
            Booking(
                kind=kind,
                reference=moved.reference,
                amount=moved.amount,
                instant=moved.instant,
                bank_id=f"B{number:012}",
                account=account.key,
                counterparty=account.holder,
            )
        )


async def fill(owner: "asyncpg.Connection[Any]", bank: BankCode, day: date, count: int) -> None:
    """Write the day, and the same members' earlier days, into our tables."""
    for back in range(EARLIER_DAYS, -1, -1):
        on = day - timedelta(days=back)
        await _fill_day(owner, bank, on, list(a_day(bank, on, count)))
    await owner.execute("VACUUM ANALYZE")


async def _fill_day(
    owner: "asyncpg.Connection[Any]", bank: BankCode, day: date, moved: list[Moved]
) -> None:
    rows: dict[str, list[dict[str, object]]] = {
        "transfers": [_transfer(bank, one) for one in moved if not one.is_repayment],
        "repayments": [_repayment(bank, one) for one in moved if one.is_repayment],
        "loan_entries": [_entry(bank, day, one) for one in moved],
        "postings": [_posting(bank, day, one) for one in moved],
    }
    for table, records in rows.items():
        await owner.copy_records_to_table(
            table,
            columns=list(records[0]),
            records=[tuple(record.values()) for record in records],
        )


def _about(one: Moved) -> dict[str, object]:
    return {"member_id": one.member, "id": one.id}


def _transfer(bank: BankCode, one: Moved) -> dict[str, object]:
    return _about(one) | {
        "account_id": one.member,
        "bank": bank.value,
        "reference": one.reference,
        "amount": one.amount,
        "branch": "001",
        "type": "1",
        "number": "1234567",
        "holder": HOLDER,
        "remitter": HOLDER,
        "request_id": "bench",
        "state": "settled",
        "attempt": 1,
        "step": one.id,
        "accepted_at": one.instant,
        "give_up_at": one.instant,
        "settled_at": one.instant,
    }


def _repayment(bank: BankCode, one: Moved) -> dict[str, object]:
    until = one.instant + timedelta(minutes=15)
    return _about(one) | {
        "bank": bank.value,
        "reference": one.reference,
        "kind": "amount",
        "state": "settled",
        "amount": one.amount,
        "description": "ｺﾞﾍﾝｻｲ",
        "return_url": "https://x.example/",
        "request_id": "bench",
        "step": one.id,
        "accepted_at": one.instant,
        "expires_at": until,
        "start_until": until,
        "watch_until": until,
        "is_answered_finally": True,
        "settled_at": one.instant,
        "paid_amount": one.amount,
        "ended_at": one.instant,
    }


def _entry(bank: BankCode, day: date, one: Moved) -> dict[str, object]:
    kind = "payment" if one.is_repayment else "advance"
    return _about(one) | {
        "kind": kind,
        "amount": one.amount,
        "effective_on": day,
        "at": one.instant,
        "house": settlement_cash(bank),
        "source_id": one.id,
        "journal": one.id,
        "recorded_at": one.instant,
    }


def _posting(bank: BankCode, day: date, one: Moved) -> dict[str, object]:
    sides = (settlement_cash(bank), "principal")
    debit, credit = sides if one.is_repayment else sides[::-1]
    return _about(one) | {
        "journal": one.id,
        "debit": debit,
        "credit": credit,
        "amount": one.amount,
        "effective_on": day,
        "recorded_at": one.instant,
    }
