"""The ledger beyond the money steps: postings of the house, and what it has at a bank."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.ledger import Posting
from gateway.store.database import Database
from gateway.store.sql import SQL

POST_ONCE = SQL["ledger.post_once"]
MEASURE_SETTLEMENT = SQL["ledger.measure_settlement"]

# What was written so long ago is counted for good. A posting is written by one statement, which the
# server ends after 10 s; the rest is for a commit that waits for a standby, and for the clock of a
# standby that takes over.
MARGIN_S = 600.0


async def post_once(db: Database, posting: Posting, *, member_id: UUID, now: datetime) -> bool:
    """Write one posting of its own; False if one with its id is there already."""
    row = await db.fetchrow(
        POST_ONCE,
        *(member_id, posting.id, posting.journal, posting.debit, posting.credit),
        *(posting.amount.amount, posting.effective_on, now),
    )
    return row is not None


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
