"""Repayments: the state table, walked, and what follows from each word of a bank."""

from datetime import datetime, timedelta

import pytest

from gateway.domain.hours import JST
from gateway.domain.money import Yen
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
from gateway.domain.repayment import (
    FINAL_FOR_MEMBER,
    OPEN,
    TRANSITIONS,
    Event,
    Repayment,
    RepaymentKind,
    State,
    order_expires_at,
)
from gateway.domain.repayment_decision import (
    CALLING_BACK,
    NEVER_CALLING,
    Decision,
    after_cancel,
    after_inquiry,
    after_start,
    after_start_time,
)
from gateway.domain.waits import Policy
from tests.domain.repayments import LIMIT, REDIRECT, REPAYMENT, repayment
from tests.domain.transfers import NOW

POLICY = Policy(visibility_s=2, review_after_s=1800)
A_SECOND = timedelta(seconds=1)
# Written down here again, from the page of the design.
EXPECTED: dict[State, dict[Event, State]] = {
    State.CREATED: {
        Event.AUTHORIZE: State.AUTHORIZING,
        Event.GIVE_UP: State.REJECTED,
        Event.CANCEL: State.CANCELLED,
        Event.REFUSE: State.REJECTED,
        Event.EXPIRE: State.EXPIRED,
        Event.SETTLE: State.SETTLED,
    },
    State.AUTHORIZING: {
        Event.CANCEL: State.CANCELLED,
        Event.REFUSE: State.REJECTED,
        Event.EXPIRE: State.EXPIRED,
        Event.SETTLE: State.SETTLED,
    },
    State.REJECTED: {Event.SETTLE: State.SETTLED},
    State.EXPIRED: {Event.SETTLE: State.SETTLED},
    State.CANCELLED: {Event.SETTLE: State.SETTLED},
    State.SETTLED: {Event.TAKE_BACK: State.EXPIRED},
}


def start(row: Repayment, outcome: StartOutcome, *, at: datetime = NOW) -> Decision:
    decision = after_start(row, outcome, now=at, policy=POLICY)
    assert decision is not None
    return decision


def ask(row: Repayment, outcome: CollectionOutcome, *, at: datetime = NOW) -> Decision:
    return after_inquiry(row, outcome, asked_at=at, now=at, policy=POLICY, pace=CALLING_BACK)


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("state", list(State))
def test_every_state_answers_every_event_as_written_down(state: State, event: Event) -> None:
    assert TRANSITIONS.get((state, event)) is EXPECTED[state].get(event)


def test_money_that_arrives_is_booked_in_every_state_but_once() -> None:
    bookable = {state for state in State if (state, Event.SETTLE) in TRANSITIONS}

    assert bookable == set(State) - {State.SETTLED}
    assert set(State) == OPEN | FINAL_FOR_MEMBER


@pytest.mark.parametrize("state", [state for state in State if state is not State.SETTLED])
def test_what_the_bank_booked_settles_it_dated_by_the_bank(state: State) -> None:
    booked_at = NOW - timedelta(minutes=4)

    decision = ask(repayment(state), Paid(booked_at, Yen(10_000), "B1"))

    row = decision.repayment
    assert (row.state, row.settled_at, row.paid_amount) == (State.SETTLED, booked_at, Yen(10_000))
    assert (row.bank_id, row.reason, row.inquire_at, row.start_at) == ("B1", None, None, None)
    assert row.is_answered_finally
    assert decision.events == (Event.SETTLE,)
    assert decision.alert is None


@pytest.mark.parametrize("state", [state for state in State if state is not State.SETTLED])
@pytest.mark.parametrize(
    "booked_at",
    [
        pytest.param(NOW - timedelta(hours=12), id="before it was asked for"),
        pytest.param(NOW + timedelta(days=1_000), id="years from now"),
    ],
)
def test_money_that_came_on_a_day_that_cannot_be_is_asked_about_until_there_is_a_day(
    state: State, booked_at: datetime
) -> None:
    first = ask(repayment(state), Paid(booked_at, Yen(9_000)))
    late = ask(first.repayment, Paid(booked_at, Yen(9_000)), at=LIMIT + timedelta(days=3))

    assert first.repayment.state is late.repayment.state is state
    assert (first.alert, late.alert) == ("date_not_believed", None)
    assert first.distrusted == Paid(booked_at, Yen(9_000))
    assert late.distrusted is None
    assert late.repayment.inquire_at == LIMIT + timedelta(days=3, minutes=10)
    assert ask(late.repayment, Paid(NOW, Yen(9_000))).repayment.state is State.SETTLED


def test_another_amount_is_booked_as_it_came_and_told() -> None:
    decision = ask(repayment(State.AUTHORIZING), Paid(NOW, Yen(9_000)))

    assert decision.repayment.paid_amount == Yen(9_000)
    assert decision.repayment.amount == Yen(10_000)
    assert decision.alert == "repayment_amount_differs"


