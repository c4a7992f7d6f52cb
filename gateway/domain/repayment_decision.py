"""What follows from what a bank said of a collection: the next row of a repayment.

Each function returns a `Decision`, or None where nothing follows. The bank's answer to an inquiry
is the truth, in every state: calls, and the browser that comes back, only make us ask sooner.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from gateway.domain.believed_dates import is_believed
from gateway.domain.outcome import (
    Authorizing,
    CollectionOutcome,
    NotFound,
    NotSent,
    Paid,
    Pending,
    Rejected,
    StartOutcome,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.domain.repayment import OPEN, TRANSITIONS, Event, Repayment, State
from gateway.domain.review import TakenBack
from gateway.domain.waits import REVIEW_WAIT_S, Policy

START_WAITS_S = (1, 2, 4, 8, 15)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a bank is asked: (age of the repayment in seconds until which it holds, wait)."""

    rows: tuple[tuple[float, float], ...]
    afterwards_s: float

    def wait_s(self, age_s: float) -> float:
        """Return the wait before the next inquiry about a repayment of that age."""
        return next((wait for until, wait in self.rows if age_s < until), self.afterwards_s)


# A bank that calls back is asked in case its call is lost; one that does not, closely.
CALLING_BACK = Pace(((60, 5), (300, 15)), 60)
NEVER_CALLING = Pace(((30, 1), (300, 5)), 30)


@dataclass(frozen=True, slots=True)
class Decision:
    """The row as it shall be, the events that lead there in order, and an alert's code or None.

    `distrusted`: what the bank said, where its date is not believed and people have to look.
    `taken_back`: what two people take back, where the row goes back by their word.
    """

    repayment: Repayment
    events: tuple[Event, ...] = ()
    alert: str | None = None
    distrusted: Paid | None = None
    taken_back: TakenBack | None = None


def after_start(
    repayment: Repayment, outcome: StartOutcome, *, now: datetime, policy: Policy
) -> Decision | None:
    """Decide on the answer to a start; None once it has been left behind (cancelled, paid)."""
    if repayment.state is not State.CREATED:
        return None
    match outcome:
        case Authorizing():
            return _authorized(repayment, outcome, now)
        case Rejected():
            # Where an earlier start may have opened it, the bank is asked all the same.
            is_sole = repayment.starts <= 1
            refused = _refused(repayment, outcome.reason, now, is_final=is_sole)
            alert = "format_error" if outcome.reason is Reason.FORMAT_ERROR else None
            return replace(refused, alert=alert)
        case NotSent():
            return _not_started(repayment, now, policy, not_before=outcome.not_before)
        case Unknown():
            return _start_lost(repayment, outcome, now, policy)
        case never:
            assert_never(never)


def after_start_time(repayment: Repayment, *, now: datetime) -> Decision | None:
    """Decide on a repayment whose time for being started is over."""
    if repayment.state is not State.CREATED or now < repayment.start_until:
        return None
    return _given_up(repayment, now)


def after_cancel(repayment: Repayment, *, now: datetime) -> Decision | None:
    """Decide on the member's wish; None where it is over already.

    The bank is not told: its page may be open still, and money that comes is booked.
    """
    if (repayment.state, Event.CANCEL) not in TRANSITIONS:
        return None
    ended = _end(repayment, Event.CANCEL, now)
    return Decision(
        replace(ended, reason=Reason.CANCELLED_BY_MEMBER, inquire_at=now), (Event.CANCEL,)
    )


