"""The answers of みずほ that are no success."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson

from gateway.sandbox.exchange import Reply
from gateway.sandbox.mizuho.checks import FileFault

JSON = {"Content-Type": "application/json"}
NOT_FOUND = Reply(404, headers={"X-Result": "NOT-FOUND"})
NO_SUCH_CALL = Reply(404)
UNAUTHORISED = Reply(401, headers={"WWW-Authenticate": 'Basic realm="fb", charset="UTF-8"'})
TOO_LARGE = Reply(413)

RETRY_AFTER_S = 1
# What the request itself says stands before every record.
_BEFORE_THE_FILE = 1


class Refusal(Exception):
    """The bank says no; `reply` is how."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply


def fault_of_file(fault: FileFault) -> Refusal:
    """Return the refusal of a whole file."""
    return Refusal(Reply(400, orjson.dumps(fault.as_json()), JSON))


def fault_of_request(field: str, message: str) -> Refusal:
    """Return the refusal of a request whose headers, query or form are wrong."""
    return fault_of_file(FileFault(_BEFORE_THE_FILE, 0, field, message))


def barred() -> Refusal:
    """Return the refusal of a number that the bank's people have barred."""
    return fault_of_file(FileFault(_BEFORE_THE_FILE, 0, "受付停止", "this X-File-Id is barred"))


def throttled(seconds: int = RETRY_AFTER_S) -> Reply:
    """Return the answer over the limit; nothing was taken."""
    return Reply(429, headers={"Retry-After": str(seconds)})


def closed(until: datetime) -> Reply:
    """Return the answer inside a closed window."""
    return Reply(503, headers={"X-Resumes-At": until.isoformat(timespec="seconds")})


def soon(now: datetime, seconds: int) -> datetime:
    """Return an instant some seconds from now."""
    return now + timedelta(seconds=seconds)


_TOLD: Mapping[str, Reply] = {
    "400": fault_of_request("データ区分", "a rule of faults said so").reply,
    "401": UNAUTHORISED,
    "403": Reply(403),
    "404": NOT_FOUND,
    "409": Reply(409),
    "429": throttled(),
}
_CLOSED = "503"
CODES = frozenset({*_TOLD, _CLOSED})


def as_told(code: str, *, closed_until: datetime) -> Reply:
    """Return the refusal that a rule of faults asks for by its HTTP status.

    A code that only an item or a result file can have is no answer of its own: 400.
    """
    return closed(closed_until) if code == _CLOSED else _TOLD.get(code, _TOLD["400"])
