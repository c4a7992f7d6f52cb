"""SMBC's statement of a day: all its pages, or nothing."""

from datetime import date

import httpx

from gateway.adapters.failure import OutcomeUnknown
from gateway.adapters.line import Call, Line
from gateway.adapters.pages import Pages
from gateway.adapters.smbc import codes
from gateway.adapters.smbc.channel import Channel, Seal
from gateway.adapters.smbc.messages import Movement, StatementPage, parse
from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, Statement, StatementLine, StatementUnavailable
from gateway.domain.money import Yen

PAGES_MAX = 10_000


async def read_statement(
    line: Line, channel: Channel, seal: Seal, day: date
) -> Statement | StatementUnavailable:
    """Return the whole statement: one page that cannot be read, one line twice, refuses it."""
    pages, page = Pages(line.statement_dir), 1
    try:
        while True:
            outcome = (await line.call(_page_call(channel, seal, day, page))).outcome
            if isinstance(outcome, StatementUnavailable):
                return outcome
            found, size = outcome
            await pages.add(map(_line, found.transactions), size=size)
            if found.next_page is None:
                return Statement(BankCode.SMBC, day, await pages.whole())
            page = found.next_page
    except OutcomeUnknown as error:
        return StatementUnavailable(error.reason)


def _page_call(
    channel: Channel, seal: Seal, day: date, page: int
) -> Call[tuple[StatementPage, int] | StatementUnavailable]:
    async def read(
        answer: httpx.Response,
    ) -> tuple[str, tuple[StatementPage, int] | StatementUnavailable]:
        message = await seal.read(answer, codes.ASKED_WRONGLY)
        found = parse(StatementPage, message, answer.extensions["shown"])
        if found.next_page not in {None, page + 1} or page == PAGES_MAX:
            raise OutcomeUnknown("PAGES_OUT_OF_ORDER", integrity=True)
        if any(movement.executed_at.date() != day for movement in found.transactions):
            raise OutcomeUnknown("OTHER_DAY", integrity=True)
        return "PAGE", (found, len(answer.content))

    path = f"/settlement-account/transactions?date={day.isoformat()}&page={page}"
    return Call(
        "statement",
        "inquiry",
        "",
        build=lambda: channel.get(path),
        read=read,
        otherwise=lambda error: StatementUnavailable(error.reason),
    )


def _line(movement: Movement) -> StatementLine:
    is_credit = movement.type == "CREDIT"
    return StatementLine(
        bank_id=movement.transaction_id,
        direction=Direction.IN if is_credit else Direction.OUT,
        amount=Yen(movement.amount),
        booked_at=movement.executed_at,
        value_date=movement.value_date,
        reference=movement.client_reference,
        counterparty=movement.counterparty_name or "",
        is_return=is_credit and movement.description == codes.RETURN_DESCRIPTION,
        text=movement.description or "",
    )
