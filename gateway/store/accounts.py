"""The accounts that a member has registered for pay-outs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.store.database import Database
from gateway.store.sql import SQL

ADD = SQL["accounts.add"]
LIST_REGISTERED = SQL["accounts.list_registered"]
REMOVE = SQL["accounts.remove"]
TO_COMPARE = SQL["accounts.to_compare"]
COMPARED = SQL["accounts.compared"]


@dataclass(frozen=True, slots=True)
class RegisteredAccount:
    """A member's account at a bank, under our own id."""

    id: UUID
    account: BankAccount
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class ComparedAccount:
    """An account, and how many other members have the same one registered."""

    member_id: UUID
    id: UUID
    bank: str
    others: int


async def add_account(
    db: Database, member_id: UUID, account_id: UUID, account: BankAccount, *, now: datetime
) -> RegisteredAccount:
    """Register the account; if it is registered already, return that one with its own id."""
    row = await db.step(
        ADD,
        member_id,
        account_id,
        account.bank.value,
        account.branch,
        account.type.value,
        account.number,
        account.holder,
        now,
    )
    return RegisteredAccount(row["id"], account, row["registered_at"])


async def list_accounts(db: Database, member_id: UUID) -> list[RegisteredAccount]:
    """Return the registered accounts, oldest first."""
    rows = await db.fetch(LIST_REGISTERED, member_id)
    return [
        RegisteredAccount(
            row["id"],
            BankAccount(
                BankCode(row["bank"]),
                row["branch"],
                AccountType(row["type"]),
                row["number"],
                row["holder"],
            ),
            row["registered_at"],
        )
        for row in rows
    ]


async def remove_account(db: Database, member_id: UUID, account_id: UUID, *, now: datetime) -> bool:
    """Take an account off the register; False if the member has no such account there."""
    return await db.fetchrow(REMOVE, member_id, account_id, now) is not None


async def accounts_to_compare(db: Database, *, limit: int) -> list[ComparedAccount]:
    """Return accounts that were not compared with other members' yet, the oldest first."""
    rows = await db.fetch(TO_COMPARE, limit)
    return [
        ComparedAccount(row["member_id"], row["id"], row["bank"], row["others"]) for row in rows
    ]


async def note_compared(db: Database, account: ComparedAccount, *, now: datetime) -> None:
    """Write down that the account was compared: it is not read again."""
    await db.fetch(COMPARED, account.member_id, account.id, now)