def after_inquiry(
    repayment: Repayment,
    outcome: CollectionOutcome,
    *,
    asked_at: datetime,
    now: datetime,
    policy: Policy,
    pace: Pace,
) -> Decision:
    """Decide on what the bank said when it was asked at `asked_at`."""
    match outcome:
        case Paid():
            if is_believed(outcome.booked_at, accepted_at=repayment.accepted_at, now=now):
                return after_paid(repayment, outcome, now=now)
            return _distrusted(repayment, outcome, now, policy)
        case Rejected():
            return _ended_at_the_bank(repayment, outcome.reason, now)
        case NotFound() if repayment.state in OPEN and _is_past(repayment, asked_at, policy):
            # The limit is over and the bank took no such order: none can come of it any more.
            ended = _end(repayment, Event.EXPIRE, now)
            expired = replace(ended, reason=Reason.SESSION_EXPIRED)
            return Decision(_asked(expired, now, policy, pace), (Event.EXPIRE,))
        case NotFound() | Pending() | Unknown():
            return _unanswered(repayment, outcome, now, (policy, pace))
        case never:
            assert_never(never)


def _authorized(repayment: Repayment, outcome: Authorizing, now: datetime) -> Decision:
    opened = replace(
        repayment,
        state=TRANSITIONS[repayment.state, Event.AUTHORIZE],
        start_at=None,
        redirect=outcome.redirect,
        bank_id=outcome.bank_id or repayment.bank_id,
        inquire_at=repayment.inquire_at or now,
    )
    return Decision(opened, (Event.AUTHORIZE,))


def _start_lost(repayment: Repayment, outcome: Unknown, now: datetime, policy: Policy) -> Decision:
    lost = _not_started(repayment, now, policy)
    if outcome.reason is Reason.DUPLICATE:
        # It was used: the bank says of its own accord only that, and an inquiry says the rest.
        lost = replace(lost, repayment=replace(lost.repayment, inquire_at=now))
    return replace(lost, alert="bank_answer_untrusted" if outcome.integrity else None)


def _not_started(
    repayment: Repayment, now: datetime, policy: Policy, *, not_before: datetime | None = None
) -> Decision:
    """Start again with the same reference, as long as there is time: it is the same order then."""
    index = min(max(repayment.starts, 1), len(START_WAITS_S)) - 1
    start_at = policy.after(now, START_WAITS_S[index])
    if not_before is not None:
        start_at = max(start_at, not_before)
    if start_at > repayment.start_until:
        return _given_up(repayment, now)
    return Decision(replace(repayment, start_at=start_at))


def _given_up(repayment: Repayment, now: datetime) -> Decision:
    ended = _end(repayment, Event.GIVE_UP, now)
    return Decision(replace(ended, reason=Reason.BANK_UNAVAILABLE), (Event.GIVE_UP,))


def _refused(repayment: Repayment, reason: Reason, now: datetime, *, is_final: bool) -> Decision:
    event = Event.EXPIRE if reason is Reason.SESSION_EXPIRED else Event.REFUSE
    ended = replace(_end(repayment, event, now), reason=reason)
    return Decision(_answered(ended) if is_final else ended, (event,))


def _ended_at_the_bank(repayment: Repayment, reason: Reason, now: datetime) -> Decision:
    if repayment.state in OPEN:
        refused = _refused(repayment, reason, now, is_final=True)
        return replace(refused, repayment=_counted(refused.repayment, now))
    is_denied = repayment.state is State.SETTLED
    answered = _answered(_counted(repayment, now))
    return Decision(answered, alert="bank_answer_untrusted" if is_denied else None)


def _distrusted(repayment: Repayment, outcome: Paid, now: datetime, policy: Policy) -> Decision:
    """Believe the money and not its date: people, or the statement, say the day.

    The row stays where it is and is asked about for as long as the bank says so: what came is
    never given up. People are told once.
    """
    asked_at = policy.after(now, REVIEW_WAIT_S)
    asked = replace(_counted(repayment, now), inquire_at=asked_at, start_at=None)
    if repayment.state is State.SETTLED:
        return Decision(_answered(asked))
    if repayment.reason is Reason.DATE_NOT_BELIEVED:
        return Decision(asked)
    marked = replace(asked, reason=Reason.DATE_NOT_BELIEVED)
    return Decision(marked, alert="date_not_believed", distrusted=outcome)


