"""What follows from what a bank says, decision by decision."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.domain.decision import (
    Decision,
    after_cancel,
    after_inquiry,
    after_lease_end,
    after_people,
    after_submit,
    after_window,
    reserved_change,
)
from gateway.domain.outcome import (
    Inquiry,
    InquiryOutcome,
    NotFound,
    NotSent,
    Rejected,
    Returned,
    Settled,
    SubmitOutcome,
    Submitted,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.domain.transfer import ATTEMPTS_MAX, Event, State, Transfer
from tests.domain.transfers import NOW, POLICY, transfer

SETTLED = Settled(booked_at=NOW, bank_id="b-1")
RETURNED = Returned(booked_at=NOW, returned_at=NOW + timedelta(seconds=5))


def answer(row: Transfer, outcome: SubmitOutcome, *, attempt: int = 1) -> Decision | None:
    return after_submit(row, attempt=attempt, outcome=outcome, now=NOW, policy=POLICY)


TOO_EARLY, TOO_LATE = NOW - timedelta(minutes=6), NOW + timedelta(minutes=6)
IMPOSSIBLE = [
    pytest.param(Settled(TOO_EARLY), id="booked before it was accepted"),
    pytest.param(Settled(TOO_LATE), id="booked at an instant to come"),
    pytest.param(Settled(NOW.replace(year=226)), id="booked 1800 years ago"),
    pytest.param(Settled(NOW.replace(year=9999)), id="booked in the year 9999"),
    pytest.param(Returned(TOO_EARLY, NOW), id="came back, booked before it was accepted"),
    pytest.param(Returned(NOW, TOO_LATE), id="came back at an instant to come"),
]
TOLD_OF = [State.SCHEDULED, State.SUBMITTING, State.SUBMITTED, State.UNKNOWN, State.REVIEW]


def inquiry(
    row: Transfer,
    outcome: InquiryOutcome,
    *,
    asked_at: datetime = NOW + timedelta(seconds=10),
    now: datetime = NOW + timedelta(seconds=11),
    is_answered: bool = True,
) -> Decision:
    decision = after_inquiry(
        row, Inquiry(1, asked_at, outcome, is_answered), now=now, policy=POLICY
    )
    assert decision is not None
    return decision


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        pytest.param(SETTLED, State.SETTLED, id="settled"),
        pytest.param(Submitted(), State.SUBMITTED, id="submitted"),
        pytest.param(Rejected(Reason.ACCOUNT_CLOSED), State.REJECTED, id="rejected"),
        pytest.param(Unknown(), State.UNKNOWN, id="unknown"),
        pytest.param(Unknown(Reason.DUPLICATE), State.UNKNOWN, id="already used"),
        pytest.param(NotSent(Reason.THROTTLED), State.SCHEDULED, id="not sent"),
    ],
)
def test_the_answer_to_a_submit_leads_to_its_state(outcome: SubmitOutcome, state: State) -> None:
    decision = answer(transfer(State.SUBMITTING), outcome)

    assert decision is not None
    assert decision.transfer.state is state
    assert decision.transfer.unclear is (state in {State.UNKNOWN, State.SUBMITTED})


@pytest.mark.parametrize(
    "state", [State.SUBMITTING, State.SCHEDULED, State.SUBMITTED, State.UNKNOWN, State.REVIEW]
)
def test_a_late_success_of_an_earlier_attempt_is_a_fact_in_every_open_state(state: State) -> None:
    decision = answer(transfer(state, attempt=2), SETTLED, attempt=1)

    assert decision is not None
    assert decision.transfer.state is State.SETTLED


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Rejected(Reason.ACCOUNT_CLOSED), id="rejected"),
        pytest.param(NotSent(Reason.THROTTLED), id="not sent"),
        pytest.param(Unknown(), id="unknown"),
    ],
)
def test_a_refusal_of_an_earlier_attempt_changes_nothing(outcome: SubmitOutcome) -> None:
    assert answer(transfer(State.SUBMITTING, attempt=2), outcome, attempt=1) is None


@pytest.mark.parametrize("outcome", [NotSent(Reason.THROTTLED), Unknown()])
def test_a_late_non_answer_changes_nothing_once_the_lease_has_ended(
    outcome: NotSent | Unknown,
) -> None:
    assert answer(transfer(State.UNKNOWN), outcome) is None


@pytest.mark.parametrize(
    "reason", [Reason.THROTTLED, Reason.CONTRACT_ERROR, Reason.OUT_OF_HOURS, Reason.MAINTENANCE]
)
def test_a_no_that_nobody_signed_leaves_the_transfer_unclear_and_uses_up_no_try(
    reason: Reason,
) -> None:
    """The bank may have it: taken for "not sent", it could be cancelled while it was paid."""
    sent = transfer(State.SUBMITTING, tries=3)

    decision = after_submit(sent, attempt=1, outcome=Unknown(reason), now=NOW, policy=POLICY)

    assert decision is not None
    lost = decision.transfer
    assert (lost.state, lost.unclear, lost.tries) == (State.UNKNOWN, True, 3)
    assert after_cancel(lost, reason=Reason.CANCELLED_BY_MEMBER, now=NOW, policy=POLICY) is None


def test_a_success_told_twice_changes_nothing() -> None:
    assert answer(transfer(State.SETTLED), SETTLED) is None


def test_what_was_not_sent_waits_longer_each_time() -> None:
    waits = []
    for tries in range(ATTEMPTS_MAX - 1):
        decision = answer(transfer(State.SUBMITTING, tries=tries), NotSent(Reason.BANK_UNREACHABLE))
        assert decision is not None
        assert decision.transfer.due_at is not None
        waits.append(decision.transfer.due_at - NOW)

    assert waits == sorted(waits)
    assert len(set(waits)) == len(waits)


def test_the_instant_that_a_bank_names_is_kept() -> None:
    reopens = NOW + timedelta(hours=10)

    decision = answer(transfer(State.SUBMITTING), NotSent(Reason.OUT_OF_HOURS, reopens))

    assert decision is not None
    assert decision.transfer.due_at == reopens
    assert decision.transfer.give_up_at == transfer(State.SUBMITTING).give_up_at + (reopens - NOW)
    assert decision.transfer.tries == 0


def test_an_instant_that_has_passed_does_not_make_a_closed_bank_be_asked_at_once() -> None:
    decision = answer(
        transfer(State.SUBMITTING), NotSent(Reason.MAINTENANCE, NOW - timedelta(minutes=1))
    )

    assert decision is not None
    assert decision.transfer.due_at is not None
    assert decision.transfer.due_at >= NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        pytest.param({"tries": ATTEMPTS_MAX - 1}, State.REJECTED, id="attempts used up"),
        pytest.param({"give_up_at": NOW}, State.REJECTED, id="time used up"),
        pytest.param(
            {"tries": ATTEMPTS_MAX - 1, "unclear": True}, State.REVIEW, id="used up, but unclear"
        ),
    ],
)
def test_when_nothing_is_left_a_clear_one_is_rejected_and_an_unclear_one_reviewed(
    changes: dict[str, object], state: State
) -> None:
    decision = answer(transfer(State.SUBMITTING, **changes), NotSent(Reason.BANK_UNREACHABLE))

    assert decision is not None
    assert decision.transfer.state is state
    assert decision.transfer.reason is Reason.BANK_UNAVAILABLE


@pytest.mark.parametrize(
    ("asked_s", "state"),
    [
        pytest.param(9, State.UNKNOWN, id="before the visibility delay has passed it says nothing"),
        pytest.param(10, State.SCHEDULED, id="after it, it counts"),
    ],
)
def test_a_not_found_counts_only_after_the_visibility_delay(asked_s: int, state: State) -> None:
    asked_at = NOW + timedelta(seconds=asked_s)

    decision = inquiry(transfer(State.UNKNOWN), NotFound(), asked_at=asked_at)

    assert decision.transfer.state is state
    assert decision.transfer.unclear


def test_a_not_found_after_the_last_attempt_goes_to_people() -> None:
    decision = inquiry(transfer(State.UNKNOWN, tries=ATTEMPTS_MAX), NotFound())

    assert decision.transfer.state is State.REVIEW
    assert decision.transfer.inquire_at is not None


@pytest.mark.parametrize(
    ("asked_s", "alert"),
    [
        pytest.param(9, None, id="it may not show it yet"),
        pytest.param(10, "taken_transfer_not_found", id="it must show it by now"),
    ],
)
@pytest.mark.parametrize("state", [State.SUBMITTED, State.SETTLED])
def test_a_not_found_for_what_the_bank_took_stays_and_alerts_once_it_must_show(
    state: State, asked_s: int, alert: str | None
) -> None:
    decision = inquiry(transfer(state), NotFound(), asked_at=NOW + timedelta(seconds=asked_s))

    assert decision.transfer.state is state
    assert decision.alert == alert


@pytest.mark.parametrize("state", [State.SCHEDULED, State.SUBMITTED, State.UNKNOWN, State.REVIEW])
def test_a_return_of_an_open_transfer_settles_and_returns_in_one_step(state: State) -> None:
    decision = inquiry(transfer(state), RETURNED)

    assert decision.transfer.state is State.RETURNED
    assert decision.events == (Event.SETTLE, Event.RETURN)
    assert decision.transfer.settled_at == RETURNED.booked_at
    assert decision.transfer.returned_at == RETURNED.returned_at


def test_a_settled_transfer_returns_alone() -> None:
    assert inquiry(transfer(State.SETTLED), RETURNED).events == (Event.RETURN,)


@pytest.mark.parametrize("state", [State.REJECTED, State.CANCELLED])
@pytest.mark.parametrize("outcome", [SETTLED, RETURNED])
def test_money_that_moved_after_the_end_goes_to_people_and_is_reserved_again(
    state: State, outcome: InquiryOutcome
) -> None:
    row = transfer(state)

    decision = inquiry(row, outcome)

    assert decision.transfer.state is State.REVIEW
    assert decision.transfer.settled_at is None
    assert decision.alert == "booked_after_final"
    assert reserved_change(row, decision.transfer) == row.amount.amount


def test_inquiries_come_within_two_seconds_and_then_grow() -> None:
    row = transfer(State.SUBMITTING)
    first = answer(row, Unknown())
    assert first is not None
    assert first.transfer.inquire_at is not None
    assert first.transfer.inquire_at - NOW <= timedelta(seconds=2)

    waits, now, current = [], NOW, first.transfer
    for _ in range(8):
        current = inquiry(current, Unknown(), now=now).transfer
        assert current.inquire_at is not None
        waits.append((current.inquire_at - now).total_seconds())
        now = current.inquire_at

    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]


def test_what_is_unclear_for_too_long_goes_to_people_with_a_reason() -> None:
    decision = inquiry(transfer(State.UNKNOWN), Unknown(), now=NOW + timedelta(seconds=1800))

    assert decision.transfer.state is State.REVIEW
    assert decision.transfer.reason is Reason.OUTCOME_UNKNOWN
    assert decision.alert == "transfer_in_review"


def test_time_in_which_the_bank_does_not_answer_ages_nothing() -> None:
    row, now = transfer(State.UNKNOWN), NOW
    for _ in range(100):
        now += timedelta(seconds=60)
        row = inquiry(row, Unknown(), now=now, is_answered=False).transfer

    assert row.state is State.UNKNOWN


def test_the_third_crash_of_a_sender_goes_to_people() -> None:
    row, states = transfer(State.SUBMITTING), []
    for _ in range(3):
        decision = after_lease_end(row, now=NOW, policy=POLICY)
        assert decision is not None
        states.append(decision.transfer.state)
        row = replace(decision.transfer, state=State.SUBMITTING)

    assert states == [State.UNKNOWN, State.UNKNOWN, State.REVIEW]


@pytest.mark.parametrize("outcome", [NotSent(Reason.BANK_BUSY), Unknown()])
def test_a_sender_that_lived_to_tell_ends_the_row_of_crashes(outcome: SubmitOutcome) -> None:
    decision = answer(transfer(State.SUBMITTING, crashes=2), outcome)

    assert decision is not None
    assert decision.transfer.crashes == 0


def test_a_lease_that_ended_elsewhere_changes_nothing() -> None:
    assert after_lease_end(transfer(State.SETTLED), now=NOW, policy=POLICY) is None


def test_the_member_cancels_what_has_not_left() -> None:
    row = transfer(State.SCHEDULED)

    decision = after_cancel(row, reason=Reason.CANCELLED_BY_MEMBER, now=NOW, policy=POLICY)

    assert decision is not None
    assert decision.transfer.state is State.CANCELLED
    assert reserved_change(row, decision.transfer) == -row.amount.amount


@pytest.mark.parametrize(
    "row",
    [transfer(State.SCHEDULED, unclear=True), *(transfer(s) for s in State if s != "scheduled")],
    ids=lambda row: f"{row.state}{'-unclear' if row.unclear else ''}",
)
def test_the_member_cannot_cancel_what_left_or_may_have_left(row: Transfer) -> None:
    reason = Reason.CANCELLED_BY_MEMBER

    assert after_cancel(row, reason=reason, now=NOW, policy=POLICY) is None


def test_a_suspended_members_unclear_transfer_goes_to_people() -> None:
    row = transfer(State.SCHEDULED, unclear=True)

    decision = after_cancel(row, reason=Reason.MEMBER_SUSPENDED, now=NOW, policy=POLICY)

    assert decision is not None
    assert decision.transfer.state is State.REVIEW


def test_a_refusal_of_an_unclear_transfer_is_asked_about_for_a_day() -> None:
    decision = answer(transfer(State.SUBMITTING, unclear=True), Rejected(Reason.LIMIT_EXCEEDED))
    assert decision is not None
    row = decision.transfer
    assert row.state is State.REJECTED
    assert row.inquire_at is not None

    later = inquiry(row, NotFound(), now=NOW + timedelta(hours=23)).transfer
    last = inquiry(later, NotFound(), now=NOW + timedelta(hours=24)).transfer

    assert later.inquire_at is not None
    assert last.inquire_at is None


def test_a_closed_bank_moves_the_due_instant_and_uses_up_no_time() -> None:
    row, reopens_at = transfer(State.SCHEDULED), NOW + timedelta(hours=10)

    decision = after_window(row, reopens_at=reopens_at, now=NOW)

    assert decision is not None
    assert decision.transfer.due_at == reopens_at
    assert decision.transfer.give_up_at - row.give_up_at == timedelta(hours=10)
    assert after_window(transfer(State.SETTLED), reopens_at=reopens_at, now=NOW) is None


def test_a_bad_signature_alerts() -> None:
    decision = answer(transfer(State.SUBMITTING), Unknown(integrity=True))

    assert decision is not None
    assert decision.alert == "bank_answer_untrusted"


def test_our_own_format_error_alerts() -> None:
    decision = answer(transfer(State.SUBMITTING), Rejected(Reason.FORMAT_ERROR))

    assert decision is not None
    assert decision.alert == "format_error"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        pytest.param(Rejected(Reason.LIMIT_EXCEEDED), State.REJECTED, id="refused after all"),
        pytest.param(Submitted("b-2"), State.SUBMITTED, id="taken after all"),
    ],
)
def test_an_inquiry_may_find_a_refusal_or_a_transfer_under_way(
    outcome: InquiryOutcome, state: State
) -> None:
    assert inquiry(transfer(State.UNKNOWN), outcome).transfer.state is state


def test_a_transfer_under_way_stays_so_and_is_asked_about_again() -> None:
    decision = inquiry(transfer(State.SUBMITTED), Submitted())

    assert (decision.transfer.state, decision.events) == (State.SUBMITTED, ())
    assert decision.transfer.inquire_at is not None


def test_a_return_told_twice_changes_nothing() -> None:
    decision = inquiry(transfer(State.RETURNED), RETURNED)

    assert (decision.transfer.state, decision.events) == (State.RETURNED, ())
    assert decision.transfer.inquire_at is None


def test_an_inquiry_changes_nothing_while_a_sender_holds_the_transfer() -> None:
    held = transfer(State.SUBMITTING)

    decision = after_inquiry(
        held, Inquiry(1, NOW, NotFound(), is_answered=True), now=NOW, policy=POLICY
    )

    assert decision is None


@pytest.mark.parametrize("outcome", [NotFound(), Rejected(Reason.ACCOUNT_CLOSED)])
def test_an_inquiry_tells_nothing_of_an_attempt_that_began_after_it(
    outcome: InquiryOutcome,
) -> None:
    asked_at = NOW + timedelta(seconds=10)
    told = Inquiry(1, asked_at, outcome, is_answered=True)
    for state in (State.SUBMITTING, State.UNKNOWN):
        decision = after_inquiry(transfer(state, attempt=2), told, now=asked_at, policy=POLICY)

        assert decision is None or (decision.transfer.state, decision.events) == (state, ())


@pytest.mark.parametrize("state", [State.SETTLED, State.REJECTED, State.CANCELLED])
def test_a_banks_call_about_the_past_is_followed_until_the_bank_answers(state: State) -> None:
    called = transfer(state, inquire_at=NOW)

    unheard = inquiry(called, Unknown(), now=NOW, is_answered=False).transfer
    heard = inquiry(unheard, NotFound(), now=NOW).transfer

    assert unheard.inquire_at == NOW + timedelta(minutes=10)
    assert heard.inquire_at is None


def test_an_answer_for_a_transfer_that_was_never_sent_changes_nothing() -> None:
    row = transfer(State.SCHEDULED, attempt=0)

    assert answer(row, Submitted(), attempt=0) is None


def test_a_badly_signed_inquiry_alerts() -> None:
    decision = inquiry(transfer(State.UNKNOWN), Unknown(integrity=True))

    assert decision.alert == "bank_answer_untrusted"


def test_a_bank_that_refuses_what_it_had_booked_is_not_believed_and_alerts() -> None:
    decision = inquiry(transfer(State.SETTLED), Rejected(Reason.ACCOUNT_CLOSED))

    assert decision.transfer.state is State.SETTLED
    assert decision.alert == "bank_answer_untrusted"


@pytest.mark.parametrize("state", [State.REJECTED, State.RETURNED])
def test_a_refusal_told_again_alerts_nobody(state: State) -> None:
    assert inquiry(transfer(state), Rejected(Reason.ACCOUNT_CLOSED)).alert is None


def test_a_refusal_told_after_the_end_changes_nothing() -> None:
    assert answer(transfer(State.SETTLED), Rejected(Reason.ACCOUNT_CLOSED)) is None
    assert answer(transfer(State.SETTLED), Submitted()) is None


def test_waiting_for_ourselves_grows_and_counts_against_the_transfer() -> None:
    soon = NOW + timedelta(seconds=1)
    waits = []
    for attempt in (1, 3, 7, 20):
        row = transfer(State.SUBMITTING, attempt=attempt)
        decision = answer(row, NotSent(Reason.BANK_BUSY, soon), attempt=attempt)
        assert decision is not None
        assert decision.transfer.due_at is not None
        assert decision.transfer.give_up_at == row.give_up_at
        waits.append(int((decision.transfer.due_at - NOW).total_seconds()))

    assert waits == [1, 4, 60, 60]


@pytest.mark.parametrize("outcome", IMPOSSIBLE)
@pytest.mark.parametrize("state", TOLD_OF)
def test_money_booked_on_a_day_that_cannot_be_is_put_before_people(
    state: State, outcome: Settled | Returned
) -> None:
    decision = after_inquiry(
        transfer(state), Inquiry(1, NOW, outcome, is_answered=True), now=NOW, policy=POLICY
    )
    if state is State.SUBMITTING and isinstance(outcome, Settled):
        decision = answer(transfer(state), outcome)

    assert decision is not None
    row = decision.transfer
    assert (row.state, row.reason, row.settled_at) == (
        State.REVIEW,
        Reason.DATE_NOT_BELIEVED,
        None,
    )
    assert row.unclear
    assert row.inquire_at == NOW + timedelta(minutes=10)
    assert (decision.alert, decision.distrusted) == ("date_not_believed", outcome)


@pytest.mark.parametrize(
    "instant",
    [
        pytest.param(NOW - timedelta(minutes=5), id="five minutes before it was accepted"),
        pytest.param(NOW + timedelta(minutes=5), id="five minutes from now"),
    ],
)
def test_a_banks_clock_may_be_five_minutes_wrong(instant: datetime) -> None:
    decision = answer(transfer(State.SUBMITTING), Settled(instant))

    assert decision is not None
    assert decision.transfer.settled_at == instant


DISTRUSTED = transfer(State.REVIEW, reason=Reason.DATE_NOT_BELIEVED, unclear=True)


@pytest.mark.parametrize(
    ("outcome", "alert"),
    [
        pytest.param(Rejected(Reason.ACCOUNT_CLOSED), "bank_answer_untrusted", id="refused"),
        pytest.param(Submitted(), None, id="taken"),
        pytest.param(NotFound(), None, id="not found"),
        pytest.param(Unknown(), None, id="no answer"),
        pytest.param(Settled(TOO_LATE), None, id="the same again"),
    ],
)
def test_what_was_booked_on_no_day_waits_for_a_day_only(
    outcome: InquiryOutcome, alert: str | None
) -> None:
    decision = inquiry(DISTRUSTED, outcome, now=NOW)

    assert decision.transfer.is_distrusted
    assert (decision.events, decision.alert) == ((), alert)
    assert decision.transfer.inquire_at == NOW + timedelta(minutes=10)


def test_a_day_that_can_be_books_it_whoever_gives_it() -> None:
    told = inquiry(DISTRUSTED, Settled(NOW), now=NOW)
    said = after_people(DISTRUSTED, Settled(NOW.replace(hour=0)), NOW)

    assert said is not None
    assert {told.transfer.state, said.transfer.state} == {State.SETTLED}
    assert told.transfer.reason is said.transfer.reason is None


def test_a_return_on_a_day_that_cannot_be_leaves_a_settled_transfer_settled() -> None:
    decision = inquiry(transfer(State.SETTLED), Returned(NOW, TOO_LATE), now=NOW)

    assert (decision.transfer.state, decision.events) == (State.SETTLED, ())
    assert decision.alert == "date_not_believed"


@pytest.mark.parametrize(
    ("tries", "waits"),
    [
        pytest.param(1, False, id="the first lost answer is sent again at once"),
        pytest.param(2, True, id="the second waits"),
    ],
)
def test_what_the_bank_does_not_know_goes_again_at_once_only_the_first_time(
    tries: int, *, waits: bool
) -> None:
    lost = transfer(State.UNKNOWN, tries=tries)
    asked = NOW + timedelta(seconds=POLICY.visibility_s)
    question = Inquiry(lost.attempt, asked, NotFound(), is_answered=True)

    decision = after_inquiry(lost, question, now=asked, policy=POLICY)

    assert decision is not None
    assert decision.transfer.due_at is not None
    assert (decision.transfer.due_at > asked) is waits


@pytest.mark.parametrize("outcome", IMPOSSIBLE[:4])
def test_a_refused_transfer_that_was_paid_on_a_day_that_cannot_be_is_looked_at(
    outcome: Settled,
) -> None:
    decision = inquiry(transfer(State.REJECTED), outcome, now=NOW)

    row = decision.transfer
    assert (row.state, row.reason, row.settled_at) == (State.REVIEW, Reason.BOOKED_LATE, None)
    assert row.inquire_at == NOW
    assert decision.alert == "booked_after_final"
