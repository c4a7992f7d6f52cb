"""Set aside what no movement explains, and name what a standing rule knows.

Where a line is explained after all, what people had made of it is taken back: the house's part in
one journal with the money that was set aside, a member's entry as a withdrawal; people are told.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog

from gateway.domain.breaks import Break
from gateway.domain.house_money import LineKey, StandingRule, named, naming, rule_for, unnaming
from gateway.domain.ledger import NIL_MEMBER, Posting
from gateway.domain.money import Yen
from gateway.domain.reconciliation import Finding
from gateway.domain.resolution import ASSIGNS, assigned_id
from gateway.domain.review import NewReview, ReviewKind, review_key
from gateway.domain.set_aside import aside_of, asides
from gateway.services.desk import TransferDesk
from gateway.services.read_bank_day import KnownDay
from gateway.services.withdraw_entry import WrongEntry, withdraw_entry
from gateway.store.house_money import rules_of
from gateway.store.ledger import post_house
from gateway.store.review_items import (
    Proposal,
    Subject,
    items_of_line,
    raise_reviews,
)
from gateway.store.statements import line_names

EXPLAINED = "the line of the statement that it came by is explained by something else"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SetAside:
    """How much was posted; by line: how often it was set aside or explained before, and by rule."""

    posted: int
    before: dict[str, int]
    by_rule: frozenset[str]
    taken_back: int


@dataclass(frozen=True, slots=True)
class _Books:
    """What is known of the day's lines before anything is posted."""

    known: KnownDay
    house: dict[UUID, Posting]
    names: dict[UUID, Posting]
    rules: Sequence[StandingRule]


async def set_aside_lines(
    desk: TransferDesk, known: KnownDay, findings: Sequence[Finding]
) -> SetAside:
    """Post what each line sets aside, and return what was done. Done twice it has one effect."""
    bank, day = known.day.bank, known.day.day
    house = {posting.id: posting for posting in known.house}
    with_lines = [finding for finding in findings if finding.line is not None]
    names = await line_names(desk.db, bank, day) if with_lines else {}
    books = _Books(known, house, names, await rules_of(desk.db, bank) if with_lines else ())
    posted = taken_back = 0
    before: dict[str, int] = {}
    by_rule: set[str] = set()
    for finding, line in _lines(books, with_lines):
        number, _ = aside_of(bank, day, line.bank_id, house)
        journal = list(asides(bank, day, [finding], known.house))
        if journal and number:
            taken_back += await _take_back(desk, books, line, journal)
        rule = _rule(books, finding, line, is_new=bool(journal) and not number)
        if rule is not None:
            journal.append(_named_by(rule, line, finding, journal[0]))
        posted += await post_house(desk.db, journal, now=desk.clock.now())
        if rule is not None or _is_named_by_rule(books, line):
            by_rule.add(line.bank_id)
        before[line.bank_id] = max(0, number - (not journal))
    return SetAside(posted, before, frozenset(by_rule), taken_back)


def _lines(books: _Books, findings: Iterable[Finding]) -> Iterator[tuple[Finding, LineKey]]:
    day = books.known.day
    for finding in findings:
        if finding.line is not None:
            yield finding, LineKey(day.bank, day.day, finding.line.bank_id)


def _rule(books: _Books, finding: Finding, line: LineKey, *, is_new: bool) -> StandingRule | None:
    """Return the rule that names a line which nobody has looked at yet."""
    is_unknown = finding.kind in {Break.CREDIT_UNKNOWN, Break.DEBIT_UNKNOWN}
    if not is_new or not is_unknown or finding.line is None or named(line, books.names).number:
        return None
    return rule_for(books.rules, finding.line)


def _named_by(rule: StandingRule, line: LineKey, finding: Finding, aside: Posting) -> Posting:
    posting = naming(line, named(line, {}), rule.name, finding.set_aside, rule=str(rule.id))
    return replace(posting, journal=aside.journal)


def _is_named_by_rule(books: _Books, line: LineKey) -> bool:
    known = named(line, books.names)
    source = None if known.last is None else known.last.source
    return bool(known.yen) and source is not None and "rule" in source


async def _take_back(
    desk: TransferDesk, books: _Books, line: LineKey, journal: list[Posting]
) -> int:
    """Take back what was made of a line's money; add the house's part to the journal."""
    reverse = unnaming(line, named(line, books.names))
    if reverse is not None:
        journal.append(replace(reverse, journal=journal[0].journal))
    return await _release(desk, books, line, is_named=reverse is not None)


async def release_lines(desk: TransferDesk, known: KnownDay, findings: Iterable[Finding]) -> int:
    """Take back what members were given of lines that turn out to be something else.

    Before it is booked: else the money would be there twice for a moment, and be called too much.
    Return how many items rose.
    """
    house = {posting.id: posting for posting in known.house}
    books = _Books(known, house, {}, ())
    raised = 0
    for _, line in _lines(books, findings):
        if aside_of(line.bank, line.day, line.bank_id, house)[0]:
            raised += await _release(desk, books, line, is_named=False)
    return raised


async def _release(desk: TransferDesk, books: _Books, line: LineKey, *, is_named: bool) -> int:
    """Withdraw a line's entries from members' loans and tell people; return how many items rose."""
    given = [
        (item.id, item.proposal)
        for item in await items_of_line(desk.db, line)
        if item.acted_at is not None
        and item.proposal is not None
        and item.proposal.resolution in ASSIGNS
    ]
    if not is_named and not given:
        return 0
    number, yen = aside_of(line.bank, line.day, line.bank_id, books.house)
    review = _review(line, number, yen)
    raised = await raise_reviews(desk.db, Subject(NIL_MEMBER), [review], now=desk.clock.now())
    for item_id, proposal in given:
        await _withdraw(desk, item_id, proposal)
    if raised:
        log.warning("line.explained_later", bank=line.bank, day=line.day.isoformat())
    return raised


async def _withdraw(desk: TransferDesk, item_id: UUID, proposal: Proposal) -> None:
    entry_id = assigned_id(item_id, proposal.resolution)
    member_id = UUID(proposal.particulars["member"])
    await withdraw_entry(desk, WrongEntry(member_id, entry_id, EXPLAINED))


def _review(line: LineKey, number: int, yen: int) -> NewReview:
    kind = ReviewKind.EXPLAINED_LATER
    return NewReview(
        key=review_key(kind, line.bank, line.day, line.bank_id, number),
        kind=kind,
        bank=line.bank,
        booked_on=line.day,
        amount=Yen(abs(yen)),
        details={"bank_id": line.bank_id, "was_set_aside": yen},
    )
