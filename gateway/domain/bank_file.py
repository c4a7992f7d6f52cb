"""The unit of sending at a bank that takes files, and what follows from its answers.

The bank pays a reference once for each file it is in. So an item leaves its file only by the
bank's explicit word on the whole file, or on the item; a file whose fate is not known is sent again
as it is, under its own number. What happened to a file is decided on the file alone; its items
follow (`item_outcome`, `after_file`), each by its own statement, until all have.

`FILE_TRANSITIONS` is the specification of a file's life: every step looks its state up there, and
the store applies it only to the row it was computed from, by state and fence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, assert_never
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.decision import Decision, after_lease_end, after_submit
from gateway.domain.hours import JST
from gateway.domain.outcome import (
    FileAccepted,
    FileOutcome,
    FileRejected,
    FileResult,
    FileResultOutcome,
    NotSent,
    Rejected,
    SubmitOutcome,
    Submitted,
    TurnedAway,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.domain.transfer import Transfer
from gateway.domain.waits import REVIEW_WAIT_S, Policy

RESEND_WAITS_S = (1, 2, 4, 8, 16, 32, 60)
RESULT_WAITS_S = (1, 2, 4, 10)
RESULT_LATE_S = 3_600  # after an hour without a result it is asked for every ten minutes
UNSIGNED_WAIT_S = 3_600  # nobody waits longer on a word that nobody signed
MIDNIGHT_S = 300  # how far the bank's clock may be from ours


class FileState(StrEnum):
    """Where a file is. `void` was never sent and never will be; `done` has its result."""

    STORED = "stored"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    VOID = "void"
    DONE = "done"


class FileEvent(StrEnum):
    """What can happen to a file."""

    STORE = "store"  # written down, and in its first sender's hands
    UNSENT = "unsent"  # nothing left this machine, and nothing ever will under this number
    TAKE = "take"  # by a process: to send it again, to ask for its result, to tell its items
    RELEASE = "release"  # its holder is gone, and leaves it to the others
    WAIT = "wait"  # no word that counts: sent, or asked about, again later
    ACCEPT = "accept"  # the bank has it, and this is its receipt
    REFUSE = "refuse"  # the bank read it and took nothing of it
    BAR = "bar"  # people: the bank has not got the number, and refuses it from now on
    PROPOSE = "propose"  # people: one of two has said how it ends
    FINISH = "finish"  # its result has come, and all its items know
    REST = "rest"  # all its items know that the bank has it not


S, E = FileState, FileEvent
# None: no row has the number yet.
FILE_ROWS: tuple[tuple[FileState | None, FileEvent, FileState], ...] = (
    (None, E.STORE, S.STORED),
    (None, E.UNSENT, S.VOID),
    (S.STORED, E.TAKE, S.STORED),
    (S.STORED, E.RELEASE, S.STORED),
    (S.STORED, E.WAIT, S.STORED),
    (S.STORED, E.PROPOSE, S.STORED),
    (S.STORED, E.UNSENT, S.VOID),
    (S.STORED, E.ACCEPT, S.ACCEPTED),
    (S.STORED, E.REFUSE, S.REFUSED),
    (S.STORED, E.BAR, S.REFUSED),
    (S.ACCEPTED, E.TAKE, S.ACCEPTED),
    (S.ACCEPTED, E.RELEASE, S.ACCEPTED),
    (S.ACCEPTED, E.WAIT, S.ACCEPTED),
    (S.ACCEPTED, E.FINISH, S.DONE),
    # People only, about a word that people gave: the bank's own acceptance is never taken back.
    (S.ACCEPTED, E.PROPOSE, S.ACCEPTED),
    (S.ACCEPTED, E.ACCEPT, S.ACCEPTED),
    (S.ACCEPTED, E.REFUSE, S.REFUSED),
    (S.ACCEPTED, E.BAR, S.REFUSED),
    (S.REFUSED, E.TAKE, S.REFUSED),
    (S.REFUSED, E.RELEASE, S.REFUSED),
    (S.REFUSED, E.REST, S.REFUSED),
    (S.VOID, E.TAKE, S.VOID),
    (S.VOID, E.RELEASE, S.VOID),
    (S.VOID, E.REST, S.VOID),
)
FILE_TRANSITIONS: Mapping[tuple[FileState | None, FileEvent], FileState] = {
    (state, event): to for state, event, to in FILE_ROWS
}
# While a file in one of these names an item, the bank may have the item, or be about to.
OPEN_STATES = frozenset({S.STORED, S.ACCEPTED})


@dataclass(frozen=True, slots=True)
class FileItem:
    """One transfer of a file, and which of its attempts the file is."""

    member_id: UUID
    transfer_id: UUID
    reference: str
    attempt: int


class FileWord(StrEnum):
    """The bank's word about a file's number, as people hear it. Not having it is no word."""

    ACCEPTED = "accepted"  # the bank has the file; its receipt is said with it
    REFUSED = "refused"  # the bank read the file, and took nothing of it
    BARRED = "barred"  # the bank has not got the number, and refuses it from now on


@dataclass(frozen=True, slots=True)
class FileEnding:
    """What one operator says of a file, and who confirmed it: None while nobody has.

    `corrects`: the receipt that people gave before, where they take it back.
    """

    word: FileWord
    receipt: str | None
    by: str
    at: datetime
    note: str
    confirmed_by: str | None = None
    corrects: str | None = None


@dataclass(frozen=True, slots=True)
class BankFile:
    """One file, as read. Every step on its row raises `fence`.

    `sendings`: how often it was given to a sender, the first included; `tries`: how often it was
    taken since its state last changed. `reason`, `fault` and `not_before`: why it was refused, for
    which item's sake, and until when. `ending`: what people said of it.
    """

    bank: BankCode
    file_id: str
    items: tuple[FileItem, ...]
    content: bytes
    state: FileState
    stored_at: datetime
    fence: int = 0
    sendings: int = 1
    tries: int = 0
    receipt: str | None = None
    reason: Reason | None = None
    fault: str | None = None
    not_before: datetime | None = None
    next_at: datetime | None = None
    ending: FileEnding | None = None

    @property
    def references(self) -> frozenset[str]:
        return frozenset(item.reference for item in self.items)


def _moved(file: BankFile, event: FileEvent, **changes: Any) -> BankFile:
    """Return the file in the state that the table names."""
    return replace(file, state=FILE_TRANSITIONS[file.state, event], **changes)


def after_sending(
    file: BankFile, outcome: FileOutcome, *, fence: int, now: datetime, policy: Policy
) -> BankFile | None:
    """Decide on the answer to a sending under `fence`; None where nothing follows.

    That the bank has the file is a fact, whoever hears it. Everything else counts only while
    nobody has touched the file since it was given to that sender.
    """
    if file.state is not FileState.STORED:
        return None
    if isinstance(outcome, FileAccepted):
        first = policy.after(now, RESULT_WAITS_S[0])
        return _moved(file, E.ACCEPT, receipt=outcome.receipt, tries=0, next_at=first)
    if fence != file.fence:
        return None
    if isinstance(outcome, FileRejected) and not _may_be_about_the_date(file, now):
        fault = outcome.reference if outcome.reference in file.references else None
        return _moved(file, E.REFUSE, reason=outcome.reason, fault=fault, next_at=now)
    if isinstance(outcome, NotSent) and file.sendings == 1:
        not_before = outcome.not_before
        return _moved(file, E.UNSENT, reason=outcome.reason, not_before=not_before, next_at=now)
    return _sent_again_later(file, outcome, now, policy)


def _may_be_about_the_date(file: BankFile, now: datetime) -> bool:
    """Whether an earlier copy, still on its way, may be taken where this one was refused.

    A file names its day, and nothing else in it depends on the time: around midnight a refusal
    may be about the day only, and the day is not the bank's yet.
    """
    late = now.astimezone(JST) + timedelta(seconds=MIDNIGHT_S)
    return file.sendings > 1 and late.date() != (late - timedelta(seconds=2 * MIDNIGHT_S)).date()


def _sent_again_later(
    file: BankFile, outcome: FileOutcome, now: datetime, policy: Policy
) -> BankFile:
    wait_s = RESEND_WAITS_S[min(file.tries, len(RESEND_WAITS_S) - 1)]
    if isinstance(outcome, Unknown) and outcome.integrity:
        wait_s = REVIEW_WAIT_S
    next_at = policy.after(now, wait_s)
    if isinstance(outcome, NotSent | TurnedAway) and outcome.not_before is not None:
        next_at = max(next_at, outcome.not_before)
    if isinstance(outcome, TurnedAway):
        next_at = min(next_at, policy.after(now, UNSIGNED_WAIT_S))
    return _moved(file, E.WAIT, next_at=next_at)


def balanced(file: BankFile, outcome: FileResultOutcome) -> FileResultOutcome:
    """Return the result if it names exactly the file's items, else what is not believed."""
    if isinstance(outcome, FileResult):
        is_ours = set(outcome.items) == file.references
        return outcome if is_ours else Unknown(integrity=True)
    return outcome


