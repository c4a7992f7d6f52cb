"""What a bank call came to, as types.

The types make a blind second sending impossible: a submit can only come back as `SubmitOutcome`,
and the one thing to do with `Unknown` is to inquire, which can only come back as `InquiryOutcome`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from gateway.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing was done: nothing left us, or an authentic "not taken". Safe to send again.

    `not_before` is the earliest sensible instant for that, where the bank or our limiter named one.
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

    `reason` is DUPLICATE when the bank said that the reference was used, else OUTCOME_UNKNOWN.
    `integrity` marks answers that should not exist (bad signature, other amount): an alert.
    """

    reason: Reason = Reason.OUTCOME_UNKNOWN
    integrity: bool = False


SubmitOutcome: TypeAlias = NotSent | Rejected | Submitted | Settled | Unknown
InquiryOutcome: TypeAlias = NotFound | Rejected | Submitted | Settled | Returned | Unknown


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
    SHA-256 of the exact bytes, None where none was sent or received.
    """

    code: str
    request_sha256: str | None = None
    answer_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Answer(Generic[OutcomeT]):
    """An outcome and the evidence for it."""

    outcome: OutcomeT
    evidence: Evidence
