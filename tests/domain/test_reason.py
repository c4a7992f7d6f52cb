"""What follows from a reason."""

import pytest

from gateway.domain.reason import ALERTS, FINAL_REFUSALS, HOLDS_THE_BANK, NOT_TAKEN, Reason


def test_a_refusal_is_final_or_it_was_not_taken_but_not_both() -> None:
    assert not FINAL_REFUSALS & NOT_TAKEN


@pytest.mark.parametrize("reason", [Reason.OUTCOME_UNKNOWN, Reason.DUPLICATE])
def test_what_is_not_known_is_neither_final_nor_not_taken(reason: Reason) -> None:
    assert reason not in FINAL_REFUSALS | NOT_TAKEN


def test_every_other_reason_is_one_of_the_two_but_for_our_own_end_of_attempts() -> None:
    others = set(Reason) - FINAL_REFUSALS - NOT_TAKEN

    assert others == {Reason.OUTCOME_UNKNOWN, Reason.DUPLICATE, Reason.BANK_UNAVAILABLE}


def test_what_holds_a_bank_was_not_taken_and_alerts() -> None:
    assert HOLDS_THE_BANK <= NOT_TAKEN
    assert HOLDS_THE_BANK < ALERTS
    assert Reason.FORMAT_ERROR in ALERTS
