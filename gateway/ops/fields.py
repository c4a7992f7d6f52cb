"""The fields that a log record may have, and what each may look like.

`docs/events.md` says which event has which; a test holds the code to both.
"""

import re
from enum import Enum, auto


class Kind(Enum):
    """What a field holds."""

    ID = auto()
    REFERENCE = auto()
    DIGEST = auto()
    INSTANT = auto()
    CODE = auto()  # a word of ours, without any digit
    NUMBER = auto()  # an int or float of any size
    TEXT = auto()
    MESSAGE = auto()  # may quote what somebody typed: its first line, without what it quotes


# The shapes that pass unmasked. Text of any other shape goes through every rule.
SHAPES = {
    Kind.ID: re.compile(
        r"(?:[a-z]{2,3}_)?[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    ),
    Kind.REFERENCE: re.compile(r"[A-Z2-7]{20}"),
    Kind.DIGEST: re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}"),
    Kind.INSTANT: re.compile(
        r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d))?", re.ASCII
    ),
    Kind.CODE: re.compile(r"[A-Za-z][A-Za-z_.]{0,60}"),
}

FIELDS: dict[str, Kind] = {
    # Every record has these.
    "event": Kind.CODE,
    "timestamp": Kind.INSTANT,
    "level": Kind.CODE,
    "request_id": Kind.ID,
    "worker_id": Kind.TEXT,
    "trace_id": Kind.ID,
    # What it is about.
    "transfer_id": Kind.ID,
    "repayment_id": Kind.ID,
    "account_id": Kind.ID,
    "account": Kind.TEXT,
    "session_id": Kind.ID,
    "callback_id": Kind.ID,
    "member_ref": Kind.DIGEST,
    "bank": Kind.CODE,
    "reference": Kind.REFERENCE,
    "state": Kind.CODE,
    "duration_ms": Kind.NUMBER,
    "attempt": Kind.NUMBER,
    # What went wrong.
    "code": Kind.CODE,
    "severity": Kind.CODE,
    "runbook": Kind.TEXT,
    "reason": Kind.CODE,
    "error": Kind.MESSAGE,
    "exception": Kind.TEXT,
    "logger": Kind.TEXT,
    "message": Kind.MESSAGE,
    "dropped": Kind.NUMBER,
    "until": Kind.INSTANT,
}
