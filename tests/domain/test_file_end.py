"""People end a file by the bank's word about its number: three words, two people."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from gateway.domain.account import BankCode
from gateway.domain.bank_file import (
    BankFile,
    FileEnding,
    FileItem,
    FileState,
    FileWord,
    item_outcome,
)
from gateway.domain.file_end import FileEndRefused, after_confirmation, after_proposal, may_end
from gateway.domain.hours import JST
from gateway.domain.outcome import NotSent, Submitted
from gateway.domain.reason import Reason
from tests.domain.names import ONE_PERSON
from tests.domain.transfers import NOW

W = FileWord
REFERENCE = "A" * 20
FILE = BankFile(
    bank=BankCode.MIZUHO,
    file_id="F1",
    items=(FileItem(UUID(int=1), UUID(int=2), REFERENCE, 1),),
    content=b"the bytes",
    state=FileState.STORED,
    stored_at=NOW,
    fence=7,
    sendings=4,
    tries=3,
    next_at=NOW,
)


def said(word: FileWord, receipt: str | None = None, by: str = "sato") -> FileEnding:
    return FileEnding(word, receipt, by, NOW, "asked Mr Ito")


def ended(
    word: FileWord, receipt: str | None = None, file: BankFile = FILE, by: str = "suzuki"
) -> BankFile:
    proposed = after_proposal(file, said(word, receipt))
    return after_confirmation(proposed, word, receipt, by=by, now=NOW)


@pytest.mark.parametrize(
    ("word", "receipt", "state", "told"),
    [
        pytest.param(W.ACCEPTED, "R1", FileState.ACCEPTED, Submitted("R1"), id="accepted"),
        pytest.param(
            W.REFUSED, None, FileState.REFUSED, NotSent(Reason.FORMAT_ERROR), id="refused"
        ),
        pytest.param(W.BARRED, None, FileState.REFUSED, NotSent(Reason.FILE_REFUSED), id="barred"),
    ],
)
def test_a_word_ends_a_stored_file_and_its_items_follow(
    word: FileWord, receipt: str | None, state: FileState, told: NotSent | Submitted
) -> None:
    after = ended(word, receipt)

    assert (after.state, after.receipt, after.tries, after.next_at) == (state, receipt, 0, NOW)
    assert after.ending == replace(said(word, receipt), confirmed_by="suzuki")
    assert item_outcome(after, REFERENCE) == told


def test_a_proposal_alone_moves_nothing() -> None:
    proposed = after_proposal(FILE, said(W.BARRED))

    assert proposed == replace(FILE, ending=said(W.BARRED))


def test_a_proposal_may_be_replaced_until_it_is_confirmed() -> None:
    proposed = after_proposal(after_proposal(FILE, said(W.BARRED)), said(W.ACCEPTED, "R1"))

    with pytest.raises(FileEndRefused, match="what is proposed is accepted with receipt R1"):
        after_confirmation(proposed, W.BARRED, None, by="suzuki", now=NOW)
    with pytest.raises(FileEndRefused, match="receipt R1"):
        after_confirmation(proposed, W.ACCEPTED, "R2", by="suzuki", now=NOW)


@pytest.mark.parametrize("other", ONE_PERSON)
def test_nobody_confirms_their_own_word(other: str) -> None:
    with pytest.raises(FileEndRefused, match="another operator"):
        ended(W.BARRED, by=other)


def test_nothing_is_confirmed_that_nobody_proposed() -> None:
    with pytest.raises(FileEndRefused, match="nothing is proposed"):
        after_confirmation(FILE, W.BARRED, None, by="suzuki", now=NOW)


@pytest.mark.parametrize(
    ("word", "receipt", "says"),
    [
        pytest.param(W.ACCEPTED, None, "with the bank's receipt", id="accepted without receipt"),
        pytest.param(W.ACCEPTED, "../x", "1 to 40 of A-Z", id="no receipt"),
        pytest.param(W.ACCEPTED, "A" * 41, "1 to 40 of A-Z", id="too long a receipt"),
        pytest.param(W.BARRED, "R1", "without a receipt", id="barred with one"),
        pytest.param(W.REFUSED, "R1", "without a receipt", id="refused with one"),
    ],
)
def test_a_word_that_does_not_fit_says_what_does(
    word: FileWord, receipt: str | None, says: str
) -> None:
    with pytest.raises(FileEndRefused, match=says):
        after_proposal(FILE, said(word, receipt))


@pytest.mark.parametrize(
    "state", [FileState.ACCEPTED, FileState.REFUSED, FileState.VOID, FileState.DONE], ids=str
)
def test_what_the_bank_itself_has_said_of_a_file_people_do_not_change(state: FileState) -> None:
    file = replace(FILE, state=state)

    assert not may_end(file)
    with pytest.raises(FileEndRefused, match=f"is {state}"):
        after_proposal(file, said(W.BARRED))


def test_a_proposal_that_the_bank_came_before_is_not_confirmed() -> None:
    proposed = after_proposal(FILE, said(W.BARRED))

    with pytest.raises(FileEndRefused, match="accepted by the bank itself"):
        after_confirmation(
            replace(proposed, state=FileState.ACCEPTED, receipt="R"),
            W.BARRED,
            None,
            by="suzuki",
            now=NOW,
        )


@pytest.mark.parametrize(
    ("word", "receipt", "state"),
    [
        pytest.param(W.ACCEPTED, "R2", FileState.ACCEPTED, id="another receipt"),
        pytest.param(W.BARRED, None, FileState.REFUSED, id="barred after all"),
        pytest.param(W.REFUSED, None, FileState.REFUSED, id="refused after all"),
    ],
)
def test_people_take_back_a_receipt_that_they_mistyped(
    word: FileWord, receipt: str | None, state: FileState
) -> None:
    mistyped = ended(W.ACCEPTED, "R1")

    after = ended(word, receipt, mistyped)

    assert after.state is state
    assert after.receipt == (receipt or "R1")


@pytest.mark.parametrize(
    ("at", "is_taken"),
    [
        pytest.param(datetime(2026, 11, 25, 23, 59, 59, tzinfo=JST), True, id="before midnight"),
        pytest.param(datetime(2026, 11, 26, 0, 0, 0, tzinfo=JST), False, id="midnight"),
        pytest.param(datetime(2026, 11, 26, 0, 4, 59, tzinfo=JST), False, id="until 0:05"),
        pytest.param(datetime(2026, 11, 26, 0, 5, 0, tzinfo=JST), True, id="after"),
    ],
)
def test_a_file_made_just_after_midnight_is_barred_and_not_called_refused(
    at: datetime, is_taken: bool
) -> None:
    """The bank's clock may have shown the day before: the same bytes are taken a minute later."""
    file = replace(FILE, stored_at=at)

    assert ended(W.BARRED, None, file).state is FileState.REFUSED
    if is_taken:
        assert ended(W.REFUSED, None, file).state is FileState.REFUSED
    else:
        with pytest.raises(FileEndRefused, match="just after midnight"):
            after_proposal(file, said(W.REFUSED))
