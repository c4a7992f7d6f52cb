"""Name a line of a statement as the lender's own money, or take its name back: by two people."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.domain.errors import NotFoundHere, required
from gateway.domain.house_money import NAMES, LineKey, Named, named, naming, unnaming
from gateway.domain.ledger import NIL_MEMBER
from gateway.domain.money import Yen
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.review import ItemState, NewReview, Resolution, ReviewKind, review_key
from gateway.domain.set_aside import aside_of
from gateway.services.desk import TransferDesk
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.store.database import Database
from gateway.store.ledger import post_house
from gateway.store.review_items import (
    Confirmation,
    Proposal,
    ReviewItem,
    Subject,
    items_of_line,
    raise_reviews,
)
from gateway.store.statements import house_postings, line_names

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LineStanding:
    """What the house's postings say of a line: yen set aside in counted positive, and its name."""

    aside: int
    named: Named


async def line_standing(db: Database, line: LineKey) -> LineStanding:
    """Return how a line stands by now; what was given to members is not in it."""
    posted = await house_postings(db, line.bank, line.day)
    by_id = {posting.id: posting for posting in posted}
    names = await line_names(db, line.bank, line.day)
    return LineStanding(aside_of(line.bank, line.day, line.bank_id, by_id)[1], named(line, names))


def line_of(item: ReviewItem) -> LineKey:
    """Return the line that an item is about; ValueError where it is about none."""
    if item.booked_on is None or "bank_id" not in item.details:
        raise ValueError(f"item {item.id} is about no line")
    return LineKey(item.bank, item.booked_on, item.details["bank_id"])


async def name_line(desk: TransferDesk, item: ReviewItem, name: Resolution) -> None:
    """Book what two operators said of an item's line. Done twice it has one effect."""
    line, by = line_of(item), str(item.id)
    standing = await line_standing(desk.db, line)
    last = standing.named.last
    is_done = last is not None and last.source is not None and last.source.get("item") == by
    if is_done or standing.named.yen or standing.aside != item.details["set_aside"]:
        return
    posting = naming(line, standing.named, name, standing.aside, item=by)
    await post_house(desk.db, [posting], now=desk.clock.now())


async def unname_line(desk: TransferDesk, item: ReviewItem) -> None:
    """Take a line's name back as two operators said, and let people look at it anew.

    A line that a rule had named is raised when its day is reconciled once more.
    """
    line, number = line_of(item), item.details["names"]
    standing = await line_standing(desk.db, line)
    posting = unnaming(line, standing.named, item=str(item.id))
    if posting is not None and standing.named.number == number:
        await post_house(desk.db, [posting], now=desk.clock.now())
    for decided in await items_of_line(desk.db, line):
        if decided.proposal is None or decided.proposal.resolution not in NAMES:
            continue
        again = NewReview(
            key=f"{decided.key}:{number}",
            kind=decided.kind,
            bank=decided.bank,
            booked_on=decided.booked_on,
            reference=decided.reference,
            amount=None if decided.amount is None else Yen(decided.amount),
            details=decided.details,
        )
        subject = Subject(decided.member_id, decided.transfer_id, decided.repayment_id)
        await raise_reviews(desk.db, subject, [again], now=desk.clock.now())
        return


async def propose_unnaming(
    db: Database, line: LineKey, *, by: str, note: str, now: datetime
) -> ReviewItem:
    """Write down that an operator holds a line's name for wrong; it takes another to confirm it.

    Raises NotFoundHere for a line that bears no name, ResolutionRefused, NameMissing.
    """
    standing = await line_standing(db, line)
    if not standing.named.yen:
        raise NotFoundHere("no such line was named as the lender's own money")
    item = await _open_item(db, line)
    if item is None:
        await raise_reviews(db, Subject(NIL_MEMBER), [_review(line, standing)], now=now)
        item = await _open_item(db, line)
    if item is None:
        raise ResolutionRefused("somebody was faster: look at the line again")
    proposal = Proposal(Resolution.WITHDRAWN, note, by, {})
    return await propose_resolution(db, item.id, proposal, now=now)


async def confirm_unnaming(
    db: Database, line: LineKey, *, by: str, note: str, now: datetime
) -> ReviewItem:
    """Close it as another operator proposed; the gateway takes the name back within seconds."""
    item = required(await _open_item(db, line), ResolutionRefused("nothing is proposed yet"))
    given = Confirmation(Resolution.WITHDRAWN, by, note)
    return await confirm_resolution(db, item.id, given, now=now)


async def _open_item(db: Database, line: LineKey) -> ReviewItem | None:
    items = await items_of_line(db, line)
    waits = (
        i for i in items if i.kind is ReviewKind.NAME_WRONG and i.state is not ItemState.CLOSED
    )
    return next(waits, None)


def _review(line: LineKey, standing: LineStanding) -> NewReview:
    number = standing.named.number
    return NewReview(
        key=review_key(ReviewKind.NAME_WRONG, line.bank, line.day, line.bank_id, number),
        kind=ReviewKind.NAME_WRONG,
        bank=line.bank,
        booked_on=line.day,
        amount=Yen(abs(standing.named.yen)),
        details={"bank_id": line.bank_id, "names": number},
    )