def test_what_is_booked_is_not_booked_again() -> None:
    settled = repayment(State.SETTLED, inquire_at=NOW)

    decision = ask(settled, Paid(NOW, Yen(20_000)))

    assert decision.events == ()
    assert decision.repayment.paid_amount == Yen(10_000)
    assert decision.repayment.inquire_at is None


def test_a_refusal_of_what_is_booked_is_not_believed() -> None:
    decision = ask(repayment(State.SETTLED), Rejected(Reason.PAYER_CANCELLED))

    assert decision.repayment.state is State.SETTLED
    assert decision.alert == "bank_answer_untrusted"


@pytest.mark.parametrize("state", sorted(OPEN))
@pytest.mark.parametrize(
    ("reason", "to"),
    [
        pytest.param(Reason.PAYER_CANCELLED, State.REJECTED, id="the payer said no"),
        pytest.param(Reason.INSUFFICIENT_FUNDS, State.REJECTED, id="no funds"),
        pytest.param(Reason.SESSION_EXPIRED, State.EXPIRED, id="nobody decided"),
    ],
)
def test_the_banks_last_word_ends_it_and_ends_the_questions(
    state: State, reason: Reason, to: State
) -> None:
    row = ask(repayment(state), Rejected(reason)).repayment

    assert (row.state, row.reason, row.inquire_at) == (to, reason, None)
    assert row.is_answered_finally


@pytest.mark.parametrize("state", [State.REJECTED, State.EXPIRED, State.CANCELLED])
def test_what_is_over_here_is_asked_about_until_the_banks_last_word(state: State) -> None:
    over = repayment(state)

    waiting = ask(over, Pending()).repayment
    ended = ask(waiting, Rejected(Reason.SESSION_EXPIRED)).repayment

    assert (waiting.state, ended.state) == (state, state)
    assert waiting.inquire_at is not None
    assert ended.inquire_at is None


@pytest.mark.parametrize(
    "outcome", [NotFound(), Pending(), Unknown()], ids=["not found", "pending", "no answer"]
)
@pytest.mark.parametrize("state", [state for state in State if state is not State.SETTLED])
def test_until_the_watch_is_over_it_is_asked_again(
    state: State, outcome: CollectionOutcome
) -> None:
    at = REPAYMENT.watch_until - A_SECOND

    row = ask(repayment(state), outcome, at=at).repayment

    assert row.inquire_at is not None
    assert at < row.inquire_at <= REPAYMENT.watch_until


@pytest.mark.parametrize(
    ("outcome", "alert"),
    [
        pytest.param(NotFound(), None, id="never heard of"),
        pytest.param(Pending(), "repayment_unanswered", id="still pending"),
        pytest.param(Unknown(), "repayment_unanswered", id="no answer"),
    ],
)
def test_at_the_end_of_the_watch_it_is_over_and_people_hear_of_it(
    outcome: CollectionOutcome, alert: str | None
) -> None:
    decision = ask(repayment(State.AUTHORIZING), outcome, at=REPAYMENT.watch_until)

    assert decision.repayment.state is State.EXPIRED
    assert decision.repayment.inquire_at is None
    assert decision.alert == alert


def test_an_answer_that_takes_until_the_end_of_the_watch_ends_it_too() -> None:
    """Else it stays open with nobody to ask again: the bank was asked in time, and hung."""
    end = REPAYMENT.watch_until

    decision = after_inquiry(
        repayment(State.AUTHORIZING),
        Unknown(),
        asked_at=end - A_SECOND,
        now=end + 7 * A_SECOND,
        policy=POLICY,
        pace=CALLING_BACK,
    )

    assert decision.repayment.state is State.EXPIRED
    assert decision.alert == "repayment_unanswered"


@pytest.mark.parametrize(
    ("at", "to"),
    [
        pytest.param(LIMIT, State.AUTHORIZING, id="it may not show yet"),
        pytest.param(LIMIT + 2 * A_SECOND, State.EXPIRED, id="it would show"),
    ],
)
def test_a_form_that_nobody_posted_until_the_limit_is_expired(at: datetime, to: State) -> None:
    """At PayPay銀行 the order begins to be with the browser that posts it."""
    assert ask(repayment(State.AUTHORIZING), NotFound(), at=at).repayment.state is to


def test_an_approved_one_that_is_not_booked_yet_outlives_its_limit() -> None:
    at = LIMIT + 10 * A_SECOND

    assert ask(repayment(State.AUTHORIZING), Pending(), at=at).repayment.state is State.AUTHORIZING


@pytest.mark.parametrize(
    ("age_s", "calling", "never_calling"),
    [
        pytest.param(0, 5, 1, id="at first"),
        pytest.param(45, 5, 5, id="after 30 s"),
        pytest.param(120, 15, 5, id="after a minute"),
        pytest.param(400, 60, 30, id="after five minutes"),
    ],
)
def test_a_bank_that_calls_nobody_is_asked_more_closely(
    age_s: int, calling: int, never_calling: int
) -> None:
    assert CALLING_BACK.wait_s(age_s) == calling
    assert NEVER_CALLING.wait_s(age_s) == never_calling


