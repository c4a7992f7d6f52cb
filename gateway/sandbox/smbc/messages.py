"""What SMBC's clients may say: every field, and nothing else."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal, TypeVar

from aiohttp import web
from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway.sandbox.addresses import is_address
from gateway.sandbox.books import AccountKey
from gateway.sandbox.clock import JST
from gateway.sandbox.kana import is_strict
from gateway.sandbox.smbc.refusals import Refusal
from gateway.sandbox.strict import StrictModel, Unreadable, as_model, read_model

DESCRIPTION_MAX = 100
RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)

Message = TypeVar("Message", bound=StrictModel)


def _strict_kana(name: str) -> str:
    if not is_strict(name):
        raise ValueError("not half-width kana of the strict set")
    return name


def _real_day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _real_instant(text: str) -> str:
    if not RFC_3339.fullmatch(text):
        raise ValueError("not an instant with its offset")
    try:
        datetime.fromisoformat(text).astimezone(JST)
    except OverflowError as error:
        raise ValueError("beyond the calendar") from error
    return text


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("not a line of printable characters")
    return text


def _address(text: str) -> str:
    if not is_address(text):
        raise ValueError("not an http or https address")
    return text


Reference = Annotated[str, Field(pattern=r"^[A-Z0-9]{20}$")]
Amount = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_real_day)]
Branch = Annotated[str, Field(pattern=r"^[0-9]{3}$")]
AccountType = Literal["1", "2", "4"]
AccountNumber = Annotated[str, Field(pattern=r"^[0-9]{7}$")]
PageNumber = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5}$")]
RemitterName = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_strict_kana)]
Description = Annotated[
    str, Field(min_length=1, max_length=DESCRIPTION_MAX), AfterValidator(_printable)
]
Address = Annotated[str, AfterValidator(_address)]
Instant = Annotated[str, AfterValidator(_real_instant)]
HolderName = Annotated[str, Field(min_length=1, max_length=30), AfterValidator(_strict_kana)]


class CamelModel(StrictModel):
    """Written `likeThis` in JSON, and in no other way."""

    model_config = ConfigDict(alias_generator=to_camel)


class CreditorAccount(CamelModel):
    bank_code: Literal["0009"]
    branch_code: Branch
    account_type: AccountType
    account_number: AccountNumber
    holder_name: HolderName

    @property
    def key(self) -> AccountKey:
        """Return where the account is kept."""
        return AccountKey(self.branch_code, self.account_type, self.account_number)


class TransferOrder(CamelModel):
    """`POST /transfers`."""

    client_reference: Reference
    amount: Amount
    currency: Literal["JPY"]
    value_date: Day
    remitter_name: RemitterName
    creditor_account: CreditorAccount


class PaymentOrder(CamelModel):
    """`POST /payment-orders`."""

    client_reference: Reference
    amount: Amount
    description: Description
    return_url: Address
    notify_url: Address
    expires_at: Instant


class NameQuestion(CamelModel):
    """`POST /accounts/verification`."""

    branch_code: Branch
    account_type: AccountType
    account_number: AccountNumber

    @property
    def key(self) -> AccountKey:
        """Return where the account is kept."""
        return AccountKey(self.branch_code, self.account_type, self.account_number)


class ReferenceQuestion(CamelModel):
    """`GET /transfers` and `GET /payment-orders`."""

    client_reference: Reference


class StatementQuestion(CamelModel):
    """`GET /settlement-account/transactions`."""

    date: Day
    page: PageNumber


def read_body(model: type[Message], request: web.Request, body: bytes) -> Message:
    """Return the request's body as that message; 400 for anything else."""
    parts = [part.strip() for part in request.headers.get("Content-Type", "").lower().split(";")]
    if parts != ["application/json", "charset=utf-8"] or request.query_string:
        raise Refusal("INVALID_REQUEST", "Content-Type: application/json; charset=utf-8, no query")
    try:
        return read_model(model, body)
    except Unreadable as error:
        raise Refusal("INVALID_REQUEST", str(error)) from error


def read_query(model: type[Message], request: web.Request, body: bytes) -> Message:
    """Return the request's query as that message; 400 for anything else."""
    fields: Mapping[str, str] = dict(request.query)
    if body or len(fields) != len(request.query):
        raise Refusal("INVALID_REQUEST", "a parameter twice, or a body where none belongs")
    try:
        return as_model(model, fields)
    except Unreadable as error:
        raise Refusal("INVALID_REQUEST", str(error)) from error


def instant_text(instant: datetime) -> str:
    """Return an instant as every message of this bank writes it."""
    return instant.isoformat(timespec="milliseconds")
