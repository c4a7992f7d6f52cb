"""What MUFG's codes mean, as data. A pair of status and code that is not listed means "unknown"."""

from collections.abc import Mapping
from typing import TypeAlias

from gateway.domain.reason import Reason

Codes: TypeAlias = Mapping[tuple[int, str], Reason]

INVALID_TOKEN = "invalid_token"  # noqa: S105 - RFC 6750's word for an error, no token
NOT_FOUND = (404, "NOTFOUND")
NUMBER_USED = "SEQNO"

# Answers that bear no document: the second refusal of a token (the first renews it), the throttle.
WITHOUT_REPORT: Codes = {
    (401, INVALID_TOKEN): Reason.CONTRACT_ERROR,
    (429, ""): Reason.THROTTLED,
}
ASKED_WRONGLY: Codes = {(400, "FF01"): Reason.FORMAT_ERROR}
_ANY_POST: Codes = {
    (400, "FF01"): Reason.FORMAT_ERROR,
    (400, "DT01"): Reason.FORMAT_ERROR,
    (400, "TM01"): Reason.OUT_OF_HOURS,
    (400, "AB08"): Reason.MAINTENANCE,
    (409, "DUPL"): Reason.DUPLICATE,
    # A number that was used before means that ours went back: more than this call is wrong.
    (409, NUMBER_USED): Reason.CONTRACT_ERROR,
}
PAYMENT: Codes = {**_ANY_POST, (400, "AM04"): Reason.SETTLEMENT_BALANCE_SHORT}
COLLECTION: Codes = {**_ANY_POST, (400, "AM02"): Reason.LIMIT_EXCEEDED}

# What an RJCT means in the answer to an inquiry. All of these are final, AB08 too.
PAYMENT_ENDS: Mapping[str, Reason] = {
    "AC01": Reason.ACCOUNT_NOT_FOUND,
    "AC04": Reason.ACCOUNT_CLOSED,
    "AC06": Reason.ACCOUNT_FROZEN,
    "AM02": Reason.LIMIT_EXCEEDED,
    "BE01": Reason.NAME_MISMATCH,
    "NARR": Reason.CREDIT_REFUSED,
    "AB08": Reason.MAINTENANCE,
}
COLLECTION_ENDS: Mapping[str, Reason] = {
    "AM04": Reason.INSUFFICIENT_FUNDS,
    "AC06": Reason.ACCOUNT_FROZEN,
    "CUST": Reason.PAYER_CANCELLED,
    "TM01": Reason.SESSION_EXPIRED,
    "NARR": Reason.AUTHENTICATION_FAILED,
    "AB08": Reason.MAINTENANCE,
}
RETURNED = "RETURNED"
RETURN_DESCRIPTION = "ｼｷﾝﾍﾝｷﾔｸ"
# In these answers the bank may not have been able to read which message was meant.
MAY_NAME_NO_MESSAGE = frozenset({"FF01", NUMBER_USED})
NOT_PROVIDED = "NOTPROVIDED"
# A request to pay was taken; a second one for the same, with its address, is the same one.
OPENED = frozenset({"ACTC", "RCVD"})
ALREADY_USED = (409, "DUPL")
