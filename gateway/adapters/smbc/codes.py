"""What SMBC's codes mean, as data. A pair of status and code that is not listed means "unknown"."""

from collections.abc import Mapping
from typing import TypeAlias

from gateway.domain.reason import Reason

Codes: TypeAlias = Mapping[tuple[int, str], Reason]

_REFUSED: Codes = {
    (400, "INVALID_REQUEST"): Reason.FORMAT_ERROR,
    (401, "INVALID_API_KEY"): Reason.CONTRACT_ERROR,
    (401, "INVALID_SIGNATURE"): Reason.CONTRACT_ERROR,
    (401, "INVALID_TIMESTAMP"): Reason.CONTRACT_ERROR,
    (429, "TOO_MANY_REQUESTS"): Reason.THROTTLED,
    (503, "OUT_OF_SERVICE_HOURS"): Reason.OUT_OF_HOURS,
}
# A system error after which money may have moved; of a name it tells as much as an unlisted code.
ASKED_WRONGLY: Codes = {**_REFUSED, (500, "SYSTEM_ERROR"): Reason.OUTCOME_UNKNOWN}
TRANSFER: Codes = {
    **ASKED_WRONGLY,
    (409, "REFERENCE_REUSED"): Reason.DUPLICATE,
    (422, "ACCOUNT_NOT_FOUND"): Reason.ACCOUNT_NOT_FOUND,
    (422, "ACCOUNT_CLOSED"): Reason.ACCOUNT_CLOSED,
    (422, "ACCOUNT_FROZEN"): Reason.ACCOUNT_FROZEN,
    (422, "NAME_MISMATCH"): Reason.NAME_MISMATCH,
    (422, "LIMIT_EXCEEDED"): Reason.LIMIT_EXCEEDED,
    (422, "SETTLEMENT_BALANCE_SHORT"): Reason.SETTLEMENT_BALANCE_SHORT,
}
VERIFICATION: Codes = {
    **_REFUSED,
    (404, "ACCOUNT_NOT_FOUND"): Reason.ACCOUNT_NOT_FOUND,
    (429, "VERIFICATION_LIMIT"): Reason.LIMIT_EXCEEDED,
}
COLLECTION: Codes = {
    **ASKED_WRONGLY,
    (409, "REFERENCE_REUSED"): Reason.DUPLICATE,
    (422, "LIMIT_EXCEEDED"): Reason.LIMIT_EXCEEDED,
}
# What an order ended as, and why.
ORDER_ENDS: Mapping[tuple[str, str | None], Reason] = {
    ("CANCELLED", None): Reason.PAYER_CANCELLED,
    ("EXPIRED", None): Reason.SESSION_EXPIRED,
    ("FAILED", "INSUFFICIENT_FUNDS"): Reason.INSUFFICIENT_FUNDS,
    ("FAILED", "AUTHENTICATION_FAILED"): Reason.AUTHENTICATION_FAILED,
    ("FAILED", "ACCOUNT_FROZEN"): Reason.ACCOUNT_FROZEN,
}
OK, CREATED = 200, 201
ORDER_NOT_FOUND = (404, "ORDER_NOT_FOUND")
# The profile names no code for this status: signed and well-formed, it means our contract.
BY_STATUS: Mapping[int, Reason] = {403: Reason.CONTRACT_ERROR}
TRANSFER_NOT_FOUND = (404, "TRANSFER_NOT_FOUND")
RETURN_REASONS: Mapping[str, Reason] = {
    "ACCOUNT_CLOSED": Reason.ACCOUNT_CLOSED,
    "NAME_MISMATCH": Reason.NAME_MISMATCH,
}
RETURN_DESCRIPTION = "ｼｷﾝﾍﾝｷﾔｸ"
