"""The state table, walked: each state, mark and event has one answer, written down here again."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.transfer import (
    FINAL_FOR_MEMBER,
    HOLDS_RESERVATION,
    MARKED_BY,
    TRANSITIONS,
    Event,
    Promise,
    State,
)

BOOKED = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)

# state: {event: next}, for transfers that are clear; what differs once unclear stands below.
CLEAR: dict[State, dict[Event, State]] = {
    State.SCHEDULED: {
        Event.CLAIM: State.SUBMITTING,
        Event.CANCEL: State.CANCELLED,
        Event.SETTLE: State.SETTLED,
        Event.SUBMIT: State.SUBMITTED,
        Event.DISTRUST: State.REVIEW,
    },
    State.SUBMITTING: {
        Event.NOT_SENT: State.SCHEDULED,
        Event.GIVE_UP: State.REJECTED,
        Event.SUBMIT: State.SUBMITTED,
        Event.SETTLE: State.SETTLED,
        Event.REJECT: State.REJECTED,
        Event.LOSE: State.UNKNOWN,
        Event.LEASE_END: State.UNKNOWN,
        Event.POISON: State.REVIEW,
        Event.DISTRUST: State.REVIEW,
    },
    State.SUBMITTED: {
        Event.SETTLE: State.SETTLED,
        Event.REJECT: State.REJECTED,
        Event.NOT_TAKEN: State.SCHEDULED,
        Event.GIVE_UP: State.REVIEW,
        Event.LOSE: State.UNKNOWN,
        Event.AGE: State.REVIEW,
        Event.DISTRUST: State.REVIEW,
    },
    State.UNKNOWN: {
        Event.SETTLE: State.SETTLED,
        Event.REJECT: State.REJECTED,
        Event.SUBMIT: State.SUBMITTED,
        Event.NOT_FOUND: State.SCHEDULED,
        Event.NOT_TAKEN: State.SCHEDULED,
        Event.GIVE_UP: State.REVIEW,
        Event.AGE: State.REVIEW,
        Event.DISTRUST: State.REVIEW,
    },
    State.REVIEW: {
        Event.SETTLE: State.SETTLED,
        Event.REJECT: State.REJECTED,
        Event.SUBMIT: State.SUBMITTED,
        Event.SEND_AGAIN: State.SCHEDULED,
    },
    State.SETTLED: {Event.RETURN: State.RETURNED, Event.TAKE_BACK: State.REVIEW},
    State.REJECTED: {Event.SETTLE: State.REVIEW, Event.TAKE_BACK: State.REVIEW},
    State.CANCELLED: {Event.SETTLE: State.REVIEW},
    State.RETURNED: {Event.NOT_RETURNED: State.SETTLED},
}
UNCLEAR: dict[tuple[State, Event], State | None] = {
    (State.SCHEDULED, Event.CANCEL): None,
    (State.SCHEDULED, Event.GIVE_UP): State.REVIEW,
    (State.SUBMITTING, Event.GIVE_UP): State.REVIEW,
}


@pytest.mark.parametrize("is_unclear", [False, True], ids=["clear", "unclear"])
@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("state", list(State))
def test_every_state_answers_every_event_as_written_down(
    state: State, event: Event, is_unclear: bool
) -> None:
    expected = CLEAR[state].get(event)
    if is_unclear:
        expected = UNCLEAR.get((state, event), expected)

    assert TRANSITIONS.get((state, is_unclear, event)) is expected


def test_an_unknown_outcome_is_never_sent_again_without_an_inquiry() -> None:
    """Or, where banks take files, without an explicit word on the whole file."""
    ways = {e for e in Event if TRANSITIONS.get((State.UNKNOWN, True, e)) is State.SCHEDULED}

    assert ways == {Event.NOT_FOUND, Event.NOT_TAKEN}


def test_only_what_is_scheduled_can_be_sent() -> None:
    senders = {state for (state, _, _), to in TRANSITIONS.items() if to is State.SUBMITTING}

    assert senders == {State.SCHEDULED}


def test_what_is_taken_back_goes_to_people_and_never_on_its_way() -> None:
    taken_back = {
        (state, to)
        for (state, _, event), to in TRANSITIONS.items()
        if event in {Event.TAKE_BACK, Event.NOT_RETURNED}
    }

    assert taken_back == {
        (State.SETTLED, State.REVIEW),
        (State.REJECTED, State.REVIEW),
        (State.RETURNED, State.SETTLED),
    }
    assert Event.TAKE_BACK in MARKED_BY


def test_what_may_have_left_is_never_cancelled() -> None:
    cancelled = {key for key, to in TRANSITIONS.items() if to is State.CANCELLED}

    assert cancelled == {(State.SCHEDULED, False, Event.CANCEL)}


def test_a_state_is_either_final_for_the_member_or_holds_the_reservation() -> None:
    assert set(State) == FINAL_FOR_MEMBER | HOLDS_RESERVATION
    assert not FINAL_FOR_MEMBER & HOLDS_RESERVATION


@pytest.mark.parametrize(
    ("late", "is_kept"),
    [
        pytest.param(-1, True, id="before it"),
        pytest.param(0, True, id="on the instant itself"),
        pytest.param(1, False, id="after it"),
    ],
)
def test_a_promise_is_kept_up_to_its_last_instant(late: int, is_kept: bool) -> None:
    promise = Promise(BOOKED, BOOKED + timedelta(minutes=1))

    assert promise.is_kept(promise.credited_by + timedelta(microseconds=late)) is is_kept
