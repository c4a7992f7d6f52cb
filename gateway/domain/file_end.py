"""How people end a file by the bank's word about the file's number.

Three words, and no other: the bank has the file (`accepted`, with its receipt), it read the file
and refused it (`refused`), or it has not got the number and will refuse it from now on (`barred`).
That it does not have the number is no word: a copy may still be on its way.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.bank_file import (
    FILE_TRANSITIONS,
    MIDNIGHT_S,
    BankFile,
    FileEnding,
    FileEvent,
    FileState,
    FileWord,
)
from gateway.domain.errors import GatewayError
from gateway.domain.hours import JST
from gateway.domain.operator import is_same_person
from gateway.domain.reason import Reason

RECEIPT = re.compile(r"[A-Za-z0-9-]{1,40}")
EVENTS: Mapping[FileWord, FileEvent] = {
    FileWord.ACCEPTED: FileEvent.ACCEPT,
    FileWord.REFUSED: FileEvent.REFUSE,
    FileWord.BARRED: FileEvent.BAR,
}


class FileEndRefused(GatewayError):
    """The file does not end so; the message says why, and what to do."""

    code = "file_end_refused"


def may_end(file: BankFile) -> bool:
    """Whether people may end the file: the bank's own acceptance is never taken back.

    A file that people themselves called accepted may be called something else: they may have
    mistyped the receipt.
    """
    if file.state is FileState.ACCEPTED:
        return _is_peoples_word(file)
    return file.state is FileState.STORED


def _is_peoples_word(file: BankFile) -> bool:
    said = file.ending
    if said is None:
        return False
    is_confirmed = said.confirmed_by is not None and said.word is FileWord.ACCEPTED
    return is_confirmed or said.corrects is not None


def after_proposal(file: BankFile, ending: FileEnding) -> BankFile:
    """Return the file with what one operator says of it. Raises FileEndRefused."""
    _check(file, ending)
    state = FILE_TRANSITIONS[file.state, FileEvent.PROPOSE]
    # Only people's own receipt can be taken back (`_check`): the bank's is none of this.
    corrects = file.receipt if file.state is FileState.ACCEPTED else None
    return replace(file, state=state, ending=replace(ending, corrects=corrects))


def after_confirmation(
    file: BankFile, word: FileWord, receipt: str | None, *, by: str, now: datetime
) -> BankFile:
    """Return the file as it ends by what one operator proposed and `by` confirms.

    Raises FileEndRefused where nothing, or something else, is proposed, and where both are one.
    """
    said = file.ending
    if said is None or said.confirmed_by is not None:
        raise FileEndRefused(f"nothing is proposed yet of file {file.file_id}")
    if (said.word, said.receipt) != (word, receipt):
        with_receipt = "" if said.receipt is None else f" with receipt {said.receipt}"
        raise FileEndRefused(f"what is proposed is {said.word}{with_receipt}")
    if is_same_person(said.by, by):
        raise FileEndRefused("another operator confirms what one proposed")
    _check(file, said)
    ended = replace(
        file,
        state=FILE_TRANSITIONS[file.state, EVENTS[word]],
        ending=replace(said, confirmed_by=by),
        tries=0,
        next_at=now,
    )
    if word is FileWord.ACCEPTED:
        return replace(ended, receipt=receipt)
    # Whose fault it was nobody said; that a number is barred is nobody's.
    reason = Reason.FORMAT_ERROR if word is FileWord.REFUSED else Reason.FILE_REFUSED
    return replace(ended, reason=reason, fault=None, not_before=None)


def _check(file: BankFile, ending: FileEnding) -> None:
    if not may_end(file):
        by_itself = " by the bank itself" if file.state is FileState.ACCEPTED else ""
        raise FileEndRefused(f"file {file.file_id} is {file.state}{by_itself}: nothing is open")
    if ending.word is not FileWord.ACCEPTED and ending.receipt is not None:
        raise FileEndRefused(f"{ending.word} is said without a receipt")
    if ending.word is FileWord.ACCEPTED and not RECEIPT.fullmatch(ending.receipt or ""):
        raise FileEndRefused(
            "accepted is said with the bank's receipt for the file: 1 to 40 of A-Z, a-z, 0-9 and -"
        )
    if ending.word is FileWord.REFUSED and _may_be_of_tomorrow(file):
        raise FileEndRefused(
            "the file was made just after midnight: the bank may have refused it for its day alone,"
            " and take a copy that comes later; let the bank bar the number, and say barred"
        )


def _may_be_of_tomorrow(file: BankFile) -> bool:
    """Whether the bank's clock may have shown the day before when the file was made.

    A refusal for a day that is over lasts; one for a day that has not begun does not.
    """
    stored_at = file.stored_at.astimezone(JST)
    return (stored_at - timedelta(seconds=MIDNIGHT_S)).date() != stored_at.date()
