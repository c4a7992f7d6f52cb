"""A repayment's states, as a table.

The table is the specification: the docs draw it, and a test walks states x events. What follows
from a bank's word is decided in `domain.repayment_decision`; the store applies it, from the state
that was read only.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import Redirect
from gateway.domain.reason import Reason

ORDER_LASTS = timedelta(minutes=15)
LAST_SECOND = time(23, 59, 59)
START_FOR_S = 30
WATCHED_PAST_LIMIT_S = 600
# Shown to the payer: half-width kana of the strict set, at most 20 characters.
DESCRIPTION = "ｺﾞﾍﾝｻｲ"


class RepaymentKind(StrEnum):
    """What a member chooses to pay."""

    DUE = "due"  # 一部返済: exactly what is due
    AMOUNT = "amount"  # 金額指定返済
    PAYOFF = "payoff"  # 全額返済: all that is owed on that JST date


class State(StrEnum):
    """Where a repayment is. It begins `created`."""

    CREATED = "created"
    AUTHORIZING = "authorizing"
    SETTLED = "settled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What can happen to a repayment."""

    AUTHORIZE = "authorize"  # the bank opened the order: the payer may go to its page
    GIVE_UP = "give_up"  # it could not be started in time
    CANCEL = "cancel"  # by the member; the bank is not told
    REFUSE = "refuse"  # the bank's final word: the payer cancelled, or was refused
    EXPIRE = "expire"  # its limit passed, and nobody paid
    SETTLE = "settle"  # a fact: the bank booked it
    TAKE_BACK = "take_back"  # two people: that it was paid on that day, as two had said, was wrong


S, E = State, Event

ROWS: tuple[tuple[State, Event, State], ...] = (
    (S.CREATED, E.AUTHORIZE, S.AUTHORIZING),
    (S.CREATED, E.GIVE_UP, S.REJECTED),
    (S.CREATED, E.CANCEL, S.CANCELLED),
    (S.CREATED, E.REFUSE, S.REJECTED),
    (S.CREATED, E.EXPIRE, S.EXPIRED),
    (S.CREATED, E.SETTLE, S.SETTLED),
    (S.AUTHORIZING, E.CANCEL, S.CANCELLED),
    (S.AUTHORIZING, E.REFUSE, S.REJECTED),
    (S.AUTHORIZING, E.EXPIRE, S.EXPIRED),
    (S.AUTHORIZING, E.SETTLE, S.SETTLED),
    # Money that arrives is booked, whatever was said before.
    (S.REJECTED, E.SETTLE, S.SETTLED),
    (S.EXPIRED, E.SETTLE, S.SETTLED),
    (S.CANCELLED, E.SETTLE, S.SETTLED),
    (S.SETTLED, E.TAKE_BACK, S.EXPIRED),
)
TRANSITIONS: dict[tuple[State, Event], State] = {(state, event): to for state, event, to in ROWS}
OPEN = frozenset({S.CREATED, S.AUTHORIZING})
FINAL_FOR_MEMBER = frozenset(set(State) - OPEN)


@dataclass(frozen=True, slots=True)
class Repayment:
    """One repayment, as read. All instants are business time, aware; amounts are whole yen.

    `start_at`: when to start it (again) at the bank, None once that is over; until `start_until`.
    `inquire_at`: when to ask next, None once nothing can follow; until `watch_until` at least,
    unless the bank's own answer was final. `paid_amount` is what came, whatever was asked for.
    `decided_by`: the review item by which two people said when it was paid; None: the bank did.
    """

    member_id: UUID
    id: UUID
    bank: BankCode
    reference: str
    kind: RepaymentKind
    amount: Yen
    description: str
    return_url: str
    request_id: str
    accepted_at: datetime
    expires_at: datetime
    state: State
    fence: int
    start_until: datetime
    watch_until: datetime
    start_at: datetime | None = None
    starts: int = 0
    redirect: Redirect | None = None
    inquire_at: datetime | None = None
    inquiries: int = 0
    inquired_at: datetime | None = None
    is_answered_finally: bool = False
    bank_id: str | None = None
    reason: Reason | None = None
    settled_at: datetime | None = None
    paid_amount: Yen | None = None
    ended_at: datetime | None = None
    quote_id: UUID | None = None
    decided_by: UUID | None = None

    @property
    def is_final(self) -> bool:
        """Return whether the member may take the state for the last word."""
        return self.state in FINAL_FOR_MEMBER


def order_expires_at(kind: RepaymentKind, now: datetime) -> datetime:
    """Return the limit of a bank's order that is made now, on a whole second.

    What pays a loan off is true on one JST date only; the bank may not take it after that.
    """
    if kind is RepaymentKind.PAYOFF:
        return datetime.combine(now.astimezone(JST).date(), LAST_SECOND, JST)
    return (now + ORDER_LASTS).replace(microsecond=0)
