"""A small book of loans, written as the money steps would write it."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.domain.booking import return_id
from gateway.domain.identifier import uuid7
from tests.manual_clock import START

HOLDER = "ﾔﾏﾀﾞ ﾀﾛｳ"
NUMBER = "1234567"
CASH = "settlement_cash:smbc"
BOOKED_AT = START + timedelta(seconds=12)


@dataclass
class Books:
    """Writes rows as the owner, past every check, so that wrong ones can be written too."""

    owner: Any
    event_no: dict[UUID, int] = field(default_factory=dict)

    async def loan(self, *, principal: int = 0, reserved: int = 0, events: int = 0) -> UUID:
        member = uuid4()
        await self.owner.execute(
            "INSERT INTO loans (member_id, credit_limit, principal, reserved, event_no,"
            " is_due_known) VALUES ($1, 1000000, $2, $3, $4, FALSE)",
            member,
            principal,
            reserved,
            events,
        )
        return member

    async def transfer(
        self,
        member: UUID,
        state: str,
        *,
        amount: int = 30_000,
        bank: str = "smbc",
        reference: str = "ABCDEFGHIJKLMNOPQR22",
        accepted_at: datetime = START,
    ) -> UUID:
        transfer = uuid7(accepted_at, secrets.token_bytes(10))  # as the gateway makes them
        await self.owner.execute(
            "INSERT INTO transfers (member_id, id, account_id, bank, reference, amount, branch,"
            " type, number, holder, remitter, request_id, accepted_at, state, attempt, step,"
            " give_up_at, settled_at, returned_at) VALUES ($1, $2, $2, $3, $4, $5, '123', '1', $6,"
            " $7, 'ﾌﾟﾛﾐｽ', 'req-1', $8, $9, 1, $2, $8, $10, $11)",
            member,
            transfer,
            bank,
            reference,
            amount,
            NUMBER,
            HOLDER,
            accepted_at,
            state,
            BOOKED_AT if state in ("settled", "returned") else None,
            BOOKED_AT if state == "returned" else None,
        )
        return transfer

    async def entry(
        self, member: UUID, transfer: UUID, kind: str = "advance", amount: int = 30_000
    ) -> UUID:
        """Write the entry of a transfer's advance, or of its return."""
        is_return = kind == "return"
        entry = return_id(transfer) if is_return else transfer
        await self.owner.execute(
            "INSERT INTO loan_entries (member_id, id, kind, amount, effective_on, at, house,"
            " takes_back, source_id, journal, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8,"
            " $9, $2, $6)",
            member,
            entry,
            kind,
            amount,
            START.date(),
            BOOKED_AT,
            CASH,
            transfer if is_return else None,
            transfer,
        )
        return entry

    async def posting(
        self, member: UUID, transfer: UUID | None, debit: str, credit: str, amount: int = 30_000
    ) -> UUID:
        posting = uuid4()
        await self.owner.execute(
            "INSERT INTO postings (member_id, id, journal, transfer_id, debit, credit, amount,"
            " effective_on, recorded_at)"
            " VALUES ($1, $2, coalesce($3::uuid, $2), $3, $4, $5, $6, $7, $8)",
            member,
            posting,
            transfer,
            debit,
            credit,
            amount,
            START.date(),
            BOOKED_AT,
        )
        return posting

    async def event(self, member: UUID, transfer: UUID, kind: str, seconds: float) -> None:
        no = self.event_no[member] = self.event_no.get(member, 0) + 1
        await self.owner.execute(
            "INSERT INTO events (member_id, no, transfer_id, kind, data, at)"
            " VALUES ($1, $2, $3, $4, $5::text::jsonb, $6)",
            member,
            no,
            transfer,
            kind,
            '{"attempt": 1, "holder": "YAMADA"}',
            START + timedelta(seconds=seconds),
        )

    async def attempt(self, member: UUID, transfer: UUID, operation: str, outcome: str) -> None:
        await self.owner.execute(
            "INSERT INTO bank_attempts (member_id, id, transfer_id, operation, attempt, started_at,"
            " ended_at, outcome, code) VALUES ($1, $2, $3, $4, 1, $5, $6, $7, 'ACCEPTED')",
            member,
            uuid4(),
            transfer,
            operation,
            START + timedelta(seconds=1),
            START + timedelta(seconds=1.5),
            outcome,
        )

    async def settled(self, *, amount: int = 30_000) -> tuple[UUID, UUID]:
        """Write one settled transfer as it should be."""
        member = await self.loan(principal=amount, events=2)
        transfer = await self.transfer(member, "settled", amount=amount)
        await self.event(member, transfer, "transfer.accepted", 0)
        await self.attempt(member, transfer, "submit", "settled")
        await self.event(member, transfer, "transfer.settled", 12)
        await self.entry(member, transfer, amount=amount)
        await self.posting(member, transfer, "principal", CASH, amount)
        return member, transfer


@pytest.fixture
def books(owner: Any) -> Books:
    return Books(owner)
