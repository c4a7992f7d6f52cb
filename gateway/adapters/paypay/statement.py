"""PayPay's statement of a day: one CSV that adds up, or nothing."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import httpx

from gateway.adapters.characters import Shown, is_shift_jis
from gateway.adapters.digits import malformed, read_amount, read_booking
from gateway.adapters.failure import OutcomeUnknown
from gateway.adapters.line import Call, Line
from gateway.adapters.paypay.channel import Channel
from gateway.adapters.paypay.codes import ASKED_WRONGLY, RETURN_NAME
from gateway.adapters.paypay.messages import NOTHING
from gateway.adapters.spool import Body, LineWriter
from gateway.adapters.transport import ANSWER_BYTES_MAX
from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, Statement, StatementLine, StatementUnavailable
from gateway.domain.reconciliation import repeats

BODY_MAC = "X-MAC"
MEDIA_TYPES = ("text/csv", "text/plain")
DIRECTIONS = {"1": Direction.IN, "2": Direction.OUT}
_NUMBER = re.compile(r"[0-9]{1,20}")
_REFERENCE = re.compile(r"[A-Z0-9]{0,20}")
_COLUMNS = 6
ROW_BYTES_MAX = 4_096


async def read_statement(
    line: Line, channel: Channel, day: date
) -> Statement | StatementUnavailable:
    """Return the whole statement; what does not agree with its trailer is refused."""
    question = channel.ask("/meisai", {"DATE": f"{day:%Y%m%d}"})

    async def read(answer: httpx.Response) -> tuple[str, Statement | StatementUnavailable]:
        if BODY_MAC not in answer.headers:
            question.read(await asyncio.to_thread(_short, answer), NOTHING, ASKED_WRONGLY)
            raise malformed()  # a success that is no statement
        body = _proved(channel, answer)
        return "STATEMENT", await asyncio.to_thread(
            _statement, body, day, channel.now(), line.statement_dir, answer.extensions["shown"]
        )

    call: Call[Statement | StatementUnavailable] = Call(
        "statement",
        "inquiry",
        "",
        build=question.build,
        read=read,
        otherwise=lambda error: StatementUnavailable(error.reason),
        large=channel.seal.running,
    )
    return (await line.call(call)).outcome


def _proved(channel: Channel, answer: httpx.Response) -> Body:
    """Return the bytes of an authentic statement, none of which has been looked at."""
    body: Body = answer.extensions["body"]
    if not channel.seal.is_over(body.digest, answer.headers[BODY_MAC]):
        raise OutcomeUnknown("BAD_MAC", integrity=True)
    is_csv = is_shift_jis(answer.headers.get("Content-Type", ""), *MEDIA_TYPES)
    if answer.status_code != httpx.codes.OK or not is_csv:
        raise OutcomeUnknown("BAD_CONTENT_TYPE", integrity=True)
    return body


def _short(answer: httpx.Response) -> httpx.Response:
    """Return an answer that is no statement, its bytes in memory as other calls have them."""
    body: Body = answer.extensions["body"]
    if body.size > ANSWER_BYTES_MAX:
        raise malformed()
    content = body.read(0, body.size)
    return httpx.Response(
        answer.status_code,
        headers=answer.headers.raw,
        content=content,
        extensions=answer.extensions,
    )


def _statement(
    body: Body, day: date, now: datetime, directory: Path | None, shown: Shown
) -> Statement:
    writer, totals, last = LineWriter(directory), _Totals(), None
    for row in _rows(body, shown):
        if last is not None:
            movement = _movement(last, day, now)
            totals.add(movement)
            writer.add([movement])
        last = row
    lines = writer.lines()
    if last is None:
        raise malformed()
    if last != totals.trailer() or repeats(lines):
        raise OutcomeUnknown("DOES_NOT_ADD_UP", integrity=True)
    return Statement(BankCode.PAYPAY, day, lines)


def _rows(body: Body, shown: Shown) -> Iterator[list[str]]:
    """Yield the rows, the trailer last, a block of the file at a time."""
    rest = b""
    for block in body.blocks():
        *lines, rest = (rest + block).split(b"\r\n")
        if len(rest) > ROW_BYTES_MAX:
            raise malformed()
        for written in lines:
            # No byte of a character in Shift_JIS is a comma.
            yield shown.read(written).split(",")
    if rest:
        raise malformed()


def _movement(row: Sequence[str], day: date, now: datetime) -> StatementLine:
    if len(row) != _COLUMNS:
        raise malformed()
    number, instant, direction, amount, reference, name = row
    booked_at = read_booking(instant, now)
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


class _Totals:
    """What the trailer of the movements so far would say."""

    def __init__(self) -> None:
        self._found = {Direction.IN: [0, 0], Direction.OUT: [0, 0]}

    def add(self, movement: StatementLine) -> None:
        found = self._found[movement.direction]
        found[0] += 1
        found[1] += movement.amount.amount

    def trailer(self) -> list[str]:
        return ["T", *(str(number) for found in self._found.values() for number in found)]
