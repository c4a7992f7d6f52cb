"""Compare the balance that a bank states with the opening and every line since."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from gateway.domain.bank import Statement
from gateway.domain.house_money import balance_after
from gateway.domain.ledger import NIL_MEMBER
from gateway.domain.money import Yen
from gateway.domain.reconciliation import has_ended
from gateway.domain.review import NewReview, ReviewKind, review_key
from gateway.services.desk import TransferDesk
from gateway.store.house_money import SettlementDay, days_since, find_opening, note_day
from gateway.store.review_items import Subject, raise_reviews

log = structlog.get_logger()


async def check_balance(
    desk: TransferDesk, statement: Statement, moved: int, *, now: datetime
) -> int:
    """Keep what the day's lines come to; return 1 where people are asked about its balances.

    Nothing can be said where the bank states none, where nobody has said what was there at first,
    or while the day before is not read to its end.
    """
    await note_day(desk.db, statement, moved, now=now)
    known = await find_opening(desk.db, statement.bank)
    if statement.balances is None or known is None or known.confirmed_by is None:
        return 0
    opening, day = known.opening, statement.day
    days = await days_since(desk.db, statement.bank, opening.on)
    yesterday = day - timedelta(days=1)
    if day < opening.on or not (day == opening.on or _is_read_to_its_end(days, yesterday)):
        return 0
    ours = balance_after(opening, ((one.day, one.moved) for one in days), yesterday)
    before, _ = statement.balances
    if before == ours:
        return 0
    # By another opening balance it differs otherwise: people are asked anew.
    about = (known.number,) if known.number else ()
    return await _tell(desk, statement, _Differs(before, ours, about))


def _is_read_to_its_end(days: Iterable[SettlementDay], day: object) -> bool:
    return any(one.day == day and has_ended(one.day, one.read_at) for one in days)


@dataclass(frozen=True, slots=True)
class _Differs:
    stated: int
    ours: int
    about: tuple[int, ...]


async def _tell(desk: TransferDesk, statement: Statement, found: _Differs) -> int:
    bank, day = statement.bank, statement.day
    stated, ours = found.stated, found.ours
    review = NewReview(
        key=review_key(ReviewKind.BALANCE_DIFFERS, bank, day, *found.about),
        kind=ReviewKind.BALANCE_DIFFERS,
        bank=bank,
        booked_on=day,
        amount=Yen(abs(stated - ours)),
        details={"stated_before": stated, "by_opening_and_lines": ours},
    )
    raised = await raise_reviews(desk.db, Subject(NIL_MEMBER), [review], now=desk.clock.now())
    if raised:
        log.error(
            "alert.raised",
            code="settlement_balance_differs",
            severity="ticket",
            runbook="docs/runbook.md#settlement_balance_differs",
            bank=bank,
            day=day.isoformat(),
            stated=stated,
            ours=ours,
        )
    return raised
