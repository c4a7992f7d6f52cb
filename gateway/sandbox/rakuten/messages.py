"""What a client may say to Rakuten: every field, and nothing else."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, ConfigDict, Field

from gateway.sandbox.addresses import is_address
from gateway.sandbox.books import AccountKey
from gateway.sandbox.clock import JST
from gateway.sandbox.kana import is_strict
from gateway.sandbox.rakuten.authentication import ENVELOPE
from gateway.sandbox.rakuten.codes import FORMAT, Refusal
from gateway.sandbox.strict import StrictModel, Unreadable, as_model
from gateway.sandbox.urlencoded import Pair

Message = TypeVar("Message", bound="FormModel")

ITEM_LENGTH_MAX = 40


def _strict_kana(name: str) -> str:
    if not is_strict(name):
        raise ValueError("not half-width kana of the strict set")
    return name


def _real_day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=JST)


def _real_instant(text: str) -> str:
    _instant(text)
    return text


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("characters that cannot be printed")
    return text


def _address(url: str) -> str:
    if not is_address(url):
        raise ValueError("not an http or https address")
    return url


Reference = Annotated[str, Field(pattern=r"^[A-Z0-9]{20}$")]
Amount = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$")]
Branch = Annotated[str, Field(pattern=r"^[0-9]{3}$")]
Kind = Literal["1", "2", "4"]
AccountNumber = Annotated[str, Field(pattern=r"^[0-9]{7}$")]
PayeeName = Annotated[str, Field(min_length=1, max_length=30), AfterValidator(_strict_kana)]
RemitterName = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_strict_kana)]
Item = Annotated[str, Field(min_length=1, max_length=ITEM_LENGTH_MAX), AfterValidator(_printable)]
Address = Annotated[str, AfterValidator(_address)]
Instant = Annotated[str, Field(pattern=r"^[0-9]{14}$"), AfterValidator(_real_instant)]
Day = Annotated[str, Field(pattern=r"^[0-9]{8}$"), AfterValidator(_real_day)]
PageNumber = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5}$")]


class FormModel(StrictModel):
    """Written `LIKE_THIS` in a form, and in no other way."""

    model_config = ConfigDict(alias_generator=str.upper)


class TransferForm(FormModel):
    """`/furikomi`."""

    ref: Reference
    amount: Amount
    branch: Branch
    kind: Kind
    account: AccountNumber
    kana: PayeeName
    irai_kana: RemitterName

    @property
    def key(self) -> AccountKey:
        """Return where the payee's account is kept."""
        return AccountKey(self.branch, self.kind, self.account)


class ReferenceForm(FormModel):
    """`/furikomi/shokai` and `/kessai/shokai`."""

    ref: Reference


class NameForm(FormModel):
    """`/meigi`."""

    branch: Branch
    kind: Kind
    account: AccountNumber

    @property
    def key(self) -> AccountKey:
        """Return where the account is kept."""
        return AccountKey(self.branch, self.kind, self.account)


class StartForm(FormModel):
    """`/kessai/start`."""

    ref: Reference
    amount: Amount
    item: Item
    return_url: Address
    limit: Instant

    @property
    def expires_at(self) -> datetime:
        """Return until when a payer may approve."""
        return _instant(self.limit)


class StatementForm(FormModel):
    """`/meisai`."""

    asked: Annotated[Day, Field(alias="DATE")]
    page: PageNumber

    @property
    def day(self) -> date:
        """Return the JST date asked for."""
        return date.fromisoformat(self.asked)


def as_text(pairs: Iterable[Pair]) -> list[tuple[str, str]]:
    """Return the pairs as text, or raise `Unreadable`: this bank reads UTF-8."""
    try:
        return [(key.decode(), value.decode()) for key, value in pairs]
    except UnicodeDecodeError as error:
        raise Unreadable("bytes that are not UTF-8") from error


def envelope(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return who asks under which number; a part that is there twice is not there."""
    found = [pair for pair in pairs if pair[0] in ENVELOPE]
    times = Counter(key for key, _ in found)
    return {key: value for key, value in found if times[key] == 1}


def read_message(model: type[Message], pairs: Iterable[tuple[str, str]]) -> Message:
    """Return the form as that message, or refuse it with H."""
    own = [pair for pair in pairs if pair[0] not in ENVELOPE]
    fields = dict(own)
    if len(fields) != len(own):
        raise Refusal(FORMAT)
    try:
        return as_model(model, fields)
    except Unreadable as error:
        raise Refusal(FORMAT) from error
