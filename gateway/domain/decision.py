"""What follows from what a bank said: the next row of a transfer, and nothing done yet.

Each function returns a `Decision`, or None where nothing follows (the fact is known already, or it
is about an attempt that is over). The store applies a decision only to the row it was computed
from.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.domain.believed_dates import is_believed
from gateway.domain.outcome import (
    Inquiry,
    NotFound,
    NotSent,
    Rejected,
    Returned,
    Settled,
    SubmitOutcome,
    Submitted,
    Unknown,
)
from gateway.domain.reason import CLOSES_THE_BANK, USES_NO_TRY, Reason
from gateway.domain.review import TakenBack
from gateway.domain.transfer import (
    ATTEMPTS_MAX,
    CRASHES_MAX,
    HOLDS_RESERVATION,
    MARKED_BY,
    MARKS_UNCLEAR,
    TRANSITIONS,
    Event,
    State,
    Transfer,
)
from gateway.domain.waits import (
    REVIEW_WAIT_S,
    Policy,
    must_be_known,
    next_inquiry,
    not_found_counts,
    resend_wait_s,
    watched,
)

BOOKS = frozenset({Event.SETTLE, Event.RETURN})


@dataclass(frozen=True, slots=True)
class Decision:
    """The row as it shall be, the events that lead there in order, and an alert's code or None.

    `distrusted`: what the bank said, where its date is not believed and people have to look.
    `taken_back`: what two people take back, where the row goes back by their word.
    """

    transfer: Transfer
    events: tuple[Event, ...] = ()
    alert: str | None = None
    distrusted: Settled | Returned | None = None
    taken_back: TakenBack | None = None


def reserved_change(before: Transfer, after: Transfer) -> int:
    """Return by how many yen the member's reservation changes."""
    return before.amount.amount * (
        (after.state in HOLDS_RESERVATION) - (before.state in HOLDS_RESERVATION)
    )


def after_submit(
    transfer: Transfer, *, attempt: int, outcome: SubmitOutcome, now: datetime, policy: Policy
) -> Decision | None:
    """Decide on the answer to `attempt`: a fact, whoever holds the lease by now."""
    if isinstance(outcome, Settled):
        return _settle(transfer, outcome, now, policy)
    if isinstance(outcome, Submitted):
        return _submitted(transfer, outcome, now, policy)
    if attempt != transfer.attempt:
        return None
    if isinstance(outcome, Rejected):
        return _reject(transfer, outcome.reason, now, policy)
    return _unsettled(transfer, outcome, now, policy)


def _unsettled(
    transfer: Transfer, outcome: NotSent | Unknown, now: datetime, policy: Policy
) -> Decision | None:
    event = _file_event(transfer, outcome)
    if event is None:
        return None
    alive = replace(transfer, crashes=0)  # only senders that are gone in a row make a row suspect
    if isinstance(outcome, NotSent):
        return _not_sent(alive, outcome, now, policy, event)
    alert = "bank_answer_untrusted" if outcome.integrity else None
    is_free = outcome.reason in USES_NO_TRY
    return _lose(alive, Event.LOSE, now, policy, alert=alert, is_free=is_free)


def _file_event(transfer: Transfer, outcome: NotSent | Unknown) -> Event | None:
    """Return what happens; of an item of a file the file tells later too, all items alike."""
    if transfer.state is State.SUBMITTING:
        return Event.NOT_SENT if isinstance(outcome, NotSent) else Event.LOSE
    event = Event.NOT_TAKEN if isinstance(outcome, NotSent) else Event.LOSE
    is_told = transfer.file_id and (transfer.state, transfer.unclear, event) in TRANSITIONS
    return event if is_told else None


def after_inquiry(
    transfer: Transfer, inquiry: Inquiry, *, now: datetime, policy: Policy
) -> Decision | None:
    """Decide on an inquiry. What is no success tells nothing of an attempt that began after it."""
    outcome, is_last = inquiry.outcome, inquiry.attempt == transfer.attempt
    match outcome:
        case Settled():
            decision = _settle(transfer, outcome, now, policy)
        case Returned():
            decision = _return(transfer, outcome, now, policy)
        case Rejected() if is_last:
            decision = _reject(transfer, outcome.reason, now, policy)
        case Submitted():
            decision = _submitted(transfer, outcome, now, policy)
        case NotFound() if is_last and not_found_counts(transfer, inquiry.asked_at, policy):
            decision = _not_found(transfer, now, policy)
        case _:
            decision = None
    if decision is not None:
        return decision
    return _stay(transfer, inquiry, now, policy)