def after_result(
    file: BankFile, outcome: FileResultOutcome, *, now: datetime, policy: Policy
) -> BankFile | None:
    """Decide when to ask for the result again; a file with a result is done once its items are."""
    if file.state is not FileState.ACCEPTED:
        return None
    if isinstance(outcome, FileResult):
        return at_rest(file)
    wait_s = RESULT_WAITS_S[min(file.tries, len(RESULT_WAITS_S) - 1)]
    is_late = now >= policy.after(file.stored_at, RESULT_LATE_S)
    if is_late or (isinstance(outcome, Unknown) and outcome.integrity):
        wait_s = REVIEW_WAIT_S
    return _moved(file, E.WAIT, next_at=policy.after(now, wait_s))


def at_rest(file: BankFile) -> BankFile:
    """Return the file when all its items have followed."""
    event = E.FINISH if file.state is FileState.ACCEPTED else E.REST
    return _moved(file, event, next_at=None)


def item_outcome(file: BankFile, reference: str) -> NotSent | Rejected | Submitted | None:
    """Return what the file's state means for an item; None: nothing is known of it yet.

    An item that is not in the file was claimed for it and not written into it: never sent.
    """
    if reference not in file.references:
        return NotSent(Reason.BANK_BUSY)
    match file.state:
        case FileState.STORED:
            return None
        case FileState.VOID:
            return NotSent(file.reason or Reason.BANK_BUSY, file.not_before)
        case FileState.REFUSED:
            return _refused(file, reference)
        case FileState.ACCEPTED | FileState.DONE:
            return Submitted(file.receipt)
        case never:
            assert_never(never)


