"""What a shop may say to PayPay: every field, and nothing else."""

from datetime import date, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, ConfigDict, Field

from gateway.sandbox.addresses import is_address
from gateway.sandbox.books import AccountKey
from gateway.sandbox.kana import is_strict
from gateway.sandbox.paypay.authentication import ENVELOPE, read_stamp
from gateway.sandbox.paypay.forms import CODEC, Form
from gateway.sandbox.paypay.refusals import FORMAT, Refusal
from gateway.sandbox.strict import StrictModel, Unreadable, as_model

Message = TypeVar("Message", bound="FormModel")

ITEM_BYTES_MAX = 20


def _strict_kana(name: str) -> str:
    if not is_strict(name):
        raise ValueError("not half-width kana of the strict set")
    return name


def _real_day(text: str) -> str:
    datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - a day, no instant
    return text


def _real_instant(text: str) -> str:
    read_stamp(text)
    return text


def _short_text(item: str) -> str:
    if not item.isprintable() or not 1 <= len(item.encode(CODEC)) <= ITEM_BYTES_MAX:
        raise ValueError(f"1 to {ITEM_BYTES_MAX} bytes of text")
    return item


def _address(url: str) -> str:
    if not is_address(url):
        raise ValueError("not an http or https address")
    return url


Reference = Annotated[str, Field(pattern=r"^[A-Z0-9]{20}$")]
Amount = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$")]
Branch = Annotated[str, Field(pattern=r"^[0-9]{3}$")]
Kind = Literal["1", "2", "4"]
AccountNumber = Annotated[str, Field(pattern=r"^[0-9]{7}$")]
HolderName = Annotated[str, Field(min_length=1, max_length=30), AfterValidator(_strict_kana)]
Address = Annotated[str, AfterValidator(_address)]


class FormModel(StrictModel):
    """Written `LIKE_THIS` in a form, and in no other way."""

    model_config = ConfigDict(alias_generator=str.upper)

    shop_id: str


class PayOutForm(FormModel):
    """`/payout`."""

    tran_id: Reference
    amount: Amount
    branch: Branch
    kind: Kind
    account: AccountNumber
    name: HolderName

    @property
    def key(self) -> AccountKey:
        """Return where the payee's account is kept."""
        return AccountKey(self.branch, self.kind, self.account)


class ReferenceForm(FormModel):
    """`/payout/inquiry` and `/inquiry`."""

    tran_id: Reference


class NameForm(FormModel):
    """`/name`."""

    branch: Branch
    kind: Kind
    account: AccountNumber

    @property
    def key(self) -> AccountKey:
        """Return where the account is kept."""
        return AccountKey(self.branch, self.kind, self.account)


class StartForm(FormModel):
    """`/start`: posted by the payer's browser."""

    tran_id: Reference
    amount: Amount
    item: Annotated[str, AfterValidator(_short_text)]
    return_url: Address
    callback_url: Address
    limit: Annotated[str, AfterValidator(_real_instant)]

    @property
    def expires_at(self) -> datetime:
        """Return until when the form is good."""
        return read_stamp(self.limit)


class StatementForm(FormModel):
    """`/meisai`."""

    asked: Annotated[str, Field(alias="DATE", pattern=r"^[0-9]{8}$"), AfterValidator(_real_day)]

    @property
    def day(self) -> date:
        """Return the JST date asked for."""
        return date.fromisoformat(self.asked)


def read_message(model: type[Message], form: Form) -> Message:
    """Return the form as that message, or refuse it with E01."""
    own = {name: value for name, value in form.fields.items() if name not in ENVELOPE}
    try:
        return as_model(model, own)
    except Unreadable as error:
        raise Refusal(FORMAT, str(error)) from error
