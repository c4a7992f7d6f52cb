"""What the bank said stands in the way of taking back; what only people said does not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain import decision, repayment_decision
from gateway.domain.bank import Direction
from gateway.domain.reason import Reason
from gateway.domain.repayment import State as RepaymentState
from gateway.domain.review import Resolution, TakenBack
from gateway.domain.transfer import State
from gateway.domain.way_back import (
    BankAnswer,
    BankLine,
    BankWords,
    may_go_back,
    reason_before,
    said_so,
    was_said_before,
    why_not,
)
from tests.domain.repayments import repayment
from tests.domain.transfers import NOW, transfer

R = Resolution
IN, OUT = (BankLine(NOW.date(), "T1", way) for way in (Direction.IN, Direction.OUT))


def said(outcome: str, attempt: int = 1) -> BankAnswer:
    return BankAnswer("inquire", attempt, outcome, NOW)


@pytest.mark.parametrize(
    ("state", "words", "is_barred"),
    [
        pytest.param(State.SETTLED, BankWords(), False, id="settled"),
        pytest.param(State.SETTLED, BankWords((OUT,)), True, id="settled, on a statement"),
        pytest.param(State.SETTLED, BankWords((IN,)), False, id="settled, another line"),
        pytest.param(State.SETTLED, BankWords((), (said("Settled"),)), True, id="answered"),
        pytest.param(State.SETTLED, BankWords((), (said("Returned"),)), True, id="and came back"),
        pytest.param(State.SETTLED, BankWords((), (said("NotFound"),)), False, id="not known"),
        pytest.param(
            State.SETTLED,
            BankWords((), (said("Settled"),), True),
            False,
            id="settled, one day",
        ),
        pytest.param(
            State.SETTLED,
            BankWords((OUT,), (said("Settled"),), True),
            True,
            id="a line says when",
        ),
        pytest.param(State.RETURNED, BankWords(), False, id="returned"),
        pytest.param(State.RETURNED, BankWords((OUT,)), False, id="returned, and only paid"),
        pytest.param(State.RETURNED, BankWords((OUT, IN)), True, id="returned, on a statement"),
        pytest.param(State.RETURNED, BankWords((), (said("Settled"),)), False, id="only settled"),
        pytest.param(State.RETURNED, BankWords((), (said("Returned"),)), True, id="told back"),
        pytest.param(State.REJECTED, BankWords(), False, id="rejected"),
        pytest.param(State.REJECTED, BankWords((), (said("Rejected"),)), True, id="refused"),
        pytest.param(
            State.REJECTED,
            BankWords((), (said("Rejected", 0),)),
            False,
            id="an earlier one",
        ),
    ],
)
def test_what_the_bank_said_of_a_transfer_is_not_taken_back(
    state: State, words: BankWords, is_barred: bool
) -> None:
    why = why_not(transfer(state), words)

    assert (why is not None) is is_barred
    assert why is None or "what the bank states is not taken back" in why


@pytest.mark.parametrize(
    ("words", "is_barred"),
    [
        pytest.param(BankWords((), (said("Paid"),), True), False, id="on a day not believed"),
        pytest.param(BankWords((IN,), (said("Paid"),), True), True, id="on a statement"),
    ],
)
def test_of_a_repayment_only_the_day_is_taken_back(words: BankWords, is_barred: bool) -> None:
    paid = repayment(RepaymentState.SETTLED, settled_at=NOW)

    assert (why_not(paid, words) is not None) is is_barred


@pytest.mark.parametrize(
    ("resolution", "particulars", "state", "is_same"),
    [
        pytest.param(R.SETTLED, {"booked_at": NOW.isoformat()}, State.SETTLED, True, id="settled"),
        pytest.param(R.SETTLED, {"booked_at": "2026-11-24"}, State.SETTLED, False, id="other day"),
        pytest.param(R.RETURNED, {"returned_at": NOW.isoformat()}, State.RETURNED, True, id="back"),
        pytest.param(R.SETTLED, {"booked_at": NOW.isoformat()}, State.RETURNED, False, id="paid"),
        pytest.param(R.REJECTED, {}, State.REJECTED, True, id="rejected"),
    ],
)
def test_rows_of_before_are_known_by_what_was_said(
    resolution: Resolution, particulars: dict[str, str], state: State, is_same: bool
) -> None:
    row = transfer(state, returned_at=NOW, reason=Reason.BANK_UNAVAILABLE)

    assert was_said_before(resolution, particulars, row) is is_same


def test_of_a_row_of_before_the_bank_may_have_said_the_same() -> None:
    paid, settled = repayment(RepaymentState.SETTLED, settled_at=NOW), transfer(State.SETTLED)
    told, later = BankWords((), (said("Paid"), said("Settled"))), NOW + timedelta(seconds=1)

    assert said_so(paid, told, NOW)
    assert not said_so(paid, told, later)
    assert said_so(settled, told, later)
    assert not said_so(settled, BankWords((), (said("NotFound"),)), later)


def test_a_transfer_is_in_review_again_for_what_it_was_before() -> None:
    assert (
        reason_before({"reason": "sender_crashed"}, is_day_unclear=False) is Reason.SENDER_CRASHED
    )
    assert reason_before({"reason": None}, is_day_unclear=False) is Reason.OUTCOME_UNKNOWN
    assert reason_before({}, is_day_unclear=True) is Reason.DATE_NOT_BELIEVED


@pytest.mark.parametrize("state", [State.REVIEW, State.UNKNOWN, State.CANCELLED])
def test_where_nothing_was_decided_nothing_goes_back(state: State) -> None:
    row, later = transfer(state), NOW + timedelta(minutes=1)
    back = TakenBack("wrong")

    assert not may_go_back(row)
    assert decision.after_taking_back(row, back, reason=Reason.OUTCOME_UNKNOWN, now=later) is None
    open_one = repayment(RepaymentState.AUTHORIZING)
    assert not may_go_back(open_one)
    assert repayment_decision.after_taking_back(open_one, back, now=later) is None


def test_what_came_back_and_did_not_keeps_who_said_that_it_was_paid() -> None:
    row = replace(transfer(State.RETURNED, returned_at=NOW), decided_by=transfer(State.SETTLED).id)

    back = decision.after_taking_back(row, TakenBack("x"), reason=Reason.OUTCOME_UNKNOWN, now=NOW)

    assert back is not None
    assert (back.transfer.decided_by, back.transfer.returned_at) == (row.decided_by, None)
