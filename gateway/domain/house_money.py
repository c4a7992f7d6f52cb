"""The lender's own money: what a line of a statement is that belongs to no member. Pure.

A line is booked to `unidentified` first, like every line that nothing explains, and its name takes
it out again: `unidentified` is what nobody has named yet.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import count, takewhile
from uuid import UUID, uuid5

from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, StatementLine
from gateway.domain.ledger import (
    FUNDING,
    OPENING,
    SWEEP,
    TO_GIVE_BACK,
    UNIDENTIFIED,
    Posting,
    bank_charges_payable,
    settlement_cash,
)
from gateway.domain.money import Yen
from gateway.domain.review import Resolution

NAMINGS = UUID("0d0f3a8e-5f0c-5c3b-8a54-3b8f2f6c9b02")
OPENINGS = UUID("a7c1f6b0-6a53-5f7e-9f0e-6f2a5d1c4e03")

YEN_MAX = 10**15  # more than all yen there are, and any column holds it

R = Resolution
# What a line may be named, and whether its money came in or went out.
NAMES: Mapping[Resolution, frozenset[Direction]] = {
    R.FUNDING: frozenset({Direction.IN}),
    R.OPENING: frozenset({Direction.IN}),
    R.SWEEP: frozenset({Direction.OUT}),
    R.BANK_CHARGE: frozenset({Direction.OUT}),
    R.GIVEN_BACK: frozenset({Direction.IN, Direction.OUT}),
}
OPENING_KINDS: Mapping[Resolution, str] = {
    R.OPENING: "opening",
    R.WITHDRAWN: "opening_withdrawn",
}
# What a standing rule may name: the rest is looked at by people each time.
BY_RULE = frozenset({R.FUNDING, R.SWEEP, R.BANK_CHARGE})


def counter_account(name: Resolution, bank: BankCode) -> str:
    """Return the house account that stands for such money; KeyError for what names no line."""
    return {
        R.FUNDING: FUNDING,
        R.OPENING: OPENING,
        R.SWEEP: SWEEP,
        R.BANK_CHARGE: bank_charges_payable(bank),
        R.GIVEN_BACK: TO_GIVE_BACK,
    }[name]


@dataclass(frozen=True, slots=True)
class LineKey:
    """A line of one bank's statement: the bank's own id is unique within its day."""

    bank: BankCode
    day: date
    bank_id: str

    def source(self, kind: str, **by: str) -> Mapping[str, str]:
        """Return what a posting about this line came by, `kind` and all, for its row."""
        where = {"bank": self.bank.value, "day": self.day.isoformat(), "line": self.bank_id}
        return {"kind": kind} | where | by


def naming_id(line: LineKey, number: int) -> UUID:
    """Return the id of the `number`-th posting that names a line or takes its name back."""
    return uuid5(NAMINGS, f"{line.bank} {line.day} {line.bank_id} {number}")


@dataclass(frozen=True, slots=True)
class Named:
    """What the house's postings say of a line's name: how many there are, and the last of them.

    `yen` are taken out of `unidentified` by now, in counted positive; 0: it bears no name.
    """

    number: int
    yen: int
    last: Posting | None


def named(line: LineKey, posted: Mapping[UUID, Posting]) -> Named:
    """Return what a line is named by now."""
    ids = (naming_id(line, number) for number in count())
    there = [posted[identifier] for identifier in takewhile(posted.__contains__, ids)]
    yen = sum(_taken_out(posting) for posting in there)
    return Named(len(there), yen, there[-1] if there else None)


def _taken_out(posting: Posting) -> int:
    amount = posting.amount.amount
    return amount if posting.debit == UNIDENTIFIED else -amount


def naming(line: LineKey, before: Named, name: Resolution, yen: int, **by: str) -> Posting:
    """Return what names a line of which `yen` are unidentified, in counted positive."""
    account = counter_account(name, line.bank)
    debit, credit = (UNIDENTIFIED, account) if yen > 0 else (account, UNIDENTIFIED)
    identifier = naming_id(line, before.number)
    return Posting(
        id=identifier,
        journal=identifier,
        debit=debit,
        credit=credit,
        amount=Yen(abs(yen)),
        effective_on=line.day,
        source=line.source(name, **by),
    )


def unnaming(line: LineKey, before: Named, **by: str) -> Posting | None:
    """Return what takes a line's name back; None where it bears none."""
    if before.last is None or not before.yen:
        return None
    last = before.last
    identifier = naming_id(line, before.number)
    return Posting(
        id=identifier,
        journal=identifier,
        debit=last.credit,
        credit=last.debit,
        amount=last.amount,
        effective_on=line.day,
        source=line.source("taken_back", **by),
    )


@dataclass(frozen=True, slots=True)
class StandingRule:
    """What two operators said once of lines that come again and again.

    `counterparty` and `text` are compared whole, as the bank prints them; empty: not looked at.
    """

    id: UUID
    bank: BankCode
    name: Resolution
    counterparty: str
    text: str
    amounts: tuple[Yen, Yen]

    def fits(self, line: StatementLine) -> bool:
        """Whether it says what this line is. A line with a reference is never the lender's own."""
        least, most = self.amounts
        return (
            line.reference is None
            and not line.is_return
            and line.direction in NAMES[self.name]
            and self.counterparty in {"", line.counterparty}
            and self.text in {"", line.text}
            and least <= line.amount <= most
        )


def rule_for(rules: Sequence[StandingRule], line: StatementLine) -> StandingRule | None:
    """Return the rule that fits a line; None where none does, or where two say different things."""
    fitting = [rule for rule in rules if rule.fits(line)]
    said = {rule.name for rule in fitting}
    return fitting[0] if len(said) == 1 else None


@dataclass(frozen=True, slots=True)
class Opening:
    """What was on the account at a bank before the first line of `on`: yen, below 0 overdrawn."""

    bank: BankCode
    on: date
    balance: int


def opening_posting(opening: Opening, number: int = 0) -> Posting | None:
    """Return what books it; None for an empty account. `number` openings were taken back before."""
    if not opening.balance:
        return None
    cash = settlement_cash(opening.bank)
    debit, credit = (cash, OPENING) if opening.balance > 0 else (OPENING, cash)
    identifier = uuid5(OPENINGS, f"{opening.bank} {number}" if number else opening.bank)
    return Posting(
        id=identifier,
        journal=identifier,
        debit=debit,
        credit=credit,
        amount=Yen(abs(opening.balance)),
        effective_on=opening.on,
        source=opening_source(R.OPENING, opening.bank, number),
    )


def opening_taken_back(opening: Opening, number: int) -> Posting | None:
    """Return the mirror of what booked it, dated as that; None where nothing was booked."""
    booked = opening_posting(opening, number)
    if booked is None:
        return None
    identifier = uuid5(OPENINGS, f"{opening.bank} {number} taken back")
    return replace(
        booked,
        id=identifier,
        journal=identifier,
        debit=booked.credit,
        credit=booked.debit,
        source=opening_source(R.WITHDRAWN, opening.bank, number),
    )


def opening_source(word: Resolution, bank: BankCode, number: int) -> Mapping[str, str]:
    """Return what a posting of the `number`-th opening came by: that it was said, or taken back."""
    return {"kind": OPENING_KINDS[word], "bank": bank.value, "number": str(number)}


def balance_after(opening: Opening, moved: Iterable[tuple[date, int]], until: date) -> int:
    """Return the yen on the account at the end of `until` by the lines since the opening."""
    return opening.balance + sum(yen for day, yen in moved if opening.on <= day <= until)
