"""The lender's own money: standing rules, what was on each account at first, and each day's sum."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.bank import Statement
from gateway.domain.house_money import (
    Opening,
    StandingRule,
    opening_posting,
    opening_taken_back,
)
from gateway.domain.ledger import settlement_cash
from gateway.domain.money import Yen
from gateway.domain.review import Resolution
from gateway.store.database import Database
from gateway.store.ledger import as_row
from gateway.store.sql import SQL

PROPOSE_RULE = SQL["house_money.propose_rule"]
APPROVE_RULE = SQL["house_money.approve_rule"]
REMOVE_RULE = SQL["house_money.remove_rule"]
RULES = SQL["house_money.rules"]
RULES_OF = SQL["house_money.rules_of"]
PROPOSE_OPENING = SQL["house_money.propose_opening"]
CONFIRM_OPENING = SQL["house_money.confirm_opening"]
PROPOSE_WITHDRAWAL = SQL["house_money.propose_withdrawal"]
CONFIRM_WITHDRAWAL = SQL["house_money.confirm_withdrawal"]
OPENING_OF = SQL["house_money.opening_of"]
FIRST_MOVED = SQL["house_money.first_moved"]
NOTE_DAY = SQL["house_money.note_day"]
DAYS_SINCE = SQL["house_money.days_since"]


@dataclass(frozen=True, slots=True)
class Act:
    """Who does it, when, under which id it is on record, and why."""

    id: UUID
    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class KnownRule:
    """A rule with who said it; it binds once it was approved, until it is removed."""

    rule: StandingRule
    note: str
    proposed_by: str
    approved_by: str | None
    removed_by: str | None


@dataclass(frozen=True, slots=True)
class KnownOpening:
    """The first balance of an account; `confirmed_by` None: nobody has confirmed it yet.

    `number`: how many were taken back there before. `wrong_by`: who says that it is wrong;
    `withdrawn_by`: who has confirmed that, so that nothing is proposed.
    """

    opening: Opening
    proposed_by: str
    confirmed_by: str | None
    number: int
    wrong_by: str | None
    withdrawn_by: str | None


@dataclass(frozen=True, slots=True)
class SettlementDay:
    """What a day's lines come to, in minus out, as they were read last."""

    day: date
    moved: int
    read_at: datetime


@dataclass(frozen=True, slots=True)
class FirstMoved:
    """Since when money moves on a settlement account by our ledger; None: it never did.

    `first_wish_on`: when a member's first wish at the bank was accepted, whatever came of it.
    `was_funded_by_hand`: fundings were typed in, tied to no line, before there were openings.
    """

    first_on: date | None
    first_wish_on: date | None
    was_funded_by_hand: bool


async def propose_rule(db: Database, rule: StandingRule, act: Act) -> KnownRule | None:
    """Write down a rule that one operator proposes, under the act's id."""
    least, most = rule.amounts
    row = await db.fetchrow(
        PROPOSE_RULE,
        *(rule.id, rule.bank, rule.name, rule.counterparty, rule.text),
        *(least.amount, most.amount, act.note, act.by, act.at),
    )
    return None if row is None else _rule(row)


async def approve_rule(db: Database, rule_id: UUID, act: Act) -> KnownRule | None:
    """Let a rule bind; None if there is none that waits, or it is the operator's own."""
    row = await db.fetchrow(APPROVE_RULE, rule_id, act.by, act.at, act.id, act.note)
    return None if row is None else _rule(row)


async def remove_rule(db: Database, rule_id: UUID, act: Act) -> KnownRule | None:
    """End a rule; None if there is none. What it has named stays named."""
    row = await db.fetchrow(REMOVE_RULE, rule_id, act.by, act.at, act.id, act.note)
    return None if row is None else _rule(row)


async def list_rules(db: Database, *, with_removed: bool = False) -> list[KnownRule]:
    """Return the rules, oldest first."""
    return [_rule(row) for row in await db.fetch(RULES, with_removed)]


