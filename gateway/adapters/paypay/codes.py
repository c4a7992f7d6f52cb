"""What PayPay's codes and states mean, as data. A code that is not listed means "unknown"."""

from collections.abc import Mapping
from typing import TypeAlias

from gateway.domain.reason import Reason

Codes: TypeAlias = Mapping[str, Reason]

_REFUSED: Codes = {
    "E01": Reason.FORMAT_ERROR,
    "E02": Reason.CONTRACT_ERROR,
    "E03": Reason.CONTRACT_ERROR,
    "E04": Reason.OUT_OF_HOURS,
    "E06": Reason.THROTTLED,
}
# A system error after which money may have moved; of a name it tells as much as an unlisted code.
ASKED_WRONGLY: Codes = {**_REFUSED, "E99": Reason.OUTCOME_UNKNOWN}
PAYOUT: Codes = {
    **ASKED_WRONGLY,
    "E05": Reason.LIMIT_EXCEEDED,
    "E07": Reason.DUPLICATE,
    "E11": Reason.ACCOUNT_NOT_FOUND,
    "E12": Reason.NAME_MISMATCH,
    "E13": Reason.ACCOUNT_FROZEN,
    "E14": Reason.SETTLEMENT_BALANCE_SHORT,
}
NAME: Codes = {**_REFUSED, "E11": Reason.ACCOUNT_NOT_FOUND}

# How a collection ended without money, by STATE.
COLLECTION_REFUSED: Codes = {
    "CANCEL": Reason.PAYER_CANCELLED,
    "FAIL": Reason.INSUFFICIENT_FUNDS,
    "EXPIRED": Reason.SESSION_EXPIRED,
}
# What a callback's STATE is about.
CALLBACK_KINDS: Mapping[str, str] = {
    "PAID": "PAYMENT_ORDER_UPDATED",
    "CANCEL": "PAYMENT_ORDER_UPDATED",
    "FAIL": "PAYMENT_ORDER_UPDATED",
    "EXPIRED": "PAYMENT_ORDER_UPDATED",
    "RETURNED": "TRANSFER_RETURNED",
}
RETURN_NAME = "ｼｷﾝﾍﾝｷﾔｸ"
