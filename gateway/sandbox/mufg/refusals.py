"""The error answers of MUFG's profile: a status report that says RJCT and why."""

import math
from collections.abc import Mapping
from datetime import datetime

RETRY_AFTER_S = 1
NOT_PROVIDED = "NOTPROVIDED"

STATUS = {
    "AC01": 400,
    "AC04": 400,
    "AC06": 400,
    "AM02": 400,
    "AM04": 400,
    "BE01": 400,
    "FF01": 400,
    "DT01": 400,
    "TM01": 400,
    "AB08": 400,
    "NARR": 400,
    "CUST": 400,
    "DUPL": 409,
    "SEQNO": 409,
    "NOTFOUND": 404,
}
PROPRIETARY = frozenset({"SEQNO", "NOTFOUND"})
# May be given when a pay-out settles; every other code is an answer to the POST.
AFTER_ACCEPTANCE = frozenset({"AC01", "AC04", "AC06", "AM02", "BE01", "NARR"})
# What a rule on an inquiry says as the state of the transaction; every other code is an error.
IN_A_STATUS = {
    "inquire": AFTER_ACCEPTANCE | {"AB08"},
    "inquire_collection": frozenset({"AB08", "AC06", "AM04", "CUST", "NARR", "TM01"}),
}
INVALID_TOKEN = "invalid_token"  # noqa: S105 - the name of an error
INVALID_CLIENT = "invalid_client"
THROTTLED = "429"
CODES = frozenset(STATUS) | {INVALID_TOKEN, INVALID_CLIENT, THROTTLED}


class Refusal(Exception):
    """The bank says no, with one of its codes; the text is for people."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        message_id: str = "",
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message_id = message_id
        self.status = STATUS[code] if status is None else status
        self.headers = headers or {}


class Throttled(Exception):
    """Over the limit: nothing was taken, no number and no reference was used up."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


class Unauthorized(Exception):
    """The token is missing, unknown or too old."""


def closed(message_id: str, now: datetime, until: datetime) -> Refusal:
    """Return the answer inside a closed window."""
    seconds = max(1, math.ceil((until - now).total_seconds()))
    headers = {"Retry-After": str(seconds)}
    return Refusal("TM01", "the service is closed", message_id=message_id, headers=headers)
