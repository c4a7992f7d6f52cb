"""What a bank says, in one vocabulary.

Each adapter has one table from its bank's codes to these reasons. What follows from a reason is
data here, not an `if` somewhere else.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a bank (or the way to it) did not do what was asked."""

    ACCOUNT_NOT_FOUND = "account_not_found"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_FROZEN = "account_frozen"
    ACCOUNT_TYPE_INVALID = "account_type_invalid"
    NAME_MISMATCH = "name_mismatch"
    CREDIT_REFUSED = "credit_refused"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    PAYER_CANCELLED = "payer_cancelled"
    AUTHENTICATION_FAILED = "authentication_failed"
    SESSION_EXPIRED = "session_expired"
    LIMIT_EXCEEDED = "limit_exceeded"
    SETTLEMENT_BALANCE_SHORT = "settlement_balance_short"
    OUT_OF_HOURS = "out_of_hours"
    MAINTENANCE = "maintenance"
    THROTTLED = "throttled"
    DUPLICATE = "duplicate"
    FORMAT_ERROR = "format_error"
    CONTRACT_ERROR = "contract_error"
    OUTCOME_UNKNOWN = "outcome_unknown"
    # Our own words, for what no bank says:
    BANK_UNREACHABLE = "bank_unreachable"  # nothing left this machine
    BANK_BUSY = "bank_busy"  # our limiter, bulkhead or breaker let nothing out
    NOT_OFFERED = "not_offered"  # this bank has no such call
    FILE_REFUSED = "file_refused"  # the whole file, not for this item's sake
    BANK_UNAVAILABLE = "bank_unavailable"  # attempts or time used up
    SENDER_CRASHED = "sender_crashed"  # three times in a row
    BOOKED_LATE = "booked_late"  # after it was final here
    DATE_NOT_BELIEVED = "date_not_believed"  # booked on a day on which it cannot have been
    CANCELLED_BY_MEMBER = "cancelled_by_member"
    MEMBER_SUSPENDED = "member_suspended"
    OVERDUE = "overdue"


FINAL_REFUSALS = frozenset(
    {
        Reason.ACCOUNT_NOT_FOUND,
        Reason.ACCOUNT_CLOSED,
        Reason.ACCOUNT_FROZEN,
        Reason.ACCOUNT_TYPE_INVALID,
        Reason.NAME_MISMATCH,
        Reason.CREDIT_REFUSED,
        Reason.INSUFFICIENT_FUNDS,
        Reason.PAYER_CANCELLED,
        Reason.AUTHENTICATION_FAILED,
        Reason.SESSION_EXPIRED,
        Reason.LIMIT_EXCEEDED,
        Reason.FORMAT_ERROR,
    }
)
NOT_TAKEN = frozenset(
    {
        Reason.SETTLEMENT_BALANCE_SHORT,
        Reason.OUT_OF_HOURS,
        Reason.MAINTENANCE,
        Reason.THROTTLED,
        Reason.CONTRACT_ERROR,
        Reason.BANK_UNREACHABLE,
        Reason.BANK_BUSY,
        Reason.FILE_REFUSED,
    }
)
HOLDS_THE_BANK = frozenset({Reason.SETTLEMENT_BALANCE_SHORT, Reason.CONTRACT_ERROR})
# Holds that stop money out only: repayments fill a settlement account that is short.
HOLDS_PAY_OUTS_ONLY = frozenset({Reason.SETTLEMENT_BALANCE_SHORT})
CLOSES_THE_BANK = frozenset({Reason.OUT_OF_HOURS, Reason.MAINTENANCE})
# What says nothing about the transfer itself and uses up none of its attempts.
USES_NO_TRY = frozenset(
    {
        Reason.BANK_BUSY,
        Reason.OUT_OF_HOURS,
        Reason.MAINTENANCE,
        Reason.THROTTLED,
        Reason.SETTLEMENT_BALANCE_SHORT,
        Reason.CONTRACT_ERROR,
        Reason.FILE_REFUSED,
    }
)
