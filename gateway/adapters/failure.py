"""Why a bank call did not bring what was asked for, split by what may be done next.

BankError
├── BankUnavailable    nothing was done; safe to send again, not before `not_before`
├── BankRejected       the bank said no; final
├── ReferenceNotFound  the bank's explicit word that it knows no such reference
└── OutcomeUnknown     it may have happened; inquire, never send again

These live inside adapters only: a `Bank` hands out outcomes. `code` is the bank's own code or the
name of what failed, for the evidence and the log.
"""

from datetime import datetime

from gateway.domain.outcome import (
    CollectionOutcome,
    InquiryOutcome,
    NotFound,
    NotSent,
    Rejected,
    StartOutcome,
    SubmitOutcome,
    Unknown,
)
from gateway.domain.reason import FINAL_REFUSALS, NOT_TAKEN, Reason


class BankError(Exception):
    """The root; never raised itself."""

    def __init__(self, code: str, reason: Reason) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


class BankUnavailable(BankError):
    def __init__(self, code: str, reason: Reason, *, not_before: datetime | None = None) -> None:
        super().__init__(code, reason)
        self.not_before = not_before


class BankRejected(BankError):
    pass


class ReferenceNotFound(BankError):
    def __init__(self, code: str) -> None:
        super().__init__(code, Reason.OUTCOME_UNKNOWN)


class OutcomeUnknown(BankError):
    """`integrity`: an answer that should not exist (bad signature, other amount); alerts follow."""

    def __init__(
        self, code: str, reason: Reason = Reason.OUTCOME_UNKNOWN, *, integrity: bool = False
    ) -> None:
        super().__init__(code, reason)
        self.integrity = integrity


def refusal(code: str, reason: Reason, *, not_before: datetime | None = None) -> BankError:
    """Return what an authentic refusal means: what is neither final nor "not taken" is unknown."""
    if reason in FINAL_REFUSALS:
        return BankRejected(code, reason)
    if reason in NOT_TAKEN:
        return BankUnavailable(code, reason, not_before=not_before)
    return OutcomeUnknown(code, reason)


def unsigned(error: BankError) -> BankError:
    """Return what a refusal means that nobody signed and that is no message of the bank's.

    A bare status may come from something in front of the bank that had passed the request on, so
    what was asked for may have been done. `reason` is kept: it holds the bank all the same.
    """
    if isinstance(error, BankUnavailable | BankRejected):
        return OutcomeUnknown(error.code, error.reason)
    return error


def submit_outcome(error: BankError) -> SubmitOutcome:
    return _sending_outcome(error)


def start_outcome(error: BankError) -> StartOutcome:
    return _sending_outcome(error)


def _sending_outcome(error: BankError) -> NotSent | Rejected | Unknown:
    match error:
        case BankUnavailable():
            return NotSent(error.reason, error.not_before)
        case BankRejected():
            return Rejected(error.reason)
        case OutcomeUnknown():
            return Unknown(error.reason, integrity=error.integrity)
        case _:  # "no such reference" is no answer to a submit
            return Unknown(integrity=True)


def inquiry_outcome(error: BankError) -> InquiryOutcome:
    return _asking_outcome(error)


def collection_outcome(error: BankError) -> CollectionOutcome:
    return _asking_outcome(error)


def _asking_outcome(error: BankError) -> NotFound | Unknown:
    """Not being able to ask is not knowing, nor does a refused question tell anything.

    That our contract was refused is kept: it holds the bank.
    """
    match error:
        case ReferenceNotFound():
            return NotFound()
        case BankUnavailable(reason=Reason.CONTRACT_ERROR):
            return Unknown(Reason.CONTRACT_ERROR)
        case OutcomeUnknown(reason=Reason.CONTRACT_ERROR):
            return Unknown(Reason.CONTRACT_ERROR, integrity=error.integrity)
        case OutcomeUnknown():
            return Unknown(integrity=error.integrity)
        case _:
            return Unknown()
