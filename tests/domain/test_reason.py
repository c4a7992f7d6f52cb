"""What follows from a reason."""

import pytest

from gateway.domain.reason import (
    FINAL_REFUSALS,
    HOLDS_THE_BANK,
    NOT_TAKEN,
    USES_NO_TRY,
    Reason,
)


def test_a_refusal_is_final_or_it_was_not_taken_but_not_both() -> None:
    assert not FINAL_REFUSALS & NOT_TAKEN


@pytest.mark.parametrize("reason", [Reason.OUTCOME_UNKNOWN, Reason.DUPLICATE])
def test_what_is_not_known_is_neither_final_nor_not_taken(reason: Reason) -> None:
    assert reason not in FINAL_REFUSALS | NOT_TAKEN


def test_what_uses_up_no_attempt_was_not_taken() -> None:
    assert USES_NO_TRY <= NOT_TAKEN
    assert Reason.BANK_UNREACHABLE not in USES_NO_TRY


def test_what_holds_a_bank_was_not_taken_and_alerts() -> None:
    assert HOLDS_THE_BANK <= NOT_TAKEN
    assert HOLDS_THE_BANK < NOT_TAKEN


@pytest.mark.parametrize(
    "reason",
    [
        Reason.SETTLEMENT_BALANCE_SHORT,
        Reason.OUT_OF_HOURS,
        Reason.MAINTENANCE,
        Reason.THROTTLED,
        Reason.CONTRACT_ERROR,
        Reason.BANK_BUSY,
        Reason.FILE_REFUSED,
    ],
)
def test_what_is_no_fault_of_the_transfer_uses_up_none_of_its_attempts(reason: Reason) -> None:
    assert reason in USES_NO_TRY
