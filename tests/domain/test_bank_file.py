"""What follows from what a bank says of a file: on the file alone, then for each of its items."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from gateway.domain.account import BankCode
from gateway.domain.bank_file import (
    BankFile,
    FileItem,
    FileState,
    after_file,
    after_result,
    after_sending,
    at_rest,
    balanced,
    item_outcome,
)
from gateway.domain.decision import after_inquiry, after_lease_end
from gateway.domain.hours import JST
from gateway.domain.outcome import (
    FileAccepted,
    FileOutcome,
    FileRejected,
    FileResult,
    FileResultOutcome,
    Inquiry,
    NotFound,
    NotSent,
    Pending,
    Rejected,
    Settled,
    SubmitOutcome,
    Submitted,
    TurnedAway,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.domain.transfer import CRASHES_MAX, State
from tests.domain.transfers import NOW, POLICY, transfer

OURS, THEIRS = "A" * 20, "B" * 20
FILE = BankFile(
    bank=BankCode.MIZUHO,
    file_id="F1",
    items=tuple(FileItem(UUID(int=1), UUID(int=2), name, 1) for name in (OURS, THEIRS)),
    content=b"the bytes",
    state=FileState.STORED,
    stored_at=NOW,
    next_at=NOW,
)
AGAIN = replace(FILE, fence=1, sendings=2, tries=1)
REFUSAL = FileRejected(Reason.FORMAT_ERROR, THEIRS)
CLOSED = NotSent(Reason.OUT_OF_HOURS, NOW + timedelta(hours=9))
THROTTLED = TurnedAway(Reason.THROTTLED, NOW + timedelta(seconds=5))
UNTRUSTED = Unknown(integrity=True)


def sent(file: BankFile, outcome: FileOutcome, *, now: datetime = NOW) -> BankFile | None:
    return after_sending(file, outcome, fence=file.fence, now=now, policy=POLICY)


@pytest.mark.parametrize(
    ("file", "outcome", "state", "after_s"),
    [
        pytest.param(FILE, FileAccepted("R"), FileState.ACCEPTED, 1, id="taken"),
        pytest.param(AGAIN, FileAccepted("R"), FileState.ACCEPTED, 1, id="known by its number"),
        pytest.param(FILE, REFUSAL, FileState.REFUSED, 0, id="refused"),
        pytest.param(AGAIN, REFUSAL, FileState.REFUSED, 0, id="refused the second time"),
        pytest.param(FILE, CLOSED, FileState.VOID, 0, id="not taken"),
        pytest.param(AGAIN, CLOSED, FileState.STORED, 9 * 3600, id="closed for the second time"),
        pytest.param(
            AGAIN, NotSent(Reason.THROTTLED), FileState.STORED, 2, id="throttled the second time"
        ),
        pytest.param(FILE, THROTTLED, FileState.STORED, 5, id="turned away the first time"),
        pytest.param(AGAIN, THROTTLED, FileState.STORED, 5, id="turned away again"),
        pytest.param(
            FILE,
            TurnedAway(Reason.OUT_OF_HOURS, NOW + timedelta(hours=9)),
            FileState.STORED,
            3_600,
            id="turned away until long after",
        ),
        pytest.param(
            FILE, TurnedAway(Reason.CONTRACT_ERROR), FileState.STORED, 1, id="turned away, no more"
        ),
        pytest.param(FILE, Unknown(), FileState.STORED, 1, id="no answer"),
        pytest.param(AGAIN, Unknown(), FileState.STORED, 2, id="no answer again"),
        pytest.param(replace(AGAIN, tries=50), Unknown(), FileState.STORED, 60, id="and again"),
        pytest.param(AGAIN, UNTRUSTED, FileState.STORED, 600, id="other bytes under our number"),
    ],
)
def test_an_answer_moves_a_stored_file(
    file: BankFile, outcome: FileOutcome, state: FileState, after_s: int
) -> None:
    after = sent(file, outcome)

    assert after is not None
    assert (after.state, after.next_at) == (state, NOW + timedelta(seconds=after_s))


def test_only_a_first_senders_own_word_voids_a_file_and_only_while_nobody_touched_it() -> None:
    unsent = NotSent(Reason.BANK_UNREACHABLE)
    released = replace(FILE, fence=1)

    assert after_sending(released, unsent, fence=0, now=NOW, policy=POLICY) is None
    later = sent(AGAIN, unsent)
    assert later is not None
    assert later.state is FileState.STORED


@pytest.mark.parametrize(
    "outcome", [REFUSAL, NotSent(Reason.THROTTLED), Unknown()], ids=["refused", "unsent", "lost"]
)
def test_only_who_holds_a_file_may_say_that_the_bank_has_it_not(outcome: FileOutcome) -> None:
    assert after_sending(AGAIN, outcome, fence=0, now=NOW, policy=POLICY) is None


def test_that_the_bank_has_a_file_counts_whoever_says_so() -> None:
    after = after_sending(AGAIN, FileAccepted("R"), fence=0, now=NOW, policy=POLICY)

    assert after is not None
    assert (after.state, after.receipt) == (FileState.ACCEPTED, "R")


@pytest.mark.parametrize("state", [state for state in FileState if state is not FileState.STORED])
def test_what_is_decided_is_not_decided_again(state: FileState) -> None:
    assert sent(replace(FILE, state=state), FileAccepted("R")) is None


@pytest.mark.parametrize(
    ("at", "is_believed"),
    [
        pytest.param(datetime(2026, 11, 25, 23, 54, 59, tzinfo=JST), True, id="before"),
        pytest.param(datetime(2026, 11, 25, 23, 55, 0, tzinfo=JST), False, id="from 23:55"),
        pytest.param(datetime(2026, 11, 26, 0, 4, 59, tzinfo=JST), False, id="until 0:05"),
        pytest.param(datetime(2026, 11, 26, 0, 5, 0, tzinfo=JST), True, id="after"),
    ],
)
def test_around_midnight_a_second_refusal_may_be_about_the_day_only(
    at: datetime, is_believed: bool
) -> None:
    first, second = sent(FILE, REFUSAL, now=at), sent(AGAIN, REFUSAL, now=at)

    assert first is not None
    assert second is not None
    assert first.state is FileState.REFUSED
    assert (second.state is FileState.REFUSED) is is_believed


@pytest.mark.parametrize(
    ("file", "outcome", "after_s"),
    [
        pytest.param(replace(FILE, tries=1), Pending(), 2, id="first"),
        pytest.param(replace(FILE, tries=2), Pending(), 4, id="second"),
        pytest.param(replace(FILE, tries=3), Pending(), 10, id="third"),
        pytest.param(replace(FILE, tries=99), Unknown(), 10, id="every ten seconds"),
        pytest.param(FILE, UNTRUSTED, 600, id="not believed"),
        pytest.param(
            replace(FILE, stored_at=NOW - timedelta(hours=1)), Pending(), 600, id="after an hour"
        ),
    ],
)
def test_a_result_is_asked_for_again(
    file: BankFile, outcome: FileResultOutcome, after_s: int
) -> None:
    accepted = replace(file, state=FileState.ACCEPTED, receipt="R")

    after = after_result(accepted, outcome, now=NOW, policy=POLICY)

    assert after == replace(accepted, next_at=NOW + timedelta(seconds=after_s))


def test_a_file_with_a_result_is_done() -> None:
    accepted = replace(FILE, state=FileState.ACCEPTED)
    result = FileResult({OURS: Settled(NOW), THEIRS: Settled(NOW)})

    after = after_result(accepted, balanced(FILE, result), now=NOW, policy=POLICY)

    assert after == replace(accepted, state=FileState.DONE, next_at=None)


def test_a_result_of_a_file_that_was_not_taken_says_nothing() -> None:
    assert after_result(FILE, Pending(), now=NOW, policy=POLICY) is None


@pytest.mark.parametrize(
    "names", [{OURS}, {OURS, THEIRS, "C" * 20}, {OURS, "C" * 20}], ids=["fewer", "more", "others"]
)
def test_a_result_that_names_other_items_is_not_believed(names: set[str]) -> None:
    assert balanced(FILE, FileResult({name: Settled(NOW) for name in names})) == UNTRUSTED


def test_a_refused_file_stays_refused_at_rest() -> None:
    refused = replace(FILE, state=FileState.REFUSED)

    assert at_rest(refused) == replace(refused, next_at=None)


def refused(fault: str | None, reason: Reason = Reason.FORMAT_ERROR) -> BankFile:
    after = sent(FILE, FileRejected(reason, fault))
    assert after is not None
    return after


@pytest.mark.parametrize(
    ("file", "told"),
    [
        pytest.param(FILE, None, id="nothing known"),
        pytest.param(replace(FILE, items=()), NotSent(Reason.BANK_BUSY), id="not in it"),
        pytest.param(
            replace(FILE, state=FileState.VOID, reason=Reason.OUT_OF_HOURS, not_before=NOW),
            NotSent(Reason.OUT_OF_HOURS, NOW),
            id="not taken",
        ),
        pytest.param(refused(OURS), Rejected(Reason.FORMAT_ERROR), id="at fault"),
        pytest.param(refused(THEIRS), NotSent(Reason.FILE_REFUSED), id="another at fault"),
        pytest.param(refused(None), NotSent(Reason.FORMAT_ERROR), id="nobody at fault"),
        pytest.param(refused("C" * 20), NotSent(Reason.FORMAT_ERROR), id="a stranger at fault"),
        pytest.param(
            refused(None, Reason.BANK_BUSY), NotSent(Reason.BANK_BUSY), id="of another day"
        ),
        pytest.param(
            replace(FILE, state=FileState.ACCEPTED, receipt="R"), Submitted("R"), id="taken"
        ),
    ],
)
def test_an_item_goes_where_its_file_went(file: BankFile, told: SubmitOutcome | None) -> None:
    assert item_outcome(file, OURS) == told


@pytest.mark.parametrize(
    ("state", "outcome", "expected"),
    [
        pytest.param(State.SUBMITTING, Submitted("R"), State.SUBMITTED, id="taken"),
        pytest.param(State.UNKNOWN, Submitted("R"), State.SUBMITTED, id="taken after all"),
        pytest.param(State.SUBMITTING, NotSent(Reason.THROTTLED), State.SCHEDULED, id="unsent"),
        pytest.param(
            State.UNKNOWN, NotSent(Reason.FILE_REFUSED), State.SCHEDULED, id="refused later"
        ),
        pytest.param(
            State.SUBMITTED,
            NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
            State.SCHEDULED,
            id="left aside",
        ),
        pytest.param(State.SUBMITTED, Unknown(), State.UNKNOWN, id="not believed"),
        pytest.param(State.SUBMITTED, Settled(NOW), State.SETTLED, id="paid"),
        pytest.param(State.REVIEW, Settled(NOW), State.SETTLED, id="paid while people look"),
        pytest.param(State.REVIEW, NotSent(Reason.FILE_REFUSED), State.REVIEW, id="people look"),
        pytest.param(State.SETTLED, NotSent(Reason.FILE_REFUSED), State.SETTLED, id="paid before"),
    ],
)
def test_a_file_moves_its_item(state: State, outcome: SubmitOutcome, expected: State) -> None:
    row = transfer(state, file_id="F1")

    decision = after_file(row, FILE, outcome, now=NOW, policy=POLICY)

    after = row if decision is None else decision.transfer
    assert after.state is expected
    assert (after.file_id is None) is (expected is State.SCHEDULED)


def test_an_item_left_aside_with_no_time_left_goes_to_people() -> None:
    row = transfer(State.SUBMITTED, file_id="F1", give_up_at=NOW)
    short = NotSent(Reason.SETTLEMENT_BALANCE_SHORT)

    decision = after_file(row, FILE, short, now=NOW, policy=POLICY)

    assert decision is not None
    assert decision.transfer.state is State.REVIEW


@pytest.mark.parametrize(
    "outcome",
    [Submitted("R"), NotSent(Reason.THROTTLED), Rejected(Reason.NAME_MISMATCH), Unknown()],
    ids=["taken", "unsent", "refused", "lost"],
)
def test_a_former_file_says_nothing_of_an_item_that_is_in_another(outcome: SubmitOutcome) -> None:
    row = transfer(State.SUBMITTING, attempt=2, file_id="F2")

    assert after_file(row, FILE, outcome, now=NOW, policy=POLICY) is None


def test_money_that_a_former_file_moved_is_a_fact() -> None:
    row = transfer(State.SCHEDULED, attempt=1)

    decision = after_file(row, FILE, Settled(NOW), now=NOW, policy=POLICY)

    assert decision is not None
    assert decision.transfer.state is State.SETTLED


def test_no_item_of_a_file_is_freed_by_not_found() -> None:
    row = transfer(State.UNKNOWN, file_id="F1")
    inquiry = Inquiry(1, NOW + timedelta(hours=1), NotFound(), is_answered=True)

    decision = after_inquiry(row, inquiry, now=NOW, policy=POLICY)

    assert decision is not None
    assert decision.transfer.state is State.UNKNOWN
    assert decision.transfer.inquire_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("crashes", "expected"),
    [
        pytest.param(0, State.SCHEDULED, id="first"),
        pytest.param(CRASHES_MAX - 1, State.REVIEW, id="third in a row"),
    ],
)
def test_what_was_claimed_and_never_sent_is_scheduled_again_and_stays_clear(
    crashes: int, expected: State
) -> None:
    row = transfer(State.SUBMITTING, file_id="F1", crashes=crashes)

    decision = after_lease_end(row, now=NOW, policy=POLICY, is_unsent=True)

    assert decision is not None
    assert decision.transfer.state is expected
    assert decision.transfer.crashes == crashes + 1
    assert not decision.transfer.unclear
    assert decision.transfer.tries == 0
