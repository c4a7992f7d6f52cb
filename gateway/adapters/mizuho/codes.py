"""What Mizuho's codes mean, as data. What is not listed means "unknown", never success."""

from collections.abc import Mapping

from gateway.domain.reason import Reason

# 振込結果 @113 of an item. Done (0) and returned (R) are no refusals: `zengin.transfers`.
ITEM_REFUSALS: Mapping[str, Reason] = {
    "1": Reason.ACCOUNT_NOT_FOUND,
    "2": Reason.NAME_MISMATCH,
    "3": Reason.ACCOUNT_FROZEN,
    "4": Reason.LIMIT_EXCEEDED,
    "8": Reason.SETTLEMENT_BALANCE_SHORT,
    "9": Reason.CREDIT_REFUSED,
}
# 振替結果コード @111 of a collection. Done (0) is no refusal.
DEBIT_REFUSALS: Mapping[str, Reason] = {
    "1": Reason.INSUFFICIENT_FUNDS,
    "2": Reason.ACCOUNT_NOT_FOUND,
    "3": Reason.PAYER_CANCELLED,
    "4": Reason.AUTHENTICATION_FAILED,
    "8": Reason.SESSION_EXPIRED,
    "9": Reason.SESSION_EXPIRED,
}
# Any call may be answered so. A 503 counts only with X-Resumes-At.
BY_STATUS: Mapping[int, Reason] = {
    401: Reason.CONTRACT_ERROR,
    403: Reason.CONTRACT_ERROR,
    429: Reason.THROTTLED,
    503: Reason.OUT_OF_HOURS,
}
# Answers to the start of a collection, besides.
START_BY_STATUS: Mapping[int, Reason] = {
    400: Reason.FORMAT_ERROR,
    409: Reason.DUPLICATE,
}
RETURN_DESCRIPTION = "ｼｷﾝﾍﾝｷﾔｸ"
