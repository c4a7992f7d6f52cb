"""SMBC's messages as types. Strict in what they need; fields they do not know are passed over.

A bank may add a field any day, and refusing it would turn every success into "unknown".
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic.alias_generators import to_camel

from gateway.adapters.characters import Shown
from gateway.adapters.failure import OutcomeUnknown
from gateway.domain.hours import JST

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_instant(text: object) -> datetime:
    """Return an RFC 3339 instant in Japanese time; ValueError for anything else."""
    if not (isinstance(text, str) and _INSTANT.fullmatch(text)):
        raise ValueError("no RFC 3339 instant with an offset")
    try:
        return datetime.fromisoformat(text).astimezone(JST)
    except OverflowError as error:
        raise ValueError("an instant outside the calendar") from error


def read_day(text: object) -> date:
    if not (isinstance(text, str) and _DAY.fullmatch(text)):
        raise ValueError("no YYYY-MM-DD")
    return date.fromisoformat(text)


def _read_amount(text: object) -> int:
    if not (isinstance(text, str) and re.fullmatch(r"[1-9][0-9]{0,9}", text)):
        raise ValueError("no amount: 1 to 10 ASCII digits as a string, no leading zero")
    return int(text)


def _cleaned(text: object, info: ValidationInfo) -> object:
    return info.context.clean(text) if isinstance(text, str) and info.context else text


Instant = Annotated[datetime, BeforeValidator(read_instant)]
Day = Annotated[date, BeforeValidator(read_day)]
Amount = Annotated[int, BeforeValidator(_read_amount)]
BankId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{20}$")]
Text = Annotated[str, BeforeValidator(_cleaned), StringConstraints(max_length=200)]


class _Message(BaseModel):
    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=False
    )


class TransferAnswer(_Message):
    transfer_id: BankId
    client_reference: Reference
    status: Literal["COMPLETED"]
    executed_at: Instant
    value_date: Day


class TransferState(_Message):
    transfer_id: BankId
    client_reference: Reference
    status: Literal["COMPLETED", "RETURNED"]
    executed_at: Instant
    value_date: Day
    amount: Amount
    returned_at: Instant | None = None
    return_reason: Text | None = None


class OrderAnswer(_Message):
    order_id: BankId
    redirect_url: Annotated[str, StringConstraints(max_length=2000)]
    expires_at: Instant


class OrderState(_Message):
    order_id: BankId
    client_reference: Reference
    amount: Amount
    status: Annotated[str, StringConstraints(pattern=r"^[A-Z_]{1,40}$")]
    failure_reason: Annotated[str, StringConstraints(pattern=r"^[A-Z_]{1,60}$")] | None
    paid_at: Instant | None
    value_date: Day | None


class Holder(_Message):
    holder_name: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Movement(_Message):
    transaction_id: BankId
    type: Literal["CREDIT", "DEBIT"]
    amount: Amount
    executed_at: Instant
    value_date: Day
    client_reference: Text | None
    counterparty_name: Text | None
    description: Text | None


class StatementPage(_Message):
    transactions: tuple[Movement, ...] = Field(strict=False)
    next_page: int | None


class Event(_Message):
    event_id: BankId
    type: Literal["PAYMENT_ORDER_UPDATED", "TRANSFER_RETURNED"]
    occurred_at: Instant
    client_reference: Reference
    status: Annotated[str, StringConstraints(pattern=r"^[A-Z_]{1,40}$")]
    amount: Amount
    order_id: BankId | None = None
    transfer_id: BankId | None = None
    returned_at: Instant | None = None


class _Error(_Message):
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{1,60}$")]
    resumes_at: Instant | None = None


class ErrorAnswer(_Message):
    error: _Error


MessageT = TypeVar("MessageT", bound=_Message)


def parse(kind: type[MessageT], message: Any, shown: Shown | None = None) -> MessageT:
    """Return the message, or raise OutcomeUnknown: signed, but not what the profile promises.

    `shown` cleans its texts and counts what it replaced.
    """
    try:
        return kind.model_validate(message, context=shown or Shown())
    except ValidationError as error:
        raise OutcomeUnknown("MALFORMED", integrity=True) from error
