"""What the gateway asks of a bank, and the protocol that every adapter keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable

from gateway.domain.account import BankAccount, BankCode
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Answer,
    CollectionOutcome,
    FileOutcome,
    FileResultOutcome,
    InquiryOutcome,
    StartOutcome,
    SubmitOutcome,
)
from gateway.domain.ports import Slot
from gateway.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """All that a bank is told of a transfer. `reference` is `[A-Z2-7]{20}`, unique for ever."""

    reference: str
    creditor: BankAccount
    amount: Yen
    remitter: str


@dataclass(frozen=True, slots=True)
class CollectionOrder:
    """All that a bank is told of a collection, money that the member approves on its page.

    `description` is shown to the payer: half-width kana of the strict set, at most 20 characters.
    `return_url` gets the browser back, `callback_url` the bank's call, where it makes one.
    """

    reference: str
    amount: Yen
    description: str
    return_url: str
    callback_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NameFound:
    """The bank's own spelling of the holder, half-width kana; banks may send ｦ."""

    holder: str


@dataclass(frozen=True, slots=True)
class NameRefused:
    """An authentic refusal (ACCOUNT_NOT_FOUND …), or why the bank could not be asked just now."""

    reason: Reason


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement on the lender's settlement account, as the bank states it.

    `text` is what the bank prints beside the other side's name, where it has a place for it.
    """

    bank_id: str
    direction: Direction
    amount: Yen
    booked_at: datetime
    value_date: date
    reference: str | None
    counterparty: str
    is_return: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """All movements booked on one JST date, in booking order.

    `balances` are those of the account before the first and after the last line, in yen, where the
    bank states them; they are known to agree with the lines.

    There may be hundreds of thousands: read `movements` some at a time, outside the event loop.
    """

    bank: BankCode
    day: date
    movements: Sequence[StatementLine]
    balances: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class StatementUnavailable:
    """The whole statement, or one page of it, could not be had or read. Ask again later."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Callback:
    """A genuine call from a bank: a hint of something that happened to `reference`, no proof."""

    event_id: str
    reference: str
    kind: str


class Health(StrEnum):
    """How this process finds a bank: its breaker, in words that a page can show."""

    UP = "up"
    RECOVERING = "recovering"
    DOWN = "down"


class _AnyBank(Protocol):
    """What every bank can do. Hands out outcomes, never exceptions; the unreadable is Unknown."""

    @property
    def code(self) -> BankCode: ...

    @property
    def health(self) -> Health: ...

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        """Ask what became of `order.reference`; an answer for another amount is Unknown."""
        ...

    async def start_collection(self, order: CollectionOrder) -> Answer[StartOutcome]:
        """Open a collection; the same order again is the same one while it is open.

        "Already used" is Unknown(DUPLICATE): inquire.
        """
        ...

    async def inquire_collection(self, order: CollectionOrder) -> Answer[CollectionOutcome]:
        """Ask what became of a collection. What the payer refused, or let expire, is Rejected."""
        ...

    async def verify_name(self, account: BankAccount) -> NameFound | NameRefused:
        """Ask who holds an account (`account.holder` is not looked at).

        NameRefused(NOT_OFFERED) where the bank has no such call; nothing is sent then.
        """
        ...

    async def statement(self, day: date) -> Statement | StatementUnavailable: ...

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        """Return the call if authentic and well-formed, else None (answer 401, change nothing)."""
        ...

    async def clock_skew_s(self) -> float | None:
        """Return the bank's clock minus ours in seconds by its Date header, None if unknown."""
        ...


@runtime_checkable
class InstantBank(_AnyBank, Protocol):
    """A bank that takes single instructions."""

    async def submit(self, order: TransferOrder, *, send_before: float) -> Answer[SubmitOutcome]:
        """Send a transfer once (once more only if nothing left us), at most `deadline_s` long.

        `send_before` is an instant of the running loop's clock (monotonic, `loop.time()`): a
        request that has not begun by then must not leave any more, and is NotSent(BANK_BUSY).
        """
        ...


@dataclass(frozen=True, slots=True)
class TransferFile:
    """The unit of sending at a batched bank: these bytes under this id, for ever.

    `file_id` is `[A-Za-z0-9-]{1,20}`, ours, unique for ever; `orders` stand in the order of the
    file's records.
    """

    file_id: str
    content: bytes
    orders: tuple[TransferOrder, ...]


@runtime_checkable
class FileBank(_AnyBank, Protocol):
    """A bank that takes files. It pays a reference once for each file it is in.

    So an item leaves its file only by the file's explicit answer, and a file whose fate is not
    known is sent again as it is, under the same id, never as a new one.
    """

    @property
    def items_max(self) -> int:
        """Return how many transfers fit into one file."""
        ...

    def encode_file(self, file_id: str, orders: Sequence[TransferOrder]) -> TransferFile:
        """Return the file for today (JST) by our clock; ValueError for what cannot be encoded."""
        ...

    async def submit_file(
        self, file: TransferFile, *, slot: Slot, send_before: float
    ) -> Answer[FileOutcome]:
        """Send a file in a slot that was taken already (`Lanes.take`, lane `money`).

        A file that the bank has already, and which is this one, is FileAccepted; one that is not
        is Unknown(integrity). NotSent says that nothing left this machine; an answer "not taken"
        that is no proof of having read the file is TurnedAway. `send_before` as for
        `InstantBank.submit`.
        """
        ...

    async def fetch_result(self, file: TransferFile, receipt: str) -> Answer[FileResultOutcome]:
        """Return what became of the file; a result that does not balance is Unknown(integrity)."""
        ...


Bank: TypeAlias = InstantBank | FileBank
