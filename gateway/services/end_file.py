"""End a file by the bank's word about its number: one operator proposes, another confirms.

Until then the same bytes go out again and again under that number, and nobody decides on an item.
"""

import secrets
from datetime import datetime

import structlog

from gateway.domain.bank_file import BankFile, FileEnding, FileWord
from gateway.domain.errors import CommitUnknown, NotFoundHere, required
from gateway.domain.file_end import FileEndRefused, after_confirmation, after_proposal
from gateway.domain.hours import JST
from gateway.domain.identifier import uuid7
from gateway.domain.operator import person
from gateway.store.database import Database
from gateway.store.files import end_file, find_files
from gateway.store.operator_actions import OperatorAction

PROPOSE = "file_end_propose"
CONFIRM = "file_end_confirm"
NOT_WRITTEN = {
    "one_person": "another operator confirms what one proposed",
    "stale": "somebody was faster: look at the file again",
}

log = structlog.get_logger()


async def propose_file_end(
    db: Database, file_id: str, ending: FileEnding, *, now: datetime
) -> BankFile:
    """Write down what one operator heard of the bank; return the file. A proposal may be replaced.

    Raises NotFoundHere; FileEndRefused, with what to do; NameMissing where nobody is named.
    """
    file = await _find(db, file_id)
    said = FileEnding(ending.word, ending.receipt, person(ending.by), now, ending.note)
    proposed = await _end(db, file, after_proposal(file, said), PROPOSE, by=said.by, now=now)
    log.warning("file_end.proposed", bank=file.bank, file_id=file.file_id, outcome=said.word)
    return proposed


async def confirm_file_end(
    db: Database,
    file_id: str,
    word: FileWord,
    receipt: str | None,
    *,
    by: str,
    now: datetime,
) -> BankFile:
    """End a file as another operator proposed; return it. Its items follow within seconds.

    Raises as `propose_file_end`.
    """
    file, other = await _find(db, file_id), person(by)
    ended = after_confirmation(file, word, receipt, by=other, now=now)
    await _end(db, file, ended, CONFIRM, by=other, now=now)
    log.warning(
        "file_end.confirmed",
        bank=file.bank,
        file_id=file.file_id,
        outcome=word,
        state=ended.state,
        state_before=file.state,
    )
    return ended


async def _find(db: Database, file_id: str) -> BankFile:
    found = await find_files(db, file_id)
    if len(found) != 1:
        raise NotFoundHere(f"{len(found) or 'no'} files have the number {file_id!r}")
    return found[0]


async def _end(
    db: Database, file: BankFile, after: BankFile, action: str, *, by: str, now: datetime
) -> BankFile:
    said = required(after.ending, ValueError(f"nobody says how file {file.file_id} ends"))
    details = {
        "bank": file.bank.value,
        "file": file.file_id,
        "as": said.word.value,
        "receipt": said.receipt or "",
        "note": said.note,
        "proposed_by": said.by,
        "state": file.state.value,
        "sendings": str(file.sendings),
        "corrects": said.corrects or "",
    }
    done = OperatorAction(uuid7(now, secrets.token_bytes(10)), now, by, action, None, details)
    try:
        result, leased_until = await end_file(db, file, after, done)
    except CommitUnknown as error:
        raise FileEndRefused(
            "the database broke off: whether it was written shows when you look at the file again"
        ) from error
    if result == "leased":
        at = "" if leased_until is None else f" until {leased_until.astimezone(JST):%H:%M:%S}"
        raise FileEndRefused(f"a sender has file {file.file_id}{at}: say it again after that")
    if result in NOT_WRITTEN:
        raise FileEndRefused(NOT_WRITTEN[result])
    return after
