"""Rakuten's statement of a day: all its pages, or nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import httpx

from gateway.adapters.digits import malformed, read_amount, read_instant
from gateway.adapters.failure import OutcomeUnknown
from gateway.adapters.line import Call, Line
from gateway.adapters.pages import Pages
from gateway.adapters.rakuten.channel import Channel
from gateway.adapters.rakuten.codes import ASKED_WRONGLY, RETURN_NAME
from gateway.adapters.rakuten.messages import MONEY_FIELDS, Row, read_rows, refused
from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, Statement, StatementLine, StatementUnavailable

ROWS_A_PAGE = 100
DIRECTIONS = {"1": Direction.IN, "2": Direction.OUT}
_NUMBER = re.compile(r"[0-9]{1,20}")
_COUNT = re.compile(r"0|[1-9][0-9]{0,6}")
_REFERENCE = re.compile(r"[A-Z0-9]{0,20}")
_COLUMNS = 6
_END_FIELDS = 2


@dataclass(frozen=True, slots=True)
class Page:
    """Some movements of a day, how many the whole day has, and the bytes of the page."""

    movements: tuple[StatementLine, ...]
    count: int
    size: int


async def read_statement(
    line: Line, channel: Channel, day: date
) -> Statement | StatementUnavailable:
    """Return the whole statement: one page that cannot be read, or is short, refuses it.

    A day that is not over grows between two pages; the last page's count must agree.
    """
    pages, number, count, taken = Pages(line.statement_dir), 0, 0, 0
    try:
        while number == 0 or taken < count:
            number += 1
            page = (await line.call(_page_call(channel, day, number))).outcome
            if isinstance(page, StatementUnavailable):
                return page
            if page.count < count or len(page.movements) != _rows_due(page.count, taken):
                return StatementUnavailable(OutcomeUnknown("OTHER_COUNT").reason)
            await pages.add(page.movements, size=page.size)
            taken, count = taken + len(page.movements), page.count
        return Statement(BankCode.RAKUTEN, day, await pages.whole())
    except OutcomeUnknown as error:
        return StatementUnavailable(error.reason)


def _rows_due(count: int, before: int) -> int:
    return min(ROWS_A_PAGE, count - before)


def _page_call(channel: Channel, day: date, number: int) -> Call[Page | StatementUnavailable]:
    async def read(answer: httpx.Response) -> tuple[str, Page | StatementUnavailable]:
        *rows, end = read_rows(answer)
        if not rows and len(end) == MONEY_FIELDS:
            raise refused(end[0], ASKED_WRONGLY)
        movements = tuple(_movement(row, day) for row in rows)
        return "PAGE", Page(movements, _count(end), len(answer.content))

    question = channel.ask("/meisai", {"DATE": f"{day:%Y%m%d}", "PAGE": str(number)})
    return Call(
        "statement",
        "inquiry",
        "",
        build=question.build,
        read=read,
        otherwise=lambda error: StatementUnavailable(error.reason),
        ready=question.ready,
    )


def _count(end: Row) -> int:
    if len(end) != _END_FIELDS or end[0] != "END" or not _COUNT.fullmatch(end[1]):
        raise malformed()
    return int(end[1])


def _movement(row: Sequence[str], day: date) -> StatementLine:
    if len(row) != _COLUMNS:
        raise malformed()
    number, instant, direction, amount, reference, name = row
    booked_at = read_instant(instant)
    is_readable = _NUMBER.fullmatch(number) and _REFERENCE.fullmatch(reference)
    if not is_readable or direction not in DIRECTIONS or booked_at.date() != day:
        raise malformed()
    is_credit = DIRECTIONS[direction] is Direction.IN
    return StatementLine(
        # The bank numbers the lines of a day; with the day the number is unique for ever.
        bank_id=f"{day:%Y%m%d}-{number}",
        direction=DIRECTIONS[direction],
        amount=read_amount(amount),
        booked_at=booked_at,
        value_date=day,
        reference=reference or None,
        counterparty=name,
        is_return=is_credit and name == RETURN_NAME,
    )
