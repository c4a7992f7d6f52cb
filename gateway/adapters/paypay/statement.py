"""PayPay's statement of a day: one CSV that adds up, or nothing."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

import httpx

from gateway.adapters.digits import malformed, read_amount, read_booking
from gateway.adapters.failure import OutcomeUnknown
from gateway.adapters.line import Call, Line
from gateway.adapters.paypay.channel import Channel, Question
from gateway.adapters.paypay.codes import ASKED_WRONGLY, RETURN_NAME
from gateway.adapters.paypay.messages import NOTHING
from gateway.adapters.paypay.pairs import ENCODING
from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, Statement, StatementLine, StatementUnavailable

BODY_MAC = "X-MAC"
CSV = re.compile(
    r'text/(csv|plain)\s*;\s*charset=("shift_jis"|shift_jis)', re.ASCII | re.IGNORECASE
)
DIRECTIONS = {"1": Direction.IN, "2": Direction.OUT}
_NUMBER = re.compile(r"[0-9]{1,20}")
_REFERENCE = re.compile(r"[A-Z0-9]{0,20}")
_COLUMNS = 6


async def read_statement(
    line: Line, channel: Channel, day: date
) -> Statement | StatementUnavailable:
    """Return the whole statement; what does not agree with its trailer is refused."""
    question = channel.ask("/meisai", {"DATE": f"{day:%Y%m%d}"})

    async def read(answer: httpx.Response) -> tuple[str, Statement | StatementUnavailable]:
        rows, trailer = _rows(_open(channel, question, answer))
        movements = tuple(_movement(row, day, channel.now()) for row in rows)
        if trailer != _totals(movements) or _repeats(movement.bank_id for movement in movements):
            raise OutcomeUnknown("DOES_NOT_ADD_UP", integrity=True)
        return "STATEMENT", Statement(BankCode.PAYPAY, day, movements)

    call: Call[Statement | StatementUnavailable] = Call(
        "statement",
        "inquiry",
        "",
        build=question.build,
        read=read,
        otherwise=lambda error: StatementUnavailable(error.reason),
    )
    return (await line.call(call)).outcome


def _open(channel: Channel, question: Question, answer: httpx.Response) -> str:
    """Return the text of an authentic statement, or raise what an authentic refusal means."""
    if BODY_MAC not in answer.headers:
        question.read(answer, NOTHING, ASKED_WRONGLY)
        raise malformed()  # a success that is no statement
    if not channel.seal.is_over(answer.content, answer.headers[BODY_MAC]):
        raise OutcomeUnknown("BAD_MAC", integrity=True)
    is_csv = CSV.fullmatch(answer.headers.get("Content-Type", "").strip())
    if answer.status_code != httpx.codes.OK or not is_csv:
        raise OutcomeUnknown("BAD_CONTENT_TYPE", integrity=True)
    try:
        return answer.content.decode(ENCODING)
    except UnicodeDecodeError as error:
        raise malformed() from error


def _rows(text: str) -> tuple[list[list[str]], list[str]]:
    """Return the rows and the trailer."""
    *lines, rest = text.split("\r\n")
    rows = [written.split(",") for written in lines]
    if rest or not rows or any(len(row) != _COLUMNS for row in rows[:-1]):
        raise malformed()
    return rows[:-1], rows[-1]


def _movement(row: Sequence[str], day: date, now: datetime) -> StatementLine:
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


def _totals(movements: Iterable[StatementLine]) -> list[str]:
    """Return the trailer that fits these movements."""
    amounts: dict[Direction, list[int]] = {Direction.IN: [], Direction.OUT: []}
    for movement in movements:
        amounts[movement.direction].append(movement.amount.amount)
    totals = [str(number) for found in amounts.values() for number in (len(found), sum(found))]
    return ["T", *totals]


def _repeats(numbers: Iterable[str]) -> bool:
    seen = list(numbers)
    return len(set(seen)) != len(seen)
