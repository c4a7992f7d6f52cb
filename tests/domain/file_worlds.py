"""Every order of events around one item of files: two senders, a bank, recovery, people.

The world is the real decisions and a model of a bank that forgives nothing: it takes the number of
a file once, and pays a reference in each file that it takes. Copies may arrive at any later time,
answers may be lost, or come from something in front of the bank, senders may die or wake up late
between any two steps. Bounded are the files that the item is put into, and how often each is sent.

A world is a few small numbers: rows and files are kept once each, and what the real decisions say
of a pair of them is worked out once. Of a fence only one thing matters: whether the row is still
as a sender got it. The two senders are alike: worlds in which they have changed places are one.
`GUARDS` are the rules that keep an item from being paid twice, or denied and paid. A search
(`file_steps`) may be given fewer.
"""

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.bank_file import (
    BankFile,
    FileEnding,
    FileItem,
    FileState,
    FileWord,
    after_dead_sender,
    after_file,
    after_result,
    after_sending,
    at_rest,
    item_outcome,
)
from gateway.domain.booking import transfer_entries
from gateway.domain.decision import (
    Decision,
    after_cancel,
    after_inquiry,
    after_lease_end,
    after_submit,
)
from gateway.domain.file_end import after_confirmation, after_proposal
from gateway.domain.outcome import (
    FileAccepted,
    FileOutcome,
    FileRejected,
    FileResult,
    Inquiry,
    InquiryOutcome,
    NotSent,
    Rejected,
    Settled,
    SubmitOutcome,
    TurnedAway,
)
from gateway.domain.reason import Reason
from gateway.domain.resolution import after_resolution
from gateway.domain.review import Resolution
from gateway.domain.transfer import State, Transfer
from tests.domain.transfers import NOW, POLICY

AT_ONCE = replace(POLICY, visibility_s=0)
LATER = NOW + timedelta(seconds=POLICY.review_after_s)
UNSENT = NotSent(Reason.BANK_BUSY)
TURNED_AWAY = TurnedAway(Reason.THROTTLED)
REFERENCE = "A" * 20

TAKEN_AS_READ = "a file is taken as it was read"
FIRST_SENDER = "only the first sender voids"
TURNED_AWAY_IS_UNSURE = "what turns a file away may have passed it on"
TOMBSTONE = "a number that was not stored is taken"
STORED_FIRST = "a file is stored before it is sent"
FILE_FIRST = "a file's row is decided before its items"
NOT_FOUND_FREES_NOTHING = "an item that is not found is not freed"
ANOTHER_ATTEMPT = "a file's refusal is about its own attempt"
ANOTHER_FILE = "a file's acceptance is about its own items"
SENT_AGAIN = "nothing is sent again while its file is open"
REJECTED = "nothing is rejected while its file is open"
GIVEN_UP = "nothing is given up while its file is open"
THREE_WORDS = "not having it is no word"

PAID_TWICE = "paid twice"
DENIED = "denied, and paid"
HASTY = "given up while its file may pay it"
STUCK = "unclear, and nobody will clear its file"

# What comes of it when the rule is taken away.
GUARDS = {
    TAKEN_AS_READ: PAID_TWICE,
    FIRST_SENDER: PAID_TWICE,
    TURNED_AWAY_IS_UNSURE: PAID_TWICE,
    TOMBSTONE: PAID_TWICE,
    STORED_FIRST: PAID_TWICE,
    FILE_FIRST: PAID_TWICE,
    NOT_FOUND_FREES_NOTHING: PAID_TWICE,
    ANOTHER_ATTEMPT: DENIED,
    ANOTHER_FILE: STUCK,
    SENT_AGAIN: PAID_TWICE,
    REJECTED: DENIED,
    GIVEN_UP: HASTY,
    THREE_WORDS: PAID_TWICE,
}

# What the statement that moves an item's row refuses while a file is open, if no call led to it.
REFUSALS = {
    (State.REVIEW, State.SCHEDULED): SENT_AGAIN,
    (State.REVIEW, State.REJECTED): REJECTED,
    (State.SUBMITTING, State.REVIEW): GIVEN_UP,
}

# What the bank did to a number: NOTHING yet, or one of these for good.
NOTHING, UNREADABLE, AT_FAULT, BARRED, PAID, SHORT, REFUSED_ITEM = range(7)
FATES: dict[int, SubmitOutcome] = {
    PAID: Settled(NOW),
    SHORT: NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
    REFUSED_ITEM: Rejected(Reason.ACCOUNT_CLOSED),
}
TAKEN = frozenset(FATES)
SAYS: dict[int, FileOutcome] = {
    UNREADABLE: FileRejected(Reason.FORMAT_ERROR),
    AT_FAULT: FileRejected(Reason.FORMAT_ERROR, REFERENCE),
    BARRED: FileRejected(Reason.FILE_REFUSED),
    **dict.fromkeys(FATES, FileAccepted("R")),
}

# A sender: what it does, with which file (from 0), whether the file's row is still as it got it,
# and the how-manieth sending it has (or has seen).
IDLE, GATHERING, READ, HOLDING, WAITING = range(5)
Sender = tuple[int, int, bool, int]
RESTS: Sender = (IDLE, 0, False, 0)


class World(NamedTuple):
    """`row`: the item's; `files`: -1 where there is none; `bank`: what it did to each number.

    `sent`: of which files a copy may still arrive, however late; `posted`: how often it is booked.
    """

    row: int
    files: tuple[int, ...]
    senders: tuple[Sender, ...]
    bank: tuple[int, ...]
    sent: tuple[bool, ...]
    posted: int


class Broken(AssertionError):
    """A world that must not be."""


