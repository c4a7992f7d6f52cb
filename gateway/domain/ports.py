"""The protocols through which the rest of the program is handed in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.domain.account import BankCode


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
    """The named instants at which a crash must lose nothing, in the order of a transfer's life.

    A repayment passes those that it shares with a transfer; its start is a submit.
    """

    ACCEPT_BEFORE_WRITE = "accept.before_write"
    ACCEPT_AFTER_WRITE = "accept.after_write"
    CLAIM_BEFORE_WRITE = "claim.before_write"
    CLAIM_AFTER_WRITE = "claim.after_write"
    FILE_CLAIMED = "file.claimed"
    FILE_STORED = "file.stored"
    SUBMIT_BEFORE_SLOT = "submit.before_slot"
    SUBMIT_BEFORE_REQUEST = "submit.before_request"
    SUBMIT_HEADERS_SENT = "submit.headers_sent"
    SUBMIT_ANSWER_BEGUN = "submit.answer_begun"
    SUBMIT_ANSWERED = "submit.answered"
    FILE_ANSWERED = "file.answered"
    FILE_DECIDED = "file.decided"
    RECORD_BEFORE_WRITE = "record.before_write"
    RECORD_AFTER_WRITE = "record.after_write"
    FILE_TAKEN = "file.taken"
    FILE_RESULT = "file.result"
    FILE_TOLD = "file.told"
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

    async def may_leave(self, bank: BankCode, *, is_pay_out: bool, now: datetime) -> bool:
        """Whether no stop binds a pay-out, or the start of a collection.

        Asked again by whoever has waited for a place.
        """
        ...

    async def take_numbers(self, bank: BankCode, *, count: int) -> int:
        """Return the first of `count` numbers, from 1, that nobody else ever gets for this bank.

        Kept on disk before it returns: a restart never gives a number twice.
        """
        ...
