"""What Rakuten's characters mean, as data. A character that is not listed means "unknown"."""

from collections.abc import Mapping
from typing import TypeAlias

from gateway.domain.reason import Reason

Codes: TypeAlias = Mapping[str, Reason]

DONE = "0"
DONE_ALREADY = "D"
# It may be this very request that used the number: a copy of it, repeated on the way.
NUMBER_USED = "Q"
_REFUSED: Codes = {
    "A": Reason.OUT_OF_HOURS,
    "B": Reason.CONTRACT_ERROR,
    "E": Reason.THROTTLED,
    "H": Reason.FORMAT_ERROR,
    NUMBER_USED: Reason.CONTRACT_ERROR,
}
# After these money may have moved; of a name they tell as much as an unlisted character.
ASKED_WRONGLY: Codes = {
    **_REFUSED,
    "F": Reason.OUTCOME_UNKNOWN,
    "I": Reason.OUTCOME_UNKNOWN,
}
TRANSFER: Codes = {
    **ASKED_WRONGLY,
    " ": Reason.SETTLEMENT_BALANCE_SHORT,
    "C": Reason.ACCOUNT_NOT_FOUND,
    "G": Reason.LIMIT_EXCEEDED,
    "N": Reason.NAME_MISMATCH,
}
NAME: Codes = {**_REFUSED, "C": Reason.ACCOUNT_NOT_FOUND}
COLLECTION: Codes = {
    **ASKED_WRONGLY,
    DONE_ALREADY: Reason.DUPLICATE,
    "G": Reason.LIMIT_EXCEEDED,
}

# The states of an inquiry about a transfer.
TRANSFER_DONE = "1"
TRANSFER_IN_PROCESS = "2"
TRANSFER_REFUSED = "3"
TRANSFER_RETURNED = "4"
NONE = "9"
# What a transfer that was in process can be refused for afterwards.
REFUSED: Codes = {
    " ": Reason.SETTLEMENT_BALANCE_SHORT,
    "C": Reason.ACCOUNT_NOT_FOUND,
    "G": Reason.LIMIT_EXCEEDED,
    "N": Reason.NAME_MISMATCH,
}

# The states of an inquiry about a collection.
COLLECTION_OPEN = "1"
COLLECTION_PAID = "2"
COLLECTION_REFUSED: Codes = {
    "3": Reason.PAYER_CANCELLED,
    "4": Reason.INSUFFICIENT_FUNDS,
    "5": Reason.SESSION_EXPIRED,
}
RETURN_NAME = "ｼｷﾝﾍﾝｷﾔｸ"
