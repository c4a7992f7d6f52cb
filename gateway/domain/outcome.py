"""What a bank call came to, as types.

The types make a blind second sending impossible: a submit can only come back as `SubmitOutcome`,
and the one thing to do with `Unknown` is to inquire, which can only come back as `InquiryOutcome`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from gateway.domain.money import Yen
from gateway.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing was done: nothing left us, or an authentic "not taken". Safe to send again.

    Of a file only the former: what anybody answers to one is `TurnedAway`, at best. `not_before`
    is the earliest sensible instant for sending, where the bank or our limiter named one.
    """

    reason: Reason
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """An explicit, authentic, final refusal; the reference is as if never used."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Submitted:
    """The bank took the instruction and has not decided yet."""

    bank_id: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The money moved at `booked_at`, the bank's booking instant; its JST date is what counts."""

    booked_at: datetime
    bank_id: str | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """The money moved at `booked_at` and came back (資金返却) at `returned_at`."""

    booked_at: datetime
    returned_at: datetime
    reason: Reason | None = None
    bank_id: str | None = None


@dataclass(frozen=True, slots=True)
class NotFound:
    """The bank's own explicit word that it knows no such reference."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No usable answer: it may have happened. Inquire; never send again without it.

    `reason` is DUPLICATE when the bank said that the reference was used, OUTCOME_UNKNOWN when
    nobody said why. Any other reason comes from an answer that nobody signed (THROTTLED,
    OUT_OF_HOURS, CONTRACT_ERROR …): it holds or slows the bank's queue, and proves nothing.
    `integrity` marks answers that should not exist (bad signature, other amount): an alert.
    """

    reason: Reason = Reason.OUTCOME_UNKNOWN
    integrity: bool = False


SubmitOutcome: TypeAlias = NotSent | Rejected | Submitted | Settled | Unknown
InquiryOutcome: TypeAlias = NotFound | Rejected | Submitted | Settled | Returned | Unknown


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the payer's browser goes: by GET, or by POST of `fields` where there are any.

    A form is posted as `application/x-www-form-urlencoded` in `charset`.
    """

    url: str
    fields: tuple[tuple[str, str], ...] = ()
    charset: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Authorizing:
    """A collection is open at the bank, and the payer may go to its page."""

    redirect: Redirect
    bank_id: str | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """The payer has not decided yet, or the bank has not booked yet."""


@dataclass(frozen=True, slots=True)
class Paid:
    """The bank booked `amount` in our favour at `booked_at`, whatever had been asked for."""

    booked_at: datetime
    amount: Yen
    bank_id: str | None = None


StartOutcome: TypeAlias = NotSent | Rejected | Authorizing | Unknown
CollectionOutcome: TypeAlias = NotFound | Rejected | Pending | Paid | Unknown


@dataclass(frozen=True, slots=True)
class FileAccepted:
    """A batched bank has the whole file; `receipt` is its own number for it."""

    receipt: str


@dataclass(frozen=True, slots=True)
class FileRejected:
    """The whole file was refused and nothing of it was taken.

    `reference` is the item in which the bank found the fault, None where it was none of them;
    `reason` says what that means for this item.
    """

    reason: Reason
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of every item of a file, by reference; it balances with the request.

    NotSent is what the bank left aside for our sake (our account short): it may be sent again.
    """

    items: Mapping[str, Settled | Rejected | NotSent]


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Somebody answered that the file was not taken, and nobody signed it: 429, 401, 403, 503.

    It may come from something in front of the bank that had passed the file on, so the bank may
    have it. What it says about us holds the bank all the same, and `not_before` is respected.
    """

    reason: Reason
    not_before: datetime | None = None


FileOutcome: TypeAlias = NotSent | TurnedAway | FileAccepted | FileRejected | Unknown
FileResultOutcome: TypeAlias = FileResult | Pending | Unknown


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What came of asking at `asked_at`, when `attempt` was the last one.

    `is_answered`: the bank said anything at all.
    """

    attempt: int
    asked_at: datetime
    outcome: InquiryOutcome
    is_answered: bool


OutcomeT = TypeVar("OutcomeT")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is kept of one bank call: no bodies, only what proves them.

    `code` is the bank's own code or the transport failure's name; the hashes are lower-case hex
    SHA-256 of the exact bytes, None where none was sent or received. A password is left out: its
    hash could be tried against guesses.
    """

    code: str
    request_sha256: str | None = None
    answer_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Answer(Generic[OutcomeT]):
    """An outcome and the evidence for it."""

    outcome: OutcomeT
    evidence: Evidence