def after_lease_end(
    transfer: Transfer,
    *,
    now: datetime,
    policy: Policy,
    is_unsent: bool = False,
    is_in_file: bool = False,
) -> Decision | None:
    """Decide on a transfer whose sender is gone: it may have been sent, unless `is_unsent`.

    `is_in_file`: a file has it that may still be sent. Then the file is what is looked after,
    however many senders died, and nobody decides on the transfer alone.
    """
    if transfer.state is not State.SUBMITTING:
        return None
    crashed = replace(transfer, crashes=transfer.crashes + 1)
    if crashed.crashes < CRASHES_MAX or is_in_file:
        if is_unsent:
            return _not_sent(crashed, NotSent(Reason.BANK_BUSY), now, policy, Event.NOT_SENT)
        return _lose(crashed, Event.LEASE_END, now, policy)
    return _into_review(crashed, Event.POISON, Reason.SENDER_CRASHED, now, policy)


def after_cancel(
    transfer: Transfer, *, reason: Reason, now: datetime, policy: Policy
) -> Decision | None:
    """Decide on a wish to cancel, the member's or the lender's; None where it may have left.

    Where the lender stops a member whose transfer is unclear, people must look (`review`).
    """
    to = TRANSITIONS.get((transfer.state, transfer.unclear, Event.CANCEL))
    if to is not None:
        cancelled = replace(transfer, state=to, reason=reason, due_at=None, inquire_at=None)
        return Decision(cancelled, (Event.CANCEL,))
    is_ours = reason is not Reason.CANCELLED_BY_MEMBER
    if is_ours and transfer.state is State.SCHEDULED:
        return _into_review(transfer, Event.GIVE_UP, reason, now, policy)
    return None


def after_window(transfer: Transfer, *, reopens_at: datetime, now: datetime) -> Decision | None:
    """Decide on a due transfer whose bank is closed: it waits, and the wait does not count."""
    if transfer.state is not State.SCHEDULED:
        return None
    give_up_at = transfer.give_up_at + (reopens_at - now)
    return Decision(replace(transfer, due_at=reopens_at, give_up_at=give_up_at))


def after_people(transfer: Transfer, outcome: Settled | Returned, now: datetime) -> Decision | None:
    """Decide on what two people say of a booking: its day was held to what people may say."""
    if isinstance(outcome, Settled):
        return _book(transfer, outcome, now)
    return _book_return(transfer, outcome, now)


def after_taking_back(
    transfer: Transfer, taken_back: TakenBack, *, reason: Reason, now: datetime
) -> Decision | None:
    """Decide on two people's word that what two had said of it was wrong, one step back.

    What came back did not: it is settled. What was settled, or rejected, is in review for `reason`,
    and the bank is asked about it; None where it is neither any more.
    """
    if transfer.state is State.RETURNED:
        settled = replace(_move(transfer, Event.NOT_RETURNED), returned_at=None, reason=None)
        return Decision(settled, (Event.NOT_RETURNED,), taken_back=taken_back)
    if (transfer.state, transfer.unclear, Event.TAKE_BACK) not in TRANSITIONS:
        return None
    review = replace(
        _move(transfer, Event.TAKE_BACK), settled_at=None, reason=reason, inquire_at=now
    )
    return Decision(review, (Event.TAKE_BACK,), taken_back=taken_back)


def _move_if_told(transfer: Transfer, event: Event) -> Transfer | None:
    """Return the transfer moved, or None where the table says nothing of a fact in its state."""
    is_told = (transfer.state, transfer.unclear, event) in TRANSITIONS
    if transfer.is_distrusted and event not in BOOKS:
        return None
    return _move(transfer, event) if is_told else None


def _move(transfer: Transfer, event: Event) -> Transfer:
    """Return the transfer in the state that the table names, all its timers stopped."""
    to = TRANSITIONS[transfer.state, transfer.unclear, event]
    unclear = transfer.unclear or to in MARKS_UNCLEAR or event in MARKED_BY
    moved = replace(transfer, state=to, unclear=unclear, due_at=None, inquire_at=None)
    # Whoever booked it did so all the same, when it comes back, or did not after all.
    is_booked = event in {Event.RETURN, Event.NOT_RETURNED}
    return replace(moved, decided_by=transfer.decided_by if is_booked else None, returned_by=None)


