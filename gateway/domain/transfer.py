"""A transfer's states, as a table.

The table is the specification: the docs draw it, a test walks states x events, and a model search
over it finds no payment that is not booked and no second payment. `decide` (in `domain.decision`)
looks things up here; the store applies what was decided, from the state that was read only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from gateway.domain.account import BankAccount, BankCode
from gateway.domain.bank import TransferOrder
from gateway.domain.money import Yen
from gateway.domain.reason import Reason


class State(StrEnum):
    """Where a transfer is. A transfer begins `submitting` or `scheduled`."""

    SCHEDULED = "scheduled"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    SETTLED = "settled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    REVIEW = "review"


class Event(StrEnum):
    """What can happen to a transfer."""

    CLAIM = "claim"  # due, and window, stop, member and credit allow it
    CANCEL = "cancel"  # by the member, or because the member may no longer borrow
    NOT_SENT = "not_sent"  # nothing was done, attempts and time are left
    GIVE_UP = "give_up"  # nothing was done, and none are left
    SUBMIT = "submit"  # the bank took it
    LOSE = "lose"  # no usable answer
    LEASE_END = "lease_end"  # the sender is gone
    POISON = "poison"  # the third sender in a row is gone
    SETTLE = "settle"  # a fact: the bank booked it
    RETURN = "return"  # a fact: the bank booked it, and the money came back
    REJECT = "reject"  # the bank refused it, finally
    NOT_FOUND = "not_found"  # the bank does not know it, and that counts
    NOT_TAKEN = "not_taken"  # its file was refused, or the bank left it aside for our sake
    AGE = "age"  # unclear for longer than the bank's profile allows
    DISTRUST = "distrust"  # a fact with a date that cannot be: the bank booked it, who knows when
    SEND_AGAIN = "send_again"  # two people: the bank does not have it
    TAKE_BACK = "take_back"  # two people: what two people had said of it was wrong
    NOT_RETURNED = "not_returned"  # two people: that it came back, as two had said, was wrong


S, E = State, Event
ALWAYS = (False, True)
CLEAR = (False,)
UNCLEAR = (True,)

ROWS: tuple[tuple[State, tuple[bool, ...], Event, State], ...] = (
    (S.SCHEDULED, ALWAYS, E.CLAIM, S.SUBMITTING),
    (S.SCHEDULED, CLEAR, E.CANCEL, S.CANCELLED),
    (S.SCHEDULED, UNCLEAR, E.GIVE_UP, S.REVIEW),
    (S.SCHEDULED, ALWAYS, E.SETTLE, S.SETTLED),
    (S.SCHEDULED, ALWAYS, E.SUBMIT, S.SUBMITTED),
    (S.SCHEDULED, ALWAYS, E.DISTRUST, S.REVIEW),
    (S.SUBMITTING, ALWAYS, E.NOT_SENT, S.SCHEDULED),
    (S.SUBMITTING, CLEAR, E.GIVE_UP, S.REJECTED),
    (S.SUBMITTING, UNCLEAR, E.GIVE_UP, S.REVIEW),
    (S.SUBMITTING, ALWAYS, E.SUBMIT, S.SUBMITTED),
    (S.SUBMITTING, ALWAYS, E.SETTLE, S.SETTLED),
    (S.SUBMITTING, ALWAYS, E.REJECT, S.REJECTED),
    (S.SUBMITTING, ALWAYS, E.LOSE, S.UNKNOWN),
    (S.SUBMITTING, ALWAYS, E.LEASE_END, S.UNKNOWN),
    (S.SUBMITTING, ALWAYS, E.POISON, S.REVIEW),
    (S.SUBMITTING, ALWAYS, E.DISTRUST, S.REVIEW),
    (S.SUBMITTED, ALWAYS, E.SETTLE, S.SETTLED),
    (S.SUBMITTED, ALWAYS, E.REJECT, S.REJECTED),
    (S.SUBMITTED, ALWAYS, E.NOT_TAKEN, S.SCHEDULED),
    (S.SUBMITTED, ALWAYS, E.GIVE_UP, S.REVIEW),
    (S.SUBMITTED, ALWAYS, E.LOSE, S.UNKNOWN),
    (S.SUBMITTED, ALWAYS, E.AGE, S.REVIEW),
    (S.SUBMITTED, ALWAYS, E.DISTRUST, S.REVIEW),
    (S.UNKNOWN, ALWAYS, E.SETTLE, S.SETTLED),
    (S.UNKNOWN, ALWAYS, E.REJECT, S.REJECTED),
    (S.UNKNOWN, ALWAYS, E.SUBMIT, S.SUBMITTED),
    (S.UNKNOWN, ALWAYS, E.NOT_FOUND, S.SCHEDULED),
    (S.UNKNOWN, ALWAYS, E.NOT_TAKEN, S.SCHEDULED),
    (S.UNKNOWN, ALWAYS, E.GIVE_UP, S.REVIEW),
    (S.UNKNOWN, ALWAYS, E.AGE, S.REVIEW),
    (S.UNKNOWN, ALWAYS, E.DISTRUST, S.REVIEW),
    (S.REVIEW, ALWAYS, E.SETTLE, S.SETTLED),
    (S.REVIEW, ALWAYS, E.REJECT, S.REJECTED),
    (S.REVIEW, ALWAYS, E.SUBMIT, S.SUBMITTED),
    (S.REVIEW, ALWAYS, E.SEND_AGAIN, S.SCHEDULED),
    (S.SETTLED, ALWAYS, E.RETURN, S.RETURNED),
    # The bank booked what was final here: people look at it, and the inquiry that follows books it.
    (S.REJECTED, ALWAYS, E.SETTLE, S.REVIEW),
    (S.CANCELLED, ALWAYS, E.SETTLE, S.REVIEW),
    # What people had said of it is taken back by people, one step at a time, and never by the bank.
    (S.RETURNED, ALWAYS, E.NOT_RETURNED, S.SETTLED),
    (S.SETTLED, ALWAYS, E.TAKE_BACK, S.REVIEW),
    (S.REJECTED, ALWAYS, E.TAKE_BACK, S.REVIEW),
)
TRANSITIONS: dict[tuple[State, bool, Event], State] = {
    (state, unclear, event): to for state, marks, event, to in ROWS for unclear in marks
}
# What one step may do together: the bank tells of the booking and of the return at once.
IN_ONE_STEP: tuple[tuple[Event, Event], ...] = ((E.SETTLE, E.RETURN),)
FINAL_FOR_MEMBER = frozenset({S.SETTLED, S.REJECTED, S.CANCELLED, S.RETURNED})
HOLDS_RESERVATION = frozenset({S.SCHEDULED, S.SUBMITTING, S.SUBMITTED, S.UNKNOWN, S.REVIEW})
# From these the bank may have it, and the mark `unclear` stays for good.
MARKS_UNCLEAR = frozenset({S.UNKNOWN, S.SUBMITTED})
# So do these, wherever they lead, and in what is there already: the bank has it, on whatever day;
# or people took it for paid once, and nobody knows.
MARKED_BY = frozenset({E.DISTRUST, E.TAKE_BACK})

# Somebody who saw an error asks anew: within this time, its end included, the same amount to the
# same account is taken for the same wish.
SAME_WISH_FOR = timedelta(seconds=60)
ATTEMPTS_MAX = 8
CRASHES_MAX = 3


@dataclass(frozen=True, slots=True)
class Promise:
    """What the member was told at acceptance: from when, and by when, the money is there."""

    credited_at: datetime
    credited_by: datetime

    def is_kept(self, booked_at: datetime) -> bool:
        """Whether a booking at that instant is what was promised, or better."""
        return booked_at <= self.credited_by


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer, as read. All instants are business time, aware; amounts are whole yen.

    `file_id`: the file of its last attempt, at a bank that takes files, until that file is refused.
    `promise`: None where nobody could tell (a hold without an end). It never changes.
    `decided_by`, `returned_by`: the review item by which two people said that the state is so, and
    that the money came back; None: the bank did, or the state's own time.
    """

    member_id: UUID
    id: UUID
    account_id: UUID
    bank: BankCode
    reference: str
    amount: Yen
    creditor: BankAccount
    remitter: str
    request_id: str
    accepted_at: datetime
    state: State
    attempt: int
    fence: int
    unclear: bool
    tries: int
    crashes: int
    give_up_at: datetime
    due_at: datetime | None = None
    inquire_at: datetime | None = None
    inquiries: int = 0
    inquired_at: datetime | None = None
    attempt_over_at: datetime | None = None
    unresolved_since: datetime | None = None
    settled_at: datetime | None = None
    returned_at: datetime | None = None
    bank_id: str | None = None
    reason: Reason | None = None
    file_id: str | None = None
    quote_id: UUID | None = None
    promise: Promise | None = None
    decided_by: UUID | None = None
    returned_by: UUID | None = None

    @property
    def order(self) -> TransferOrder:
        """Return what a bank is told of it."""
        return TransferOrder(self.reference, self.creditor, self.amount, self.remitter)

    @property
    def is_distrusted(self) -> bool:
        """Return whether the bank booked it and nobody knows when: only a day leads on."""
        return self.state is State.REVIEW and self.reason is Reason.DATE_NOT_BELIEVED

    @property
    def is_final(self) -> bool:
        """Return whether the member may take the state for the last word."""
        return self.state in FINAL_FOR_MEMBER