def test_an_opened_order_has_its_redirect() -> None:
    decision = start(REPAYMENT, Authorizing(REDIRECT, "ORDER-1"))

    row = decision.repayment
    assert (row.state, row.redirect, row.bank_id) == (State.AUTHORIZING, REDIRECT, "ORDER-1")
    assert row.start_at is None
    assert row.inquire_at is not None


@pytest.mark.parametrize("state", [state for state in State if state is not State.CREATED])
def test_a_start_that_answers_late_changes_nothing(state: State) -> None:
    assert after_start(repayment(state), Authorizing(REDIRECT), now=NOW, policy=POLICY) is None


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(NotSent(Reason.BANK_UNREACHABLE), id="nothing left"),
        pytest.param(Unknown(), id="no answer"),
        pytest.param(Unknown(Reason.DUPLICATE), id="used already"),
    ],
)
def test_an_unclear_start_is_made_again_and_asked_about(outcome: StartOutcome) -> None:
    row = start(REPAYMENT, outcome).repayment

    assert (row.state, row.start_at) == (State.CREATED, NOW + A_SECOND)
    assert row.inquire_at is not None


def test_a_used_reference_is_asked_about_at_once() -> None:
    assert start(REPAYMENT, Unknown(Reason.DUPLICATE)).repayment.inquire_at == NOW


@pytest.mark.parametrize(
    "outcome", [NotSent(Reason.BANK_BUSY), Unknown()], ids=["nothing left", "no answer"]
)
def test_after_thirty_seconds_no_start_is_made_any_more(outcome: StartOutcome) -> None:
    row = start(REPAYMENT, outcome, at=NOW + 30 * A_SECOND).repayment

    assert (row.state, row.reason) == (State.REJECTED, Reason.BANK_UNAVAILABLE)
    assert row.start_at is None
    assert row.inquire_at is not None


def test_a_bank_that_opens_too_late_is_not_waited_for() -> None:
    opens_at = NOW + timedelta(hours=9)

    row = start(REPAYMENT, NotSent(Reason.OUT_OF_HOURS, opens_at)).repayment

    assert (row.state, row.reason) == (State.REJECTED, Reason.BANK_UNAVAILABLE)


@pytest.mark.parametrize(
    ("starts", "is_asked_on"),
    [
        pytest.param(1, False, id="the only start"),
        pytest.param(2, True, id="an earlier one may have opened it"),
    ],
)
def test_a_refused_start_ends_it(starts: int, is_asked_on: bool) -> None:
    row = start(repayment(State.CREATED, starts=starts), Rejected(Reason.LIMIT_EXCEEDED)).repayment

    assert (row.state, row.reason) == (State.REJECTED, Reason.LIMIT_EXCEEDED)
    assert (row.inquire_at is not None) is is_asked_on


def test_what_nobody_started_in_time_is_given_up() -> None:
    assert after_start_time(REPAYMENT, now=REPAYMENT.start_until - A_SECOND) is None

    decision = after_start_time(REPAYMENT, now=REPAYMENT.start_until)

    assert decision is not None
    assert decision.repayment.state is State.REJECTED


@pytest.mark.parametrize("state", list(State))
def test_only_what_is_open_can_be_cancelled_and_it_is_asked_about_at_once(state: State) -> None:
    decision = after_cancel(repayment(state), now=NOW)

    if state not in OPEN:
        assert decision is None
        return
    assert decision is not None
    row = decision.repayment
    assert (row.state, row.reason) == (State.CANCELLED, Reason.CANCELLED_BY_MEMBER)
    assert row.inquire_at == NOW


@pytest.mark.parametrize(
    ("kind", "at", "limit"),
    [
        pytest.param("due", "10:00:00.5", "10:15:00", id="what is due"),
        pytest.param("amount", "23:50:00", "00:05:00", id="over midnight"),
        pytest.param("payoff", "10:00:00", "23:59:59", id="a payoff lasts its day"),
        pytest.param("payoff", "23:59:58", "23:59:59", id="a payoff at the end of its day"),
    ],
)
def test_an_order_is_open_for_a_quarter_of_an_hour_and_a_payoffs_for_its_day(
    kind: str, at: str, limit: str
) -> None:
    now = datetime.fromisoformat(f"2026-11-25T{at}").replace(tzinfo=JST)

    expires_at = order_expires_at(RepaymentKind(kind), now)

    assert expires_at.astimezone(JST).time().isoformat() == limit
    assert expires_at > now


def test_what_is_booked_keeps_its_day_whatever_day_is_told_afterwards() -> None:
    booked = ask(repayment(State.AUTHORIZING), Paid(NOW, Yen(10_000))).repayment

    decision = ask(booked, Paid(NOW + timedelta(days=1_000), Yen(10_000)))

    assert (decision.repayment.state, decision.repayment.settled_at) == (State.SETTLED, NOW)
    assert decision.repayment.inquire_at is None
    assert (decision.events, decision.alert) == ((), None)