def after_paid(repayment: Repayment, outcome: Paid, *, now: datetime) -> Decision:
    """Decide on money that came on a day that is believed, whoever says so."""
    answered = _answered(_counted(repayment, now))
    if repayment.state is State.SETTLED:
        return Decision(answered)
    ended = _end(answered, Event.SETTLE, now)
    settled = replace(
        ended,
        reason=None,
        settled_at=outcome.booked_at,
        paid_amount=outcome.amount,
        bank_id=outcome.bank_id or repayment.bank_id,
    )
    is_other = outcome.amount != repayment.amount
    return Decision(settled, (Event.SETTLE,), "repayment_amount_differs" if is_other else None)


def after_taking_back(
    repayment: Repayment, taken_back: TakenBack, *, now: datetime
) -> Decision | None:
    """Decide on two people's word that it was not paid on the day that two had said.

    Its order is over, the bank is asked about it, and nobody knows the day; None where it is not
    settled any more.
    """
    if (repayment.state, Event.TAKE_BACK) not in TRANSITIONS:
        return None
    expired = replace(
        _end(repayment, Event.TAKE_BACK, now),
        reason=Reason.DATE_NOT_BELIEVED,
        settled_at=None,
        paid_amount=None,
        is_answered_finally=False,
        inquire_at=now,
    )
    return Decision(expired, (Event.TAKE_BACK,), taken_back=taken_back)


def _unanswered(
    repayment: Repayment,
    outcome: NotFound | Pending | Unknown,
    now: datetime,
    plan: tuple[Policy, Pace],
) -> Decision:
    """Plan the next inquiry; once the time for that is over, say so and leave it."""
    policy, pace = plan
    is_untrusted = isinstance(outcome, Unknown) and outcome.integrity
    alert = "bank_answer_untrusted" if is_untrusted else None
    asked = _asked(repayment, now, policy, pace)
    if now < repayment.watch_until or repayment.state is State.SETTLED:
        return Decision(asked, (), alert)
    if not isinstance(outcome, NotFound):
        alert = "repayment_unanswered"
    if repayment.state not in OPEN:
        return Decision(asked, (), alert)
    ended = replace(_end(asked, Event.EXPIRE, now), reason=Reason.SESSION_EXPIRED)
    return Decision(ended, (Event.EXPIRE,), alert)


def _is_past(repayment: Repayment, asked_at: datetime, policy: Policy) -> bool:
    return asked_at >= repayment.expires_at + timedelta(seconds=policy.visibility_s)


def _end(repayment: Repayment, event: Event, now: datetime) -> Repayment:
    """Return the repayment moved; it goes on being asked about as planned."""
    to = TRANSITIONS[repayment.state, event]
    return replace(repayment, state=to, start_at=None, ended_at=now, decided_by=None)


def _answered(repayment: Repayment) -> Repayment:
    return replace(repayment, is_answered_finally=True, inquire_at=None)


def _counted(repayment: Repayment, now: datetime) -> Repayment:
    return replace(repayment, inquiries=repayment.inquiries + 1, inquired_at=now)


def _asked(repayment: Repayment, now: datetime, policy: Policy, pace: Pace) -> Repayment:
    """Return the repayment with the next inquiry planned, None where nothing can follow."""
    return replace(_counted(repayment, now), inquire_at=_next_inquiry(repayment, now, policy, pace))


def _next_inquiry(
    repayment: Repayment, now: datetime, policy: Policy, pace: Pace
) -> datetime | None:
    if repayment.state is State.SETTLED or now >= repayment.watch_until:
        return None
    age_s = (now - repayment.accepted_at).total_seconds() / policy.scale
    planned = policy.after(now, pace.wait_s(age_s))
    limit = policy.after(repayment.expires_at, 1) + timedelta(seconds=policy.visibility_s)
    # The end of the limit, and the end of the watch, are not slept through.
    edges = (edge for edge in (limit, repayment.watch_until) if edge > now)
    return min((planned, *edges))
