"""The ledger beyond the money steps: postings of the house, and what it has at a bank."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.ledger import NIL_MEMBER, Posting, fee_expense
from gateway.domain.money import Yen
from gateway.store.database import Database
from gateway.store.sql import SQL

CHARGES = SQL["ledger.charges"]
POST_HOUSE = SQL["ledger.post_house"]
MEASURE_SETTLEMENT = SQL["ledger.measure_settlement"]

# What was written so long ago is counted for good. A posting is written by one statement, which the
# server ends after 10 s; the rest is for a commit that waits for a standby, and for the clock of a
# standby that takes over.
MARGIN_S = 600.0


async def post_house(db: Database, postings: Sequence[Posting], *, now: datetime) -> int:
    """Write postings of the house in one statement; return how many of them are new."""
    rows = [as_row(posting) for posting in postings]
    return len(await db.fetch(POST_HOUSE, NIL_MEMBER, now, rows)) if rows else 0


def as_row(posting: Posting) -> dict[str, object]:
    """Return a posting of the house as the statements that write one take it."""
    return {
        "id": str(posting.id),
        "journal": str(posting.journal),
        "debit": posting.debit,
        "credit": posting.credit,
        "amount": posting.amount.amount,
        "effective_on": posting.effective_on,
        "source": None if posting.source is None else dict(posting.source),
    }


async def charges_of(
    db: Database, member_id: UUID, source_id: UUID, bank: BankCode
) -> list[tuple[date, Yen]]:
    """Return what a bank is to bill for a transfer or repayment by now, by the day it is on."""
    rows = await db.fetch(CHARGES, member_id, source_id, fee_expense(bank))
    return [(row["effective_on"], Yen(row["amount"])) for row in rows]


@dataclass(frozen=True, slots=True)
class SettlementBalance:
    """The yen that the lender has at a bank by the ledger; it may be below 0.

    `has_fallen`: below the low-water mark since just now, for one caller only.
    """

    balance: int
    has_fallen: bool


async def measure_settlement(
    db: Database, bank: BankCode, *, low_water: int, step: UUID, margin_s: float = MARGIN_S
) -> SettlementBalance:
    """Return the balance of `settlement_cash:{bank}`. Raises Busy."""
    row = await db.fetchrow(MEASURE_SETTLEMENT, bank, low_water, margin_s, step)
    if row is None:
        raise RuntimeError("measure_settlement answers with one row")
    return SettlementBalance(row["balance"], row["has_fallen"])
