"""Read what two people decided on a transfer or repayment, and what the bank said of it."""

from collections.abc import Collection

from gateway.domain.bank import Direction
from gateway.domain.repayment import Repayment
from gateway.domain.review import Resolution
from gateway.domain.transfer import Transfer
from gateway.domain.way_back import BankAnswer, BankLine, BankWords
from gateway.store.database import Database
from gateway.store.review_items import ReviewItem, read_item
from gateway.store.sql import SQL

DECISIONS = SQL["way_back.decisions"]
ABOUT = SQL["way_back.about"]
ANSWERS = SQL["way_back.answers"]
LINES = SQL["way_back.lines"]
DOUBTED = SQL["way_back.doubted"]


async def bank_words(db: Database, row: Transfer | Repayment) -> BankWords:
    """Return the lines of statements, and the answers, that a bank gave of a row."""
    lines = await db.fetch(LINES, row.bank, row.reference)
    answers = await db.fetch(ANSWERS, row.member_id, row.id)
    return BankWords(
        lines=tuple(
            BankLine(line["day"], line["bank_id"], Direction(line["direction"])) for line in lines
        ),
        answers=tuple(
            BankAnswer(one["operation"], one["attempt"], one["outcome"], one["ended_at"])
            for one in answers
        ),
        is_day_unclear=await db.fetchrow(DOUBTED, row.member_id, row.id) is not None,
    )


async def decisions_on(
    db: Database, row: Transfer | Repayment, resolutions: Collection[Resolution]
) -> list[ReviewItem]:
    """Return what people decided on a row and the gateway acted on, the latest first."""
    names = sorted(resolutions)
    return [read_item(one) for one in await db.fetch(DECISIONS, row.member_id, row.id, names)]


async def items_against(db: Database, decided: ReviewItem) -> list[ReviewItem]:
    """Return the items that say that a decision was wrong, oldest first."""
    rows = await db.fetch(ABOUT, decided.member_id, str(decided.id))
    return [read_item(row) for row in rows]
