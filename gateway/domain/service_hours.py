"""What is asked of the hours, and what they answer, as values; `timetable` does the work.

The rules, with their sources and what this project decided itself: docs/hours.md.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from gateway.domain.hours import LENDER_CLOSED, Window


class Operation(StrEnum):
    """What is begun. Whatever follows from it later (a callback, a return) knows no hours."""

    TRANSFER = "transfer"
    COLLECTION = "collection"
    INQUIRY = "inquiry"
    REQUEST = "request"  # a member's, at the lender


class ServiceClass(StrEnum):
    """When a request is served: at once, when a window ends, or at the morning's fixed time."""

    AT_ONCE = "at_once"
    NEXT_OPENING = "next_opening"
    NEXT_930 = "next_930"


AT_A_BANK = frozenset({Operation.TRANSFER, Operation.COLLECTION})


@dataclass(frozen=True, slots=True)
class CoreHours:
    """The hours of a bank that credits at once on business days only; `cutoff` is in time."""

    opens_at: time
    cutoff: time
    credited_at: time

    def __post_init__(self) -> None:
        if any(edge.microsecond for edge in (self.opens_at, self.cutoff, self.credited_at)):
            raise ValueError("core hours begin and end on a whole second")
        if not self.opens_at <= self.credited_at <= self.cutoff:
            raise ValueError("what waited is credited within the core hours")


@dataclass(frozen=True, slots=True)
class Profile:
    """How a bank serves transfers from a day on: within core hours (`legacy`), or `always`."""

    valid_from: date
    core: CoreHours | None

    @property
    def name(self) -> str:
        """Return what the profile is called in `banks.toml`."""
        return "always" if self.core is None else "legacy"


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """All that decides when a service is open; what it `closes` knows hours, the rest none."""

    windows: tuple[Window, ...]
    profiles: tuple[Profile, ...]
    closes: frozenset[Operation] = AT_A_BANK
    credited_after_s: int = 10
    promised_after_s: int = 60
    value_date_until: time = time(15, 30)

    def __post_init__(self) -> None:
        days = [profile.valid_from for profile in self.profiles]
        if not days or days != sorted(set(days)):
            raise ValueError("profiles follow one another, each from a day of its own")
        if not 0 <= self.credited_after_s <= self.promised_after_s:
            raise ValueError("the promise is not earlier than what it promises")


LENDER_HOURS = ServiceHours(
    windows=LENDER_CLOSED,
    profiles=(Profile(date.min, None),),
    closes=frozenset({Operation.REQUEST}),
)


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for a bank, and how many of them it takes a second (0: any number)."""

    waiting: int
    per_second: float

    def __post_init__(self) -> None:
        if self.waiting < 0 or self.per_second < 0:
            raise ValueError("a queue is not shorter than nothing")

    @property
    def drain_s(self) -> int:
        """Return how many whole seconds it takes the bank to serve the queue, rounded up."""
        return math.ceil(self.waiting / self.per_second) if self.per_second else 0


NO_QUEUE = Queue(0, 0)


@dataclass(frozen=True, slots=True)
class NamedReason:
    """Something that is closed, from `begins` until before `ends`."""

    name: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Phase:
    """What holds unchanged for every request from `begins` until before `ends`.

    reasons: every window and rule that keeps the request waiting; none while open.
    changes_at: when the service opens or closes next; None, if not before the calendar ends.
    closes_for: for an open service, what will close it then.
    holds_until: when class, or the instant it is credited at unless at once, changes next.
    sends_at: when a request leaves that has to wait; None is at once.
    value_date: the day on which the bank's books are expected to count it (勘定日).
    cutoff: the last second whose request has this value date, if no window keeps it.
    """

    begins: datetime
    ends: datetime
    service_class: ServiceClass
    reasons: tuple[NamedReason, ...]
    closes_for: tuple[NamedReason, ...]
    changes_at: datetime | None
    holds_until: datetime | None
    sends_at: datetime | None
    value_date: date
    cutoff: datetime

    @property
    def is_open(self) -> bool:
        """Whether a request is served at once."""
        return self.service_class is ServiceClass.AT_ONCE


@dataclass(frozen=True, slots=True)
class HoursAnswer:
    """The answer for one instant, cut to the whole second.

    For a transfer, money is credited about `credited_at` and, that is promised, by `credited_by`.
    For what moves no money, it is when its effect is to be expected.
    """

    accepted_at: datetime
    phase: Phase
    credited_at: datetime
    credited_by: datetime
