"""Take a statement in which lines stand between those read before, on an operator's word."""

import secrets
from dataclasses import dataclass, replace
from datetime import date

import structlog

from gateway.domain.account import BankCode
from gateway.domain.bank import Statement, StatementLine, StatementUnavailable
from gateway.domain.errors import GatewayError
from gateway.domain.identifier import uuid7
from gateway.domain.inserted_lines import Reordered, digest_of, in_kept_order
from gateway.domain.operator import person
from gateway.domain.reconciliation import has_changed, refusal
from gateway.services.desk import TransferDesk
from gateway.services.reader import in_reader
from gateway.store.daily_runs import RECONCILE, Run, run_again
from gateway.store.database import Database
from gateway.store.house_money import Act
from gateway.store.statement_words import Word, words_of, write_word
from gateway.store.statements import kept_lines

PAGE = 1_000

log = structlog.get_logger()


class StatementNotAccepted(GatewayError):
    """No word helps, or none is needed; the message says why, and what to do."""

    code = "statement_not_accepted"


@dataclass(frozen=True, slots=True)
class Insertion:
    """A statement with lines between those read before; `statement` is as the bank gave it."""

    statement: Statement
    inserted: tuple[StatementLine, ...]


async def look_for_insertion(desk: TransferDesk, bank: BankCode, day: date) -> Insertion:
    """Return the lines that stand between those read before. Raises StatementNotAccepted."""
    statement = await desk.banks[bank].statement(day)
    if isinstance(statement, StatementUnavailable):
        raise StatementNotAccepted(f"the statement cannot be had: {statement.reason}")
    why = await in_reader(refusal, statement, bank, day, ())
    if why is not None:
        raise StatementNotAccepted(f"it is refused whatever anybody says: {why}")
    kept = await _all_kept(desk.db, bank, day)
    lines = statement.movements
    if not has_changed(lines[: len(kept)], kept):
        raise StatementNotAccepted("nothing stands between the lines read before: reconcile it")
    reordered = await in_reader(in_kept_order, lines, kept)
    if reordered is None:
        raise StatementNotAccepted(
            "a line that was read before is on it no more: ask the bank; no word helps"
        )
    return Insertion(statement, reordered.inserted)


async def accept_statement(
    desk: TransferDesk, bank: BankCode, day: date, *, by: str, note: str
) -> Insertion:
    """Write down an operator's word that the statement, as it is now, is right.

    It holds for exactly these lines; the day is then reconciled by itself. Raises
    StatementNotAccepted, NameMissing.
    """
    if not note.strip():
        raise StatementNotAccepted("--note: a note says why; it stays on record")
    operator = person(by)
    found = await look_for_insertion(desk, bank, day)
    lines, now = found.statement.movements, desk.clock.now()
    word = Word(bank, day, len(lines), await in_reader(digest_of, lines))
    await write_word(desk.db, word, Act(uuid7(now, secrets.token_bytes(10)), operator, now, note))
    await run_again(desk.db, Run(RECONCILE, bank, day), now=now)
    log.warning("statement.accepted", bank=bank, day=day.isoformat(), inserted=len(found.inserted))
    return found


async def as_accepted(db: Database, statement: Statement) -> tuple[Statement, int] | None:
    """Return a statement on which somebody gave a word, as it is kept here, and how many are kept.

    None where nobody did, of these lines. What follows the lines that were accepted is new.
    """
    words = await words_of(db, statement.bank, statement.day)
    if not any([await in_reader(_is_about, word, statement) for word in words]):
        return None
    kept = await _all_kept(db, statement.bank, statement.day)
    reordered: Reordered | None = await in_reader(in_kept_order, statement.movements, kept)
    if reordered is None:
        return None
    return replace(statement, movements=reordered.lines), len(kept)


def _is_about(word: Word, statement: Statement) -> bool:
    lines = statement.movements
    return len(lines) >= word.lines and digest_of(lines[: word.lines]) == word.digest


async def _all_kept(db: Database, bank: BankCode, day: date) -> list[StatementLine]:
    kept: list[StatementLine] = []
    while page := await kept_lines(db, bank, day, after=len(kept), limit=PAGE):
        kept += page
    return kept
