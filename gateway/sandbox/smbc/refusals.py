"""The error answers of SMBC's profile."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson

from gateway.sandbox.exchange import Reply

RETRY_AFTER_S = 1

STATUS = {
    "INVALID_REQUEST": 400,
    "INVALID_API_KEY": 401,
    "INVALID_SIGNATURE": 401,
    "INVALID_TIMESTAMP": 401,
    "FORBIDDEN": 403,  # contract trouble; said by rules of faults only
    "TRANSFER_NOT_FOUND": 404,
    "ORDER_NOT_FOUND": 404,
    "REFERENCE_REUSED": 409,
    "ACCOUNT_NOT_FOUND": 422,
    "ACCOUNT_CLOSED": 422,
    "ACCOUNT_FROZEN": 422,
    "NAME_MISMATCH": 422,
    "LIMIT_EXCEEDED": 422,
    "SETTLEMENT_BALANCE_SHORT": 422,
    "TOO_MANY_REQUESTS": 429,
    "VERIFICATION_LIMIT": 429,
    "SYSTEM_ERROR": 500,
    "OUT_OF_SERVICE_HOURS": 503,
}


class Refusal(Exception):
    """The bank says no, with one of its codes. `status` stands where the call has its own."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        resumes_at: datetime | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or STATUS[code]
        self.resumes_at = resumes_at
        self.retry_after_s = retry_after_s

    def reply(self) -> Reply:
        """Return it as the bank sends it, not yet signed."""
        error: dict[str, str] = {"code": self.code, "message": str(self)}
        if self.resumes_at is not None:
            error["resumesAt"] = self.resumes_at.isoformat(timespec="seconds")
        headers: Mapping[str, str] = {}
        if self.retry_after_s is not None:
            headers = {"Retry-After": str(self.retry_after_s)}
        return Reply(self.status, orjson.dumps({"error": error}), headers)


def as_told(code: str, *, closed_until: datetime) -> Refusal:
    """Return the refusal that a rule of faults asks for."""
    return Refusal(
        code,
        "a rule of faults said so",
        resumes_at=closed_until if code == "OUT_OF_SERVICE_HOURS" else None,
        retry_after_s=RETRY_AFTER_S if code == "TOO_MANY_REQUESTS" else None,
    )


def closed(until: datetime) -> Refusal:
    """Return the answer inside a closed window."""
    return Refusal("OUT_OF_SERVICE_HOURS", "the service is closed", resumes_at=until)


def throttled(seconds: int) -> Refusal:
    """Return the answer over the limit; nothing was taken."""
    return Refusal("TOO_MANY_REQUESTS", "too many requests", retry_after_s=seconds)


def soon(now: datetime, seconds: int) -> datetime:
    """Return an instant some seconds from now."""
    return now + timedelta(seconds=seconds)
