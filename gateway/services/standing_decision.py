"""The decision of two people that a transfer's or repayment's state stands on, if one does."""

from dataclasses import dataclass
from uuid import UUID

from gateway.domain.errors import required
from gateway.domain.repayment import Repayment
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.transfer import Transfer
from gateway.domain.way_back import (
    TAKEN_BACK,
    BankWords,
    deciding_item,
    may_go_back,
    said_so,
    was_said_before,
    why_not,
)
from gateway.store.database import Database
from gateway.store.repayments import find_repayment
from gateway.store.review_items import ReviewItem, find_item
from gateway.store.transfers import find_transfer
from gateway.store.way_back import bank_words, decisions_on


@dataclass(frozen=True, slots=True)
class Standing:
    """A row, the item by which two people said that it is so, and what the bank said of it."""

    row: Transfer | Repayment
    item: ReviewItem
    words: BankWords


async def standing_decision(db: Database, member_id: UUID, row_id: UUID) -> Standing:
    """Return the decision that the row stands on.

    Raises ResolutionRefused, which says why, where there is none, or where the bank said the same.
    """
    row = await _find(db, member_id, row_id)
    if row is None:
        raise ResolutionRefused("the transfer or repayment is not there")
    if not may_go_back(row):
        raise ResolutionRefused(f"it is {row.state}: nothing that people said of it stands")
    words = await bank_words(db, row)
    if (why := why_not(row, words)) is not None:
        raise ResolutionRefused(why)
    item = required(
        await _item(db, row, words),
        ResolutionRefused(f"it is {row.state}, and not because two people said so"),
    )
    return Standing(row, item, words)


async def check_decision(db: Database, item: ReviewItem) -> Standing:
    """Return the decision that an item holds for wrong.

    Raises ResolutionRefused where it does not stand any more, or the bank has said the same since.
    """
    row_id = required(
        item.transfer_id or item.repayment_id,
        ResolutionRefused("the item is about no transfer or repayment"),
    )
    standing = await standing_decision(db, item.member_id, row_id)
    is_same = str(standing.item.id) == item.details["item"]
    if not is_same or standing.row.state != item.details["state"]:
        raise ResolutionRefused("the decision does not stand any more: look at the row again")
    return standing


async def _find(db: Database, member_id: UUID, row_id: UUID) -> Transfer | Repayment | None:
    transfer = await find_transfer(db, member_id=member_id, transfer_id=row_id)
    return transfer or await find_repayment(db, member_id=member_id, repayment_id=row_id)


async def _item(db: Database, row: Transfer | Repayment, words: BankWords) -> ReviewItem | None:
    named = deciding_item(row)
    if named is not None:
        return await find_item(db, named)
    for item in await decisions_on(db, row, TAKEN_BACK):
        said = item.proposal
        if said is not None and was_said_before(said.resolution, said.particulars, row):
            return None if said_so(row, words, item.confirmed_at) else item
    return None