def _refused(file: BankFile, reference: str) -> NotSent | Rejected:
    reason = file.reason or Reason.FORMAT_ERROR
    if reference == file.fault:
        return Rejected(reason)
    # Without a name the fault may be anybody's, or the file's own: each round uses up a try.
    return NotSent(Reason.FILE_REFUSED if file.fault is not None else reason)


def after_file(
    transfer: Transfer,
    file: BankFile,
    outcome: SubmitOutcome,
    *,
    now: datetime,
    policy: Policy,
) -> Decision | None:
    """Decide on what a file's fate means for one of its items, wherever that is by now."""
    attempts = [item.attempt for item in file.items if item.reference == transfer.reference]
    if isinstance(outcome, Submitted) and transfer.file_id != file.file_id:
        return None  # it was given back, and waits for another file, or is in it
    return after_submit(
        transfer, attempt=next(iter(attempts), 0), outcome=outcome, now=now, policy=policy
    )


def after_dead_sender(
    transfer: Transfer, file: BankFile, *, now: datetime, policy: Policy
) -> Decision | None:
    """Decide on an item whose sender is gone: it goes where its file went.

    One that is not in the file was never sent; one whose file may still be sent waits for it.
    """
    outcome = item_outcome(file, transfer.reference)
    is_unsent = transfer.reference not in file.references
    if outcome is None or is_unsent:
        return after_lease_end(
            transfer, now=now, policy=policy, is_unsent=is_unsent, is_in_file=not is_unsent
        )
    return after_file(transfer, file, outcome, now=now, policy=policy)
