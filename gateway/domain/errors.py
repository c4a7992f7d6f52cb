"""Errors, split by what to do next.

GatewayError
├── Refused            ours to say no; the caller can fix it; each leaf has a code, and
│                      http/errors.py has a status for it
├── Mistyped           a word of a command that cannot be; the message says what is allowed
├── Busy               nothing was done; the same request may come again after `retry_after_s`
├── BankClosed         nothing was done; the bank opens at `reopens_at`, another one may be open
├── StaleTransfer      someone moved the row first; read it again
├── InOpenFile         a file names it that the bank has, or may still get; the file ends first
├── CommitUnknown      the database may have done it; read again by key, attempt or fence
└── NotReady           settings, schema or environment are wrong; the message says how to mend it
"""

from datetime import datetime
from typing import TypeVar

from gateway.domain.money import Yen
from gateway.domain.quote import Quote
from gateway.domain.repayment import Repayment
from gateway.domain.repayment_quote import RepaymentQuote
from gateway.domain.transfer import Transfer

HELD_WAIT_S = 60


T = TypeVar("T")


def required(found: T | None, otherwise: Exception) -> T:
    """Return what was found; raise `otherwise` where nothing was."""
    if found is None:
        raise otherwise
    return found


class GatewayError(Exception):
    """The root; never raised itself."""

    code = "error"


class Refused(GatewayError):
    """A request that cannot be done as it stands; `field` names what is wrong, if one field is."""

    code = "refused"

    def __init__(self, message: str = "", *, field: str | None = None) -> None:
        super().__init__(message or self.code)
        self.field = field


class Mistyped(GatewayError, ValueError):
    """An operator typed something impossible; the message says what is allowed."""

    code = "mistyped"


class NotFoundHere(Refused):
    """No such thing, or not this member's: the two are not told apart."""

    code = "not_found"


class CreditShort(Refused):
    """More than is `available`, as it was a moment after."""

    code = "credit_short"

    def __init__(self, available: Yen) -> None:
        super().__init__(field="/amount")
        self.available = available


class AmountAboveItemLimit(Refused):
    """The bank takes no single instruction of this size."""

    code = "amount_above_item_limit"


class DayCapReached(Refused):
    """What one member may be sent on one day would be more than the lender allows."""

    code = "day_cap_reached"


class QuoteOutdated(Refused):
    """The quote that the request names does not hold any more; `quote` is what holds now."""

    code = "quote_outdated"

    def __init__(self, quote: Quote | RepaymentQuote) -> None:
        super().__init__(field="/quote_id")
        self.quote = quote


class QuoteUsed(Refused):
    """A quote is used once; `made` is what came of it. Another wish needs a new quote."""

    code = "quote_used"

    def __init__(self, made: Transfer | Repayment) -> None:
        super().__init__(field="/quote_id")
        self.made = made


class RepeatedWish(Refused):
    """The same amount to the same account was accepted a moment ago, as `first`."""

    code = "repeated_wish"

    def __init__(self, first: Transfer) -> None:
        super().__init__()
        self.first = first


class RepaymentOpen(Refused):
    """With `other`, which may still be paid, it would pay more than is owed."""

    code = "repayment_open"

    def __init__(self, other: Repayment) -> None:
        super().__init__()
        self.other = other


class BankNotConnected(Refused):
    """Nothing is paid through this bank here."""

    code = "bank_not_connected"


class NothingOwed(Refused):
    """There is nothing to pay: nothing due, or nothing owed."""

    code = "nothing_owed"


class RepaymentAmountWrong(Refused):
    """Not what may be paid now: that lies between `least` and `most`."""

    code = "repayment_amount_wrong"

    def __init__(self, least: Yen, most: Yen) -> None:
        super().__init__(field="/amount")
        self.least, self.most = least, most


class NeverPaidOff(Refused):
    """So little a month does not repay the balance within fifty years."""

    code = "never_paid_off"


class ReturnUrlRefused(Refused):
    """The browser is sent back to addresses of the lender's only."""

    code = "return_url_not_allowed"


class ReturnStateInvalid(Refused):
    """What a browser brought back is not from us, or it is too old."""

    code = "return_state_invalid"


class AdvancesStopped(Refused):
    """The loan is overdue."""

    code = "overdue"


class MemberSuspended(Refused):
    """利用停止."""

    code = "member_suspended"


class AccountNotRegistered(Refused):
    code = "account_not_registered"


class HolderMismatch(Refused):
    """Money goes only to accounts in the member's own name."""

    code = "holder_mismatch"


class BranchUnknown(Refused):
    """The bank has no such branch."""

    code = "branch_unknown"


class HolderUnreadable(Refused):
    """The holder's name has characters that no bank message may carry."""

    code = "holder_unreadable"


class BankRefusedAccount(Refused):
    """The bank does not confirm the account as the member's.

    One word for an account that there is not, a closed one, and another's: who types numbers
    learns nothing of other people's accounts.
    """

    code = "account_refused_by_bank"


class NameCheckUnavailable(Refused):
    """The bank has no name check: only operators add accounts there."""

    code = "name_check_unavailable"


class IdempotencyKeyReused(Refused):
    code = "idempotency_key_reused"


class NotCancellable(Refused):
    """It left, or it may have left; or it is final."""

    code = "not_cancellable"


class CredentialsWrong(Refused):
    """Unknown member, wrong PIN or locked: the three are not told apart."""

    code = "credentials_wrong"


class SessionMissing(Refused):
    code = "session_missing"


class OperatorTokenMissing(Refused):
    """No operator's token, or one that has ended or was revoked."""

    code = "operator_token_missing"


class RoleTooLow(Refused):
    """The operator's role may not do that."""

    code = "role_too_low"


class TooManyStreams(Refused):
    """The member follows events in as many places as are allowed."""

    code = "too_many_streams"


class CallbackForged(Refused):
    code = "callback_not_authentic"


class Busy(GatewayError):
    """Nothing was done; come again after `retry_after_s` seconds with the same request."""

    code = "busy"

    def __init__(self, message: str = "", *, retry_after_s: int = 1) -> None:
        super().__init__(message or self.code)
        self.retry_after_s = retry_after_s


class BankClosed(GatewayError):
    """The bank starts no collection now; `reopens_at` None: nobody knows yet when it will."""

    code = "bank_closed"

    def __init__(self, *, now: datetime, reopens_at: datetime | None) -> None:
        super().__init__(self.code)
        self.reopens_at = reopens_at
        wait_s = HELD_WAIT_S if reopens_at is None else int((reopens_at - now).total_seconds()) + 1
        self.retry_after_s = max(1, wait_s)


class TooManyAttempts(Busy):
    """Too many failed logins from one source; wait."""

    code = "too_many_attempts"


class NameChecksUsedUp(Busy):
    """The member, or everybody together, had this name checked too often today."""

    code = "name_checks_used_up"


class StaleTransfer(GatewayError):
    code = "stale_transfer"


class InOpenFile(GatewayError):
    """Nothing was done: the file first ends by its result, or by the bank's word to people."""

    code = "in_open_file"


class StatedByBank(GatewayError):
    """Nothing was done: the bank's statement has what people would deny."""

    code = "stated_by_bank"


class CommitUnknown(GatewayError):
    code = "commit_unknown"


class NotReady(GatewayError):
    code = "not_ready"


class WrongSession(NotReady):
    """A database connection works as somebody else, or without the limits that it was given."""

    code = "session_wrong"


class SettingsWrong(NotReady):
    """A setting is missing, unknown or bad; nothing was begun."""

    code = "settings_wrong"