def _settle(transfer: Transfer, outcome: Settled, now: datetime, policy: Policy) -> Decision | None:
    if is_believed(outcome.booked_at, accepted_at=transfer.accepted_at, now=now):
        return _book(transfer, outcome, now)
    return _distrust(transfer, outcome, now, policy)


def _return(
    transfer: Transfer, outcome: Returned, now: datetime, policy: Policy
) -> Decision | None:
    instants = (outcome.booked_at, outcome.returned_at)
    if is_believed(*instants, accepted_at=transfer.accepted_at, now=now):
        return _book_return(transfer, outcome, now)
    return _distrust(transfer, outcome, now, policy)


def _distrust(
    transfer: Transfer, outcome: Settled | Returned, now: datetime, policy: Policy
) -> Decision | None:
    """Believe the money and not its date: people, or the statement, say the day.

    What is settled stays so; of a return whose day cannot be, people are told.
    """
    if transfer.state in {State.REJECTED, State.CANCELLED}:
        return _book(transfer, outcome, now)  # people look at it, and the inquiry that follows
    alert = "date_not_believed"
    if transfer.state is State.SETTLED and isinstance(outcome, Returned):
        return Decision(replace(transfer, inquire_at=None), (), alert, outcome)
    is_told = (transfer.state, transfer.unclear, Event.DISTRUST) in TRANSITIONS
    is_in_review = transfer.state is State.REVIEW and not transfer.is_distrusted
    if not is_told and not is_in_review:
        return None
    review = _move(transfer, Event.DISTRUST) if is_told else transfer
    asked_at = policy.after(now, REVIEW_WAIT_S)
    marked = replace(review, reason=Reason.DATE_NOT_BELIEVED, unclear=True, inquire_at=asked_at)
    events = (Event.DISTRUST,) if is_told else ()
    return Decision(marked, events, alert, outcome)


def _book(transfer: Transfer, outcome: Settled | Returned, now: datetime) -> Decision | None:
    moved = _move_if_told(transfer, Event.SETTLE)
    if moved is None:
        return None
    if moved.state is State.REVIEW:
        watched = replace(moved, reason=Reason.BOOKED_LATE, inquire_at=now)
        return Decision(watched, (Event.SETTLE,), alert="booked_after_final")
    settled = replace(
        moved,
        settled_at=outcome.booked_at,
        bank_id=outcome.bank_id or transfer.bank_id,
        reason=None,
    )
    return Decision(settled, (Event.SETTLE,))


def _book_return(transfer: Transfer, outcome: Returned, now: datetime) -> Decision | None:
    first = None if transfer.state is State.SETTLED else _book(transfer, outcome, now)
    if first is not None and first.transfer.state is not State.SETTLED:
        return first
    moved = _move_if_told(first.transfer if first else transfer, Event.RETURN)
    if moved is None:
        return None
    returned = replace(moved, returned_at=outcome.returned_at, reason=outcome.reason)
    return Decision(returned, (*(first.events if first else ()), Event.RETURN), "transfer_returned")


def _submitted(
    transfer: Transfer, outcome: Submitted, now: datetime, policy: Policy
) -> Decision | None:
    if transfer.state is State.SCHEDULED and transfer.attempt == 0:
        return None
    moved = _move_if_told(transfer, Event.SUBMIT)
    if moved is None:
        return None
    submitted = replace(moved, bank_id=outcome.bank_id or transfer.bank_id, reason=None)
    return Decision(watched(submitted, now, policy), (Event.SUBMIT,))


def _reject(transfer: Transfer, reason: Reason, now: datetime, policy: Policy) -> Decision | None:
    moved = _move_if_told(transfer, Event.REJECT)
    if moved is None:
        return None
    if transfer.unclear:
        # An earlier sending may still arrive late: go on asking for a day.
        asked_at = policy.after(now, REVIEW_WAIT_S)
        moved = replace(watched(moved, now, policy), inquire_at=asked_at)
    alert = "format_error" if reason is Reason.FORMAT_ERROR else None
    return Decision(replace(moved, reason=reason), (Event.REJECT,), alert)