async def rules_of(db: Database, bank: BankCode) -> list[StandingRule]:
    """Return the rules that bind at a bank."""
    return [_rule(row).rule for row in await db.fetch(RULES_OF, bank)]


async def propose_opening(db: Database, opening: Opening, act: Act) -> KnownOpening | None:
    """Write down what one operator says was there; None once an opening is confirmed."""
    row = await db.fetchrow(
        PROPOSE_OPENING,
        *(opening.bank, opening.on, opening.balance, act.note, act.by, act.at, act.id),
    )
    return None if row is None else _opening(row)


async def confirm_opening(db: Database, known: KnownOpening, act: Act) -> KnownOpening | None:
    """Book what another operator has proposed, in one statement; None if nothing so waits."""
    opening = known.opening
    posting = opening_posting(opening, known.number)
    row = await db.fetchrow(
        CONFIRM_OPENING,
        *(opening.bank, act.by, act.at, opening.on, opening.balance),
        *([] if posting is None else [as_row(posting)], act.id, act.note, known.number),
    )
    return None if row is None else _opening(row)


async def propose_withdrawal(db: Database, known: KnownOpening, act: Act) -> KnownOpening | None:
    """Write down that one operator holds an opening for wrong; None if it is not that any more."""
    row = await db.fetchrow(
        PROPOSE_WITHDRAWAL,
        *(known.opening.bank, known.number, act.by, act.at, act.id, act.note),
    )
    return None if row is None else _opening(row)


async def confirm_withdrawal(db: Database, known: KnownOpening, act: Act) -> KnownOpening | None:
    """Take an opening back that another holds for wrong, in one statement; None if none waits."""
    posting = opening_taken_back(known.opening, known.number)
    row = await db.fetchrow(
        CONFIRM_WITHDRAWAL,
        *(known.opening.bank, known.number, act.by, act.at),
        *([] if posting is None else [as_row(posting)], act.id, act.note),
    )
    return None if row is None else _opening(row)


async def find_opening(db: Database, bank: BankCode) -> KnownOpening | None:
    row = await db.fetchrow(OPENING_OF, bank)
    return None if row is None else _opening(row)


async def first_moved(db: Database, bank: BankCode) -> FirstMoved:
    """Return what moved at a bank at first. Reads the account's whole history."""
    row = await db.fetchrow(FIRST_MOVED, settlement_cash(bank), bank)
    if row is None:
        raise RuntimeError("first_moved answers with one row")
    return FirstMoved(row["first_on"], row["first_wish_on"], row["was_funded_by_hand"])


async def note_day(db: Database, statement: Statement, moved: int, *, now: datetime) -> None:
    """Keep what a day's lines come to, as they were read last."""
    before, after = statement.balances or (None, None)
    await db.fetch(NOTE_DAY, statement.bank, statement.day, moved, before, after, now)


async def days_since(db: Database, bank: BankCode, day: date) -> list[SettlementDay]:
    """Return the days from `day` on whose statements were read, in order."""
    return [_day(row) for row in await db.fetch(DAYS_SINCE, bank, day)]


def _day(row: Record) -> SettlementDay:
    return SettlementDay(row["day"], row["moved"], row["read_at"])


def _rule(row: Record) -> KnownRule:
    rule = StandingRule(
        id=row["id"],
        bank=BankCode(row["bank"]),
        name=Resolution(row["kind"]),
        counterparty=row["counterparty"],
        text=row["line_text"],
        amounts=(Yen(row["amount_min"]), Yen(row["amount_max"])),
    )
    return KnownRule(rule, row["note"], row["proposed_by"], row["approved_by"], row["removed_by"])


def _opening(row: Record) -> KnownOpening:
    opening = Opening(BankCode(row["bank"]), row["opened_on"], row["balance"])
    return KnownOpening(
        opening=opening,
        proposed_by=row["proposed_by"],
        confirmed_by=row["confirmed_by"],
        number=row["number"],
        wrong_by=row["wrong_by"],
        withdrawn_by=row["withdrawn_by"],
    )
