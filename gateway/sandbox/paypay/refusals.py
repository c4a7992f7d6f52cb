"""The codes of PayPay's profile."""

from datetime import datetime

FORMAT = "E01"
BAD_MAC = "E02"
WRONG_SHOP = "E03"
CLOSED = "E04"
LIMIT = "E05"
THROTTLED = "E06"
ALREADY_USED = "E07"
NO_ACCOUNT = "E11"
OTHER_NAME = "E12"
FROZEN = "E13"
SHORT_OF_FUNDS = "E14"
SYSTEM = "E99"

CODES = frozenset(
    {
        FORMAT,
        BAD_MAC,
        WRONG_SHOP,
        CLOSED,
        LIMIT,
        THROTTLED,
        ALREADY_USED,
        NO_ACCOUNT,
        OTHER_NAME,
        FROZEN,
        SHORT_OF_FUNDS,
        SYSTEM,
    }
)


class Refusal(Exception):
    """The bank says no with one of its codes, and in a message nothing more.

    `reason` is for whoever reads the emulator's page; `resumes_at` goes with E04 only.
    """

    def __init__(self, code: str, reason: str = "", *, resumes_at: datetime | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.resumes_at = resumes_at
