"""Loans: reads. Balances are written by the money steps only."""

from uuid import UUID

from asyncpg import Record

from gateway.domain.loan import Loan
from gateway.domain.money import Yen
from gateway.store.database import Database
from gateway.store.sql import SQL

FIND = SQL["loans.find"]
WAIT_FOR_ACCEPTS = SQL["loans.wait_for_accepts"]


async def find_loan(db: Database, member_id: UUID) -> Loan | None:
    row = await db.fetchrow(FIND, member_id)
    return None if row is None else read_loan(row)


async def wait_for_accepts(db: Database, member_id: UUID) -> None:
    """Return once the member's accepts that wait or are under way have ended. Raises Busy."""
    await db.fetchrow(WAIT_FOR_ACCEPTS, member_id)


def read_loan(row: Record) -> Loan:
    """Return the domain's loan of a row."""
    return Loan(
        member_id=row["member_id"],
        credit_limit=Yen(row["credit_limit"]),
        principal=Yen(row["principal"]),
        reserved=Yen(row["reserved"]),
        suspense=Yen(row["suspense"]),
        advances_stopped=row["advances_stopped"],
        version=row["version"],
        due_on=row["due_on"],
    )
