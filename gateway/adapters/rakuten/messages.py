"""Rakuten's answers: CSV lines in Shift_JIS, every field quoted, every line ended by CRLF."""

import re
from dataclasses import dataclass
from typing import TypeAlias

import httpx

from gateway.adapters.characters import Shown, is_shift_jis
from gateway.adapters.digits import malformed
from gateway.adapters.failure import (
    BankError,
    OutcomeUnknown,
    ReferenceNotFound,
    refusal,
    unsigned,
)
from gateway.adapters.rakuten.codes import NUMBER_USED, Codes
from gateway.domain.reason import Reason

Row: TypeAlias = tuple[str, ...]

MONEY_FIELDS = 4
STATE_FIELDS = 7
MEDIA_TYPE = "text/csv"
# RFC 4180: a quote within a field is doubled. No field holds a line break.
_FIELD = r'"((?:[^"]|"")*)"'
_ROW = re.compile(f"{_FIELD}(?:,{_FIELD})*")
_FIELDS = re.compile(_FIELD)
_RECEIPT = re.compile(r"[!-~]{1,64}")


@dataclass(frozen=True, slots=True)
class State:
    """The seven fields of an inquiry that was answered, but for the code and the message."""

    receipt: str
    booked_at: str
    state: str
    amount: str
    refusal: str

    def nothing(self) -> BankError:
        """Return what "none" means: such a thing has no receipt, amount or instant either."""
        if self.receipt or self.booked_at or self.amount or self.refusal:
            return OutcomeUnknown("CONTRADICTION", integrity=True)
        return ReferenceNotFound("NONE")


def read_rows(answer: httpx.Response) -> list[Row]:
    """Return the rows of an answer, at least one, or raise what it means that there are none."""
    if answer.status_code == httpx.codes.FORBIDDEN and not answer.content:
        raise OutcomeUnknown("STATUS_403", Reason.CONTRACT_ERROR)
    if answer.status_code != httpx.codes.OK:
        raise OutcomeUnknown(f"STATUS_{answer.status_code}", integrity=True)
    if not is_shift_jis(answer.headers.get("Content-Type", ""), MEDIA_TYPE):
        raise OutcomeUnknown("BAD_CONTENT_TYPE", integrity=True)
    *lines, rest = answer.content.split(b"\r\n")
    if rest or not lines or any(b"\r" in line or b"\n" in line for line in lines):
        raise OutcomeUnknown("UNREADABLE", integrity=True)
    shown: Shown = answer.extensions["shown"]
    rows = [shown.read(line) for line in lines]
    if not all(_ROW.fullmatch(row) for row in rows):
        raise OutcomeUnknown("UNREADABLE", integrity=True)
    return [_fields(row) for row in rows]


def read_line(
    answer: httpx.Response, codes: Codes, *, fields: int, done: frozenset[str] = frozenset("0")
) -> Row:
    """Return the one line of a call that was done, or raise what its refusal means."""
    rows = read_rows(answer)
    if len(rows) != 1 or len(rows[0]) not in {fields, MONEY_FIELDS}:
        raise malformed()
    if rows[0][0] not in done:
        raise refused(rows[0][0], codes)
    if len(rows[0]) != fields:
        raise malformed()
    return rows[0]


def read_state(answer: httpx.Response, codes: Codes) -> State:
    """Return the answer to an inquiry."""
    _, receipt, booked_at, _, state, amount, refusal_code = read_line(
        answer, codes, fields=STATE_FIELDS
    )
    return State(receipt, booked_at, state, amount, refusal_code)


def refused(code: str, codes: Codes) -> BankError:
    """Return what a code other than "done" means."""
    reason = codes.get(code)
    if reason is None:
        return OutcomeUnknown(shown(code), integrity=True)
    error = refusal(shown(code), reason)
    return unsigned(error) if code == NUMBER_USED else error


def read_receipt(text: str) -> str:
    if not _RECEIPT.fullmatch(text):
        raise malformed()
    return text


def shown(code: str) -> str:
    """Return a code fit for a log, listed or not: a space could be overlooked there."""
    if code == " ":
        return "SPACE"
    return code if re.fullmatch(r"[0-9A-Z]", code) else "UNLISTED_CODE"


def _fields(row: str) -> Row:
    return tuple(field.replace('""', '"') for field in _FIELDS.findall(row))
