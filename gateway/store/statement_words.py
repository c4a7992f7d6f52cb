"""Operators' words on statements in which lines stand between those that were read before."""

from dataclasses import dataclass
from datetime import date

from gateway.domain.account import BankCode
from gateway.store.database import Database
from gateway.store.house_money import Act
from gateway.store.sql import SQL

SAY = SQL["house_money.say_statement"]
WORDS = SQL["house_money.words_of"]


@dataclass(frozen=True, slots=True)
class Word:
    """The first `lines` of a day's statement are right as they are, by their digest."""

    bank: BankCode
    day: date
    lines: int
    digest: bytes


async def write_word(db: Database, word: Word, act: Act) -> None:
    """Put a word on record, for good."""
    await db.fetch(
        SAY,
        *(act.id, word.bank, word.day, word.lines, word.digest, act.by, act.at, act.note),
    )


async def words_of(db: Database, bank: BankCode, day: date) -> list[Word]:
    """Return what was said of a day's statement, the latest first."""
    rows = await db.fetch(WORDS, bank, day)
    return [Word(bank, day, row["lines"], row["digest"]) for row in rows]
