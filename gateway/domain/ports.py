"""The protocols through which the rest of the program is handed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from gateway.domain.account import BankAccount, BankCode
from gateway.domain.money import Yen
from gateway.domain.outcome import Answer, InquiryOutcome, SubmitOutcome
from gateway.domain.reason import Reason


class Clock(Protocol):
    """Business time. Deadlines and leases do not use it: they are monotonic or the database's."""

    def now(self) -> datetime:
        """Return the present instant, aware, in Asia/Tokyo."""
        ...


class Metrics(Protocol):
    """Counters, durations and gauges, for the operators."""

    def count(self, name: str, /, **labels: str) -> None: ...

    def observe(self, name: str, seconds: float, /, **labels: str) -> None: ...

    def gauge(self, name: str, value: float, /, **labels: str) -> None: ...


class Point(StrEnum):
    """The named instants at which a crash must lose nothing. Order: the life of one transfer."""

    ACCEPT_BEFORE_WRITE = "accept.before_write"
    ACCEPT_AFTER_WRITE = "accept.after_write"
    CLAIM_BEFORE_WRITE = "claim.before_write"
    CLAIM_AFTER_WRITE = "claim.after_write"
    SUBMIT_BEFORE_SLOT = "submit.before_slot"
    SUBMIT_BEFORE_REQUEST = "submit.before_request"
    SUBMIT_HEADERS_SENT = "submit.headers_sent"
    SUBMIT_ANSWER_BEGUN = "submit.answer_begun"
    SUBMIT_ANSWERED = "submit.answered"
    RECORD_BEFORE_WRITE = "record.before_write"
    RECORD_AFTER_WRITE = "record.after_write"
    INQUIRY_CLAIMED = "inquiry.claimed"
    INQUIRY_BEFORE_REQUEST = "inquiry.before_request"
    INQUIRY_ANSWERED = "inquiry.answered"
    RECOVERY_BEFORE_WRITE = "recovery.before_write"
    RECOVERY_AFTER_WRITE = "recovery.after_write"


class Checkpoint(Protocol):
    """Called at each `Point`. Does nothing, except where a test wants a crash there."""

    def __call__(self, point: Point, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the contract-wide queue to one bank.

    `wait_s` real seconds until it may be used; `breaker` is the operators' word for all processes:
    `auto`, `open` (let nothing out) or `closed` (let everything out).
    """

    wait_s: float
    breaker: str = "auto"


class Lanes(Protocol):
    """The contract-wide limit, shared by all processes (`bank_lanes`)."""

    async def take(
        self, bank: BankCode, lane: str, *, per_second: float, wait_s_max: float
    ) -> Slot:
        """Reserve the next place in lane `money` or `inquiry`, unless `wait_s_max` is too short.

        `per_second` 0 means no limit: no wait, but the operators' word is still returned.
        """
        ...


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """All that a bank is told of a transfer. `reference` is `[A-Z2-7]{20}`, unique for ever."""

    reference: str
    creditor: BankAccount
    amount: Yen
    remitter: str


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
    """One movement on the lender's settlement account, as the bank states it."""

    bank_id: str
    direction: Direction
    amount: Yen
    booked_at: datetime
    value_date: date
    reference: str | None
    counterparty: str
    is_return: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """All movements booked on one JST date, in booking order."""

    bank: BankCode
    day: date
    movements: tuple[StatementLine, ...]


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


class Bank(Protocol):
    """One bank. Hands out outcomes, never exceptions; everything it cannot read is Unknown."""

    @property
    def code(self) -> BankCode: ...

    @property
    def health(self) -> Health: ...

    async def submit(self, order: TransferOrder, *, send_before: float) -> Answer[SubmitOutcome]:
        """Send a transfer once (once more only if nothing left us), at most `deadline_s` long.

        `send_before` is an instant of the running loop's clock (monotonic, `loop.time()`): a
        request that has not begun by then must not leave any more, and is NotSent(BANK_BUSY).
        """
        ...

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        """Ask what became of `order.reference`; an answer for another amount is Unknown."""
        ...

    async def verify_name(self, account: BankAccount) -> NameFound | NameRefused:
        """Ask who holds an account (`account.holder` is not looked at)."""
        ...

    async def statement(self, day: date) -> Statement | StatementUnavailable: ...

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        """Return the call if authentic and well-formed, else None (answer 401, change nothing)."""
        ...

    async def clock_skew_s(self) -> float | None:
        """Return the bank's clock minus ours in seconds by its Date header, None if unknown."""
        ...
