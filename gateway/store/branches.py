"""Branches that operators added to those of the release."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.store.database import Database
from gateway.store.sql import SQL

ADD = SQL["branches.add"]
FIND = SQL["branches.find"]


@dataclass(frozen=True, slots=True)
class AddedBranch:
    """A branch of three digits that opened after the release, and the operator who said so."""

    bank: BankCode
    branch: str
    name: str
    added_by: str
    added_at: datetime


async def store_branch(db: Database, added: AddedBranch, *, action_id: UUID) -> None:
    """Write the branch, and that an operator did; nothing if it was added before."""
    await db.fetch(
        ADD,
        *(added.bank.value, added.branch, added.name, added.added_by, added.added_at),
        action_id,
    )


async def find_added(db: Database, bank: BankCode, branch: str) -> AddedBranch | None:
    """Return the branch as it was added, None if it was not."""
    row = await db.fetchrow(FIND, bank.value, branch)
    if row is None:
        return None
    return AddedBranch(bank, branch, row["name"], row["added_by"], row["added_at"])
