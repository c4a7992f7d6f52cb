"""The way back from what two people decided on a transfer or repayment: what stands in it.

People take back what people said. What the bank itself stated, in an answer or on a statement, they
do not deny; where it told a day that was not believed, they take back the day that they gave.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from gateway.domain import repayment as repayments
from gateway.domain.bank import Direction
from gateway.domain.hours import JST
from gateway.domain.reason import Reason
from gateway.domain.repayment import Repayment
from gateway.domain.resolution import instant
from gateway.domain.review import Resolution
from gateway.domain.transfer import State, Transfer

R = Resolution
# What people say of a row, and what the gateway does by it, can be taken back; `send_again` cannot:
# it has left, or will.
TAKEN_BACK = frozenset({R.SETTLED, R.RETURNED, R.PAID, R.REJECTED})
SAYS_BOOKED = frozenset({"Settled", "Returned", "Paid"})


@dataclass(frozen=True, slots=True)
class BankLine:
    """A line of a statement under the row's reference."""

    day: date
    bank_id: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """An answer of the bank to a call about the row; `outcome` is the name of its kind."""

    operation: str
    attempt: int
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BankWords:
    """All that the bank itself said of a row.

    `is_day_unclear`: it said that it booked it, on a day that was not believed.
    """

    lines: tuple[BankLine, ...] = ()
    answers: tuple[BankAnswer, ...] = ()
    is_day_unclear: bool = False


def why_not(row: Transfer | Repayment, words: BankWords) -> str | None:
    """Return why the bank's word stands in the way of taking one step back; None: it does not."""
    if isinstance(row, Repayment):
        return _on_statement(words, Direction.IN)
    if row.state is State.RETURNED:
        return _on_statement(words, Direction.IN) or _answered(words, frozenset({"Returned"}))
    if row.state is State.SETTLED:
        return _on_statement(words, Direction.OUT) or _answered(words, SAYS_BOOKED)
    refused = (one for one in words.answers if one.attempt == row.attempt)
    return _answered(BankWords(answers=tuple(refused)), frozenset({"Rejected"}))


def deciding_item(row: Transfer | Repayment) -> UUID | None:
    """Return the item by which people said that the row's state is so, None where none did."""
    if isinstance(row, Transfer) and row.state is State.RETURNED:
        return row.returned_by
    return row.decided_by


def was_said_before(
    resolution: Resolution, particulars: Mapping[str, str], row: Transfer | Repayment
) -> bool:
    """Return whether a row that names no item says what people said, to the second.

    Rows from before items were named are known by it, as long as no bank has said the same.
    """
    if resolution is R.REJECTED:
        return row.reason is Reason.BANK_UNAVAILABLE
    if isinstance(row, Transfer) and row.state is State.RETURNED:
        name, told = "returned_at", row.returned_at
    else:
        name, told = "booked_at", row.settled_at
    return name in particulars and instant(particulars[name]) == told


def said_so(row: Transfer | Repayment, words: BankWords, since: datetime | None) -> bool:
    """Return whether the bank may have booked a row without an item; `since`: people's decision.

    Of a repayment people only ever give the day: that the bank said paid before is why they did.
    """
    booked = [answer.at for answer in words.answers if answer.outcome in SAYS_BOOKED]
    if isinstance(row, Repayment) and since is not None:
        return any(at >= since for at in booked)
    return bool(booked)


def may_go_back(row: Transfer | Repayment) -> bool:
    """Return whether a row in this state can be what people said of it."""
    if isinstance(row, Repayment):
        return row.state is repayments.State.SETTLED
    return row.state in {State.SETTLED, State.RETURNED, State.REJECTED}


def reason_before(details: Mapping[str, object], *, is_day_unclear: bool) -> Reason:
    """Return why a transfer is in review again: for what it was there before."""
    if is_day_unclear:
        return Reason.DATE_NOT_BELIEVED
    return Reason(str(details.get("reason") or Reason.OUTCOME_UNKNOWN))


def _on_statement(words: BankWords, direction: Direction) -> str | None:
    line = next((one for one in words.lines if one.direction is direction), None)
    if line is None:
        return None
    return (
        f"the bank's statement of {line.day} has it (line {line.bank_id}): what the bank states is"
        " not taken back. If only the day is wrong, its item date_differs is resolved as redated"
    )


def _answered(words: BankWords, outcomes: frozenset[str]) -> str | None:
    said = next((one for one in reversed(words.answers) if one.outcome in outcomes), None)
    if said is None or words.is_day_unclear:
        return None
    at = said.at.astimezone(JST)
    return (
        f"the bank itself answered so ({said.outcome} to {said.operation}, {at:%Y-%m-%d %H:%M:%S}):"
        " what the bank states is not taken back"
    )
