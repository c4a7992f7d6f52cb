"""Rakuten's answers: lines of CSV in Shift_JIS, every field quoted."""

from collections.abc import Sequence
from datetime import datetime

from gateway.sandbox.clock import JST
from gateway.sandbox.exchange import Reply
from gateway.sandbox.rakuten.codes import DONE, MESSAGES, Refusal
from gateway.sandbox.shift_jis import written

HEADERS = {"Content-Type": "text/csv; charset=Shift_JIS"}

_INQUIRIES = frozenset({"/furikomi/shokai", "/kessai/shokai"})
_TWO_FIELDS = frozenset({"/meigi", "/kessai/start"})


def stamp(instant: datetime | None) -> str:
    """Return an instant as yyyyMMddHHmmss in JST; none is empty."""
    return "" if instant is None else instant.astimezone(JST).strftime("%Y%m%d%H%M%S")


def lines(rows: Sequence[Sequence[str]]) -> Reply:
    """Return an answer of some lines."""
    return Reply(200, written("".join(_line(row) for row in rows)), HEADERS)


def money(receipt: str, instant: datetime | None) -> Reply:
    """Return that it was done, and when it was booked."""
    return lines([(DONE, receipt, stamp(instant), MESSAGES[DONE])])


def status(
    state: str,
    *,
    receipt: str = "",
    instant: datetime | None = None,
    amount: str = "",
    refusal: str = "",
) -> Reply:
    """Return the answer to an inquiry; its code is about the inquiry itself."""
    row = (DONE, receipt, stamp(instant), MESSAGES[DONE], state, amount, refusal)
    return lines([row])


def pair(value: str) -> Reply:
    """Return the two fields of a name or of the start of a collection."""
    return lines([(DONE, value)])


def refused(path: str, refusal: Refusal) -> Reply:
    """Return a refusal in as many fields as that call's answer has."""
    if path in _TWO_FIELDS:
        return lines([(refusal.code, "")])
    row = (refusal.code, refusal.receipt, refusal.instant, MESSAGES[refusal.code])
    return lines([(*row, "", "", "") if path in _INQUIRIES else row])


def _line(fields: Sequence[str]) -> str:
    quoted = (field.replace('"', '""') for field in fields)
    return ",".join(f'"{field}"' for field in quoted) + "\r\n"