def _lose(
    transfer: Transfer,
    event: Event,
    now: datetime,
    policy: Policy,
    *,
    alert: str | None = None,
    is_free: bool = False,
) -> Decision:
    moved = _move(transfer, event)
    lost = replace(moved, tries=transfer.tries + (not is_free), attempt_over_at=now)
    return Decision(watched(lost, now, policy), (event,), alert)


def _not_sent(
    transfer: Transfer, outcome: NotSent, now: datetime, policy: Policy, event: Event
) -> Decision:
    is_free = outcome.reason in USES_NO_TRY
    tried = replace(transfer, tries=transfer.tries + (not is_free))
    if tried.tries >= ATTEMPTS_MAX or now >= transfer.give_up_at:
        return _give_up(tried, now, policy)
    moved = _move(tried, event)
    due_at = policy.after(now, resend_wait_s(tried, is_free=is_free))
    if outcome.not_before is not None and outcome.not_before > now:
        # What the bank says is kept; where we were busy ourselves, the wait grows all the same.
        is_ours = outcome.reason is Reason.BANK_BUSY
        due_at = max(due_at, outcome.not_before) if is_ours else outcome.not_before
    # Time in which the bank is closed does not count against the transfer.
    closed = due_at - now if outcome.reason in CLOSES_THE_BANK else timedelta(0)
    waiting = replace(moved, due_at=due_at, give_up_at=transfer.give_up_at + closed, file_id=None)
    return Decision(replace(waiting, reason=outcome.reason), (event,))


def _give_up(transfer: Transfer, now: datetime, policy: Policy) -> Decision:
    moved = _move(transfer, Event.GIVE_UP)
    if moved.state is State.REVIEW:
        return _into_review(transfer, Event.GIVE_UP, Reason.BANK_UNAVAILABLE, now, policy)
    return Decision(replace(moved, reason=Reason.BANK_UNAVAILABLE), (Event.GIVE_UP,))


def _not_found(transfer: Transfer, now: datetime, policy: Policy) -> Decision:
    if transfer.tries >= ATTEMPTS_MAX or now >= transfer.give_up_at:
        return _give_up(transfer, now, policy)
    moved = _move(transfer, Event.NOT_FOUND)
    wait_s = 0.0 if transfer.tries <= 1 else resend_wait_s(transfer, is_free=False)
    return Decision(replace(moved, due_at=policy.after(now, wait_s)), (Event.NOT_FOUND,))


def _into_review(
    transfer: Transfer, event: Event, reason: Reason, now: datetime, policy: Policy
) -> Decision:
    moved = _move(transfer, event)
    asked = replace(moved, reason=reason, inquire_at=policy.after(now, REVIEW_WAIT_S))
    return Decision(asked, (event,), alert="transfer_in_review")


def _stay(transfer: Transfer, inquiry: Inquiry, now: datetime, policy: Policy) -> Decision | None:
    """Plan the next inquiry in the same state, or go into review when unclear for too long."""
    if transfer.state is State.SUBMITTING:
        return None
    outcome, is_answered = inquiry.outcome, inquiry.is_answered
    alert = None
    is_booked = transfer.state is State.SETTLED or transfer.is_distrusted
    is_denied = isinstance(outcome, Rejected) and is_booked
    if is_denied or (isinstance(outcome, Unknown) and outcome.integrity):
        alert = "bank_answer_untrusted"
    if isinstance(outcome, NotFound) and must_be_known(transfer, inquiry.asked_at, policy):
        alert = "taken_transfer_not_found"
    since = transfer.unresolved_since
    if since is not None and not is_answered and transfer.inquired_at is not None:
        since += now - transfer.inquired_at
    asked = replace(
        transfer, inquiries=transfer.inquiries + 1, inquired_at=now, unresolved_since=since
    )
    is_old = since is not None and (now - since).total_seconds() >= policy.review_after_s
    if is_old and (transfer.state, transfer.unclear, Event.AGE) in TRANSITIONS:
        return _into_review(asked, Event.AGE, Reason.OUTCOME_UNKNOWN, now, policy)
    is_known = not isinstance(outcome, Unknown)
    asked = replace(asked, inquire_at=next_inquiry(asked, now, policy, is_known=is_known))
    return Decision(asked, (), alert)
