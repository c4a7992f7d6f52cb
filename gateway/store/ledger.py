"""The ledger beyond the money steps: postings of the house."""

from datetime import datetime
from uuid import UUID

from gateway.domain.ledger import Posting
from gateway.store.database import Database
from gateway.store.sql import SQL

POST_ONCE = SQL["ledger.post_once"]


async def post_once(db: Database, posting: Posting, *, member_id: UUID, now: datetime) -> bool:
    """Write one posting of its own; False if one with its id is there already."""
    row = await db.fetchrow(
        POST_ONCE,
        *(member_id, posting.id, posting.journal, posting.debit, posting.credit),
        *(posting.amount.amount, posting.effective_on, now),
    )
    return row is not None