ROWS: list[Transfer] = []
FILES: list[BankFile] = []
_NUMBERS: dict[Transfer | BankFile, int] = {}


def row_no(row: Transfer) -> int:
    """Return the number of a row, its instants made one so that worlds can be compared."""
    row = replace(
        row,
        due_at=row.due_at and NOW,
        inquire_at=row.inquire_at and NOW,
        inquired_at=row.inquired_at and NOW,
        attempt_over_at=row.attempt_over_at and NOW,
        unresolved_since=row.unresolved_since and NOW,
        give_up_at=NOW + timedelta(days=1),
        inquiries=0,
        crashes=row.crashes if row.state is State.SUBMITTING else 0,
        fence=0,
        bank_id=None,
    )
    if row not in _NUMBERS:
        _NUMBERS[row] = len(ROWS)
        ROWS.append(row)
    return _NUMBERS[row]


def file_no(file: BankFile) -> int:
    """Return the number of a file's row; its fence is in the senders."""
    file = replace(
        file, next_at=file.next_at and NOW, tries=0, not_before=None, fence=0, ending=None
    )
    if file not in _NUMBERS:
        _NUMBERS[file] = len(FILES)
        FILES.append(file)
    return _NUMBERS[file]


ITEM = UUID(int=77)


@cache
def new_file(number: int, *, is_stored: bool) -> int:
    """Return a file of the item as it is stored, or the tombstone of its number."""
    item = FileItem(UUID(int=1), UUID(int=2), REFERENCE, number + 1)
    return file_no(
        BankFile(
            bank=BankCode.MIZUHO,
            file_id=f"F{number + 1}",
            items=(item,) if is_stored else (),
            content=b"",
            state=FileState.STORED if is_stored else FileState.VOID,
            stored_at=NOW,
            next_at=NOW if is_stored else None,
        )
    )


def _step(decision: Decision | None, row: int) -> tuple[int, int]:
    """Return the row after a decision, and how often it books."""
    if decision is None:
        return row, 0
    return row_no(decision.transfer), len(transfer_entries(decision.transfer, decision.events))


@cache
def told(row: int, file: int, outcome: SubmitOutcome) -> tuple[int, int]:
    """Tell an item what its file came to."""
    return _step(after_file(ROWS[row], FILES[file], outcome, now=NOW, policy=AT_ONCE), row)


@cache
def told_as_if_its_own(row: int, outcome: SubmitOutcome) -> tuple[int, int]:
    """Tell an item what any file came to: a rule is taken away."""
    item = ROWS[row]
    decision = after_submit(item, attempt=item.attempt, outcome=outcome, now=NOW, policy=AT_ONCE)
    return _step(decision, row)


@cache
def recovered(row: int, file: int) -> tuple[int, int]:
    """Take over an item whose sender is gone."""
    return _step(after_dead_sender(ROWS[row], FILES[file], now=NOW, policy=AT_ONCE), row)


@cache
def left(row: int, *, is_unsent: bool) -> tuple[int, int]:
    """Take over an item without a look at its file: a rule is taken away."""
    decision = after_lease_end(ROWS[row], now=NOW, policy=AT_ONCE, is_unsent=is_unsent)
    return _step(decision, row)


@cache
def asked(row: int, outcome: InquiryOutcome, *, is_late: bool, is_single: bool) -> tuple[int, int]:
    """Ask about an item; `is_single`: as where single transfers are sent, a rule is taken away."""
    item = replace(ROWS[row], file_id=None) if is_single else ROWS[row]
    inquiry = Inquiry(item.attempt, NOW, outcome, is_answered=True)
    now = LATER if is_late else NOW
    return _step(after_inquiry(item, inquiry, now=now, policy=AT_ONCE), row)


@cache
def cancelled(row: int, reason: Reason) -> tuple[int, int]:
    return _step(after_cancel(ROWS[row], reason=reason, now=NOW, policy=AT_ONCE), row)


@cache
def resolved(row: int, resolution: Resolution) -> tuple[int, int]:
    said = {"booked_at": NOW.isoformat()} if resolution is Resolution.SETTLED else {}
    decided = after_resolution(ROWS[row], resolution, said, item_id=ITEM, now=NOW, policy=AT_ONCE)
    return _step(decided, row)


@cache
def answered(file: int, outcome: FileOutcome, *, is_fresh: bool) -> int | None:
    """Decide on the answer to a sending; None where nothing follows."""
    fence = FILES[file].fence if is_fresh else -1
    after = after_sending(FILES[file], outcome, fence=fence, now=NOW, policy=AT_ONCE)
    return None if after is None else file_no(after)


@cache
def claimed(row: int, crashes: int) -> int:
    """Return the row as claimed into its next file, which `crashes` senders did not outlive."""
    item = ROWS[row]
    attempt = item.attempt + 1
    return row_no(
        replace(
            item,
            state=State.SUBMITTING,
            attempt=attempt,
            file_id=f"F{attempt}",
            due_at=None,
            crashes=crashes,
        )
    )


@cache
def ended(file: int, word: FileWord) -> int:
    """Return the file as two people end it."""
    receipt = "R" if word is FileWord.ACCEPTED else None
    proposed = after_proposal(FILES[file], FileEnding(word, receipt, "sato", NOW, ""))
    return file_no(after_confirmation(proposed, word, receipt, by="suzuki", now=NOW))


@cache
def rests(file: int) -> int:
    return file_no(at_rest(FILES[file]))


@cache
def finished(file: int) -> int:
    after = after_result(FILES[file], FileResult({}), now=NOW, policy=AT_ONCE)
    assert after is not None
    return file_no(after)


@cache
def outcome_of(file: int) -> SubmitOutcome | None:
    return item_outcome(FILES[file], REFERENCE)
