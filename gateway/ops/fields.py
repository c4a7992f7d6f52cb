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
    # In every record.
    "event": Kind.CODE,
    "timestamp": Kind.INSTANT,
    "level": Kind.CODE,
    "request_id": Kind.ID,
    "worker_id": Kind.TEXT,
    "trace_id": Kind.ID,
    # What it is about.
    "member_ref": Kind.DIGEST,
    "transfer_id": Kind.ID,
    "repayment_id": Kind.ID,
    "account_id": Kind.ID,
    "session_id": Kind.ID,
    "operator": Kind.TEXT,
    "token_id": Kind.ID,
    "account": Kind.TEXT,
    "file_id": Kind.REFERENCE,
    "items": Kind.NUMBER,
    "bank": Kind.CODE,
    "reference": Kind.REFERENCE,
    "state": Kind.CODE,
    "state_before": Kind.CODE,
    "attempt": Kind.NUMBER,
    "balance": Kind.NUMBER,
    "low_water": Kind.NUMBER,
    "stated": Kind.NUMBER,
    "ours": Kind.NUMBER,
    "others": Kind.NUMBER,
    "database": Kind.TEXT,
    "sqlstate": Kind.CODE,
    "reason": Kind.CODE,
    "until": Kind.INSTANT,
    "day": Kind.INSTANT,
    "lines": Kind.NUMBER,
    "inserted": Kind.NUMBER,
    "rule": Kind.ID,
    "breaks": Kind.NUMBER,
    "booked": Kind.NUMBER,
    "raised": Kind.NUMBER,
    "source_ref": Kind.DIGEST,
    "times": Kind.NUMBER,
    "usual": Kind.NUMBER,
    # A request answered here, or a call to a bank.
    "route": Kind.TEXT,
    "method": Kind.CODE,
    "status": Kind.NUMBER,
    "duration_ms": Kind.NUMBER,
    "operation": Kind.CODE,
    "outcome": Kind.CODE,
    "code": Kind.CODE,
    "attempt_of_call": Kind.NUMBER,
    "characters": Kind.NUMBER,
    "has_left": Kind.CODE,
    # What went wrong.
    "severity": Kind.CODE,
    "runbook": Kind.TEXT,
    "error": Kind.MESSAGE,
    "exception": Kind.TEXT,
    "logger": Kind.TEXT,
    "message": Kind.MESSAGE,
    "dropped": Kind.NUMBER,
    # The gateway's own parts.
    "loop": Kind.CODE,
    "role": Kind.CODE,
    "host": Kind.TEXT,
    "port": Kind.NUMBER,
    "cancelled": Kind.NUMBER,
    "data_dir": Kind.TEXT,
    "mode": Kind.CODE,
    "pid": Kind.NUMBER,
    "kind": Kind.CODE,
    "name": Kind.TEXT,
}
